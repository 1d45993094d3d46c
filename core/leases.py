"""How job rows are handed out, taken up, given back and buried."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, func, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import NotFound
from core.jobs import TOPIC, JobRow
from core.nudges import nudge

LEASE = timedelta(seconds=20)
MAX_TRIES = 12
# A failure outside the house (a provider that is down) is waited out this long before the job is dead.
PATIENCE = timedelta(days=5)
# Lost leases before a worker notes that it takes a row up. Until then a lost one is the broker's doing as likely
# as the job's, and the note costs a transaction.
UNNOTED = 3
ERROR_LENGTH = 2000

READY_AT = func.greatest(JobRow.due_at, JobRow.leased_until)


@dataclass(frozen=True)
class Lease:
    """One attempt at one job: `attempt` tells this lease from any later one of the same row."""

    job_id: int
    attempt: int
    tag: str
    # What the job follows from, where that is traced.
    trace: str | None = None


@dataclass(frozen=True)
class Leased:
    """What was leased of one queue, and how many could have been."""

    room: int
    leases: list[Lease]


# Every queue in one statement, a text that never changes. `tries` counts only attempts that a worker took up.
_LEASE = """
WITH room AS MATERIALIZED (
    SELECT given.queue, greatest(given.size - {out}, 0) AS room
    FROM unnest(cast(:queues AS text[]), cast(:sizes AS int[])) AS given (queue, size)
), due AS MATERIALIZED (
    SELECT ready.id FROM room CROSS JOIN LATERAL (
        SELECT id FROM job
        WHERE queue = room.queue AND dead_at IS NULL AND greatest(due_at, leased_until) <= now()
        ORDER BY greatest(due_at, leased_until)
        LIMIT room.room
        FOR UPDATE SKIP LOCKED
    ) AS ready
), taken AS (
    UPDATE job SET
        dead_at = CASE WHEN tries >= :most THEN now() END,
        error = CASE WHEN tries >= :most THEN coalesce(error, :lost) ELSE error END,
        leased_until = CASE WHEN tries >= :most THEN NULL ELSE now() + cast(:length AS interval) END,
        attempts = CASE WHEN tries >= :most THEN attempts ELSE attempts + 1 END,
        key = NULL
    FROM due WHERE job.id = due.id
    RETURNING job.queue, job.id, job.attempts, job.tag, job.trace, job.dead_at
)
SELECT room.queue, room.room, taken.id, taken.attempts, taken.tag, taken.trace
FROM room LEFT JOIN taken ON taken.queue = room.queue AND taken.dead_at IS NULL
ORDER BY taken.id
"""
# Whoever is out on a lease is found by the index that also says what is due.
_OUT = """(
    SELECT count(*) FROM job
    WHERE job.queue = given.queue AND dead_at IS NULL AND greatest(due_at, leased_until) > now()
        AND leased_until > now()
)"""
_ANY, _WITHIN = text(_LEASE.format(out="0")), text(_LEASE.format(out=_OUT))


async def _lease(session: AsyncSession, statement: TextClause, sizes: Mapping[str, int]) -> dict[str, Leased]:
    asked = {
        "queues": list(sizes),
        "sizes": list(sizes.values()),
        "most": MAX_TRIES,
        "lost": f"Lost {MAX_TRIES} times: the process that ran it died.",
        "length": LEASE,
    }
    found: dict[str, Leased] = {}
    for queue, room, id, attempt, tag, trace in await session.execute(statement, asked):
        leases = found.setdefault(queue, Leased(room, [])).leases
        if id is not None:
            leases.append(Lease(id, attempt, tag, trace))
    return found


async def lease(session: AsyncSession, queue: str, limit: int) -> list[Lease]:
    """Lease up to `limit` due jobs of a queue; a job that has used up its tries is buried instead.

    Only attempts that a worker took up count: no outage of workers or broker, however long, kills a job.
    """
    return (await _lease(session, _ANY, {queue: limit}))[queue].leases


async def lease_within(session: AsyncSession, windows: Mapping[str, int]) -> dict[str, Leased]:
    """`lease` for several queues at once, so many of each that no more are out than its window is wide."""
    return await _lease(session, _WITHIN, windows)


async def release(session: AsyncSession, unsent: Sequence[Lease]) -> None:
    """Make leases that never reached a worker due again at once."""
    pairs = [(lease.job_id, lease.attempt) for lease in unsent]
    await session.execute(
        update(JobRow)
        .where(tuple_(JobRow.id, JobRow.attempts).in_(pairs), JobRow.started < JobRow.attempts)
        .values(leased_until=None)
        .execution_options(synchronize_session=False)
    )


async def leased(session: AsyncSession) -> dict[str, int]:
    """How many jobs of each queue are out on a running lease."""
    rows = await session.execute(
        select(JobRow.queue, func.count())
        .where(JobRow.dead_at.is_(None), JobRow.leased_until > func.now())
        .group_by(JobRow.queue)
    )
    return dict(rows.tuples().all())


NEXT_DUE = text("SELECT min(greatest(due_at, leased_until)) FROM job WHERE dead_at IS NULL")


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next job becomes ready (UTC), None when none waits."""
    due: datetime | None = await session.scalar(NEXT_DUE)
    return due


TAKE = text("""
DELETE FROM job
WHERE id = (SELECT id FROM job WHERE id = :id AND dead_at IS NULL FOR UPDATE SKIP LOCKED)
RETURNING tag, payload
""")


async def take(session: AsyncSession, lease: Lease) -> tuple[str, str] | None:
    """Take a leased row's tag and payload: it is gone with the transaction's commit and back with its rollback.

    None when it is done, dead, or in other hands.
    """
    row = (await session.execute(TAKE, {"id": lease.job_id})).one_or_none()
    return None if row is None else (row.tag, row.payload)


TAKE_ALL = text("""
WITH mine AS MATERIALIZED (
    SELECT id FROM job WHERE id = ANY(cast(:ids AS bigint[])) AND dead_at IS NULL
    ORDER BY id FOR UPDATE SKIP LOCKED
)
DELETE FROM job USING mine WHERE job.id = mine.id
RETURNING job.id, job.tag, job.payload
""")


async def take_all(session: AsyncSession, several: Sequence[Lease]) -> list[tuple[str, str]]:
    """Take several leased rows at once, in the order of their ids; see `take`. What cannot be taken is left out."""
    rows = await session.execute(TAKE_ALL, {"ids": [lease.job_id for lease in several]})
    return [(row.tag, row.payload) for row in sorted(rows, key=lambda row: row.id)]


async def start(session: AsyncSession, lease: Lease) -> JobRow | None:
    """Take up a lease outside a lasting transaction; None when this attempt was taken up already or superseded."""
    return await session.scalar(
        update(JobRow)
        .where(
            JobRow.id == lease.job_id,
            JobRow.attempts == lease.attempt,
            JobRow.started < JobRow.attempts,
            JobRow.dead_at.is_(None),
        )
        .values(started=JobRow.attempts, tries=JobRow.tries + 1, leased_until=func.now() + LEASE)
        .returning(JobRow)
        .execution_options(synchronize_session=False)
    )


EXTEND = text("""
UPDATE job SET leased_until = now() + cast(:length AS interval)
WHERE id = :id AND attempts = :attempt RETURNING id
""")


async def extend(session: AsyncSession, lease: Lease) -> bool:
    """Keep a long job's lease; False when it was lost and the work must stop."""
    result = await session.execute(EXTEND, {"id": lease.job_id, "attempt": lease.attempt, "length": LEASE})
    return result.first() is not None


async def finish(session: AsyncSession, lease: Lease) -> bool:
    """Delete the row, in the transaction that records the effect; False when the lease was lost."""
    result = await session.execute(
        text("DELETE FROM job WHERE id = :id AND attempts = :attempt RETURNING id"),
        {"id": lease.job_id, "attempt": lease.attempt},
    )
    return result.first() is not None


def backoff(tries: int) -> timedelta:
    """How long to wait after the latest failure: doubling from 2 s to an hour, with jitter."""
    return timedelta(seconds=min(2 ** min(tries, 12), 3600) * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, nothing secret


async def give_back(
    session: AsyncSession, lease: Lease, error: str, *, for_good: bool = False, patient: bool = False
) -> None:
    """Record why an attempt failed; the job is tried again after a while, or buried when that was its last try.

    A `patient` failure lies outside the house: it is tried again, hourly in the end, until PATIENCE runs out.
    """
    row = await session.scalar(
        select(JobRow)
        .where(JobRow.id == lease.job_id, JobRow.dead_at.is_(None), JobRow.attempts <= lease.attempt)
        .with_for_update()
    )
    if row is None:
        return
    if row.started < row.attempts:
        row.tries += 1
    if patient and now() - row.created_at < PATIENCE:
        row.tries = min(row.tries, MAX_TRIES - 1)
    row.error = error[:ERROR_LENGTH].replace("\x00", "\ufffd")
    row.leased_until = None
    # By the database's clock, which decides what is due.
    await session.flush()
    dead = for_good or row.tries >= MAX_TRIES
    await session.execute(
        update(JobRow)
        .where(JobRow.id == lease.job_id)
        .values(due_at=func.now() + backoff(row.tries), dead_at=func.now() if dead else None)
        .execution_options(synchronize_session=False)
    )


async def revive(session: AsyncSession, job_id: int) -> None:
    """Give a dead job a fresh set of tries, now. Raises NotFound when it is not dead."""
    revived = await session.scalar(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.dead_at.is_not(None))
        .values(dead_at=None, tries=0, leased_until=None, due_at=func.now())
        .returning(JobRow.id)
    )
    if revived is None:
        raise NotFound("That job is not among the dead ones any more.")
    nudge(session, TOPIC)
