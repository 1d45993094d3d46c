"""Who was to get a copy and did not: tried again by themselves, and told of in the thread."""

import asyncio
from email import message_from_bytes
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text

from channels import copies, jobs, tries
from channels.adapters.email import connection
from channels.base import accepted
from channels.jobs import DeliverCopy
from channels.models import Conversation, DeliveryAttempt, MissedCopy, Obstacle
from core.jobs import JobRow, decode
from core.leases import lease
from core.operations import discard
from core.schema import import_models
from customers import consent
from customers.models import SuppressionScope
from support import threads
from tests.channels import relays
from tests.channels.posting import end_pauses, kinds, mail, make_all_due, queue, read, run_due
from tests.channels.relays import CUT, SILENCE
from tests.channels.test_claiming import wait_until_locked_out
from workers import runner
from workers.handlers import load
from workers.resources import Resources

COPIES = ["bea@copies.test", "eve@example.test"]


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    for name in ("OPENING", "COMMAND", "WHOLE_MAIL"):
        monkeypatch.setattr(connection, name, 0.3)


@pytest.fixture
async def relay():
    async with relays.running() as relay:
        yield relay


@pytest.fixture
async def resources(settings, relay):
    import_models()
    load()
    resources = Resources(settings.model_copy(update={"smtp_relay_port": relay.port}), Redis())
    yield resources
    await resources.close()


@pytest.fixture
async def thread(database, customer_id):
    """A conversation for the answer to stand in."""
    async with database.transaction() as session:
        conversation = Conversation(customer_id=customer_id, channel="email")
        session.add(conversation)
    return conversation.id


def to_bea(said: str, verb: str = "RCPT"):
    """A relay's answers: this one where Bea alone is written to, or as RCPT where she is one of several."""
    talking = {"bea": False}

    def says(asked: str, words: str) -> str | None:
        if asked == "RCPT":
            talking["bea"] = "bea@" in words
        return said if asked == verb and talking["bea"] else None

    return says


async def missed(database) -> list[tuple[str, str, bool]]:
    async with database.transaction() as session:
        found = await session.scalars(select(MissedCopy).order_by(MissedCopy.address))
        return [(each.address, each.reason, each.release_at is not None) for each in found]


async def obstacles_now(database) -> set[tuple[str, str]]:
    async with database.transaction() as session:
        found = await session.scalars(select(Obstacle).where(Obstacle.kind != "server"))
        return {(each.kind, each.name) for each in found}


async def shown(database, thread) -> tuple[str, str]:
    """State and reason of the answer as its thread shows it."""
    async with database.transaction() as session:
        [item] = (await threads.end(session, thread)).items
    return item.status, item.reason


@pytest.mark.parametrize(
    ("said", "again", "stands"),
    [
        ("450 greylisted", True, {("domain", "copies.test")}),
        ("451 4.7.1 slower", True, {("domain", "copies.test")}),
        ("452 4.2.2 mailbox full", True, set()),
        ("554 5.7.1 Relay access denied", True, {("domain", "copies.test")}),
        ("550 5.1.1 no such person", False, set()),
        ("553 no", False, set()),
    ],
)
async def test_a_refused_copy_is_tried_again_alone_or_never(
    database, resources, relay, customer_id, thread, said, again, stands
):
    relay.says = to_bea(said)
    [message_id] = await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    [(_, had, first)] = relay.mails
    assert had == ["ann@example.test", "eve@example.test"]
    assert await missed(database) == [("bea@copies.test", said, again)]
    assert await obstacles_now(database) == stands
    told = f"Not delivered to bea@copies.test, because: {said}" + " (It will be tried again.)" * again
    assert await shown(database, thread) == ("sent", told)
    assert await run_due(database, resources) == 0
    relay.says = lambda verb, words: None
    await make_all_due(database)
    assert await run_due(database, resources) == again
    assert [had for _, had, _ in relay.mails[1:]] == [["bea@copies.test"]] * again
    # The very same mail, whoever it is for.
    ours = message_from_bytes(first)
    for *_, raw in relay.mails[1:]:
        theirs = message_from_bytes(raw)
        assert theirs.get_payload() == ours.get_payload()
        assert all(theirs[name] == ours[name] for name in ("To", "Cc", "Message-ID", "Subject"))
    assert await shown(database, thread) == ("sent", "" if again else told)
    assert len(await missed(database)) == (not again)
    assert (await obstacles_now(database), await kinds(database)) == (set(), ["message.sent"])
    await make_all_due(database)
    assert await run_due(database, resources) == 0
    assert (await read(database, message_id)).status == "sent"


@pytest.mark.parametrize(
    ("verb", "said", "again"),
    [
        ("RCPT", "450 greylisted", True),
        ("RCPT", "550 5.1.1 no such person", False),
        ("DATA", "451 later", True),
        ("DATA", "554 no", False),
        ("the mail", "452 4.2.2 full", True),
        ("the mail", "554 5.7.1 spam", False),
        ("the mail", CUT, True),
        ("RCPT", SILENCE, True),
    ],
)
async def test_each_answer_to_a_second_try_is_understood(
    database, resources, relay, customer_id, thread, verb, said, again
):
    relay.says = to_bea("450 later")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    relay.says = to_bea(said, verb)
    await make_all_due(database)
    end_pauses(resources)
    await run_due(database, resources)
    [(address, reason, waits)] = await missed(database)
    assert (address, waits) == ("bea@copies.test", again)
    assert said in (CUT, SILENCE) or said in reason
    status, told = await shown(database, thread)
    assert (status, reason in told) == ("sent", True)
    relay.says = lambda verb, words: None
    await make_all_due(database)
    end_pauses(resources)
    assert await run_due(database, resources) == again
    # What was lost on the way back came twice, to her alone.
    had = [each for _, each, _ in relay.mails]
    assert had.count(["bea@copies.test"]) == (again + (said == CUT))
    assert had.count(["ann@example.test", "eve@example.test"]) == 1


async def test_two_refused_copies_are_tried_each_alone(database, resources, relay, customer_id, thread):
    relay.says = lambda verb, words: (
        "450 later" if verb == "RCPT" and ("bea@" in words or "eve@" in words) else None
    )
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    relay.says = lambda verb, words: "550 gone" if verb == "RCPT" and "eve@" in words else None
    await make_all_due(database)
    assert await run_due(database, resources) == 2
    assert [had for _, had, _ in relay.mails] == [["ann@example.test"], ["bea@copies.test"]]
    assert await shown(database, thread) == (
        "sent", "Not delivered to eve@example.test, because: 550 gone"
    )  # fmt: skip


async def test_who_is_named_twice_gets_one_copy_and_is_missed_once(
    database, resources, relay, customer_id, thread
):
    relay.says = to_bea("450 later")
    twice = ["bea@copies.test", "ann@example.test"]
    [message_id] = await queue(database, mail(customer_id, cc=COPIES, bcc=twice, conversation_id=thread))
    await run_due(database, resources)
    assert [had for _, had, _ in relay.mails] == [["ann@example.test", "eve@example.test"]]
    assert await missed(database) == [("bea@copies.test", "450 later", True)]
    assert (await read(database, message_id)).status == "sent"


async def test_who_may_not_be_written_to_gets_no_copy_either_and_the_thread_says_so(
    database, resources, relay, customer_id, thread
):
    async with database.transaction() as session:
        await consent.suppress(
            session, "email", "Bea@Copies.test", reason="550 no such user", scope=SuppressionScope.ALL
        )
    await queue(
        database, mail(customer_id, cc=["BEA@copies.test"], bcc=["eve@example.test"], conversation_id=thread)
    )
    await run_due(database, resources)
    assert [had for _, had, _ in relay.mails] == [["ann@example.test", "eve@example.test"]]
    assert await missed(database) == [("BEA@copies.test", "suppressed: 550 no such user", False)]
    assert await shown(database, thread) == (
        "sent", "Not delivered to BEA@copies.test, because: suppressed: 550 no such user"
    )  # fmt: skip


async def test_of_two_copies_that_arrive_at_once_no_word_is_left(
    database, resources, relay, customer_id, thread
):
    relay.says = lambda verb, words: (
        "450 later" if verb == "RCPT" and ("bea@" in words or "eve@" in words) else None
    )
    [message_id] = await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    await make_all_due(database)
    tried = [DeliverCopy("email", message_id, address) for address in COPIES]
    async with database.transaction() as session:
        submissions = [await copies.claim(session, job) for job in tried]

    async def arrived(session, number: int) -> None:
        submission = submissions[number]
        assert submission is not None
        await copies.record(session, tried[number], submission, accepted("Taken"))

    async def second() -> None:
        async with database.transaction() as session:
            await arrived(session, 1)

    async with database.transaction() as session:
        await arrived(session, 0)
        other = asyncio.create_task(second())
        await wait_until_locked_out(database)
    await other
    assert (await missed(database), await shown(database, thread)) == ([], ("sent", ""))


async def test_tries_of_a_copy_end(database, resources, relay, customer_id, thread):
    relay.says = to_bea("450 4.2.1 not now")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    for _ in range(tries.MAX_TRIES):
        assert (await missed(database))[0][2]
        await make_all_due(database)
        assert await run_due(database, resources) == 1
    told = "given up after 12 tries. 450 4.2.1 not now"
    assert await missed(database) == [("bea@copies.test", told, False)]
    await make_all_due(database)
    assert await run_due(database, resources) == 0


async def test_an_address_that_may_not_be_written_to_any_more_gets_no_copy(
    database, resources, relay, customer_id, thread
):
    relay.says = to_bea("450 later")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    async with database.transaction() as session:
        await consent.suppress(
            session, "email", "bea@copies.test", reason="bounced 5.1.1", scope=SuppressionScope.ALL
        )
    relay.says = lambda verb, words: None
    await make_all_due(database)
    await run_due(database, resources)
    assert await missed(database) == [("bea@copies.test", "suppressed: bounced 5.1.1", False)]
    assert len(relay.mails) == 1


async def test_a_copy_waits_for_its_domain_and_is_no_try_meanwhile(
    database, resources, relay, customer_id, thread
):
    relay.says = to_bea("450 later")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    await make_all_due(database)
    async with database.transaction() as session:
        await session.execute(text("UPDATE obstacle SET until = now() + interval '1 hour'"))
    assert await run_due(database, resources) == 1
    async with database.transaction() as session:
        [copy] = await session.scalars(select(MissedCopy))
        [stands] = await session.scalars(select(Obstacle).where(Obstacle.kind == "domain"))
        due = await session.scalar(select(JobRow.due_at).where(JobRow.queue == "delivery"))
    assert (copy.tries, copy.release_at, due) == (0, stands.until, stands.until)
    assert len(relay.mails) == 1


async def test_after_a_crash_a_copy_goes_out_again_under_the_same_message_id(
    database, resources, relay, customer_id, thread
):
    relay.says = to_bea("450 later")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    relay.says = lambda verb, words: None
    await make_all_due(database)
    # One worker claims it and dies, the next one takes it up.
    async with database.transaction() as session:
        [leased] = await lease(session, "delivery", 9)
        row = await session.get_one(JobRow, leased.job_id)
        job: Any = decode(row.tag, row.payload)
    async with database.transaction() as session:
        submission = await copies.claim(session, job)
        assert submission is not None
    assert (await resources.channels.channel("email").submit(submission)).became == "accepted"
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET leased_until = NULL"))
        [leased] = await lease(session, "delivery", 9)
    await runner.run(database, resources, leased)
    assert [had for _, had, _ in relay.mails[1:]] == [["bea@copies.test"]] * 2
    assert len({message_from_bytes(raw)["Message-ID"] for *_, raw in relay.mails}) == 1
    assert (await missed(database), await shown(database, thread)) == ([], ("sent", ""))


async def test_what_a_discarded_copy_was_to_be_is_told(database, resources, relay, customer_id, thread):
    relay.says = to_bea("450 later")
    await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET dead_at = now() WHERE queue = 'delivery'"))
        job_id = await session.scalar(select(JobRow.id).where(JobRow.queue == "delivery"))
        tag, payload = await discard(session, job_id)
        await jobs.give_up(session, tag, payload)
    assert tag == DeliverCopy.__struct_config__.tag
    await run_due(database, resources, ["default"])
    assert await shown(database, thread) == (
        "sent", "Not delivered to bea@copies.test, because: its delivery was given up"
    )  # fmt: skip


async def test_a_mail_that_came_back_meanwhile_keeps_its_own_reason(
    database, resources, relay, customer_id, thread
):
    relay.says = to_bea("450 later")
    [message_id] = await queue(database, mail(customer_id, cc=COPIES, conversation_id=thread))
    await run_due(database, resources)
    async with database.transaction() as session:
        await session.execute(text("UPDATE message SET status = 'failed', reason = 'Bounced: 5.1.1'"))
    relay.says = lambda verb, words: None
    await make_all_due(database)
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "Bounced: 5.1.1")
    # It is her copy all the same.
    assert [had for _, had, _ in relay.mails[1:]] == [["bea@copies.test"]]


async def test_an_attempt_says_who_was_missed(database, resources, relay, customer_id):
    relay.says = to_bea("550 5.1.1 no such person")
    await queue(database, mail(customer_id, cc=COPIES))
    await run_due(database, resources)
    async with database.transaction() as session:
        said = (await session.execute(select(DeliveryAttempt.outcome, DeliveryAttempt.detail))).one()
    assert tuple(said) == ("sent", "Not delivered to bea@copies.test, because: 550 5.1.1 no such person")
