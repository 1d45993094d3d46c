"""Runs one leased job: its effect on the database happens exactly once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import bound_contextvars

from core import leases, metrics, tracing
from core.database import Database
from core.errors import DomainError, TransientError
from core.jobs import Job, decode
from core.leases import Lease
from workers.resources import Resources

log = structlog.get_logger()

Transactional = Callable[[AsyncSession, Any], Awaitable[None]]
TRANSACTIONAL: dict[str, Transactional] = {}
# What several waiting jobs of a kind come to when they share a transaction.
Together = Callable[[list[Any]], Iterable[Job]]
TOGETHER: dict[str, Together] = {}


class LeaseLost(Exception):
    """Someone else holds this job now: stop, and record nothing."""


@dataclass
class Run:
    """What a handler that reaches outside works with."""

    database: Database
    resources: Resources
    lease: Lease
    finished: bool = field(default=False, init=False)
    # From when its last transaction has taken the row away: nobody else can have it then.
    ending: bool = field(default=False, init=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A transaction on the way; raises LeaseLost, and undoes it, when the job is in other hands."""
        async with self.database.transaction() as session:
            if not await leases.extend(session, self.lease):
                raise LeaseLost
            yield session

    @asynccontextmanager
    async def final(self) -> AsyncIterator[AsyncSession]:
        """The transaction that records the effect and ends the job, both or neither."""
        async with self.database.transaction() as session:
            if not await leases.finish(session, self.lease):
                raise LeaseLost
            self.ending = True
            try:
                yield session
            except BaseException:
                self.ending = False
                raise
        self.finished = True


Outside = Callable[[Run, Any], Awaitable[None]]
OUTSIDE: dict[str, Outside] = {}


def transactional[H: Transactional](job: type[Job], *, together: Together | None = None) -> Callable[[H], H]:
    """Declare the handler of a job that touches only the database; it runs in the transaction that deletes the row.

    With `together`, jobs of this kind that wait may share that transaction: it is given them and returns the
    jobs to run instead, of this kind or another (`list` for the same ones). For work that is quick, and locks what
    it locks in one order.
    """
    if together is not None:
        TOGETHER[str(job.__struct_config__.tag)] = together
    return _declare(TRANSACTIONAL, job)


def outside[H: Outside](job: type[Job]) -> Callable[[H], H]:
    """Declare the handler of a job that reaches the network; it claims, acts and records through its `Run`."""
    return _declare(OUTSIDE, job)


def _declare(handlers: dict[str, Any], job: type[Job]) -> Callable[[Any], Any]:
    tag = str(job.__struct_config__.tag)

    def declare(handler: Any) -> Any:
        if tag in TRANSACTIONAL or tag in OUTSIDE:
            raise TypeError(f"{tag} has two handlers")
        handlers[tag] = handler
        return handler

    return declare


async def run(database: Database, resources: Resources, lease: Lease) -> None:
    """Run a leased job to its end; what goes wrong is written into its row, never raised."""
    known = lease.tag in TRANSACTIONAL or lease.tag in OUTSIDE
    begun = perf_counter()
    with (
        bound_contextvars(job=lease.tag, job_id=lease.job_id, attempt=lease.attempt),
        tracing.job(lease.tag, lease.job_id, lease.attempt, lease.trace),
    ):
        outcome = await _run(database, resources, lease)
    _count(lease.tag if known else "unknown", outcome, perf_counter() - begun)


def _count(tag: str, outcome: str, seconds: float, jobs: int = 1) -> None:
    metrics.JOBS.labels(tag, outcome).inc(jobs)
    metrics.JOB_SECONDS.labels(tag).observe(seconds)


async def _run(database: Database, resources: Resources, lease: Lease) -> str:
    """done, skipped (others have it, or it is done), lost or failed."""
    try:
        if lease.tag in TRANSACTIONAL:
            done = await _run_transactional(database, lease)
        elif lease.tag in OUTSIDE:
            done = await _run_outside(database, resources, lease)
        else:
            raise LookupError(f"no handler is declared for {lease.tag}")
        return "done" if done else "skipped"
    except LeaseLost:
        log.info("lease lost")
        return "lost"
    except (InterfaceError, OperationalError) as error:
        # The database went away: the lease runs out, and the job is sent again.
        log.warning("database unreachable", error=type(error).__name__)
        return "lost"
    except Exception as error:
        # Another company's outage is no defect of ours: where it was noticed says nothing.
        outage = isinstance(error, TransientError | OSError)
        log.warning("job failed", error=type(error).__name__, exc_info=not outage)
        with suppress(Exception):
            async with database.transaction() as session:
                await leases.give_back(session, lease, said(error), patient=outage)
        return "failed"


def shared(several: Sequence[Lease]) -> list[list[Lease]]:
    """Leases parted into those that can be run in one transaction; one that was lost before goes alone."""
    groups: dict[object, list[Lease]] = {}
    for lease in several:
        fit = lease.tag in TOGETHER and lease.attempt <= leases.UNNOTED
        groups.setdefault(lease.tag if fit else lease, []).append(lease)
    return list(groups.values())


async def run_together(database: Database, resources: Resources, several: Sequence[Lease]) -> None:
    """Run leased jobs of one kind in one transaction, all or none; when one of them fails, each on its own."""
    if len(several) > 1:
        begun = perf_counter()
        try:
            tag = several[0].tag
            with tracing.jobs(tag, [lease.trace for lease in several]):
                async with database.transaction() as session:
                    taken = await leases.take_all(session, several)
                    jobs = [decode(tag, payload) for tag, payload in taken]
                    for job in TOGETHER[tag](jobs) if jobs else ():
                        await TRANSACTIONAL[str(job.__struct_config__.tag)](session, job)
                        # The next one reads the database as it stands then, as in a transaction of its own.
                        await session.flush()
                        session.expunge_all()
            _count(several[0].tag, "done", perf_counter() - begun, len(taken))
            return
        except Exception as error:
            log.info("jobs run one by one", job=several[0].tag, jobs=len(several), error=type(error).__name__)
    for lease in several:
        await run(database, resources, lease)


def said(error: Exception) -> str:
    """An error in words for the operations page: nothing of the data that the database may quote."""
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, DBAPIError):
        return f"{type(error).__name__} {getattr(error.orig, 'sqlstate', '')}".strip()
    return f"{type(error).__name__}: {error}"


async def _run_transactional(database: Database, lease: Lease) -> bool:
    if lease.attempt > leases.UNNOTED:
        async with database.transaction() as session:
            if await leases.start(session, lease) is None:
                return False
    async with database.transaction() as session:
        taken = await leases.take(session, lease)
        if taken is not None:
            tag, payload = taken
            await TRANSACTIONAL[tag](session, decode(tag, payload))
    return taken is not None


async def _run_outside(database: Database, resources: Resources, lease: Lease) -> bool:
    async with database.transaction() as session:
        row = await leases.start(session, lease)
    if row is None:
        return False
    job = decode(row.tag, row.payload)
    current = Run(database, resources, lease)
    keeper = asyncio.create_task(_keep(current, asyncio.current_task()))
    try:
        await OUTSIDE[row.tag](current, job)
        if not current.finished:
            async with current.final():
                pass
    except asyncio.CancelledError:
        if keeper.done():
            raise LeaseLost from None
        raise
    finally:
        keeper.cancel()
    return True


async def _keep(run: Run, work: asyncio.Task[Any] | None) -> None:
    """Extend the lease while the work goes on; stop the work when the lease is lost."""
    while True:
        await asyncio.sleep(leases.LEASE.total_seconds() / 4)
        try:
            async with run.database.transaction() as session:
                kept = await leases.extend(session, run.lease)
        except (InterfaceError, OperationalError, OSError):
            continue
        if not kept:
            # A row that is gone because the work is done was waited for, not lost.
            if work is not None and not run.ending:
                work.cancel()
            return
