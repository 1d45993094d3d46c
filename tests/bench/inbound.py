"""Mail in: kept, parsed, threaded and on the timeline, beside a bare parse of the same mails."""

import asyncio
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

from channels.adapters.email.arrivals import Arrival, Tray
from core import leases
from core.clock import now
from tests.bench.figures import Figure, at_most
from tests.bench.site import Place
from workers import runner
from workers.handlers import load
from workers.relay import SHARED
from workers.resources import Resources

MAILS = 400
# Read before, by others: processes, connections and plans are there then, as in a worker that has run for a while.
WARMING = 96
LIMIT = 4
TOGETHER = 8
PARAGRAPH = (
    "The grinder arrived on Tuesday and works, but the burrs squeal when it starts. What shall I do?\n"
)


def letters(seed: str = "inbound", mails: int = MAILS) -> list[bytes]:
    """Mails as people write them: every third goes on with an earlier one, some have HTML, some a picture."""
    random = Random(seed)
    made: list[bytes] = []
    ids: list[str] = []
    for number in range(mails):
        mail = EmailMessage(policy=policy.SMTP)
        answers = number % 3 == 2
        who = (number - 2 if answers else number) % 90
        mail["From"] = f"Ann Example {who} <ann{who}@{seed}.test>"
        mail["To"] = "support@halden.test"
        mail["Subject"] = f"Grüße, the grinder again ({number})"
        mail["Date"] = format_datetime(now())
        ids.append(f"{number}.{random.randrange(10**9)}@example.test")
        mail["Message-ID"] = f"<{ids[-1]}>"
        if answers:
            mail["References"] = f"<{ids[number - 2]}>"
        body = PARAGRAPH * random.randint(2, 12) + "\n> You wrote:\n" + ("> " + PARAGRAPH) * 4
        mail.set_content(body)
        if number % 2:
            mail.add_alternative(f"<p>{body.replace(chr(10), '<br>')}</p>", subtype="html")
        if number % 10 == 9:
            mail.add_attachment(random.randbytes(40_000), "image", "jpeg", filename="burr.jpg")
        made.append(bytes(mail))
    return made


async def measure(place: Place) -> list[Figure]:
    load()
    mails = letters()
    spent, began = time.process_time(), time.perf_counter()
    for raw in mails:
        parsed = message_from_bytes(raw, policy=policy.default)
        for part in parsed.walk():
            if not part.is_multipart():
                part.get_content()
    bare, bare_cpu = (
        MAILS / (time.perf_counter() - began),
        (time.process_time() - spent) * 1000 / MAILS,
    )
    resources = Resources(place.settings, place.database.redis)  # type: ignore[arg-type]  # declared more narrowly than it takes
    await _take(place, letters("warm", WARMING))
    await _read_all(place, resources)
    used, began = place.cpu(), time.perf_counter()
    await _take(place, mails)
    await _read_all(place, resources)
    took = time.perf_counter() - began
    cpu = (place.cpu() - used) / MAILS
    await resources.close()
    return [
        Figure(
            "mail in: kept, parsed, threaded", MAILS / took, "mails/s", bare, "bare stdlib parse", cpu=cpu
        ),
        at_most("mail in, CPU", cpu, "ms", LIMIT, bare_cpu, "bare stdlib parse"),
    ]


async def _take(place: Place, mails: list[bytes]) -> None:
    """As the listener does, for eight relays at once: none sends its next mail before this one is committed."""
    tray, numbers = Tray(place.database), iter(mails)
    ours = place.settings.support_address

    async def lane() -> None:
        for raw in numbers:
            await tray.keep(Arrival({ours}, "ann@example.test", [ours], raw))

    await asyncio.gather(*(lane() for _ in range(TOGETHER)))


async def _read_all(place: Place, resources: Resources) -> None:
    """As a worker does when many wait, what follows from it left out: triage is counted with tickets."""

    async def work() -> None:
        while True:
            async with place.database.statements() as session:
                due = await leases.lease(session, "default", SHARED["default"])
            due_mail = [each for each in due if each.tag == "channels.read_mail"]
            if not due:
                return
            for part in runner.shared(due_mail):
                await runner.run_together(place.database, resources, part)
            # The others wait until the measuring is over.

    await asyncio.gather(*(work() for _ in range(TOGETHER)))
