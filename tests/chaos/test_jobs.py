"""The job table under fire: processes killed, Redis wiped, and every effect exactly once."""

import asyncio
import random
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from core.database import Database
from core.jobs import enqueue_many
from core.settings import Settings
from tests.chaos.command import LeaveMark, LeaveSharedMark
from tests.chaos.processes import Forks
from workers.verification import verify

JOBS = 2000
KINDS = (LeaveMark, LeaveSharedMark)
KILLS = 20
FLUSHES = 5
CREW = ("worker", "worker", "relay", "relay")


@pytest.mark.long
async def test_every_effect_happens_exactly_once_while_workers_and_relays_die_and_redis_is_wiped(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    random.seed()
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE mark (number int NOT NULL)"))
    async with database.transaction() as session:
        await enqueue_many(session, [KINDS[number % 2](number) for number in range(JOBS)])

    redis = Redis.from_url(settings.redis_url)
    flushes = set(random.sample(range(KILLS), FLUSHES))
    with Forks(settings, tmp_path / "crew.log") as crew:
        for kill in range(KILLS):
            crew.start(*CREW)
            before = await _marks(database)
            deadline = time.monotonic() + 20
            # Let this crew get somewhere (unless all is done), then strike at any moment.
            while await _marks(database) == before < JOBS and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            await asyncio.sleep(random.uniform(0, 0.5))
            if kill in flushes:
                await redis.flushall()
            crew.kill()
        crew.start(*CREW)
        struck = time.monotonic()
        while await _waiting(database) and time.monotonic() - struck < 90:
            await asyncio.sleep(0.1)
        drained = time.monotonic() - struck

    async with database.transaction() as session:
        marks = (await session.execute(text("SELECT number, count(*) FROM mark GROUP BY 1"))).all()
        left = list(await session.scalars(text("SELECT error FROM job WHERE tag LIKE 'chaos.%'")))
    await redis.aclose()
    print(f"\n{JOBS} jobs, {KILLS} kills, {FLUSHES} wipes: drained {drained:.1f} s after the last fault")
    assert left == [], (tmp_path / "crew.log").read_text()[-3000:]
    assert sorted((number, count) for number, count in marks) == [(number, 1) for number in range(JOBS)]
    assert drained < 60
    assert (await verify(database)).differences == []


async def _marks(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(text("SELECT count(*) FROM mark")) or 0


async def _waiting(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(text("SELECT count(*) FROM job WHERE tag LIKE 'chaos.%'")) or 0
