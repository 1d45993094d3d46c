"""What operators look at: queues, failing and dead jobs, webhooks that could not be read, each provider's last call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.clock import now
from core.errors import NotFound
from core.jobs import QUEUES, TOPIC, Job, JobRow, enqueue
from core.leases import READY_AT
from core.nudges import nudge
from core.webhooks import ProcessWebhook, ReceivedWebhook

# What is added to the reason of an event that nobody will read, before the name of who decided so.
DISMISSED = " (dismissed by "


@dataclass(frozen=True)
class QueueState:
    """A queue in numbers: due now, leased, due later, buried; since when the oldest is due (UTC)."""

    name: str
    due: int = 0
    leased: int = 0
    later: int = 0
    dead: int = 0
    oldest_due_at: datetime | None = None


async def queues(session: AsyncSession) -> list[QueueState]:
    """Every queue, also an empty one."""
    alive = JobRow.dead_at.is_(None)
    leased = (alive, JobRow.leased_until > func.now())
    free = (alive, or_(JobRow.leased_until.is_(None), JobRow.leased_until <= func.now()))
    rows = await session.execute(
        select(
            JobRow.queue,
            func.count().filter(*free, JobRow.due_at <= func.now()),
            func.count().filter(*leased),
            func.count().filter(*free, JobRow.due_at > func.now()),
            func.count().filter(JobRow.dead_at.is_not(None)),
            func.min(READY_AT).filter(*free, JobRow.due_at <= func.now()),
        ).group_by(JobRow.queue)
    )
    found = {row[0]: QueueState(*row) for row in rows}
    return [found.get(name, QueueState(name)) for name in QUEUES] + [
        state for name, state in sorted(found.items()) if name not in QUEUES
    ]


# A worker says that it has it in hand.
_TAKEN_UP = and_(JobRow.leased_until > func.now(), JobRow.started == JobRow.attempts)


@dataclass(frozen=True)
class Lag:
    """How long the oldest due job of a queue waits, in seconds: for a relay, and for anyone to take it up."""

    relay: float = 0.0
    oldest_due: float = 0.0


async def lags(session: AsyncSession) -> dict[str, Lag]:
    """The lag of every queue. What a worker says that it has in hand does not wait, however long it takes."""
    rows = await session.execute(
        select(
            JobRow.queue,
            func.extract("epoch", func.now() - func.min(READY_AT).filter(READY_AT <= func.now())),
            func.extract("epoch", func.now() - func.min(JobRow.due_at)),
        )
        .where(JobRow.dead_at.is_(None), JobRow.due_at <= func.now(), _TAKEN_UP.is_not(True))
        .group_by(JobRow.queue)
    )
    waiting = {queue: Lag(float(relay or 0), float(oldest)) for queue, relay, oldest in rows}
    return {queue: waiting.get(queue, Lag()) for queue in QUEUES}


# So long a discarded job can be had back.
SECOND_THOUGHTS = timedelta(seconds=60)


class Discard(Job, tag="core.discard", frozen=True):
    """Give a dead job up, once nobody has thought better of it."""

    job_id: int


_PROMISED = "core.discard:"


def _promise(job_id: int) -> str:
    return f"{_PROMISED}{job_id}"


def _undecided() -> ColumnElement[bool]:
    """Dead, and not set aside to be discarded."""
    promise = aliased(JobRow)
    key = func.concat(_PROMISED, JobRow.id)
    return JobRow.dead_at.is_not(None) & ~exists().where(promise.key == key)


async def undecided(session: AsyncSession) -> int:
    """How many dead jobs wait for somebody to decide."""
    return await session.scalar(select(func.count()).select_from(JobRow).where(_undecided())) or 0


async def dead_jobs(session: AsyncSession, limit: int = 100) -> list[JobRow]:
    """Jobs that used up their attempts or cannot be done and that nobody has decided on, the newest first."""
    return list(
        await session.scalars(
            select(JobRow).where(_undecided()).order_by(JobRow.dead_at.desc(), JobRow.id.desc()).limit(limit)
        )
    )


# An attempt that a worker has in hand is counted as a try already, though it has not failed yet.
_FAILURES = JobRow.tries - case((_TAKEN_UP, 1), else_=0)


def _failing(times: int) -> ColumnElement[bool]:
    return and_(JobRow.dead_at.is_(None), JobRow.error.is_not(None), _FAILURES >= times)


async def failing(session: AsyncSession, times: int = 1) -> int:
    """How many jobs have failed so often, or more, and will be tried again."""
    return await session.scalar(select(func.count()).select_from(JobRow).where(_failing(times))) or 0


async def failing_jobs(session: AsyncSession, limit: int = 100) -> list[JobRow]:
    """Jobs that failed and will be tried again at `due_at`, those that failed most often first."""
    return list(
        await session.scalars(
            select(JobRow)
            .where(_failing(1))
            .order_by(JobRow.tries.desc(), JobRow.attempts.desc(), JobRow.id)
            .limit(limit)
        )
    )


async def revive_all(session: AsyncSession) -> int:
    """Give every dead job that is not set aside a fresh set of tries, now; how many there were."""
    revived = await session.scalars(
        update(JobRow)
        .where(_undecided())
        .values(dead_at=None, tries=0, leased_until=None, due_at=func.now())
        .returning(JobRow.id)
        .execution_options(synchronize_session=False)
    )
    count = len(revived.all())
    if count:
        nudge(session, TOPIC)
    return count


async def set_aside(session: AsyncSession, job_id: int) -> None:
    """Have a dead job discarded in a minute. Raises NotFound when it is not dead, or set aside already."""
    found = await session.scalar(
        select(JobRow.id).where(JobRow.id == job_id, _undecided()).with_for_update(of=JobRow)
    )
    if found is None:
        raise NotFound("That job is not among the dead ones any more.")
    await enqueue(session, Discard(job_id), due_at=now() + SECOND_THOUGHTS, key=_promise(job_id))


async def take_back(session: AsyncSession, job_id: int) -> None:
    """Leave a job that was set aside among the dead ones. Raises NotFound when it is gone."""
    kept = await session.scalar(delete(JobRow).where(JobRow.key == _promise(job_id)).returning(JobRow.id))
    if kept is None:
        raise NotFound("That job was discarded. It cannot be had back any more.")
    nudge(session, TOPIC)


async def discard(session: AsyncSession, job_id: int) -> tuple[str, str]:
    """Give a dead job up: its tag and payload, for whoever must be told. Raises NotFound when it is not dead."""
    found = await session.execute(
        delete(JobRow)
        .where(JobRow.id == job_id, JobRow.dead_at.is_not(None))
        .returning(JobRow.tag, JobRow.payload)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("That job is not among the dead ones any more.")
    return row.tag, row.payload


async def quarantined_webhooks(session: AsyncSession, limit: int = 100) -> list[ReceivedWebhook]:
    """Provider events that could not be read, the newest first."""
    return list(
        await session.scalars(
            select(ReceivedWebhook)
            .where(ReceivedWebhook.quarantined.is_not(None), ReceivedWebhook.processed_at.is_(None))
            .order_by(ReceivedWebhook.received_at.desc(), ReceivedWebhook.id.desc())
            .limit(limit)
        )
    )


async def webhook(session: AsyncSession, webhook_id: UUID) -> ReceivedWebhook:
    """Raises NotFound."""
    found = await session.get(ReceivedWebhook, webhook_id)
    if found is None:
        raise NotFound("We have no such webhook.")
    return found


async def replay_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """Read a quarantined event again, as if it had just come. Raises NotFound when it waits no more."""
    waiting = await _in_quarantine(session, webhook_id)
    await enqueue(session, ProcessWebhook(waiting.id, waiting.provider), key=f"webhook:{waiting.id}")


async def dismiss_webhook(session: AsyncSession, webhook_id: UUID, by: str) -> None:
    """Leave an event unread for good; the raw body and the reason stay. Raises NotFound."""
    waiting = await _in_quarantine(session, webhook_id)
    waiting.processed_at = now()
    waiting.quarantined = f"{waiting.quarantined}{DISMISSED}{by})"
    nudge(session, "quarantine")


async def restore_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """Let a dismissed event wait in quarantine again. Raises NotFound."""
    found = await session.scalar(
        select(ReceivedWebhook)
        .where(
            ReceivedWebhook.id == webhook_id,
            ReceivedWebhook.quarantined.contains(DISMISSED, autoescape=True),
            ReceivedWebhook.processed_at.is_not(None),
        )
        .with_for_update()
    )
    if found is None or found.quarantined is None:
        raise NotFound("That webhook was not dismissed.")
    found.processed_at = None
    found.quarantined = found.quarantined.rpartition(DISMISSED)[0]
    nudge(session, "quarantine")


async def _in_quarantine(session: AsyncSession, webhook_id: UUID) -> ReceivedWebhook:
    found = await session.scalar(
        select(ReceivedWebhook)
        .where(
            ReceivedWebhook.id == webhook_id,
            ReceivedWebhook.quarantined.is_not(None),
            ReceivedWebhook.processed_at.is_(None),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound("That webhook does not wait in quarantine any more.")
    return found


async def last_webhooks(session: AsyncSession) -> Sequence[tuple[str, datetime]]:
    """When each provider last called us (UTC)."""
    rows = await session.execute(
        select(ReceivedWebhook.provider, func.max(ReceivedWebhook.received_at))
        .group_by(ReceivedWebhook.provider)
        .order_by(ReceivedWebhook.provider)
    )
    return [(provider, at) for provider, at in rows]
