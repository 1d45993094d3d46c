"""Mails that wait together are read in one transaction: with the very outcome that each would have had alone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from channels import conversations, intake
from channels.adapters.email import batches
from channels.adapters.email.arrivals import keep, store
from channels.adapters.email.batches import read_mails
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Attachment, Conversation, Message, ReceivedMail
from channels.tokens import reply_address
from channels.verification import differences
from core import leases
from core.jobs import JobRow
from core.settings import settings as read_settings
from customers import identities
from customers.models import Customer, TimelineEntry
from tests.channels.conftest import meet
from tests.channels.letters import letter
from workers import runner

SUPPORT = "support@halden.test"


async def kept(session, *raws: bytes, mailboxes: Sequence[str] = (SUPPORT,)) -> list[UUID]:
    ids = []
    for raw in raws:
        ids += await keep(session, set(mailboxes), "ann@example.test", list(mailboxes), raw)
    return ids


async def mails_of(session, ids: Sequence[UUID]) -> list[ReceivedMail]:
    rows = await session.scalars(select(ReceivedMail).where(ReceivedMail.id.in_(ids)))
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids]


# Eighty mails of twenty people, of every kind; `world` keeps two of such stories apart in one database.


def story(world: str) -> list[bytes]:
    random = Random("batches")
    names: list[str] = []
    made = []
    for number in range(80):
        who = random.randrange(20)
        name = f"<{number}@{world}.test>"
        facts: dict[str, Any] = {
            "sender": f"Person {who} <p{who}@{world}.test>",
            "subject": f"Letter {number}",
            "message_id": name,
            "proven": random.random() < 0.6,
        }
        match random.randrange(10):
            case 0 | 1 | 2 | 3 if names:  # an answer to anybody's mail
                facts["references"] = " ".join(random.sample(names[-12:], min(2, len(names[-12:]))))
            case 4 if names:  # an id that stood for another mail
                facts["message_id"] = random.choice(names[-6:])
            case 5:
                facts["Auto_Submitted"] = "auto-replied"
            case 6:  # mail that we never had
                facts["in_reply_to"] = f"<elsewhere-{random.randrange(4)}@{world}.test>"
            case 7:
                facts["sender"] = f"Mail Delivery System <mailer-daemon@{world}.test>"
            case 8:
                facts["text"] = "x" * random.randrange(40) + "\n" * random.randrange(3)
            case _:
                pass
        raw = letter(**facts)
        if number % 20 == 19:
            raw = raw.replace(b"From: ", b"X-From: ")
        names.append(name)
        made.append(raw)
    return made


async def outcome(session, ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """What became of each mail: threads and customers by the order in which they first appear."""
    found: list[tuple[Any, ...]] = []
    threads: dict[Any, int] = {}
    people: dict[Any, int] = {}
    for mail in await mails_of(session, ids):
        if mail.message_id is None:
            found.append((mail.quarantined, mail.processed_at is None))
            continue
        message = await session.get_one(Message, mail.message_id)
        customer = await session.get_one(Customer, message.customer_id)
        found.append(
            (
                threads.setdefault(message.conversation_id, len(threads)),
                people.setdefault(message.customer_id, len(people)),
                customer.name,
                message.reason,
                message.verified,
                message.automated,
                message.subject,
                message.text,
            )
        )
    return found


async def test_mails_that_are_read_together_become_what_they_become_alone(database):
    together, alone = [], []
    one, two = story("one"), story("two")
    for start in range(0, len(one), 16):
        async with database.transaction() as session:
            ids = await kept(session, *one[start : start + 16])
            await read_mails(session, ids, read_settings())
        together += ids
        async with database.transaction() as session:
            ids = await kept(session, *two[start : start + 16])
        for each in ids:
            async with database.transaction() as session:
                await read_mail(session, ReadMail(each), read_settings())
        alone += ids
    async with database.transaction() as session:
        ours, theirs = await outcome(session, together), await outcome(session, alone)
        assert ours == theirs
        assert await differences(session) == []
        waiting = await session.scalar(
            select(func.count()).where(
                ReceivedMail.processed_at.is_(None), ReceivedMail.quarantined.is_(None)
            )
        )
        assert waiting == 0
    # The story has something of everything.
    assert {len(each) for each in ours} == {2, 8}
    assert sum(len(each) == 2 for each in ours) > 5
    assert any(each[3] for each in ours if len(each) == 8)


async def test_many_plain_mails_take_few_statements(database):
    raws = [
        letter(f"p{number}@example.test", message_id=f"<{number}@example.test>", proven=False)
        for number in range(16)
    ]
    async with database.transaction() as session:
        ids = await kept(session, *raws)
    said: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        said.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        async with database.transaction() as session:
            await read_mails(session, ids, read_settings())
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 16
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 16
        assert await session.scalar(select(func.count()).select_from(TimelineEntry)) == 16
    assert len(said) <= 16


async def test_one_mail_to_two_mailboxes_is_one_message_when_both_copies_wait(database):
    async with database.transaction() as session:
        ids = await kept(session, letter(), mailboxes=(SUPPORT, "shop@halden.test"))
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        [first, second] = await mails_of(session, ids)
        assert first.message_id == second.message_id is not None
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_an_answer_to_our_token_joins_and_a_strangers_does_not(database):
    async with database.transaction() as session:
        await meet(session, "ann@example.test")
        [first] = await kept(session, letter())
        await read_mail(session, ReadMail(first), read_settings())
        conversation = (await session.scalars(select(Conversation))).one()
    address = reply_address(read_settings(), SUPPORT, conversation.id)
    async with database.transaction() as session:
        ids = await kept(
            session,
            letter(to=address, message_id="<2@example.test>", text="More."),
            letter("eve@evil.test", to=address, message_id="<3@evil.test>"),
            letter("bob@example.test", message_id="<4@example.test>"),
        )
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        [joined, forged, new] = await mails_of(session, ids)
        assert (await session.get_one(Message, joined.message_id)).conversation_id == conversation.id
        assert (await session.get_one(Conversation, conversation.id)).last_seq == 2
        assert (forged.message_id, (forged.quarantined or "")[:13]) == (None, "Forged reply?")
        assert (await session.get_one(Message, new.message_id)).conversation_id != conversation.id


async def test_files_of_several_mails_are_kept_once_for_each_content(database):
    attached = letter().replace(
        b"Content-Type: text/plain",
        b"Content-Disposition: attachment; filename=a.txt\r\nContent-Type: text/plain",
    )
    raws = [
        attached.replace(b"<1@", b"<%d@" % number).replace(b"Ann Lee <ann@", b"<a%d@" % number)
        for number in range(5)
    ]
    async with database.transaction() as session:
        ids = await kept(session, *raws)
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        files = list(await session.scalars(select(Attachment)))
        assert len({file.message_id for file in files}) == len(ids)
        assert {file.filename for file in files} == {"a.txt"}
        assert await session.scalar(text("SELECT count(*) FROM blob")) == 1


async def test_when_one_of_several_cannot_be_written_the_others_are_and_it_waits_with_the_reason(
    database, resources, monkeypatch
):
    whole = intake.write

    async def write(session, several):
        if any("Letter 3" in incoming.subject for incoming, _ in several):
            raise ValueError("no room")
        return await whole(session, several)

    monkeypatch.setattr(intake, "write", write)
    async with database.transaction() as session:
        for number in range(6):
            raw = letter(
                f"p{number}@example.test", subject=f"Letter {number}", message_id=f"<{number}@example.test>"
            )
            await store(session, {SUPPORT}, "ann@example.test", [SUPPORT], raw)
        due = await leases.lease(session, "default", 16)
    assert len(due) == 6
    for part in runner.shared(due):
        await runner.run_together(database, resources, part)
    async with database.transaction() as session:
        mails = list(await session.scalars(select(ReceivedMail).order_by(ReceivedMail.id)))
        assert [mail.message_id is not None for mail in mails] == [True, True, True, False, True, True]
        assert mails[3].quarantined == "It cannot be read: ValueError."
        left = list(await session.scalars(select(JobRow.tag).where(JobRow.tag == "channels.read_mail")))
        assert left == []


async def test_what_the_short_way_stumbles_over_is_read_by_the_careful_one(database, resources, monkeypatch):
    async def stumble(session, several):
        await session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(conversations, "receive_all", stumble)
    async with database.transaction() as session:
        await store(session, {SUPPORT}, "ann@example.test", [SUPPORT], letter())
        [due] = await leases.lease(session, "default", 16)
    await runner.run(database, resources, due)
    async with database.transaction() as session:
        [mail] = await session.scalars(select(ReceivedMail))
        assert (mail.message_id is not None, mail.quarantined) == (True, None)
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_batches_that_run_at_once_lose_and_double_nothing(database, resources):
    raws = story("three")
    for raw in raws:
        async with database.statements() as session:
            await store(session, {SUPPORT, "shop@halden.test"}, "ann@example.test", [SUPPORT], raw)

    async def work() -> None:
        while True:
            async with database.transaction() as session:
                due = await leases.lease(session, "default", 16)
            if not due:
                return
            for part in runner.shared([each for each in due if each.tag == "channels.read_mail"]):
                await runner.run_together(database, resources, part)

    await asyncio.gather(*(work() for _ in range(4)))
    async with database.transaction() as session:
        mails = list(await session.scalars(select(ReceivedMail)))
        assert len(mails) == 2 * len(raws)
        assert all(mail.message_id or mail.quarantined for mail in mails)
        # A mail that came to two mailboxes is one message, whichever of its copies was read first.
        let_in = {mail.digest for mail in mails if mail.message_id}
        assert await session.scalar(select(func.count()).select_from(Message)) == len(let_in)
        assert await differences(session) == []


@pytest.mark.parametrize("kind", ["a large one", "one from ourselves"])
async def test_what_is_not_plain_is_read_by_itself_in_the_same_batch(database, kind, monkeypatch):
    monkeypatch.setattr(batches, "SMALL", 2000)
    odd = letter("bob@example.test", message_id="<2@example.test>", text="y " * 4000)
    if kind == "one from ourselves":
        odd = letter(SUPPORT, message_id="<2@example.test>")
    async with database.transaction() as session:
        ids = await kept(session, letter(), odd)
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        [plain, other] = await mails_of(session, ids)
        assert plain.message_id is not None
        assert (other.message_id is not None, bool(other.quarantined)) == (
            (True, False) if kind == "a large one" else (False, True)
        )


async def claimed(session, address: str) -> None:
    """A proven address that another record claims: the next proven mail merges the two."""
    await meet(session, address)
    idle = await identities.resolve(session, identities.email(f"idle-{address}"), proven=False)
    await identities.claim(session, idle, identities.email(address))


async def test_batches_that_merge_records_and_write_into_the_same_threads_do_not_block_each_other(
    database, monkeypatch
):
    """Each first writes into a thread that the other writes into later, after a merge."""
    both = "dora@example.test, cid@example.test, ann@example.test, bob@example.test"
    async with database.transaction() as session:
        for who in ("ann", "bob"):
            await meet(session, f"{who}@example.test")
        ids = await kept(
            session,
            letter("ann@example.test", message_id="<x@example.test>", cc=both),
            letter("bob@example.test", message_id="<y@example.test>", cc=both),
        )
        await read_mails(session, ids, read_settings())
        for who in ("cid", "dora"):
            await claimed(session, f"{who}@example.test")
    stories = [
        [("ann", "x", "<1@example.test>"), ("cid", "y", "<2@example.test>")],
        [("bob", "y", "<3@example.test>"), ("dora", "x", "<4@example.test>")],
    ]
    begun = [asyncio.Event(), asyncio.Event()]
    whole = intake.write

    async def write(session, several):
        received = await whole(session, several)
        # Both hold a thread before either goes on to merge, if nothing keeps the second one waiting.
        mine = session.info["batch"]
        begun[mine].set()
        with suppress(TimeoutError):
            await asyncio.wait_for(begun[1 - mine].wait(), 1)
        return received

    async def read_batch(number: int) -> None:
        async with database.transaction() as session:
            session.info["batch"] = number
            raws = [
                letter(f"{who}@example.test", message_id=name, in_reply_to=f"<{thread}@example.test>")
                for who, thread, name in stories[number]
            ]
            await read_mails(session, await kept(session, *raws), read_settings())

    monkeypatch.setattr(intake, "write", write)
    await asyncio.gather(read_batch(0), read_batch(1))
    async with database.transaction() as session:
        seqs = await session.scalars(select(Conversation.last_seq).order_by(Conversation.id))
        assert list(seqs) == [3, 3]
        merged = select(func.count()).where(Customer.merged_into_id.is_not(None))
        assert await session.scalar(merged) == 2
