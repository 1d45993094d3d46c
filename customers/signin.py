"""Signing in by e-mail: a code for the browser that asked, a link for whoever holds the mailbox."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.jobs import Job
from customers import identities, timeline
from customers.identities import Contact
from customers.models import IdentityKind, SignIn

LASTS = timedelta(minutes=15)
ATTEMPTS = 5
KEPT = timedelta(days=1)


class ForgetSignIns(Job, tag="customers.forget_sign_ins", frozen=True):
    """Drop wishes to sign in that were over a day ago."""


class SignedIn(timeline.Happening, tag="customer.signed_in", frozen=True):
    """A customer proved their address and is signed in; `by` is code or link."""

    shared = False

    by: str


@dataclass(frozen=True)
class Asked:
    """What goes into the mail and nowhere else, we keep hashes; `customer_id` is whom the mail is for."""

    customer_id: UUID
    code: str
    link_token: str


@dataclass(frozen=True)
class Checked:
    """What came of a code: the customer it signs in, else how many tries are left (0: ask for a new one)."""

    customer_id: UUID | None
    left: int = 0


def _hash(*parts: str) -> bytes:
    return sha256("\x1f".join(("sign-in", *parts)).encode()).digest()


async def ask(session: AsyncSession, email: Contact, browser: str, *, locale: str = "en") -> Asked:
    """Someone at a browser wants to sign in with an address; the same whether we know the address or not.

    `browser` is a secret that only this browser holds. Earlier codes of the browser end here.
    """
    owner_id = await identities.owner(session, email)
    customer_id = owner_id or await identities.resolve(
        session, email, proven=False, source="store", locale=locale
    )
    asked = Asked(customer_id, f"{secrets.randbelow(1_000_000):06}", secrets.token_urlsafe(24))
    facts = {
        "email": email.value,
        "code_hash": _hash(browser, asked.code),
        "link_hash": _hash(asked.link_token),
        "attempts": 0,
        "created_at": now(),
        "expires_at": now() + LASTS,
    }
    await session.execute(
        insert(SignIn)
        .values(browser_hash=_hash(browser), **facts)
        .on_conflict_do_update(
            index_elements=[SignIn.browser_hash], index_where=SignIn.used_at.is_(None), set_=facts
        )
    )
    return asked


async def waiting(session: AsyncSession, browser: str) -> str | None:
    """The address that a code was sent to for this browser, while one may still be entered."""
    return await session.scalar(
        select(SignIn.email).where(
            SignIn.browser_hash == _hash(browser),
            SignIn.used_at.is_(None),
            SignIn.expires_at > func.now(),
            SignIn.attempts < ATTEMPTS,
        )
    )


async def enter_code(session: AsyncSession, browser: str, code: str) -> Checked:
    """Try a code at the browser that asked for it. A wrong one is counted, so commit whatever comes of it."""
    # Counted first, and under the row's lock: guesses made at the same time cannot exceed the limit together.
    row = await session.scalar(
        update(SignIn)
        .where(
            SignIn.browser_hash == _hash(browser),
            SignIn.used_at.is_(None),
            SignIn.expires_at > func.now(),
            SignIn.attempts < ATTEMPTS,
        )
        .values(attempts=SignIn.attempts + 1)
        .returning(SignIn)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if row is None:
        return Checked(None)
    digits = "".join(character for character in code if character.isdigit())
    if not secrets.compare_digest(row.code_hash, _hash(browser, digits)):
        return Checked(None, ATTEMPTS - row.attempts)
    return Checked(await _use(session, row, "code"))


async def address_of_link(session: AsyncSession, token: str) -> str | None:
    """The address that a link still signs in; looking does not use it up."""
    return await session.scalar(
        select(SignIn.email).where(
            SignIn.link_hash == _hash(token), SignIn.used_at.is_(None), SignIn.expires_at > func.now()
        )
    )


async def follow_link(session: AsyncSession, token: str) -> UUID | None:
    """Use a link up: the customer it signs in, None when it is over, used, or was never ours."""
    row = await session.scalar(
        select(SignIn)
        .where(SignIn.link_hash == _hash(token), SignIn.used_at.is_(None), SignIn.expires_at > func.now())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return await _use(session, row, "link") if row is not None else None


async def _use(session: AsyncSession, row: SignIn, by: str) -> UUID:
    row.used_at = now()
    customer_id = await identities.verify(session, Contact(IdentityKind.EMAIL, row.email), by=by)
    await timeline.append(session, customer_id, SignedIn(by), source_key=f"sign_in:{row.id}")
    return customer_id


async def forget_old(session: AsyncSession) -> None:
    """Drop what was over a day ago."""
    await session.execute(delete(SignIn).where(SignIn.expires_at < now() - KEPT))
