"""How soon a committed job is handled, and how many are handled a second."""

import asyncio
import time
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import text

from core.database import Database
from core.jobs import enqueue, enqueue_many
from tests.bench.command import LoneStamp, Stamp
from tests.bench.figures import Figure, at_most, percentile
from tests.bench.site import Place
from tests.chaos.processes import Processes

SAMPLES = 200
MANY = 4000
BARE = "bare asyncpg insert + commit, 8 connections"


async def measure(place: Place) -> list[Figure]:
    settings, database, folder = place.settings, place.database, place.folder
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE stamp (number int, at timestamptz)"))
    with Processes(settings, folder / "jobs.log", module="tests.bench.command") as crew:
        crew.start("worker", "relay")
        await _one(database, -1)  # both are up
        waits = [await _one(database, number) for number in range(SAMPLES)]
        together = await _many(database, Stamp)
        alone = await _many(database, LoneStamp)
    bare = await _bare(settings.database_url)
    return [
        at_most("commit to handled, p50", percentile(waits, 50), "ms", 50),
        Figure("commit to handled, p95", percentile(waits, 95), "ms"),
        Figure("jobs that share, one worker process", together, "1/s", bare, BARE),
        Figure("jobs that do not", alone, "1/s", bare, BARE),
    ]


async def _one(database: Database, number: int) -> float:
    """Milliseconds from a commit to the moment its job's effect is written."""
    async with database.transaction() as session:
        await enqueue(session, Stamp(number))
    committed = datetime.now(UTC)
    while True:
        async with database.transaction() as session:
            at = await session.scalar(text("SELECT at FROM stamp WHERE number = :n"), {"n": number})
        if at is not None:
            return float((at - committed).total_seconds() * 1000)
        await asyncio.sleep(0.01)


async def _many(database: Database, kind: type[Stamp]) -> float:
    async with database.transaction() as session:
        await enqueue_many(session, [kind(number) for number in range(MANY)])
    started = time.monotonic()
    while True:
        async with database.transaction() as session:
            if not await session.scalar(text("SELECT count(*) FROM job WHERE tag LIKE 'bench.%'")):
                return MANY / (time.monotonic() - started)
        await asyncio.sleep(0.05)


async def _bare(url: str) -> float:
    pool = await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=8, max_size=8)
    started = time.monotonic()

    async def insert(lane: int) -> None:
        for number in range(lane, MANY, 8):
            await pool.execute("INSERT INTO stamp VALUES ($1, clock_timestamp())", number)

    await asyncio.gather(*(insert(lane) for lane in range(8)))
    rate = MANY / (time.monotonic() - started)
    await pool.close()
    return rate
