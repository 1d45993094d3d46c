"""Ready means that everything is there that serving needs; what is missing is named."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from redis.asyncio import Redis

from core import heartbeats, leases
from core.clock import now
from core.database import Database
from core.heartbeats import Heart
from core.jobs import QUEUES, enqueue
from core.settings import Settings
from customers.signin import ForgetSignIns
from portal import health
from tests.chaos.processes import Processes
from tests.portal.conftest import Browser

ALL_WELL = {"database": "ok", "redis": "ok", "relay": "ok", "worker": "ok", "queues": "ok"}
STARTS_WITHIN = 120  # on a machine that is busy with other tests
TOO_LONG = health.LONGEST_WAIT + timedelta(seconds=15)


async def ready(client: Browser) -> tuple[int, dict[str, Any], dict[str, Any]]:
    answer = await client.get("/health/ready")
    said = answer.json()
    lag = said.pop("lag")
    return answer.status_code, said, lag


async def until(client: Browser, status: int, seconds: float) -> dict[str, Any]:
    """Ask until the answer has this status; what it says then."""
    end = time.monotonic() + seconds
    while True:
        came, said, _ = await ready(client)
        if came == status:
            return said
        assert time.monotonic() < end, said
        await asyncio.sleep(0.1)


async def test_a_dead_relay_then_a_dead_worker_is_named_until_another_lives(
    client: Browser, settings: Settings, tmp_path: Path
) -> None:
    status, said, _ = await ready(client)
    assert (status, said) == (503, ALL_WELL | {"relay": "silent for 10 s", "worker": "silent for 10 s"})
    noticed = heartbeats.LASTS.total_seconds() + 5
    with (
        Processes(settings, tmp_path / "relay.log", module="core.cli") as relays,
        Processes(settings, tmp_path / "worker.log", module="core.cli") as workers,
    ):
        relays.start("relay")
        workers.start("worker")
        assert await until(client, 200, STARTS_WITHIN) == ALL_WELL
        relays.kill()
        assert await until(client, 503, noticed) == ALL_WELL | {"relay": "silent for 10 s"}
        relays.start("relay")
        assert await until(client, 200, STARTS_WITHIN) == ALL_WELL
        workers.kill()
        assert await until(client, 503, noticed) == ALL_WELL | {"worker": "silent for 10 s"}


@pytest.fixture
async def alive(settings: Settings) -> None:
    """A relay and a worker were heard of just now."""
    async with Redis.from_url(settings.redis_url) as redis:
        for role in heartbeats.ROLES:
            await Heart(redis, role).beat()


@pytest.mark.usefixtures("alive")
async def test_a_due_job_that_waits_too_long_is_named_with_its_queue(
    client: Browser, database: Database
) -> None:
    assert await ready(client) == (
        200,
        ALL_WELL,
        {queue: {"relay": 0.0, "oldest_due": 0.0} for queue in QUEUES},
    )
    async with database.transaction() as session:
        await enqueue(session, ForgetSignIns(), due_at=now() + timedelta(minutes=5))
    assert (await ready(client))[0] == 200
    async with database.transaction() as session:
        await enqueue(session, ForgetSignIns(), due_at=now() - TOO_LONG)
    status, said, lag = await ready(client)
    assert (status, said) == (503, ALL_WELL | {"queues": "a job of default waits for 75 s"})
    assert lag["default"]["relay"] == lag["default"]["oldest_due"] >= 75

    # A relay has it in hand now, no worker yet: it still waits.
    async with database.transaction() as session:
        [leased] = await leases.lease(session, "default", 10)
    status, said, lag = await ready(client)
    assert (status, lag["default"]["relay"]) == (503, 0.0)
    assert lag["default"]["oldest_due"] >= 75
    async with database.transaction() as session:
        assert await leases.start(session, leased) is not None
    assert (await ready(client))[0] == 200


@pytest.mark.usefixtures("alive")
async def test_a_campaign_that_waits_its_turn_keeps_nobody_out(client: Browser, database: Database) -> None:
    from channels.jobs import DeliverBulk

    async with database.transaction() as session:
        await enqueue(session, DeliverBulk("email", []), due_at=now() - TOO_LONG)
    status, said, lag = await ready(client)
    assert (status, said) == (200, ALL_WELL)
    assert lag["bulk"]["oldest_due"] >= 75


@pytest.mark.usefixtures("alive")
async def test_a_database_that_is_gone_is_named(
    app: Litestar, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Database("postgresql+asyncpg://nobody@127.0.0.1:9/nothing")
    monkeypatch.setattr(app.state, "database", gone)
    status, said, lag = await ready(client)
    assert (status, said, lag) == (
        503, ALL_WELL | {"database": "ConnectionRefusedError", "queues": "unknown"}, {},
    )  # fmt: skip
