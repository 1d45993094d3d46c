"""Mails that wait together are read in one transaction: with the very outcome that each would have had alone."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from channels import conversations, intake
from channels.adapters.email import arrivals, batches
from channels.adapters.email.arrivals import Arrival, Tray, keep, store
from channels.adapters.email.batches import read_mails
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Attachment, Conversation, Message, ReceivedMail
from channels.tokens import reply_address
from channels.verification import differences
from core import leases
from core.jobs import JobRow
from core.settings import settings as read_settings
from customers import identities
from customers.models import Customer, Identity, TimelineEntry
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


async def read_together(database, resources, ids: Sequence[UUID]) -> None:
    """Read a batch, then, as a worker would, what it leaves to be read in its turn."""
    async with database.transaction() as session:
        await read_mails(session, ids, read_settings())
    await read_in_turn(database, resources)


async def read_in_turn(database, resources) -> None:
    while True:
        async with database.transaction() as session:
            due = [each for each in await leases.lease(session, "default", 100) if "in_turn" in each.tag]
        if not due:
            return
        for each in due:
            await runner.run(database, resources, each)


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


async def test_mails_that_are_read_together_become_what_they_become_alone(database, resources):
    together, alone = [], []
    one, two = story("one"), story("two")
    for start in range(0, len(one), 16):
        async with database.transaction() as session:
            ids = await kept(session, *one[start : start + 16])
        await read_together(database, resources, ids)
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


async def test_one_mail_to_two_mailboxes_is_one_message_when_both_copies_wait(database, resources):
    async with database.transaction() as session:
        ids = await kept(session, letter(), mailboxes=(SUPPORT, "shop@halden.test"))
    await read_together(database, resources, ids)
    async with database.transaction() as session:
        [first, second] = await mails_of(session, ids)
        assert first.message_id == second.message_id is not None
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_an_answer_to_our_token_joins_and_a_strangers_does_not(database, resources):
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
    await read_together(database, resources, ids)
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
            for part in runner.shared([each for each in due if "read_mail" in each.tag]):
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


async def test_mails_that_arrive_at_once_are_kept_together_and_one_that_cannot_be_spoils_no_other(database):
    tray = Tray(database)
    senders = ["ann@example.test"] * 7 + ["ann\x00@example.test"] + ["ann@example.test"] * 13
    arrivals = [
        Arrival({SUPPORT}, sender, [SUPPORT], letter(message_id=f"<{number}@example.test>"))
        for number, sender in enumerate(senders)
    ]
    found = await asyncio.gather(
        *(tray.keep(each) for each in [*arrivals, arrivals[0]]), return_exceptions=True
    )
    assert isinstance(found.pop(7), DBAPIError)
    # The same mail once more is known.
    assert Counter(found) == {0: 1, 1: 20}
    async with database.transaction() as session:
        kept = set(await session.scalars(select(ReceivedMail.id)))
        jobs = await session.scalars(select(JobRow.payload).where(JobRow.tag == "channels.read_mail"))
        assert {UUID(json.loads(each)["received_mail_id"]) for each in jobs} == kept
        assert len(kept) == 20


async def test_when_no_connection_becomes_free_all_who_wait_hear_of_it_and_none_waits_again_alone(
    database, monkeypatch
):
    tried = []

    async def none_free(session, several):
        tried.append(len(several))
        raise PoolTimeout("no connection became free")

    monkeypatch.setattr(arrivals, "store_all", none_free)
    tray = Tray(database)
    mails = [
        Arrival({SUPPORT}, "ann@example.test", [SUPPORT], letter(message_id=f"<{number}@example.test>"))
        for number in range(5)
    ]
    found = await asyncio.gather(*(tray.keep(each) for each in mails), return_exceptions=True)
    assert [type(each) for each in found] == [PoolTimeout] * 5
    assert tried == [5]


@pytest.mark.parametrize("kind", ["a large one", "one from ourselves"])
async def test_what_is_not_plain_is_read_by_itself_after_the_batch(database, resources, kind, monkeypatch):
    monkeypatch.setattr(batches, "SMALL", 2000)
    odd = letter("bob@example.test", message_id="<2@example.test>", text="y " * 4000)
    if kind == "one from ourselves":
        odd = letter(SUPPORT, message_id="<2@example.test>")
    async with database.transaction() as session:
        ids = await kept(session, letter(), odd)
    await read_together(database, resources, ids)
    async with database.transaction() as session:
        [plain, other] = await mails_of(session, ids)
        assert plain.message_id is not None
        assert (other.message_id is not None, bool(other.quarantined)) == (
            (True, False) if kind == "a large one" else (False, True)
        )


async def test_mails_that_have_to_do_with_one_that_is_left_are_read_after_it(database, resources):
    """The second stands under an id that stood for another mail; the third goes on with it, the fourth with neither."""
    raws = [
        letter(message_id="<1@example.test>", subject="One"),
        letter(message_id="<1@example.test>", subject="Two", references="<0@example.test>"),
        letter(message_id="<3@example.test>", subject="Three", references="<0@example.test>"),
        letter("bob@example.test", message_id="<4@example.test>", subject="Four"),
    ]
    async with database.transaction() as session:
        ids = await kept(session, *raws)
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        assert [mail.message_id is not None for mail in await mails_of(session, ids)] == [
            True,
            False,
            False,
            True,
        ]
        [turn] = await session.scalars(
            select(JobRow.payload).where(JobRow.tag == "channels.read_mails_in_turn")
        )
        assert [str(each) in turn for each in ids] == [False, True, True, False]
    await read_in_turn(database, resources)
    async with database.transaction() as session:
        found = [await session.get_one(Message, mail.message_id) for mail in await mails_of(session, ids)]
        assert [each.reason is None for each in found] == [True, False, True, True]
        assert [each.seq for each in found] == [1, 2, 3, 1]


async def test_a_first_proof_of_an_address_is_recorded_for_all_mails_of_a_batch(database):
    async with database.transaction() as session:
        claimant = await identities.resolve(session, identities.email("cid@example.test"), proven=False)
        ids = await kept(
            session,
            letter("ann@example.test", message_id="<1@example.test>"),
            letter("ann@example.test", message_id="<2@example.test>", references="<1@example.test>"),
            letter("cid@example.test", message_id="<3@example.test>"),
        )
        await read_mails(session, ids, read_settings())
    async with database.transaction() as session:
        found = [await session.get_one(Message, mail.message_id) for mail in await mails_of(session, ids)]
        ann = await identities.owner(session, identities.email("ann@example.test"))
        assert [each.customer_id for each in found] == [ann, ann, claimant]
        assert [each.seq for each in found] == [1, 2, 1]
        assert await identities.owner(session, identities.email("cid@example.test")) == claimant
        assert set(await session.scalars(select(Identity.verified_by))) == {"dkim"}
        assert await session.scalar(select(func.count()).select_from(Customer)) == 2


async def threads_of_two_addresses(database) -> None:
    """One person with two proven addresses and two threads, named <x@…> and <y@…>."""
    async with database.transaction() as session:
        ann = await meet(session, "ann@example.test")
        await identities.verify(session, identities.email("ann@work.test"), by="link", customer_id=ann)
        raws = [letter(message_id=f"<{name}@example.test>") for name in "xy"]
        await read_mails(session, await kept(session, *raws), read_settings())


def answering(thread: str, name: str, sender: str, **more: Any) -> bytes:
    return letter(sender, message_id=f"<{name}@example.test>", in_reply_to=f"<{thread}@example.test>", **more)


@pytest.mark.parametrize("kind", ["threads in another order", "a large one"])
async def test_batches_that_want_the_same_threads_and_senders_do_not_block_each_other(
    database, resources, kind, monkeypatch
):
    """What the first goes on to want, the second holds; and what the second waits for, the first holds."""
    monkeypatch.setattr(batches, "SMALL", 4000)
    await threads_of_two_addresses(database)
    first = [answering("x", "1", "ann@example.test")]
    second = [answering("y", "3", "ann@work.test"), answering("x", "4", "ann@work.test")]
    if kind == "a large one":
        first.append(letter("bob@example.test", message_id="<2@example.test>", text="y " * 4000))
        second.append(letter("bob@example.test", message_id="<5@example.test>"))
    else:
        first.append(answering("y", "2", "ann@example.test"))
    wrote = [asyncio.Event(), asyncio.Event()]
    whole = intake.write

    async def write(session, several):
        received = await whole(session, several)
        mine = session.info["batch"]
        wrote[mine].set()
        with suppress(TimeoutError):  # until the other has written as well, or waits for us
            await asyncio.wait_for(wrote[1 - mine].wait(), 0.3)
        return received

    monkeypatch.setattr(intake, "write", write)
    ids: list[list[UUID]] = []
    for raws in (first, second):
        async with database.transaction() as session:
            ids.append(await kept(session, *raws))

    async def read_batch(number: int) -> None:
        async with database.transaction() as session:
            session.info["batch"] = number
            await read_mails(session, ids[number], read_settings())

    if kind == "a large one":
        reading = asyncio.create_task(read_batch(0))
        await wrote[0].wait()
        await asyncio.gather(reading, read_batch(1))
    else:
        await asyncio.gather(read_batch(0), read_batch(1))
    monkeypatch.setattr(intake, "write", whole)
    await read_in_turn(database, resources)
    async with database.transaction() as session:
        found = [
            await session.get_one(Message, mail.message_id)
            for mail in await mails_of(session, [*ids[0], *ids[1]])
        ]
        assert len({(each.conversation_id, each.seq) for each in found}) == len(found)
        threads = {each.external_id: each.conversation_id for each in found}
        assert len(set(threads.values())) == (4 if kind == "a large one" else 2)


async def claimed(session, address: str) -> None:
    """A proven address that another record claims: the next proven mail merges the two."""
    await meet(session, address)
    idle = await identities.resolve(session, identities.email(f"idle-{address}"), proven=False)
    await identities.claim(session, idle, identities.email(address))


async def test_batches_that_merge_records_and_write_into_the_same_threads_do_not_block_each_other(
    database, resources
):
    """Each writes into a thread that the other writes into as well, after a merge."""
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

    async def read_batch(number: int) -> None:
        raws = [
            letter(f"{who}@example.test", message_id=name, in_reply_to=f"<{thread}@example.test>")
            for who, thread, name in stories[number]
        ]
        async with database.transaction() as session:
            mails = await kept(session, *raws)
        await read_together(database, resources, mails)

    await asyncio.gather(read_batch(0), read_batch(1))
    await read_in_turn(database, resources)
    async with database.transaction() as session:
        seqs = await session.scalars(select(Conversation.last_seq).order_by(Conversation.id))
        assert list(seqs) == [3, 3]
        merged = select(func.count()).where(Customer.merged_into_id.is_not(None))
        assert await session.scalar(merged) == 2
