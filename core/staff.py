"""The company's own people: who may enter the desk, and as what."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Key
from core.errors import Invalid, NotAllowed

MIN_PASSWORD = 10
_hasher = PasswordHash.recommended()
# Verified against when no such person exists, so that an unknown address takes as long as a wrong password.
_NOBODY = _hasher.hash("no such person works here")


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


async def hire(session: AsyncSession, email: str, name: str, roles: list[Role], password: str) -> Staff:
    """Add a colleague. Raises Invalid for a short password or an address that is taken."""
    if len(password) < MIN_PASSWORD:
        raise Invalid("That password is too short.", {"password": f"At least {MIN_PASSWORD} characters."})
    staff = await session.scalar(
        insert(Staff)
        .values(
            email=email.strip().lower(),
            name=name.strip(),
            roles=[str(role) for role in roles],
            password_hash=_hasher.hash(password),
        )
        .on_conflict_do_nothing()
        .returning(Staff)
    )
    if staff is None:
        raise Invalid("Someone works here with that address.", {"email": "This address is taken."})
    return staff


async def sign_in(session: AsyncSession, email: str, password: str) -> Staff:
    """The colleague with this address and password. Raises NotAllowed, without saying which of the two was wrong."""
    staff = await session.scalar(
        select(Staff).where(func.lower(Staff.email) == email.strip().lower(), Staff.disabled_at.is_(None))
    )
    matches = _hasher.verify(password, staff.password_hash if staff else _NOBODY)
    if staff is None or not matches:
        raise NotAllowed("That e-mail address and password do not match.")
    return staff


async def active(session: AsyncSession, staff_id: UUID, epoch: int) -> Staff | None:
    """The colleague a session speaks for, None once they left or changed their password."""
    staff = await session.get(Staff, staff_id)
    if staff is None or staff.disabled_at is not None or staff.session_epoch != epoch:
        return None
    return staff
