"""A broadcast under fire: workers killed while they send, and still nobody gets it twice or is forgotten."""

import asyncio
import random
import time
from pathlib import Path

import httpx
import pytest

from campaigns import broadcasts, segments
from campaigns import conditions as c
from campaigns.figures import figures, ledger
from campaigns.models import BroadcastState
from channels.registry import LANES
from core.database import Database
from core.settings import Settings
from customers.models import ConsentRecord, Customer, Identity
from tests.chaos.processes import Processes
from tests.sandbox.stand_in import run_sandbox
from workers.verification import verify

RECIPIENTS = 1000
KILLS = 10
BETWEEN = 20  # mails that go out between two kills
IN_FLIGHT = LANES["bulk"]  # what a worker has under way at most


@pytest.mark.long
async def test_a_broadcast_reaches_everyone_at_most_once_while_workers_are_killed(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    random.seed()
    async with database.transaction() as session:
        people = [Customer(name=f"Ana {i}") for i in range(RECIPIENTS)]
        session.add_all(people)
        await session.flush()
        for i, one in enumerate(people):
            session.add(Identity(customer_id=one.id, kind="email", value=f"ana{i}@chaos.test"))
            session.add(
                ConsentRecord(customer_id=one.id, channel="email", topic="news", granted=True, source="test")
            )
        await session.flush()
        chosen = await segments.create(session, "Everyone", c.encode(c.AllOf()))
        broadcast = await broadcasts.create(session, "Spring", "email")
        broadcast = await broadcasts.edit(
            session,
            broadcast.id,
            broadcast.version,
            segment_id=chosen.id,
            subject="Hello {{ customer.first_name }}",
            body="Dear {{ customer.name }}, [look](https://shop.test/)",
        )

    with run_sandbox(tmp_path / "sandbox") as sandbox, httpx.Client(base_url=sandbox.url) as outside:
        relay = settings.model_copy(update={"smtp_relay_port": sandbox.smtp_port})
        # A slow mail server, so that there is always something under way to be interrupted.
        outside.post("/api/faults", json={"mail": {"delay_ms": 300}}).raise_for_status()

        def received() -> dict[str, int]:
            counts: dict[str, int] = outside.get("/api/mail/counts", params={"prefix": "ana"}).json()
            return counts

        async with database.transaction() as session:
            await broadcasts.launch(session, broadcast.id, broadcast.version)
        with (
            Processes(relay, tmp_path / "relay.log") as relays,
            Processes(relay, tmp_path / "left.log") as left,
            Processes(relay, tmp_path / "right.log") as right,
        ):
            relays.start("relay")
            left.start("worker")
            right.start("worker")
            for _ in range(KILLS):
                before, deadline = len(received()), time.monotonic() + 40
                while len(received()) < before + BETWEEN and time.monotonic() < deadline:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(random.uniform(0, 0.3))
                struck = random.choice((left, right))
                struck.kill()
                struck.start("worker")
            at_last_kill = len(received())
            outside.post("/api/faults", json={"mail": {}}).raise_for_status()
            last_kill = time.monotonic()
            while time.monotonic() - last_kill < 120:
                async with database.transaction() as session:
                    if (await broadcasts.get(session, broadcast.id)).state == BroadcastState.FINISHED:
                        break
                await asyncio.sleep(0.25)
            settled = time.monotonic() - last_kill
            # What follows from it, such as people's traits, is still being worked off.
            while (verified := await verify(database)).waiting and time.monotonic() - last_kill < 180:
                await asyncio.sleep(0.5)

        counted = received()
        async with database.transaction() as session:
            told = await figures(session, broadcast.id)
            rows = await ledger(session, broadcast.id, limit=RECIPIENTS + 1)
            finished = await broadcasts.get(session, broadcast.id)
        logs = "".join((tmp_path / f"{name}.log").read_text()[-1500:] for name in ("relay", "left", "right"))

    print(
        f"\n{RECIPIENTS} recipients, {KILLS} kills (the last after {at_last_kill} mails): "
        f"{told.sent} sent, {told.unknown} unknown, settled {settled:.1f} s after the last kill"
    )
    assert finished.state == BroadcastState.FINISHED, (told, logs)
    assert [address for address, mails in counted.items() if mails > 1] == []
    assert told.adds_up()
    assert (told.audience, told.open, told.held, told.failed) == (RECIPIENTS, 0, 0, 0)
    assert told.sent + told.unknown == RECIPIENTS
    assert told.unknown <= KILLS * IN_FLIGHT
    assert {row.address for row in rows if row.state == "sent"} <= counted.keys()
    assert counted.keys() <= {row.address for row in rows if row.state in ("sent", "unknown")}
    assert at_last_kill < RECIPIENTS
    assert (verified.differences, verified.waiting, verified.dead) == ([], 0, 0)
