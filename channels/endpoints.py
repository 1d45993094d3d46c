"""Endpoints: where other programs want to be told what stands on the timeline."""

import base64
import re
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from channels.addresses import is_public
from core.clock import now
from core.database import Base, CreatedAt, Instant, Key
from core.errors import Conflict, Invalid, NotFound
from core.words import worded
from customers.timeline import OWN, Happening

EVERYTHING = "*"
# What a test event is called; it stands on no timeline.
TEST = "webhook.test"
MOST = 50
MOST_KINDS = 100
LONGEST_NAME = 100
LONGEST_URL = 2000
SECRET = "whsec_"  # noqa: S105 - how every secret begins
# After a rotation the old secret signs beside the new one for this long, so that no receiver misses a beat.
BOTH = timedelta(hours=24)
_KIND = re.compile(r"[a-z_]{1,50}(\.[a-z0-9_]{1,50}){1,3}")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Endpoint(Base):
    """An address of another program, the kinds that it hears of, and the secret that signs what it is told."""

    __tablename__ = "endpoint"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    # Kinds of the timeline, or EVERYTHING alone.
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # Kept as it is, because it signs; shown once.
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[Instant | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[CreatedAt]
    # Since when every call has failed; empty while calls succeed.
    failing_since: Mapped[Instant | None]
    disabled_at: Mapped[Instant | None]
    disabled_reason: Mapped[str | None] = mapped_column(Text)


class EndpointDelivery(Base):
    """One thing that one endpoint is to be told; its id is the `webhook-id`, by which receivers tell copies."""

    __tablename__ = "endpoint_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "entry_id"),
        ForeignKeyConstraint(
            ["customer_id", "entry_id"], ["timeline_entry.customer_id", "timeline_entry.id"]
        ),
        Index(None, "endpoint_id", "created_at", "id"),
        Index(
            "ix_endpoint_delivery_open",
            "endpoint_id",
            "created_at",
            postgresql_where=sql("state <> 'delivered'"),
        ),
        Index(None, "created_at"),
    )

    id: Mapped[Key]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"))
    # Empty for a test event.
    customer_id: Mapped[UUID | None]
    entry_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=DeliveryState.WAITING)
    # A replay begins a new round, and the job of the round before leaves.
    round: Mapped[int] = mapped_column(server_default="1")
    tries: Mapped[int] = mapped_column(server_default="0")
    last_status: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    # When it was promised, or last replayed.
    wanted_at: Mapped[CreatedAt]
    delivered_at: Mapped[Instant | None]


class EndpointAttempt(Base):
    """One call and what came of it: a status and the beginning of the answer, or why there was none."""

    __tablename__ = "endpoint_attempt"
    __table_args__ = (Index(None, "delivery_id", "id"),)

    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("endpoint_delivery.id", ondelete="CASCADE"))
    at: Mapped[Instant]
    status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text, server_default="")
    error: Mapped[str | None] = mapped_column(Text)
    ms: Mapped[int]


def shown_secret(secret: bytes) -> str:
    """A secret as receivers write it into their settings (standardwebhooks)."""
    return SECRET + base64.b64encode(secret).decode()


def known_kinds() -> list[str]:
    """The kinds that we declare ourselves; ask once all packages are imported."""
    return sorted(kind.kind() for kind in Happening.__subclasses__())


async def add(
    session: AsyncSession,
    name: str,
    url: str,
    kinds: Collection[str],
    *,
    private: bool,
    created_by: UUID | None = None,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown only now. Raises Invalid, and Conflict when there are MOST.

    `private` allows plain http and addresses within our own network.
    """
    fields = _read(name, url, kinds, private)
    if (await session.scalar(select(func.count()).select_from(Endpoint)) or 0) >= MOST:
        raise Conflict(
            worded("There are %(most)s endpoints already: remove one that nobody needs.", most=MOST)
        )
    secret = secrets.token_bytes(32)
    endpoint = Endpoint(**fields, secret=secret, created_by=created_by)
    session.add(endpoint)
    await session.flush()
    return endpoint, shown_secret(secret)


async def change(
    session: AsyncSession,
    endpoint_id: UUID,
    *,
    private: bool,
    name: str | None = None,
    url: str | None = None,
    kinds: Collection[str] | None = None,
) -> Endpoint:
    """Change what is given; what was promised before goes to the new address. Raises NotFound, Invalid."""
    endpoint = await get(session, endpoint_id, lock=True)
    fields = _read(
        endpoint.name if name is None else name,
        endpoint.url if url is None else url,
        endpoint.kinds if kinds is None else kinds,
        private or url is None,
    )
    for field, value in fields.items():
        setattr(endpoint, field, value)
    await session.flush()
    return endpoint


def _read(name: str, url: str, kinds: Collection[str], private: bool) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    name, url = name.strip(), url.strip()
    if not name or len(name) > LONGEST_NAME:
        wrong["name"] = "Say what it is for, in at most 100 characters."
    if sentence := _about_url(url, private):
        wrong["url"] = sentence
    chosen = sorted(set(kinds))
    if EVERYTHING in chosen:
        chosen = [EVERYTHING]
    declared = set(known_kinds())
    unknown = [
        kind
        for kind in chosen
        if kind != EVERYTHING
        and kind not in declared
        and not (kind.startswith(OWN) and _KIND.fullmatch(kind))
    ]
    if not chosen or len(chosen) > MOST_KINDS:
        wrong["kinds"] = "Choose what it is to hear of."
    elif unknown:
        wrong["kinds"] = worded("There is no kind %(kind)s.", kind=unknown[0][:100])
    if wrong:
        raise Invalid("This endpoint could not be called.", wrong)
    return {"name": name, "url": url, "kinds": chosen}


def _about_url(url: str, private: bool) -> str:
    """What is wrong with an address; empty when nothing is, as far as can be known without asking for it."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or re.search(r"[\s\\]", url):
        return "Give a plain web address of at most 2000 characters."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Give a web address, as in https://example.com/hook."
    if parts.scheme not in ({"http", "https"} if private else {"https"}):
        return "Give an address that begins with https://."
    if not host or port == 0:
        return "Give a web address, as in https://example.com/hook."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "Leave out names, passwords and what follows a #: the signature says who is calling."
    try:
        literal = ip_address(host)
    except ValueError:
        return ""
    return "" if private or is_public(str(literal)) else "That address lies within a private network."


async def get(session: AsyncSession, endpoint_id: UUID, *, lock: bool = False) -> Endpoint:
    """One endpoint. Raises NotFound."""
    endpoint = await session.get(Endpoint, endpoint_id, with_for_update={"key_share": True} if lock else None)
    if endpoint is None:
        raise NotFound("That endpoint does not exist.")
    return endpoint


async def listed(session: AsyncSession) -> Sequence[Endpoint]:
    """Every endpoint, the newest first."""
    return (await session.scalars(select(Endpoint).order_by(Endpoint.created_at.desc(), Endpoint.id))).all()


async def rotate(session: AsyncSession, endpoint_id: UUID) -> tuple[Endpoint, str]:
    """A new secret, shown only now; the old one signs as well for a day. Raises NotFound."""
    endpoint = await get(session, endpoint_id, lock=True)
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now() + BOTH
    endpoint.secret = secrets.token_bytes(32)
    await session.flush()
    return endpoint, shown_secret(endpoint.secret)


def signing(endpoint: Endpoint, at: datetime) -> list[bytes]:
    """The secrets that sign what is sent at that instant, the newest first."""
    old, until = endpoint.old_secret, endpoint.old_secret_until
    return (
        [endpoint.secret, old] if old is not None and until is not None and until > at else [endpoint.secret]
    )


async def disable(session: AsyncSession, endpoint_id: UUID, reason: str) -> Endpoint:
    """Call it no more, and show why; what waits, and what it is promised meanwhile, is kept. Raises NotFound."""
    endpoint = await get(session, endpoint_id, lock=True)
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = now(), reason
    await session.flush()
    return endpoint


async def enable(session: AsyncSession, endpoint_id: UUID) -> Endpoint:
    """Tell it again what happens from now on; what it missed is sent by a replay. Raises NotFound."""
    endpoint = await get(session, endpoint_id, lock=True)
    endpoint.disabled_at = endpoint.disabled_reason = endpoint.failing_since = None
    await session.flush()
    return endpoint


async def remove(session: AsyncSession, endpoint_id: UUID) -> None:
    """Forget an endpoint and its log, for good. Raises NotFound."""
    await session.delete(await get(session, endpoint_id, lock=True))
    await session.flush()
