"""What is kept of a delivery: states, the timeline, and what a crash leaves behind."""

from typing import Any

import pytest
from sqlalchemy import select, text, update

from channels import announcements, delivery, jobs, recovery, tries
from channels.models import DeliveryAttempt, Message
from core.clock import now
from core.jobs import JobRow, decode
from core.leases import MAX_TRIES, Lease, lease, revive
from core.operations import discard
from customers import consent
from tests.channels.posting import kinds, mail, make_all_due, queue, read, run_due
from workers import runner


async def crash_while_sending(database, job_id: int) -> Lease:
    """Claim as a worker does that dies before it records; the lease of the next attempt."""
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now(), leased_until = NULL"))
        row = await session.get_one(JobRow, job_id)
        [first] = [each for name in ("delivery", "bulk") for each in await lease(session, name, 9)]
    job: Any = decode(row.tag, row.payload)
    async with database.transaction() as session:
        await delivery.claim(session, job, first, job.message_ids)
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET leased_until = NULL"))
        [second] = [each for name in ("delivery", "bulk") for each in await lease(session, name, 9)]
    assert second.attempt == first.attempt + 1
    return second


async def test_after_a_crash_a_receipt_is_sent_again_under_the_same_message_id(
    database, resources, sink, customer_id
):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        job_id = await session.scalar(select(JobRow.id).where(JobRow.queue == "delivery"))
    second = await crash_while_sending(database, job_id)
    assert (await read(database, message_id)).status == "sending"
    await runner.run(database, resources, second)
    message = await read(database, message_id)
    assert message.status == "sent"
    [(*_, raw)] = sink.mails
    assert f"<{message.rfc_message_id}>".encode() in raw
    async with database.transaction() as session:
        outcomes = list(await session.scalars(select(DeliveryAttempt.outcome).order_by(DeliveryAttempt.id)))
    assert outcomes == ["unknown", "sent"]


async def test_after_a_crash_marketing_is_unknown_and_never_sent_again(
    database, resources, sink, customer_id
):
    async with database.transaction() as session:
        await consent.grant(session, customer_id, "email", source="checkout")
    [message_id] = await queue(database, mail(customer_id, purpose="marketing"))
    async with database.transaction() as session:
        job_id = await session.scalar(select(JobRow.id).where(JobRow.queue == "bulk"))
    second = await crash_while_sending(database, job_id)
    await runner.run(database, resources, second)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "unknown"
    assert sink.mails == []


async def test_who_made_a_message_learns_in_the_recording_transaction(
    database, resources, sink, customer_id, monkeypatch
):
    learned: list[Any] = []

    async def callback(session, rows):
        learned.extend((row["id"], row["status"], row["source_id"]) for row in rows)

    monkeypatch.setitem(announcements._recorded, "test", callback)
    ids = await queue(database, *[mail(customer_id, source_kind="test", source_id=customer_id)] * 40)
    await run_due(database, resources)
    assert sorted(learned) == sorted((each, "sent", customer_id) for each in ids)
    assert len(sink.mails) == 40
    assert sink.sessions <= 8
    assert await kinds(database) == []


async def bury(database) -> int:
    """Bury the delivery job, as its last failure does; its id."""
    async with database.transaction() as session:
        [row] = await session.scalars(select(JobRow).where(JobRow.queue == "delivery"))
        await session.execute(update(JobRow).values(dead_at=now(), tries=MAX_TRIES, leased_until=None))
        return int(row.id)


async def test_a_revived_job_settles_what_its_former_life_left(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        job_id = await session.scalar(select(JobRow.id))
    await crash_while_sending(database, job_id)
    await bury(database)
    async with database.transaction() as session:
        await revive(session, job_id)
        # However attempts are counted: it may be the first again.
        await session.execute(update(JobRow).values(attempts=0, started=0))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"
    async with database.transaction() as session:
        outcomes = list(await session.scalars(select(DeliveryAttempt.outcome).order_by(DeliveryAttempt.id)))
    assert (outcomes, len(sink.mails)) == (["unknown", "sent"], 1)


async def test_what_a_discarded_delivery_was_to_send_has_failed(database, resources, sink, customer_id):
    gone = await queue(database, mail(customer_id), mail(customer_id))
    async with database.transaction() as session:
        job_id = await session.scalar(select(JobRow.id))
    await crash_while_sending(database, job_id)
    async with database.transaction() as session:
        await session.execute(update(Message).where(Message.id == gone[0]).values(status="queued"))
    await bury(database)
    [kept] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        tag, payload = await discard(session, job_id)
        await jobs.give_up(session, tag, payload)
    assert await run_due(database, resources, ["default"]) == 1
    for message_id in gone:
        message = await read(database, message_id)
        assert (message.status, message.reason) == (
            "failed",
            "It was not sent: its delivery was given up.",
        )
    assert await kinds(database) == ["message.failed"] * 2
    assert (await read(database, kept)).status == "queued"


async def test_a_message_that_a_living_job_promises_is_not_given_up(database, customer_id):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await recovery.abandon(session, [message_id], "given up")
    assert (await read(database, message_id)).status == "queued"


async def test_an_unknown_answer_is_resent_four_times_at_most_and_ever_later(
    database, resources, sink, customer_id
):
    sink.answer = lambda verb, line: "drop" if verb == "END" else None
    [message_id] = await queue(database, mail(customer_id))
    waits = []
    message = None
    for _ in range(tries.MAX_UNKNOWN):
        await make_all_due(database)
        assert await run_due(database, resources) == 1
        message = await read(database, message_id)
        assert message.status == "unknown"
        waits.append(message.release_at and round((message.release_at - now()).total_seconds()))
    assert waits[-1] is None
    assert [round(wait / 5) for wait in waits[:-1]] == [1, 3, 9]
    assert message is not None
    assert message.reason.startswith("Not sent again after 4 tries")
    await make_all_due(database)
    assert await run_due(database, resources) == 0


@pytest.mark.parametrize(("said", "status"), [(None, "sent"), ("550 no", "failed")])
async def test_a_code_is_gone_once_it_was_sent_and_never_on_the_timeline(
    database, resources, sink, customer_id, said, status
):
    sink.answer = lambda verb, line: said if verb == "RCPT" else None
    [message_id] = await queue(
        database, mail(customer_id, text="Your code: 123 456", html="<b>123 456</b>", source_kind="sign_in")
    )
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.text, message.html) == (status, "", None)
    assert await kinds(database) == []
    assert all(b"123 456" in raw for *_, raw in sink.mails)
