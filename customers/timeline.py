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
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core.clock import now
from core.errors import Invalid, NotFound
from core.jobs import TOPIC, Job, enqueue_many, promised, promising
from core.nudges import nudge
from customers.merging import RECORDS, group
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
_INSERT = """
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
"""
INSERT = text(_INSERT)
# The same, and the job that tells of what was new: as `Announce` is written.
_ANNOUNCED = """(
    SELECT json_build_object(
        'job', cast(:tag AS text), 'entries', json_agg(json_build_array(customer_id, id))
    ) AS payload
    FROM added HAVING count(*) > 0
) AS announced"""
INSERT_AND_ANNOUNCE = text(f"""
WITH added AS ({_INSERT}),
promise AS ({promising(_ANNOUNCED, payload="cast(announced.payload AS text)")})
SELECT customer_id, id FROM added
""")  # noqa: S608 - only parts of our own are put in
COLUMNS = ("customer_id", "id", "kind", "version", "subject_id", "source_key", "payload", "occurred_at")
ROWS = 1000


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    # One order of locks for everyone who says the same things at the same time.
    rows.sort(key=lambda row: (row["customer_id"], row["kind"], row["source_key"]))
    await session.flush()  # whoever they are about may be new
    added: list[tuple[UUID, UUID]] = []
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        columns: dict[str, Any] = {name: [row[name] for row in part] for name in COLUMNS}
        if len(rows) <= ANNOUNCED_TOGETHER:
            columns |= {name: told for name, told in promised(Announce([])).items() if name != "payload"}
        found = await session.execute(INSERT_AND_ANNOUNCE if "tag" in columns else INSERT, columns)
        added += [(customer_id, entry_id) for customer_id, entry_id in found]
    if len(rows) <= ANNOUNCED_TOGETHER:
        if added:
            nudge(session, TOPIC)
    else:
        await enqueue_many(
            session,
            [Announce(added[i : i + ANNOUNCED_TOGETHER]) for i in range(0, len(added), ANNOUNCED_TOGETHER)],
        )
    for customer_id in {customer_id for customer_id, _ in added} if len(added) <= ANNOUNCED_TOGETHER else ():
        nudge(session, "timeline", str(customer_id))
    return len(added)


class Happened(NamedTuple):
    """An entry as it is read."""

    id: UUID
    kind: str
    subject_id: UUID | None
    source_key: str
    payload: dict[str, Any]
    occurred_at: datetime


# However long the line, only the newest of each record are read, from the index; then all are put in order.
_HISTORY = """
SELECT entry.id, entry.kind, entry.subject_id, entry.source_key, entry.payload, entry.occurred_at
FROM unnest({records}) AS record (id)
CROSS JOIN LATERAL (
    SELECT id, kind, subject_id, source_key, payload, occurred_at FROM timeline_entry
    WHERE customer_id = record.id
        AND (cast(:kinds AS text[]) IS NULL OR kind = ANY(cast(:kinds AS text[])))
        AND (cast(:channel AS text) = '' OR payload ->> 'channel' = :channel)
        AND (occurred_at, id) < (
            coalesce(cast(:at AS timestamptz), 'infinity'),
            coalesce(cast(:id AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        )
    ORDER BY occurred_at DESC, id DESC
    LIMIT :limit
) AS entry
ORDER BY entry.occurred_at DESC, entry.id DESC
LIMIT :limit
"""


def telling(records: str) -> str:
    """What says a page of a line, as a part of a statement: `read` reads its JSON, newest first.

    `records` says whose it is, as an array of their ids. Its values are those of `history_of`: kinds, channel, at, id
    and limit.
    """
    return f"""
SELECT coalesce(json_agg(json_build_array(id, kind, subject_id, source_key, payload, occurred_at)
    ORDER BY occurred_at DESC, id DESC), '[]')
FROM ({_HISTORY.format(records=records)}) AS history
"""  # noqa: S608 - only parts of our own are put in


read = msgspec.json.Decoder(list[Happened]).decode
HISTORY = text(f"SELECT cast(({telling(RECORDS)}) AS text)")


def asking(
    *,
    kinds: Sequence[str] | None = None,
    channel: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """The values of `telling`; see `history_of`."""
    at, last = before or (None, None)
    return {
        "kinds": None if kinds is None else list(kinds),
        "channel": channel,
        "at": at,
        "id": last,
        "limit": limit,
    }


async def history(
    session: AsyncSession,
    customer_id: UUID,
    *,
    kinds: Sequence[str] | None = None,
    channel: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Happened]:
    """A customer's entries, newest first, with those of the records merged into theirs; see `history_of`."""
    ids = await group(session, customer_id)
    return await history_of(session, ids, kinds=kinds, channel=channel, before=before, limit=limit)


async def history_of(
    session: AsyncSession,
    ids: Sequence[UUID],
    *,
    kinds: Sequence[str] | None = None,
    channel: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Happened]:
    """The entries of a person whose records these are, as `merging.group` names them, newest first.

    `channel` keeps those that say that they came by it. `before` is the (occurred_at, id) of the last entry of the
    page before.
    """
    asked = asking(kinds=kinds, channel=channel, before=before, limit=limit)
    return read(await session.scalar(HISTORY, {"ids": list(ids), **asked}))


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
