"""Mail under fire: a real Postfix and a real Dovecot carry it in and out while every process of ours is killed.

In, every letter is one message, in the thread where it belongs. Out, nothing is left, and each message is at its
recipient's once. The one exception is the one that SMTP leaves open: a worker that dies between the relay's yes
and our commit does not know whether its mail went out. A receipt or an answer goes out again then, under the
same Message-ID; marketing does not. So a second copy is an error unless an attempt of that very message is
recorded as unknown.
"""

import asyncio
import hashlib
import hmac
import os
import random
import re
import smtplib
import socket
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from channels import answers, outbox
from channels.models import DeliveryAttempt, FetchedFolder, Message, ReceivedMail
from channels.registry import LANES
from core.database import Database
from core.errors import Conflict
from core.jobs import JobRow
from core.settings import Settings
from core.staff import Role, Staff, hire
from customers import identities
from customers.models import ConsentRecord
from support.models import Ticket
from tests.channels import dovecot, postfix, sink
from tests.channels.dovecot import PASSWORD, running_dovecot
from tests.channels.letters import AUTHSERV, letter
from tests.channels.postfix import running_postfix
from tests.chaos.processes import Forks, Processes
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port
from workers.verification import verify

# THROUGHLINE_CHAOS_TIMES=10 for ten times as much of everything.
TIMES = float(os.environ.get("THROUGHLINE_CHAOS_TIMES", "1"))
PEOPLE = int(100 * TIMES)
BY_LMTP, BY_IMAP, BY_PROVIDER = int(160 * TIMES), int(140 * TIMES), int(100 * TIMES)
FIRST = BY_LMTP + BY_IMAP + BY_PROVIDER
ANSWERED = int(100 * TIMES)  # letters that we answer; each answer is answered by its reader
BY_TWO_ROADS = int(20 * TIMES)  # of those by LMTP, also by IMAP
NOTICES, MARKETING = int(200 * TIMES), int(100 * TIMES)
HANDS = 8
ROUNDS = max(1, int(3 * TIMES))  # of kills, one of each kind of process
LASTS = 15.0 * TIMES  # seconds in which all of it is sent, and processes die
SETTLED_WITHIN = 150
KEY = "key-of-the-provider"
FORM = {"content-type": "application/x-www-form-urlencoded"}
BOX = "box.test"

Act = Callable[[], Awaitable[None]]


class World:
    """Everybody outside: people who write and answer, the provider, and their letters."""

    def __init__(self, relay: int, site: str, mailboxes: sink.Sink) -> None:
        self.relay, self.mailboxes = relay, mailboxes
        self.provider = httpx.AsyncClient(base_url=site, timeout=20)
        self.heard: set[str] = set()  # Message-IDs of ours that their readers have answered
        self.handed_over = self.refused = 0

    async def write(self, number: int) -> None:
        """Let one letter come in by the road that its number says, and by a second one if so."""
        raw = first_letter(number)
        if number < BY_LMTP:
            await self.post(raw, "support@halden.test")
            if number < BY_TWO_ROADS:
                await self.post(raw, f"support@{BOX}")
        elif number < BY_LMTP + BY_IMAP:
            await self.post(raw, f"support@{BOX}")
        else:
            await self.call(raw, number)

    async def post(self, raw: bytes, to: str) -> None:
        def hand_over() -> None:
            with smtplib.SMTP("127.0.0.1", self.relay, timeout=60) as smtp:
                smtp.sendmail(person(0), [to], raw)

        await asyncio.to_thread(hand_over)

    async def call(self, raw: bytes, number: int) -> None:
        """Post a letter as Mailgun does: again, with the same token, until somebody says 200."""
        stamp, token = str(int(time.time())), f"{number:050d}"
        form = {
            "sender": person(number), "recipient": "support@halden.test", "body-mime": raw, "timestamp": stamp,
            "token": token,
            "signature": hmac.new(KEY.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest(),
        }  # fmt: skip
        posted = urlencode(form)
        while True:
            with suppress(httpx.HTTPError):
                said = await self.provider.post("/webhooks/mailgun/mime", content=posted, headers=FORM)
                if said.status_code == 200:
                    self.handed_over += 1
                    return
            self.refused += 1
            await asyncio.sleep(0.5)

    async def answer(self) -> None:
        """Read what comes and answer every answer of a colleague once, to where it says."""
        read = 0
        while len(self.heard) < ANSWERED:
            for _, _, raw in self.mailboxes.mails[read:]:
                read += 1
                if b"\r\nSubject: Re: Letter " not in raw:
                    continue
                mail = opened(raw)
                if not mail["Subject"].startswith("Re: Letter") or "auto-submitted" in mail:
                    continue
                if mail["Message-ID"] in self.heard:
                    continue
                self.heard.add(mail["Message-ID"])
                number = int(mail["Subject"].rpartition(" ")[2])
                reply = dated(
                    letter(
                        sender=person(number), to=mail["Reply-To"], subject=f"Re: Letter {number}",
                        text=f"Thank you for answer {number}.", message_id=f"<answer-{number}@people.test>",
                        in_reply_to=mail["Message-ID"],
                    )
                )  # fmt: skip
                await self.post(reply, mail["Reply-To"].rpartition("<")[2].rstrip(">"))
            await asyncio.sleep(0.1)


def person(number: int) -> str:
    # Whom only a provider vouches for is a stranger: nobody's proven address.
    kind = "person" if number < BY_LMTP + BY_IMAP else "stranger"
    return f"{kind}{number % PEOPLE}@people.test"


def first_letter(number: int) -> bytes:
    return dated(
        letter(
            sender=person(number),
            subject=f"Letter {number}",
            text=f"This is letter {number}.",
            message_id=f"<letter-{number}@people.test>",
        )
    )


def dated(raw: bytes) -> bytes:
    return raw.replace(b"Sat, 21 Nov 2026 10:00:00 +0000", formatdate().encode())


def opened(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


@asynccontextmanager
async def servers(lmtp: int) -> AsyncIterator[tuple[dovecot.Dovecot, int, sink.Sink]]:
    """Dovecot, the port of Postfix, and the mailboxes of everybody else."""
    memory = Path("/dev/shm")
    async with AsyncExitStack() as stack:
        place = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="tl-mail-", dir=memory if memory.is_dir() else None)
        )
        Path(place).chmod(0o711)
        everybody = await stack.enter_async_context(sink.running())
        boxes = stack.enter_context(running_dovecot(Path(place) / "dovecot"))
        boxes.open_box("support")
        relay = stack.enter_context(
            running_postfix(
                Path(place) / "postfix",
                lmtp={"halden.test": lmtp},
                box=BOX,
                mail=boxes.folder / "mail",
                owner=(boxes.owner.pw_uid, boxes.owner.pw_gid),
                onwards=everybody.port,
            )
        )
        yield boxes, relay, everybody


class Crews:
    """The processes of ours, each kind in a crew that can be killed by itself."""

    def __init__(self, stack: ExitStack, told: Settings, imap: str, folder: Path) -> None:
        taking = told.model_copy(update={"smtp_port": free_port()})
        fetching = told.model_copy(
            update={"smtp_port": free_port(), "lmtp_port": None, "imap_accounts": SecretStr(imap)}
        )
        kinds = {
            "listener": (taking, "listen"),
            "poller": (fetching, "listen"),
            "worker": (told, "worker"),
            "second worker": (told, "worker"),
            "relay": (told, "relay"),
        }
        self.commands = {name: command for name, (_, command) in kinds.items()}
        self.logs = {name: folder / f"{name}.log" for name in kinds}
        self.crews = {
            name: stack.enter_context(Forks(settings, self.logs[name]))
            for name, (settings, _) in kinds.items()
        }
        for name in kinds:
            self.crews[name].start(self.commands[name])

    async def die(self, works: Callable[[str], Awaitable[int]]) -> None:
        """Kill one after another at random, each at any moment once it has done something, and start it again.

        `works` says how much is done of what a kind of process does.
        """
        for name in [
            name for _ in range(ROUNDS) for name in random.sample(sorted(self.crews), len(self.crews))
        ]:
            before, deadline = await works(name), time.monotonic() + 5
            while await works(name) == before and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            await asyncio.sleep(random.uniform(0, 0.5))
            await asyncio.to_thread(self.crews[name].kill)
            await asyncio.sleep(random.uniform(0, 0.2))
            await asyncio.to_thread(self.crews[name].start, self.commands[name])

    def told(self) -> str:
        return "\n".join(f"--- {name}\n{log.read_text()[-1500:]}" for name, log in self.logs.items())


async def test_no_mail_is_lost_or_doubled_while_listener_poller_and_workers_are_killed(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    if why := postfix.missing() or dovecot.missing():
        pytest.skip(why)
    random.seed()
    begun = time.monotonic()
    async with database.transaction() as session:
        agent = await hire(session, "tomas@halden.test", "Tomas", [Role.AGENT], "a long password")
        people = [
            await identities.verify(session, identities.email(person(number)), by="link")
            for number in range(PEOPLE)
        ]
        for customer_id in people[:MARKETING]:
            session.add(
                ConsentRecord(
                    customer_id=customer_id, channel="email", topic="news", granted=True, source="test"
                )
            )
    lmtp = free_port()
    async with servers(lmtp) as (boxes, relay, everybody):
        told = settings.model_copy(
            update={
                "port": free_port(),
                "lmtp_port": lmtp,
                "smtp_relay_port": relay,
                "mailgun_signing_key": SecretStr(KEY),
            }
        )
        imap = (
            f"imap+plain://support:{quote(PASSWORD, safe='')}@127.0.0.1:{boxes.port}/INBOX"
            f"?mailbox=support@halden.test&authserv_id={AUTHSERV}"
        )
        with ExitStack() as stack:
            web = stack.enter_context(Processes(told, tmp_path / "web.log", module="core.cli"))
            web.start("web")
            crews = Crews(stack, told, imap, tmp_path)
            world = World(relay, f"http://127.0.0.1:{told.port}", everybody)
            await until_true(lambda: all(map(answers_at, (told.port, lmtp))), 120)

            async def works(name: str) -> int:
                async with database.transaction() as session:
                    if name == "listener":
                        kept = select(func.count()).where(ReceivedMail.vouched_by.is_(None))
                        return await session.scalar(kept) or 0
                    if name == "poller":
                        return await session.scalar(select(func.max(FetchedFolder.last_uid))) or 0
                return len(everybody.mails)

            acts: list[Act] = [partial(world.write, number) for number in range(FIRST)]
            acts += [partial(queue_one, database, people, number) for number in range(NOTICES + MARKETING)]
            random.shuffle(acts)
            walk = iter(acts)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(HANDS):
                    tasks.create_task(one_after_another(walk))
                tasks.create_task(reply_to_letters(database, agent))
                tasks.create_task(world.answer())
                tasks.create_task(die_once(web, lambda: world.handed_over >= BY_PROVIDER // 3))
                await crews.die(works)
            last_kill = time.monotonic()
            while (
                await unsettled(database, FIRST + ANSWERED) and time.monotonic() - last_kill < SETTLED_WITHIN
            ):
                await asyncio.sleep(0.5)
            settled = time.monotonic() - last_kill
            while (
                verified := await verify(database)
            ).waiting and time.monotonic() - last_kill < SETTLED_WITHIN:
                await asyncio.sleep(0.5)
            # What Postfix took for us, it hands on; its queue is empty when everybody has what was sent.
            await until_everybody_has_theirs(database, everybody)
    print(
        f"\n{FIRST + ANSWERED} in, {len(everybody.mails)} out, {ROUNDS} times each of {list(crews.crews)} killed, "
        f"provider refused {world.refused} times, settled {settled:.1f} s after the last kill, "
        f"{time.monotonic() - begun:.0f} s in all"
    )
    assert not await unsettled(database, FIRST + ANSWERED), crews.told()
    await look_at_what_came_in(database, crews)
    await look_at_what_went_out(database, everybody, crews)
    assert (verified.differences, verified.waiting, verified.dead) == ([], 0, 0)


async def die_once(web: Processes, ripe: Callable[[], bool]) -> None:
    """Kill the site in the midst of what providers post, and start it again."""
    while not ripe():
        await asyncio.sleep(0.05)
    await asyncio.to_thread(web.kill)
    web.start("web")


def answers_at(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def one_after_another(acts: Iterator[Act]) -> None:
    """Do what nobody else does, with a pause after each, so that all hands together take LASTS."""
    for act in acts:
        await act()
        await asyncio.sleep(random.uniform(0, 2 * LASTS * HANDS / (FIRST + NOTICES + MARKETING)))


async def queue_one(database: Database, people: list[UUID], number: int) -> None:
    """A receipt or a reminder for somebody, or one of a campaign."""
    marketing = number >= NOTICES
    place = (number - NOTICES if marketing else number) % PEOPLE
    async with database.transaction() as session:
        await outbox.queue(
            session,
            [
                outbox.Outgoing(
                    customer_id=people[place],
                    channel="email",
                    to=person(place),
                    account="shop@halden.test",
                    subject=f"Notice {number}",
                    text=f"Notice {number}",
                    purpose="marketing" if marketing else "transactional",
                )
            ],
        )


async def reply_to_letters(database: Database, agent: Staff) -> None:
    """Answer each of the first letters once, as soon as it is there."""
    done: set[UUID] = set()
    while len(done) < ANSWERED:
        async with database.transaction() as session:
            subjects = [f"Letter {number}" for number in range(ANSWERED)]
            waiting = (
                await session.execute(
                    select(Message.conversation_id, Message.text).where(
                        Message.direction == "inbound",
                        Message.subject.in_(subjects),
                        Message.conversation_id.not_in(done),
                    )
                )
            ).all()
        for conversation_id, _ in waiting:
            assert conversation_id is not None
            try:
                async with database.transaction() as session:
                    last = await session.scalar(
                        select(func.max(Message.seq)).where(Message.conversation_id == conversation_id)
                    )
                    await answers.reply(
                        session, conversation_id, agent, "Here you are.", "email", last or 0,
                        undo_window=timedelta(0),
                    )  # fmt: skip
            except Conflict:
                continue  # something came meanwhile: read it first
            done.add(conversation_id)
        await asyncio.sleep(0.1)


async def unsettled(database: Database, expected: int) -> str:
    """What is still under way; empty when everything came in and nothing waits to go out."""
    async with database.transaction() as session:
        came = await session.scalar(select(func.count()).where(Message.direction == "inbound"))
        going = await session.scalar(
            select(func.count()).where(
                Message.direction == "outbound",
                Message.status.in_(["queued", "sending", "held"])
                | ((Message.status == "unknown") & Message.release_at.is_not(None)),
            )
        )
        due = await session.scalar(
            select(func.count()).where(JobRow.dead_at.is_(None), JobRow.due_at <= func.now())
        )
    return f"{came} came in, {going} go out, {due} jobs" if (came != expected or going or due) else ""


async def until_everybody_has_theirs(database: Database, everybody: sink.Sink) -> None:
    async with database.transaction() as session:
        sent = set(await session.scalars(select(Message.rfc_message_id).where(Message.status == "sent")))
    end = time.monotonic() + 20
    while time.monotonic() < end and sent - {message_id(raw) for _, _, raw in everybody.mails}:
        await asyncio.sleep(0.5)


def message_id(raw: bytes) -> str:
    found = re.search(rb"(?im)^message-id:\s*<([^>]+)>", raw)
    assert found is not None, raw
    return found[1].decode()


async def look_at_what_came_in(database: Database, crews: Crews) -> None:
    async with database.transaction() as session:
        rows = (
            await session.execute(
                select(
                    Message.subject, Message.conversation_id, Message.rfc_message_id, Message.reason
                ).where(Message.direction == "inbound")
            )
        ).all()
        kept = (
            await session.execute(
                select(
                    func.count(), func.count(ReceivedMail.processed_at), func.count(ReceivedMail.quarantined)
                )
            )
        ).one()
        tickets = list(await session.scalars(select(Ticket.conversation_id)))
    counted = Counter(row.rfc_message_id for row in rows)
    letters = [f"letter-{number}@people.test" for number in range(FIRST)]
    replies = [f"answer-{number}@people.test" for number in range(ANSWERED)]
    assert counted == Counter(letters + replies), crews.told()
    assert {row.reason for row in rows} == {None}
    assert tuple(kept) == (FIRST + ANSWERED, FIRST + ANSWERED, 0)
    threads = {row.rfc_message_id: row.conversation_id for row in rows}
    assert len({threads[name] for name in letters}) == FIRST
    for number in range(ANSWERED):
        assert threads[replies[number]] == threads[letters[number]], number
    assert Counter(tickets) == Counter(threads[name] for name in letters)


async def look_at_what_went_out(database: Database, everybody: sink.Sink, crews: Crews) -> None:
    async with database.transaction() as session:
        sent = (
            await session.execute(
                select(
                    Message.id, Message.rfc_message_id, Message.purpose, Message.status, Message.recipients,
                    Message.author,
                ).where(Message.direction == "outbound")
            )
        ).all()  # fmt: skip
        tries = await session.execute(
            select(DeliveryAttempt.message_id, func.count())
            .where(DeliveryAttempt.outcome == "unknown")
            .group_by(DeliveryAttempt.message_id)
        )
        unknown = {message_id: times for message_id, times in tries}
    copies: dict[str, list[list[str]]] = defaultdict(list)
    for _, recipients, raw in everybody.mails:
        copies[message_id(raw)].append(recipients)
    assert copies.keys() <= {row.rfc_message_id for row in sent}
    counted = Counter((row.purpose, row.author) for row in sent)
    assert (counted["marketing", "automation"], counted["transactional", "staff"]) == (MARKETING, ANSWERED)
    # Receipts, and "we have your message", which nobody gets twice a day.
    acknowledged = counted["transactional", "automation"] - NOTICES
    assert 0 < acknowledged <= 2 * PEOPLE
    for row in sent:
        got = copies[row.rfc_message_id]
        assert all(recipients == row.recipients["to"] for recipients in got)
        if row.purpose == "marketing":
            assert row.status in ("sent", "unknown")
            assert len(got) == 1 or (not got and row.status == "unknown"), (row, crews.told())
        else:
            assert row.status == "sent", (row, crews.told())
            assert 1 <= len(got) <= 1 + unknown.get(row.id, 0), (row, len(got), crews.told())
    in_flight = sum(LANES.values()) * 2 * ROUNDS
    print(
        f"{len(sent)} messages, {sum(map(len, copies.values())) - len(copies)} second copies, "
        f"{sum(unknown.values())} attempts unknown"
    )
    assert sum(unknown.values()) <= in_flight
