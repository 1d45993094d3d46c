"""The relay: leases due rows of the job table and sends their tickets to the broker. Run as many as you like."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from dramatiq.broker import Broker
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from core import leases
from core.clock import now
from core.database import Database
from core.heartbeats import Heart
from core.jobs import TOPIC
from core.leases import Lease
from core.nudges import PREFIX
from workers import bells
from workers.broker import ticket

log = structlog.get_logger()

# How many jobs of a queue may be out at once. Small enough that a ticket never waits out its lease behind others,
# and that a broadcast leaves threads free for receipts and answers.
WINDOW = {"default": 256, "delivery": 8, "bulk": 4, "calls": 8}
# How many jobs share a ticket when many are due.
SHARED = {"default": 16, "delivery": 1, "bulk": 1, "calls": 1}
POLL = timedelta(seconds=1)
# While the windows are full: how soon to look again. And the shortest pause when nothing could be leased
# (a row whose lease ran out may be locked by the worker that still runs it).
FULL = timedelta(milliseconds=25)
REST = timedelta(milliseconds=100)


async def relay_once(database: Database, broker: Broker, redis: Redis) -> bool:
    """Lease and send what is due, and wake the workers; True when a window was filled and more may be waiting."""
    async with database.statements() as session:
        found = await leases.lease_within(session, WINDOW)
    tickets = [
        (queue, part) for queue, due in found.items() for part in _shared_out(due.leases, SHARED[queue])
    ]
    if tickets:
        try:
            await asyncio.to_thread(_send, broker, tickets)
        except Exception:
            async with database.transaction() as session:
                await leases.release(session, [lease for _, part in tickets for lease in part])
            raise
        await bells.ring(redis, {queue for queue, _ in tickets})
    return any(len(due.leases) == due.room for due in found.values())


def _shared_out(due: list[Lease], at_most: int) -> list[list[Lease]]:
    size = max(1, min(at_most, len(due) // 16))
    return [due[i : i + size] for i in range(0, len(due), size)]


def _send(broker: Broker, tickets: list[tuple[str, list[Lease]]]) -> None:
    for queue, part in tickets:
        broker.enqueue(ticket(queue, part))


async def run_relay(database: Database, redis: Redis, broker: Broker, stop: asyncio.Event) -> None:
    """Relay until `stop` is set: at every nudge, when the next job falls due, and at least once a second."""
    wake = asyncio.Event()
    heart = Heart(redis, "relay")
    listener = asyncio.create_task(_listen(redis, wake))
    try:
        while not stop.is_set():
            wake.clear()
            try:
                more = await relay_once(database, broker, redis)
                await heart.beat()
                wait = FULL if more else await _until_next(database)
            except (DBAPIError, OSError, RedisError) as error:
                log.warning("relay waits", error=type(error).__name__)
                wait = POLL
            except Exception:
                log.exception("relay waits")
                wait = POLL
            with suppress(TimeoutError):
                await asyncio.wait_for(_either(wake, stop), wait.total_seconds())
    finally:
        listener.cancel()


async def _until_next(database: Database) -> timedelta:
    async with database.statements() as session:
        due = await leases.next_due(session)
    return POLL if due is None else max(REST, min(POLL, due - now()))


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _listen(redis: Redis, wake: asyncio.Event) -> None:
    """Turn nudges into wake-ups, reconnecting for ever: without Redis the relay polls."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(PREFIX + TOPIC)
                while True:
                    if await channel.get_message(timeout=5) is not None:
                        wake.set()
        except (RedisError, OSError):
            await asyncio.sleep(0.5)
