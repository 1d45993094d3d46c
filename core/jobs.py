"""The job table: work that is promised in the same transaction as the fact it follows from.

`core.leases` hands rows out, `workers` carries them. A job is a small msgspec struct:

    class NotifyRequester(Job, tag="support.notify_requester"):
        ticket_id: UUID
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import ClassVar

import msgspec
from sqlalchemy import BigInteger, Identity, Index, SmallInteger, Text, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core import tracing
from core.database import Base, CreatedAt, Instant
from core.nudges import nudge

TOPIC = "jobs"
QUEUES = ("default", "delivery", "bulk", "calls")


class Job(msgspec.Struct, frozen=True, tag_field="job", kw_only=False):
    """What is to be done: ids and small facts, never objects. `queue` is one of QUEUES."""

    queue: ClassVar[str] = "default"


class JobRow(Base):
    __tablename__ = "job"
    __table_args__ = (
        # One index answers "what is due": a row waits for its due time, then for its lease to run out.
        Index(
            "ix_job_ready",
            "queue",
            text("greatest(due_at, leased_until)"),
            postgresql_where=text("dead_at IS NULL"),
        ),
        Index("uq_job_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
        Index("ix_job_dead", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
        {
            "postgresql_with": {
                "fillfactor": "70",
                "autovacuum_vacuum_scale_factor": "0.01",
                "autovacuum_vacuum_threshold": "500",
                "autovacuum_vacuum_cost_delay": "0",
            }
        },
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    queue: Mapped[str] = mapped_column(Text)
    tag: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]
    leased_until: Mapped[Instant | None]
    # How often the row was leased: the number tells one lease from the next, and is never set back.
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    # The attempt that a worker has taken up, so that a second copy of its message leaves.
    started: Mapped[int] = mapped_column(server_default=text("0"))
    # How many attempts came to nothing once they were taken up; too many, and the job is dead.
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    dead_at: Mapped[Instant | None]
    error: Mapped[str | None] = mapped_column(Text)
    # What it follows from, where that is traced (W3C traceparent).
    trace: Mapped[str | None] = mapped_column(Text)


@cache
def job_types() -> dict[str, type[Job]]:
    """Every declared job by its tag; ask only once all packages are imported."""
    found: dict[str, type[Job]] = {}
    waiting: list[type[Job]] = list(Job.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        tag = str(kind.__struct_config__.tag)
        if tag in found:
            raise TypeError(f"two jobs share the tag {tag}")
        found[tag] = kind
    return found


def decode(tag: str, payload: str) -> Job:
    """The job that a row promises. Raises LookupError for a tag nobody declares, msgspec's error for a bad shape."""
    try:
        kind = job_types()[tag]
    except KeyError:
        raise LookupError(f"no job is declared with the tag {tag}") from None
    return msgspec.json.decode(payload, type=kind)


def promised(job: Job) -> dict[str, str | None]:
    """A job in the columns of its row (queue, tag, payload, trace), for a statement that does more than promise it.

    `promising` is how such a statement ends. Whoever inserts it nudges TOPIC as well.
    """
    return {
        "queue": job.queue,
        "tag": str(job.__struct_config__.tag),
        "payload": msgspec.json.encode(job).decode(),
        "trace": tracing.present(),
    }


def promising(rows: str, payload: str = "cast(:payload AS text)") -> str:
    """The end of a statement that promises a job for each of its `rows`, with the values that `promised` says."""
    return f"""
INSERT INTO job (queue, tag, payload, due_at, trace)
SELECT cast(:queue AS text), cast(:tag AS text), {payload}, now(), cast(:trace AS text)
FROM {rows}
RETURNING id
"""  # noqa: S608 - only names and parts of our own are put in


# One statement however many jobs there are, as arrays: a text that never changes is neither built nor planned anew.
_INSERT = """
INSERT INTO job (queue, tag, payload, due_at, trace{key})
SELECT queue, tag, payload, coalesce(due_at, now()), cast(:trace AS text){key}
FROM unnest(
    cast(:queues AS text[]), cast(:tags AS text[]), cast(:payloads AS text[]), cast(:dues AS timestamptz[]){keys}
) WITH ORDINALITY AS new (queue, tag, payload, due_at{key}, place)
ORDER BY place
"""
PROMISE = text(_INSERT.format(key="", keys=""))
# An update, not "do nothing": it locks the waiting row until our commit, so a worker that takes the row up
# afterwards sees what we wrote.
PROMISE_ONCE = text(
    _INSERT.format(key=", key", keys=", cast(:keys AS text[])")
    + """
ON CONFLICT (key) WHERE key IS NOT NULL
DO UPDATE SET due_at = least(job.due_at, excluded.due_at)
"""
)


async def enqueue(
    session: AsyncSession, job: Job, due_at: datetime | None = None, key: str | None = None
) -> None:
    """Promise a job, in the caller's transaction; it runs soon after the commit, or from `due_at` (UTC) on.

    With a `key`, a job that still waits under the same key is kept instead and made due no later than this one.
    A waiting job that is taken up after this transaction's commit sees all that it wrote.
    """
    await enqueue_many(session, [job], due_at, [key] if key else None)


async def enqueue_many(
    session: AsyncSession,
    jobs: Iterable[Job],
    due_at: datetime | None = None,
    keys: Sequence[str] | None = None,
) -> None:
    """Promise many jobs in one statement; see `enqueue`. `keys` are as many as the jobs, and distinct."""
    rows = [
        (job.queue, str(job.__struct_config__.tag), msgspec.json.encode(job).decode(), due_at) for job in jobs
    ]
    if not rows:
        return
    await session.flush()
    statement, given = PROMISE, {}
    if keys is not None:
        # One order of locks for everyone.
        ordered = sorted(zip(keys, rows, strict=True), key=lambda pair: pair[0])
        rows = [row for _key, row in ordered]
        statement, given = PROMISE_ONCE, {"keys": [key for key, _row in ordered]}
    queues, tags, payloads, dues = (list(column) for column in zip(*rows, strict=True))
    values = {"queues": queues, "tags": tags, "payloads": payloads, "dues": dues}
    await session.execute(statement, {**values, **given, "trace": tracing.present()})
    nudge(session, TOPIC)
