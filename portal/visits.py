"""Visits: who is at the other end of a request. One opaque cookie; the facts stay in the database.

The cookie's value is stored only as a hash, and changes at every sign-in and sign-out, so that an id planted
beforehand is worth nothing afterwards.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from sqlalchemy import TextClause, delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.database import Database
from core.staff import Staff
from customers.models import Customer
from portal.models import VisitRow
from portal.refusals import NotSignedIn
from support import chats

COOKIE = "throughline"
LASTS = timedelta(days=30)
CLEARED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Visit:
    """What we know about a request's sender; all of it None or 0 for a stranger without a cookie."""

    token: str | None = None
    customer_id: UUID | None = None
    customer_name: str = ""
    staff: Staff | None = None
    cart_id: UUID | None = None
    cart_count: int = 0
    chat_id: UUID | None = None
    locale: str | None = None

    @property
    def customer(self) -> UUID:
        """The signed-in customer's id; raises NotSignedIn."""
        if self.customer_id is None:
            raise NotSignedIn
        return self.customer_id

    @property
    def colleague(self) -> Staff:
        """The signed-in member of staff; raises NotSignedIn."""
        if self.staff is None:
            raise NotSignedIn
        return self.staff


STRANGER = Visit()


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


# Asked at every request: a text that never changes, and no more of a record than a request needs.
_LOAD = text("""
SELECT v.customer_id, c.name, v.cart_id, v.cart_count, v.chat_id, v.locale,
    s.id AS staff_id, s.email, s.name AS staff_name, s.roles, s.password_hash, s.session_epoch, s.created_at
FROM visit v
LEFT JOIN customer c ON c.id = v.customer_id
LEFT JOIN staff s ON s.id = v.staff_id AND s.session_epoch = v.staff_epoch AND s.disabled_at IS NULL
WHERE v.token_hash = :hash AND v.expires_at > now()
""")


async def load(session: AsyncSession, token: str) -> Visit:
    """The visit that a cookie stands for; a stranger's when it is unknown or over."""
    row = (await session.execute(_LOAD, {"hash": _hash(token)})).one_or_none()
    if row is None:
        return STRANGER
    customer_id, name, cart_id, cart_count, chat_id, locale, staff_id, *about = row
    staff = None
    if staff_id is not None:
        email, called, roles, password_hash, epoch, created_at = about
        staff = Staff(
            id=staff_id, email=email, name=called, roles=roles, password_hash=password_hash,
            session_epoch=epoch, created_at=created_at, disabled_at=None,
        )  # fmt: skip
    return Visit(token, customer_id, name or "", staff, cart_id, cart_count, chat_id, locale)


async def find(database: Database, token: str | None) -> Visit:
    """The same, for what a browser brought as its cookie, if anything."""
    if not token:
        return STRANGER
    async with database.statements() as session:
        return await load(session, token)


def current(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """The visit of this request, as `Visits` (the middleware) found it or a handler changed it."""
    visit: Visit = connection.scope["state"].get("visit", STRANGER)
    return visit


async def remember(session: AsyncSession, request: Request[Any, Any, Any], **facts: Any) -> Visit:
    """Note facts (cart_id, cart_count, chat_id, locale) about this browser; a stranger gets a cookie."""
    visit = current(request)
    token = visit.token or secrets.token_urlsafe(32)
    values = {"token_hash": _hash(token), "expires_at": now() + LASTS, **facts}
    await session.flush()
    await session.execute(_remembering(tuple(facts)), values)
    return _carry(request, replace(visit, token=token, **facts))


@cache
def _remembering(facts: tuple[str, ...]) -> TextClause:
    """The statement for these columns."""
    names = ("token_hash", "expires_at", *facts)
    assert set(names) <= set(VisitRow.__table__.columns.keys())
    return text(
        f"INSERT INTO visit ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608 - names of our own columns
        f"ON CONFLICT (token_hash) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names[1:])}"
    )


async def chat_of(session: AsyncSession, visit: Visit) -> UUID | None:
    """The chat that this browser may go on in."""
    if visit.chat_id is None or not await chats.readable(session, visit.chat_id, visit.customer_id):
        return None
    return visit.chat_id


async def sign_in_customer(
    session: AsyncSession, request: Request[Any, Any, Any], customer_id: UUID
) -> Visit:
    """From now on this browser speaks for a customer, under a new cookie; its cart comes along.

    So does its chat, when that has turned out to be the customer's.
    """
    name = await session.scalar(select(Customer.name).where(Customer.id == customer_id))
    visit = replace(current(request), customer_id=customer_id, customer_name=name or "")
    return await _renew(session, request, replace(visit, chat_id=await chat_of(session, visit)))


async def sign_in_staff(session: AsyncSession, request: Request[Any, Any, Any], staff: Staff) -> Visit:
    """From now on this browser speaks for a colleague, under a new cookie."""
    return await _renew(session, request, replace(current(request), staff=staff))


async def sign_out_customer(session: AsyncSession, request: Request[Any, Any, Any]) -> Visit:
    """Forget the customer, the cart and the chat; a colleague signed in at the desk stays."""
    kept = Visit(staff=current(request).staff, locale=current(request).locale)
    return await _renew(session, request, kept)


async def sign_out_staff(session: AsyncSession, request: Request[Any, Any, Any]) -> Visit:
    """Forget the colleague; the shop's side of this browser stays."""
    return await _renew(session, request, replace(current(request), staff=None))


async def _renew(session: AsyncSession, request: Request[Any, Any, Any], visit: Visit) -> Visit:
    old = current(request).token
    if old is not None:
        await session.execute(delete(VisitRow).where(VisitRow.token_hash == _hash(old)))
    token = secrets.token_urlsafe(32)
    session.add(
        VisitRow(
            token_hash=_hash(token),
            customer_id=visit.customer_id,
            staff_id=visit.staff.id if visit.staff else None,
            staff_epoch=visit.staff.session_epoch if visit.staff else None,
            cart_id=visit.cart_id,
            cart_count=visit.cart_count,
            chat_id=visit.chat_id,
            locale=visit.locale,
            expires_at=now() + LASTS,
        )
    )
    await session.flush()
    return _carry(request, replace(visit, token=token))


def _carry(request: Request[Any, Any, Any], visit: Visit) -> Visit:
    if visit.token != current(request).token:
        request.scope["state"]["new_cookie"] = visit.token
    request.scope["state"]["visit"] = visit
    return visit


async def forget_expired(session: AsyncSession) -> None:
    await session.execute(delete(VisitRow).where(VisitRow.expires_at < func.now()))


async def keep_clear(database: Database, *forget: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """Let each of these delete what is over, every hour, until cancelled; an absent database is asked later."""
    while True:
        with suppress(DBAPIError, OSError):
            async with database.transaction() as session:
                for each in forget:
                    await each(session)
        await asyncio.sleep(CLEARED_EVERY.total_seconds())
