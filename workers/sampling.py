"""The figures of the queues: looked up by the relays now and then, not by every process at every scrape."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from core import metrics, operations
from core.database import Database
from core.operations import QueueState

log = structlog.get_logger()

EVERY = timedelta(seconds=10)


async def sample(database: Database) -> None:
    """Look at the queues once and set their gauges."""
    async with database.transaction() as session:
        states = await operations.queues(session)
    show(states, time.time())


def show(states: Iterable[QueueState], at: float) -> None:
    """Set the gauges to what was found at a moment (seconds since 1970)."""
    for state in states:
        for name in ("due", "leased", "later", "dead"):
            metrics.QUEUE_JOBS.labels(state.name, name).set(getattr(state, name))
        waits = at - state.oldest_due_at.timestamp() if state.oldest_due_at else 0.0
        metrics.QUEUE_WAIT.labels(state.name).set(max(0.0, waits))
    metrics.QUEUES_AT.set(at)


async def run_sampling(database: Database, stop: asyncio.Event) -> None:
    """Sample until `stop` is set."""
    while not stop.is_set():
        try:
            await sample(database)
        except (DBAPIError, OSError) as error:
            log.warning("sampling waits", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY.total_seconds())
