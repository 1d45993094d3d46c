"""Broadcast mails a second through the whole road out, beside a bare aiosmtplib loop to the same sink."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtplib import SMTP
from sqlalchemy import func, select

from channels import outbox
from channels.models import Message
from channels.registry import LANES
from core import leases
from core.database import Database
from core.schema import import_models
from core.settings import Settings
from customers import consent, identities
from tests.bench.figures import Figure
from workers import runner
from workers.handlers import load
from workers.resources import Resources

MAILS = 4000
TOGETHER = 4  # as many broadcast jobs as the relay lets out at once
HTML = "<html><body><h1>Spring at Halden</h1>" + "<p>A new roast, and a kettle that pours slowly.</p>" * 60
TEXT = "Spring at Halden\n\n" + "A new roast, and a kettle that pours slowly.\n" * 60


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """A mail server in a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.mailsink"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(await asyncio.to_thread(process.stdout.readline))
    finally:
        process.terminate()
        process.wait()


async def bare(port: int) -> float:
    """Mails a second of a loop that does nothing but send the same bytes on as many connections."""
    body = f"From: shop@halden.test\r\nSubject: Spring\r\n\r\n{TEXT}{HTML}".replace("\n", "\r\n").encode()
    numbers = iter(range(MAILS))

    async def send() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            for number in numbers:
                await smtp.sendmail("shop@halden.test", [f"c{number}@example.test"], body)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(LANES["bulk"])))
    return MAILS / (time.perf_counter() - began)


async def ours(settings: Settings, database: Database, port: int) -> float:
    """Mails a second from queued to recorded, timeline included."""
    import_models()
    load()
    async with database.transaction() as session:
        customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
        await consent.grant(session, customer_id, "email", source="bench")
    async with database.transaction() as session:
        await outbox.queue(
            session,
            [
                outbox.Outgoing(
                    customer_id=customer_id,
                    channel="email",
                    to=f"c{number}@example.test",
                    account="shop@halden.test",
                    subject="Spring",
                    text=TEXT,
                    html=HTML,
                    purpose="marketing",
                )
                for number in range(MAILS)
            ],
        )
    resources = Resources(settings.model_copy(update={"smtp_relay_port": port}), None)  # type: ignore[arg-type]  # declared more narrowly than it takes
    began = time.perf_counter()

    async def work() -> None:
        while True:
            async with database.transaction() as session:
                due = await leases.lease(session, "bulk", 1)
            if not due:
                return
            await runner.run(database, resources, due[0])

    await asyncio.gather(*(work() for _ in range(TOGETHER)))
    took = time.perf_counter() - began
    await resources.close()
    async with database.transaction() as session:
        sent = await session.scalar(select(func.count()).where(Message.status == "sent"))
    assert sent == MAILS, f"{sent} of {MAILS} were sent"
    return MAILS / took


async def measure(settings: Settings, database: Database, folder: Path) -> list[Figure]:
    async with sink() as port:
        baseline = await bare(port)
        value = await ours(settings, database, port)
    met = value >= 0.6 * baseline
    return [Figure("broadcast", value, "mails/s", baseline, "bare aiosmtplib loop", "60 % of it, later", met)]
