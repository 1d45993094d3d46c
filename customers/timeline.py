"""The timeline: what happened to a customer, in order, whatever the channel.

A kind of happening is declared where it belongs:

    class OrderPlaced(Happening, tag="order.placed"):
        number: str
        total: int
        currency: str
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core.clock import now
from core.errors import Invalid, NotFound
from core.jobs import Job, enqueue_many
from core.nudges import nudge
from customers.merging import group
from customers.models import TimelineEntry

ANNOUNCED_TOGETHER = 500
# What the kinds that a company makes up for itself begin with.
OWN = "custom."


class Happening(msgspec.Struct, frozen=True, tag_field="kind"):
    """A declared payload; its tag is the kind. `shared` says whether the customer sees it in their own history."""

    version: ClassVar[int] = 1
    shared: ClassVar[bool] = True

    @classmethod
    def kind(cls) -> str:
        return str(cls.__struct_config__.tag)


class Announce(Job, tag="customers.announce", frozen=True):
    """Tell the departments that subscribed to these entries' kinds: pairs of customer id and entry id."""

    entries: list[tuple[UUID, UUID]]


@dataclass(frozen=True)
class Entry:
    """What is about to stand on a timeline; `source_key` names the fact, so that it cannot be said twice."""

    customer_id: UUID
    happening: Happening
    source_key: str
    subject_id: UUID | None = None
    occurred_at: datetime | None = None


async def append(
    session: AsyncSession,
    customer_id: UUID,
    happening: Happening,
    *,
    source_key: str,
    subject_id: UUID | None = None,
    occurred_at: datetime | None = None,
) -> bool:
    """Put a happening on a customer's timeline, in the transaction that made it true; False when it stood there."""
    entry = Entry(customer_id, happening, source_key, subject_id, occurred_at)
    return await append_many(session, [entry]) == 1


async def append_own(
    session: AsyncSession,
    customer_id: UUID,
    kind: str,
    payload: dict[str, Any],
    *,
    source_key: str,
    occurred_at: datetime | None = None,
) -> bool:
    """Put a happening of a kind that the company made up on a timeline; False when it stood there.

    The kind begins with `custom.`; what it means is known elsewhere. Raises Invalid for one of ours.
    """
    if not kind.startswith(OWN):
        raise Invalid("A kind of your own begins with custom.", {"kind": "Write custom.noun.past."})
    row = _row(customer_id, kind, 1, None, source_key, payload, occurred_at or now())
    return await _insert(session, [row]) == 1


async def append_many(session: AsyncSession, entries: Iterable[Entry]) -> int:
    """Put many happenings on timelines at once; the number that had not been there."""
    recorded = now()
    rows: list[dict[str, Any]] = []
    for entry in entries:
        payload = msgspec.to_builtins(entry.happening)
        del payload["kind"]
        rows.append(
            _row(
                entry.customer_id,
                entry.happening.kind(),
                entry.happening.version,
                entry.subject_id,
                entry.source_key,
                payload,
                entry.occurred_at or recorded,
            )
        )
    return await _insert(session, rows) if rows else 0


def _row(
    customer_id: UUID,
    kind: str,
    version: int,
    subject_id: UUID | None,
    source_key: str,
    payload: dict[str, Any],
    occurred_at: datetime,
) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "id": uuid7(),
        "kind": kind,
        "version": version,
        "subject_id": subject_id,
        "source_key": source_key,
        "payload": json.dumps(payload),
        "occurred_at": occurred_at,
    }


# One statement however many rows there are, as arrays: a text that never changes is neither built nor planned anew.
INSERT = text("""
INSERT INTO timeline_entry (customer_id, id, kind, version, subject_id, source_key, payload, occurred_at)
SELECT customer_id, id, kind, version, subject_id, source_key, cast(payload AS jsonb), occurred_at
FROM unnest(
    cast(:customer_id AS uuid[]), cast(:id AS uuid[]), cast(:kind AS text[]), cast(:version AS int[]),
    cast(:subject_id AS uuid[]), cast(:source_key AS text[]), cast(:payload AS text[]),
    cast(:occurred_at AS timestamptz[])
) WITH ORDINALITY
AS new (customer_id, id, kind, version, subject_id, source_key, payload, occurred_at, place)
ORDER BY place
ON CONFLICT DO NOTHING
RETURNING customer_id, id
""")
COLUMNS = ("customer_id", "id", "kind", "version", "subject_id", "source_key", "payload", "occurred_at")
ROWS = 1000


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    # One order of locks for everyone who says the same things at the same time.
    rows.sort(key=lambda row: (row["customer_id"], row["kind"], row["source_key"]))
    await session.flush()  # whoever they are about may be new
    added: list[tuple[UUID, UUID]] = []
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        found = await session.execute(INSERT, {name: [row[name] for row in part] for name in COLUMNS})
        added += [(customer_id, entry_id) for customer_id, entry_id in found]
    await enqueue_many(
        session,
        [Announce(added[i : i + ANNOUNCED_TOGETHER]) for i in range(0, len(added), ANNOUNCED_TOGETHER)],
    )
    for customer_id in {customer_id for customer_id, _ in added} if len(added) <= ANNOUNCED_TOGETHER else ():
        nudge(session, "timeline", str(customer_id))
    return len(added)


async def history(
    session: AsyncSession,
    customer_id: UUID,
    *,
    kinds: Sequence[str] | None = None,
    channel: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[TimelineEntry]:
    """A customer's entries, newest first, with those of the records merged into theirs.

    `channel` keeps those that say that they came by it. `before` is the (occurred_at, id) of the last entry of the
    page before.
    """
    query = select(TimelineEntry).where(TimelineEntry.customer_id.in_(await group(session, customer_id)))
    if kinds is not None:
        query = query.where(TimelineEntry.kind.in_(kinds))
    if channel:
        query = query.where(TimelineEntry.payload["channel"].astext == channel)
    if before is not None:
        query = query.where(tuple_(TimelineEntry.occurred_at, TimelineEntry.id) < before)
    query = query.order_by(TimelineEntry.occurred_at.desc(), TimelineEntry.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def entry(session: AsyncSession, customer_id: UUID, entry_id: UUID) -> TimelineEntry:
    """One entry of a customer, or of a record merged into theirs. Raises NotFound."""
    found: TimelineEntry | None = await session.scalar(
        select(TimelineEntry).where(
            TimelineEntry.customer_id.in_(await group(session, customer_id)), TimelineEntry.id == entry_id
        )
    )
    if found is None:
        raise NotFound("There is nothing at this address.")
    return found


def shared_kinds() -> list[str]:
    """The kinds that customers see in their own history; ask once all packages are imported."""
    return sorted(kind.kind() for kind in Happening.__subclasses__() if kind.shared)
