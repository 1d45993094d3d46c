"""Mail under fire: a real Postfix and a real Dovecot carry it in and out while every process of ours is killed.

In, every letter is one message, in the thread where it belongs. Out, nothing is left, and each message is at its
recipient's once. The one exception is the one that SMTP leaves open: a worker that dies between the relay's yes
and our commit does not know whether its mail went out. A receipt or an answer goes out again then, under the
same Message-ID; marketing does not. So a second copy is an error unless an attempt of that very message is
recorded as unknown.
"""

import asyncio
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from channels import answers, outbox
from channels.models import FetchedFolder, Message, ReceivedMail
from core.database import Database
from core.errors import Conflict
from core.settings import Settings
from core.staff import Role, Staff, hire
from customers import identities
from customers.models import ConsentRecord
from tests.channels import dovecot, postfix
from tests.channels.dovecot import PASSWORD
from tests.channels.letters import AUTHSERV
from tests.chaos.crews import Crews
from tests.chaos.outside import Plan, World, servers
from tests.chaos.processes import Processes
from tests.chaos.providers import Mailgun, SendGrid
from tests.chaos.reckoning import (
    look_at_what_came_in,
    look_at_what_went_out,
    unsettled,
    until_everybody_has_theirs,
)
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port
from workers.verification import verify

# THROUGHLINE_CHAOS_TIMES=10 for ten times as much of everything.
TIMES = float(os.environ.get("THROUGHLINE_CHAOS_TIMES", "1"))
PLAN = Plan(
    people=int(50 * TIMES), by_lmtp=int(160 * TIMES), by_imap=int(140 * TIMES), by_provider=int(100 * TIMES),
    answered=int(100 * TIMES), by_two_roads=int(20 * TIMES),
)  # fmt: skip
NOTICES, MARKETING = int(200 * TIMES), int(120 * TIMES)
HANDS = 8
ROUNDS = max(1, int(3 * TIMES))  # of kills, of each kind of process
LASTS = 15.0 * TIMES  # seconds in which all of it is sent, and processes die
SETTLED_WITHIN = 150

Act = Callable[[], Awaitable[None]]


@pytest.mark.long
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
            await identities.verify(session, identities.email(PLAN.person(number)), by="link")
            for number in range(PLAN.people)
        ]
        for customer_id in people[:MARKETING]:
            session.add(
                ConsentRecord(
                    customer_id=customer_id, channel="email", topic="news", granted=True, source="test"
                )
            )
    site, lmtp, sendgrid = free_port(), free_port(), SendGrid()
    told = settings.model_copy(
        update={
            "port": site,
            "lmtp_port": lmtp,
            "mailgun_signing_key": SecretStr(Mailgun.key),
            "sendgrid_public_key": sendgrid.public_key,
        }
    )
    with ExitStack() as stack:
        web = stack.enter_context(Processes(told, tmp_path / "web.log", module="core.cli"))
        web.start("web")
        async with servers(lmtp) as (boxes, relay, everybody):
            told = told.model_copy(update={"smtp_relay_port": relay})
            imap = (
                f"imap+plain://support:{quote(PASSWORD, safe='')}@127.0.0.1:{boxes.port}/INBOX"
                f"?mailbox=support@halden.test&authserv_id={AUTHSERV}"
            )
            crews = Crews(stack, told, imap, tmp_path)
            world = World(PLAN, relay, f"http://127.0.0.1:{site}", everybody, sendgrid)
            await until_true(lambda: all(map(answers_at, (site, lmtp))), 120)
            started = time.monotonic() - begun

            async def works(name: str) -> int:
                async with database.transaction() as session:
                    if name == "listener":
                        kept = select(func.count()).where(ReceivedMail.vouched_by.is_(None))
                        return await session.scalar(kept) or 0
                    if name == "poller":
                        return await session.scalar(select(func.max(FetchedFolder.last_uid))) or 0
                return len(everybody.mails)

            letters: list[Act] = [partial(world.write, number) for number in range(PLAN.first)]
            # Providers have hands of their own: while the site is away they wait, and keep nobody else waiting.
            posted = letters[-PLAN.by_provider :]
            acts = letters[: -PLAN.by_provider]
            acts += [partial(queue_one, database, people, number) for number in range(NOTICES + MARKETING)]
            async with asyncio.TaskGroup() as tasks:
                for hands, some in ((HANDS, acts), (HANDS // 2, posted)):
                    random.shuffle(some)
                    walk, pause = iter(some), LASTS * hands / len(some)
                    for _ in range(hands):
                        tasks.create_task(one_after_another(walk, pause))
                tasks.create_task(reply_to_letters(database, agent))
                tasks.create_task(world.answer())
                tasks.create_task(die_once(web, lambda: world.handed_over >= PLAN.by_provider // 3))
                await crews.die(works, ROUNDS, LASTS)
                last_kill = time.monotonic()
            sent = time.monotonic()
            while await unsettled(database, PLAN.all) and time.monotonic() - sent < SETTLED_WITHIN:
                await asyncio.sleep(0.5)
            settled = time.monotonic() - last_kill
            while (verified := await verify(database)).waiting and time.monotonic() - sent < SETTLED_WITHIN:
                await asyncio.sleep(0.5)
            # What Postfix took for us, it hands on; its queue is empty when everybody has what was sent.
            await until_everybody_has_theirs(database, everybody)
    assert not await unsettled(database, PLAN.all), crews.told()
    await look_at_what_came_in(database, PLAN, crews.told())
    out = await look_at_what_went_out(
        database, everybody, PLAN, (NOTICES, MARKETING), 2 * ROUNDS, crews.told()
    )
    print(
        f"\n{PLAN.all} in, {len(everybody.mails)} out ({out}); each killed {ROUNDS} times, at work: "
        f"{crews.killed_at_work}; providers refused {world.refused} times; started after {started:.1f} s, all sent "
        f"after {sent - begun:.1f} s, settled {settled:.1f} s after the last kill, "
        f"{time.monotonic() - begun:.0f} s in all"
    )
    assert (verified.differences, verified.waiting, verified.dead) == ([], 0, 0)
    # None died only while it had nothing to do.
    assert min(crews.killed_at_work.values()) > 0


async def die_once(web: Processes, ripe: Callable[[], bool]) -> None:
    """Kill the site in the midst of what providers post, and start it again."""
    while not ripe():
        await asyncio.sleep(0.05)
    await asyncio.to_thread(web.kill)
    web.start("web")


def answers_at(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def one_after_another(acts: Iterator[Act], pause: float) -> None:
    """Do what nobody else does, with about such a pause after each."""
    for act in acts:
        await act()
        await asyncio.sleep(random.uniform(0, 2 * pause))


async def queue_one(database: Database, people: list[UUID], number: int) -> None:
    """A receipt or a reminder for somebody, or one of a campaign."""
    marketing = number >= NOTICES
    place = (number - NOTICES if marketing else number) % PLAN.people
    async with database.transaction() as session:
        await outbox.queue(
            session,
            [
                outbox.Outgoing(
                    customer_id=people[place],
                    channel="email",
                    to=PLAN.person(place),
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
    while len(done) < PLAN.answered:
        async with database.transaction() as session:
            subjects = [f"Letter {number}" for number in range(PLAN.answered)]
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
        await asyncio.sleep(0.5)
