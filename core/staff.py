"""The company's own people: who may enter the desk, and as what."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import Text, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.database import Base, CreatedAt, Key
from core.errors import Conflict, Invalid, NotFound

MIN_PASSWORD = 10
# argon2 works through every byte: nobody's password needs more.
MAX_PASSWORD = 1000


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    MARKETER = "marketer"
    MERCHANDISER = "merchandiser"


class Staff(Base):
    __tablename__ = "staff"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str] = mapped_column(Text)
    # Raised with every change of password: sessions that carry an older one are over.
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    disabled_at: Mapped[datetime | None]

    def may_act_as(self, *roles: Role) -> bool:
        return Role.ADMIN in self.roles or any(role in self.roles for role in roles)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    """Verified against when no such person exists: an unknown address takes as long as a wrong password."""
    return _hasher().hash("no such person works here")


async def hashed(password: str) -> str:
    """The hash to keep of a password, made off the loop (it takes tens of milliseconds). Raises Invalid."""
    if len(password) < MIN_PASSWORD:
        raise Invalid("That password is too short.", {"password": f"At least {MIN_PASSWORD} characters."})
    if len(password) > MAX_PASSWORD:
        raise Invalid("That password is too long.", {"password": f"At most {MAX_PASSWORD} characters."})
    return await asyncio.to_thread(_hasher().hash, password)


async def proves(colleague: Staff | None, password: str) -> bool:
    """Whether this is the colleague's password; as slow for nobody. Call it outside a transaction."""
    kept = colleague.password_hash if colleague else await asyncio.to_thread(_nobodys)
    matches = await asyncio.to_thread(_hasher().verify, password[: MAX_PASSWORD + 1], kept)
    return colleague is not None and matches


async def find(session: AsyncSession, email: str) -> Staff | None:
    """The colleague with this address who may sign in."""
    return await session.scalar(
        select(Staff).where(Staff.email == email.strip().lower(), Staff.disabled_at.is_(None))
    )


async def hire(session: AsyncSession, email: str, name: str, roles: Sequence[Role], password: str) -> Staff:
    """Add a colleague. Raises Invalid for a short password or an address that is taken."""
    return await add(session, email, name, roles, await hashed(password))


async def add(
    session: AsyncSession, email: str, name: str, roles: Sequence[Role], password_hash: str
) -> Staff:
    """`hire` with what `hashed` made of the password, for callers that hash outside the transaction."""
    if not roles:
        raise Invalid("A colleague needs at least one role.", {"roles": "Choose what they may do."})
    if not all(email.strip().partition("@")) or not name.strip():
        raise Invalid("A colleague needs a name and an address.", {"email": "Enter an e-mail address."})
    staff: Staff | None = await session.scalar(
        insert(Staff)
        .values(
            email=email.strip().lower(),
            name=name.strip(),
            roles=[str(role) for role in roles],
            password_hash=password_hash,
        )
        .on_conflict_do_nothing()
        .returning(Staff)
    )
    if staff is None:
        raise Invalid("Someone works here with that address.", {"email": "This address is taken."})
    return staff


async def everyone(session: AsyncSession) -> list[Staff]:
    """All colleagues by name, those who left at the end."""
    return list(
        await session.scalars(select(Staff).order_by(Staff.disabled_at.is_not(None), Staff.name, Staff.id))
    )


async def set_password(session: AsyncSession, staff_id: UUID, password_hash: str) -> Staff:
    """Keep a new password; every session that was opened with the old one is over. Raises NotFound."""
    staff = await _locked(session, staff_id)
    staff.password_hash = password_hash
    staff.session_epoch += 1
    return staff


async def set_roles(session: AsyncSession, staff_id: UUID, roles: Sequence[Role]) -> Staff:
    """What a colleague may do from now on. Raises NotFound, Invalid for none, Conflict for the last admin."""
    if not roles:
        raise Invalid("A colleague needs at least one role.", {"roles": "Choose what they may do."})
    await _keep_an_admin(session, staff_id, Role.ADMIN in roles)
    staff = await _locked(session, staff_id)
    staff.roles = [str(role) for role in roles]
    return staff


async def disable(session: AsyncSession, staff_id: UUID) -> Staff:
    """A colleague left: their sessions are over at once, their work stays. Raises NotFound, Conflict."""
    await _keep_an_admin(session, staff_id, False)
    staff = await _locked(session, staff_id)
    staff.disabled_at = staff.disabled_at or now()
    staff.session_epoch += 1
    return staff


async def enable(session: AsyncSession, staff_id: UUID) -> Staff:
    """A colleague is back; they sign in anew."""
    staff = await _locked(session, staff_id)
    staff.disabled_at = None
    return staff


async def _locked(session: AsyncSession, staff_id: UUID) -> Staff:
    staff = await session.get(Staff, staff_id, with_for_update=True, populate_existing=True)
    if staff is None:
        raise NotFound("That colleague does not exist.")
    return staff


async def _keep_an_admin(session: AsyncSession, staff_id: UUID, stays: bool) -> None:
    """Refuse what would leave the company without an admin, also when two colleagues do it at once."""
    admins = list(
        await session.scalars(
            select(Staff.id)
            .where(Staff.roles.contains([str(Role.ADMIN)]), Staff.disabled_at.is_(None))
            .order_by(Staff.id)
            .with_for_update()
        )
    )
    if not stays and admins == [staff_id]:
        raise Conflict("They are the only admin. Make someone else an admin first.")


async def active(session: AsyncSession, staff_id: UUID, epoch: int) -> Staff | None:
    """The colleague a session speaks for, None once they left or changed their password."""
    staff = await session.get(Staff, staff_id)
    if staff is None or staff.disabled_at is not None or staff.session_epoch != epoch:
        return None
    return staff
