"""A campaign's mails a second, with DKIM and without, beside a bare aiosmtplib loop to the same sink."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import batched
from pathlib import Path
from uuid import UUID

from aiosmtplib import SMTP
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, func, select, text

from campaigns import broadcasts, segments
from campaigns import conditions as c
from channels import outbox
from channels.adapters.email.compose import compose
from channels.adapters.email.signing import Key, read_keys, sign
from channels.base import Submission
from channels.models import Message
from channels.registry import LANES
from core import leases
from core.clock import now
from core.jobs import JobRow
from core.settings import Settings
from customers import consent, identities
from customers.models import ConsentRecord, Customer, Identity
from tests.bench.figures import Figure
from tests.bench.site import Place
from workers import broker, relay, runner
from workers.handlers import load
from workers.resources import Resources

MAILS = 1200
# In turns with the bare loop, as the machine is never the same for long; medians count.
TURNS = 6
SHARE, FAST = 0.6, 700
HTML = "<html><body><h1>Spring at Halden</h1>" + "<p>A new roast, and a kettle that pours slowly.</p>" * 60
TEXT = "Spring at Halden\n\n" + "A new roast, and a kettle that pours slowly.\n" * 60
LETTER = "Dear {{ customer.name }},\n\n" + "A new [roast](https://halden.test/roast), and a kettle.\n\n" * 12
BARE = "bare aiosmtplib loop"


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


def ready_made(settings: Settings, keys: list[Key]) -> list[bytes]:
    """The mails as they go out, composed and signed beforehand."""
    return [
        sign(
            compose(
                Submission(
                    message_id=UUID(int=number),
                    account=settings.shop_address,
                    sender_name="",
                    to=(f"c{number}@example.test",),
                    subject="Spring",
                    text=TEXT,
                    html=HTML,
                    rfc_message_id=f"{number}@{settings.mail_domain}",
                ),
                settings,
                now(),
            ),
            keys,
            1_790_000_000,
        )
        for number in range(MAILS)
    ]


async def bare(port: int, mails: list[bytes], keys: Sequence[Key] = ()) -> float:
    """Mails a second of a loop that does nothing but send ready-made mails on as many connections.

    With `keys` it signs each of them first, one after the other.
    """
    waiting: Iterator[tuple[int, bytes]] = iter(enumerate(mails))

    async def send() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            for number, raw in waiting:
                if keys:
                    raw = sign(raw, list(keys), 1_790_000_000)
                await smtp.sendmail("shop@halden.test", [f"c{number}@example.test"], raw)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(LANES["bulk"])))
    return len(mails) / (time.perf_counter() - began)


async def queued(place: Place, settings: Settings, customer_id: UUID) -> tuple[float, float]:
    """Mails a second from queued to recorded, timeline included; CPU milliseconds each."""
    async with place.database.transaction() as session:
        await session.execute(delete(JobRow))
        ids = await outbox.queue(
            session,
            [
                outbox.Outgoing(
                    customer_id=customer_id,
                    channel="email",
                    to=f"c{number}@example.test",
                    account=settings.shop_address,
                    subject="Spring",
                    text=TEXT,
                    html=HTML,
                    purpose="marketing",
                )
                for number in range(MAILS)
            ],
        )
    resources = Resources(settings, place.database.redis)  # type: ignore[arg-type]  # declared more narrowly than it takes
    used, began = place.cpu(), time.perf_counter()

    async def all_gone() -> bool:
        # One that found no room has promised itself anew.
        async with place.database.statements() as session:
            return not await session.scalar(text("SELECT EXISTS (SELECT FROM job WHERE queue = 'bulk')"))

    await _work(place, resources, ("bulk",), all_gone)
    took, used = time.perf_counter() - began, place.cpu() - used
    await resources.close()
    async with place.database.transaction() as session:
        query = select(func.count()).where(Message.id.in_(ids), Message.status == "sent")
        assert await session.scalar(query) == MAILS
    return MAILS / took, used / MAILS


async def campaign(place: Place, settings: Settings) -> tuple[float, float]:
    """Mails a second of a whole campaign, from its launch to the last word in its ledger; CPU milliseconds each."""
    async with place.database.transaction() as session:
        await session.execute(delete(JobRow))
        everyone = await segments.create(session, "Everyone", c.encode(c.ProfileIs("source", "bench")))
        made = await broadcasts.create(session, "Spring", "email")
        made = await broadcasts.edit(
            session, made.id, made.version, segment_id=everyone.id, subject="Spring", body=LETTER
        )  # fmt: skip
    resources = Resources(settings, place.database.redis)  # type: ignore[arg-type]  # declared more narrowly than it takes
    async with place.database.transaction() as session:
        await broadcasts.launch(session, made.id, made.version)
    asked = text("SELECT state = 'finished' FROM broadcast WHERE id = :id")

    async def over() -> bool:
        async with place.database.statements() as session:
            return bool(await session.scalar(asked, {"id": made.id}))

    used, began = place.cpu(), time.perf_counter()
    await _work(place, resources, ("default", "bulk"), over)
    took, used = time.perf_counter() - began, place.cpu() - used
    await resources.close()
    return MAILS / took, used / MAILS


async def _work(
    place: Place, resources: Resources, queues: Sequence[str], over: Callable[[], Awaitable[bool]]
) -> None:
    """Hand out what is due and run it, as a relay and a worker do, until nothing is under way and it is over."""
    windows = {queue: relay.WINDOW[queue] for queue in queues}
    hands = asyncio.Semaphore(broker.AT_ONCE)
    running: set[asyncio.Task[None]] = set()

    async def run(part: list[leases.Lease]) -> None:
        async with hands:
            await runner.run_together(place.database, resources, part)

    while running or not await over():
        async with place.database.statements() as session:
            found = await leases.lease_within(session, windows)
        for queue, due in found.items():
            for some in batched(due.leases, relay.SHARED[queue], strict=False):
                for part in runner.shared(some):
                    running.add(task := asyncio.create_task(run(part)))
                    task.add_done_callback(running.discard)
        await asyncio.sleep(relay.FULL.total_seconds())


async def measure(place: Place) -> list[Figure]:
    load()
    keys = _keys(place.folder)
    async with place.database.transaction() as session:
        people = [Customer(name=f"Ann {number}", source="bench") for number in range(MAILS)]
        session.add_all(people)
        await session.flush()
    async with place.database.transaction() as session:
        customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
        await consent.grant(session, customer_id, "email", source="bench")
    await _populate(place, [one.id for one in people])
    figures = []
    async with sink() as port:
        for name, setting in (
            ("", ""),
            (", DKIM RSA-2048", keys["rsa"]),
            (", DKIM Ed25519", keys["ed"]),
        ):
            settings = place.settings.model_copy(update={"smtp_relay_port": port, "dkim_keys": setting})
            signed = [key for each in read_keys(setting).values() for key in each]
            made = ready_made(settings, signed)
            turns = [
                (await bare(port, made), *await queued(place, settings, customer_id)) for _ in range(TURNS)
            ]
            # The first of each kind warms up: connections, plans, pages of the tables.
            baseline, rate, cpu = (statistics.median(each) for each in zip(*turns[1:], strict=True))
            met = rate >= SHARE * baseline and (bool(setting) or rate >= FAST)
            target = f">= {SHARE:.0%} of it" + ("" if setting else f", >= {FAST}/s")
            figures.append(
                Figure(f"campaign mails sent{name}", rate, "mails/s", baseline, BARE, target, met, cpu)
            )
            if setting:
                unsigned = ready_made(settings, [])
                signing = statistics.median([await bare(port, unsigned, signed) for _ in range(3)])
                figures.append(Figure(f"the same{name}", rate, "mails/s", signing, f"{BARE} that signs"))
            else:
                rate, cpu = await campaign(place, settings)
                figures.append(
                    Figure("campaign, launch to finished", rate, "mails/s", baseline, BARE, cpu=cpu)
                )
    return figures


async def _populate(place: Place, customers: list[UUID]) -> None:
    """An address and a yes for everybody."""
    async with place.database.transaction() as session:
        for number, customer_id in enumerate(customers):
            session.add(
                Identity(
                    customer_id=customer_id, kind="email", value=f"p{number}@example.test", verified_at=now()
                )
            )
            session.add(
                ConsentRecord(
                    customer_id=customer_id, channel="email", topic="news", granted=True, source="bench"
                )
            )


def _keys(folder: Path) -> dict[str, str]:
    made = {}
    for name, key in (("rsa", generate_private_key(65537, 2048)), ("ed", Ed25519PrivateKey.generate())):
        file = folder / f"{name}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        made[name] = f"{name}._domainkey.halden.test={file}"
    return made
