"""A worker's memory while it sends a hundred thousand mails; in `make bench` only when named: ONLY=endurance."""

import asyncio
import os
import statistics
import time

from sqlalchemy import text

from channels import outbox
from customers import consent, identities
from tests.bench.figures import Figure
from tests.bench.house import memory
from tests.bench.mail import HTML, TEXT, sink
from tests.bench.site import Place
from tests.chaos.processes import Processes

MAILS = int(os.environ.get("MAILS", "100000"))
TOGETHER = 2000
FLAT = 1.1


async def measure(place: Place) -> list[Figure]:
    async with place.database.transaction() as session:
        customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
        await consent.grant(session, customer_id, "email", source="bench")
    async with sink() as port:
        settings = place.settings.model_copy(update={"smtp_relay_port": port})
        with Processes(settings, place.folder / "endurance.log", module="core.cli") as crew:
            crew.start("worker", "relay")
            pid = crew.running[0].pid
            samples: list[tuple[int, int]] = []
            began = time.monotonic()
            sampling = asyncio.create_task(_sample(place, pid, samples))
            for start in range(0, MAILS, TOGETHER):
                await _queue(place, customer_id, start)
                # No further ahead than a campaign is: its window is two thousand.
                while await _waiting(place) > TOGETHER:
                    await asyncio.sleep(0.2)
            while await _waiting(place):
                await asyncio.sleep(0.5)
            took = time.monotonic() - began
            sampling.cancel()
    warm = [used for sent, used in samples if MAILS * 0.1 <= sent < MAILS * 0.3]
    last = [used for sent, used in samples if sent >= MAILS * 0.8]
    before, after = statistics.median(warm), statistics.median(last)
    for sent, used in samples[:: max(1, len(samples) // 20)]:
        print(f"{sent:>8,} sent {used:>5} MiB", flush=True)
    return [
        Figure(
            f"memory of a worker, last fifth of {MAILS:,} mails", after, "MiB PSS", before,
            "its second and third tenth", f"<= {FLAT:g} x", after <= FLAT * before,
        ),
        Figure("mails a second through that worker, relay and Redis", MAILS / took, "mails/s"),
    ]  # fmt: skip


async def _queue(place: Place, customer_id: object, start: int) -> None:
    async with place.database.transaction() as session:
        await outbox.queue(
            session,
            [
                outbox.Outgoing(
                    customer_id=customer_id,  # type: ignore[arg-type]  # a UUID
                    channel="email",
                    to=f"c{number}@example.test",
                    account="shop@halden.test",
                    subject="Spring",
                    text=TEXT,
                    html=HTML,
                    purpose="marketing",
                )
                for number in range(start, min(start + TOGETHER, MAILS))
            ],
        )


async def _waiting(place: Place) -> int:
    async with place.database.transaction() as session:
        waiting = await session.scalar(
            text("SELECT count(*) FROM message WHERE status IN ('queued', 'sending')")
        )
        return waiting or 0


async def _sample(place: Place, pid: int, samples: list[tuple[int, int]]) -> None:
    while True:
        async with place.database.transaction() as session:
            sent = await session.scalar(text("SELECT count(*) FROM delivery_attempt WHERE outcome = 'sent'"))
        samples.append((sent or 0, memory({pid: "worker"})["worker"]))
        await asyncio.sleep(5)
