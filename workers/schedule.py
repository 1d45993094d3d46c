"""What runs by the clock. Every relay keeps this loop; an advisory lock and the job's key make it run once."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.jobs import ForgetCalls, RemoveForsaken, SweepFiles
from core.clock import now
from core.database import Database
from core.jobs import Job, enqueue
from customers.signin import ForgetSignIns
from estore.jobs import ReconcilePayments

log = structlog.get_logger()

LOOK = timedelta(seconds=5)
LOCK = 0x7468_726F  # "thro"

# How often, and what. Each is promised under a key of its own, for the next round time.
RECURRING: list[tuple[timedelta, Job]] = [
    (timedelta(minutes=1), ReconcilePayments()),
    (timedelta(hours=1), ForgetSignIns()),
    (timedelta(hours=1), ForgetCalls()),
    (timedelta(minutes=15), SweepFiles()),
    (timedelta(hours=1), RemoveForsaken()),
]


def next_round(at: datetime, every: timedelta) -> datetime:
    """The first instant after `at` that is a whole number of intervals from midnight UTC of year one."""
    passed = at.timestamp() // every.total_seconds() + 1
    return datetime.fromtimestamp(passed * every.total_seconds(), at.tzinfo)


async def plan(session: AsyncSession) -> None:
    """Promise the next run of everything that recurs; said twice, it is promised once."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    for every, job in RECURRING:
        key = f"clock:{job.__struct_config__.tag}"
        if not await session.scalar(text("SELECT 1 FROM job WHERE key = :key"), {"key": key}):
            await enqueue(session, job, due_at=next_round(now(), every), key=key)


async def run_schedule(database: Database, stop: asyncio.Event) -> None:
    """Keep the plan until `stop` is set."""
    while not stop.is_set():
        try:
            async with database.transaction() as session:
                await plan(session)
        except (DBAPIError, OSError) as error:
            log.warning("schedule waits", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK.total_seconds())
