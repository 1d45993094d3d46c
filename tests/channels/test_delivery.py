import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text, update

from channels import announcements, base, delivery, jobs, outbox, recovery, registry
from channels.adapters.email.compose import compose
from channels.models import Conversation, DeliveryAttempt, Message
from core.clock import now
from core.jobs import JobRow, decode
from core.leases import MAX_TRIES, Lease, lease, revive
from core.operations import discard
from core.schema import import_models
from customers import consent, identities
from customers.models import SuppressionScope, TimelineEntry
from tests.channels import sink as sinks
from workers import runner
from workers.handlers import load
from workers.resources import Resources


@pytest.fixture
async def sink():
    async with sinks.running() as sink:
        yield sink


@pytest.fixture
async def resources(settings, sink):
    import_models()
    load()
    resources = Resources(settings.model_copy(update={"smtp_relay_port": sink.port}), Redis())
    yield resources
    await resources.close()


@pytest.fixture
async def customer_id(database):
    async with database.transaction() as session:
        return await identities.verify(session, identities.email("ann@example.test"), by="link")


def mail(customer_id, **changes) -> outbox.Outgoing:
    letter = outbox.Outgoing(
        customer_id=customer_id,
        channel="email",
        to="ann@example.test",
        account="support@halden.test",
        subject="Your kettle",
        text="It is on its way.",
    )
    return replace(letter, **changes)


async def queue(database, *letters) -> Any:
    async with database.transaction() as session:
        return await outbox.queue(session, letters)


async def run_due(database, resources, queues=("delivery", "bulk")) -> int:
    """Run what is due now, as workers do; how many jobs that were."""
    count = 0
    for name in queues:
        async with database.transaction() as session:
            leases = await lease(session, name, 100)
        for each in leases:
            await runner.run(database, resources, each)
            count += 1
    return count


async def make_all_due(database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now(), leased_until = NULL"))
        await session.execute(text("UPDATE message SET release_at = now() WHERE release_at IS NOT NULL"))


async def read(database, message_id) -> Any:
    async with database.transaction() as session:
        return await session.get_one(Message, message_id)


async def kinds(database) -> list[str]:
    async with database.transaction() as session:
        return list(
            await session.scalars(
                select(TimelineEntry.kind)
                .where(TimelineEntry.kind.startswith("message."))
                .order_by(TimelineEntry.id)
            )
        )


async def test_a_queued_mail_is_sent_recorded_and_on_the_timeline(database, resources, sink, customer_id):
    file = outbox.File(filename="Größe.pdf", content_type="application/pdf", content=b"%PDF" * 50)
    [message_id] = await queue(
        database,
        mail(customer_id, subject="Grüße", html="<p>Hallo</p>", files=[file], sender_name="Halden, Inc."),
    )
    assert await run_due(database, resources) == 1
    [(sender, recipients, raw)] = sink.mails
    assert (sender, recipients) == ("support@halden.test", ["ann@example.test"])
    parsed: Any = message_from_bytes(raw, policy=policy.default)
    message = await read(database, message_id)
    assert parsed["Message-ID"] == f"<{message.rfc_message_id}>"
    assert (parsed["Subject"], parsed["From"].addresses[0].display_name) == ("Grüße", "Halden, Inc.")
    assert parsed.get_body(("html",)).get_content().strip() == "<p>Hallo</p>"
    [part] = parsed.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("Größe.pdf", b"%PDF" * 50)
    assert (message.status, message.sent_at is not None) == ("sent", True)
    assert await kinds(database) == ["message.sent"]
    assert await run_due(database, resources) == 0


async def test_an_answer_carries_the_threads_references_and_a_signed_reply_address(
    database, resources, sink, customer_id
):
    async with database.transaction() as session:
        conversation = Conversation(customer_id=customer_id, channel="email")
        session.add(conversation)
    first, second = await queue(
        database,
        mail(customer_id, conversation_id=conversation.id),
        mail(customer_id, conversation_id=conversation.id, author="staff"),
    )
    await run_due(database, resources)
    ids = [f"<{(await read(database, each)).rfc_message_id}>" for each in (first, second)]
    letters = {
        m["Message-ID"]: m for m in (message_from_bytes(raw, policy=policy.default) for *_, raw in sink.mails)
    }
    answer = letters[ids[1]]
    assert (answer["In-Reply-To"], answer["References"]) == (ids[0], ids[0])
    assert answer["Reply-To"].startswith("support+t.")
    assert answer["Auto-Submitted"] is None
    assert letters[ids[0]]["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("extensions", [("SMTPUTF8",), ("SMTPUTF8", "PIPELINING")])
@pytest.mark.parametrize(
    ("verb", "said", "status"),
    [
        ("RCPT", "550 no such person", "failed"),
        ("RCPT", "450 greylisted", "queued"),
        ("MAIL", "553 not you", "failed"),
        ("MAIL", "421 busy", "queued"),
        ("DATA", "554 no", "failed"),
        ("DATA", "451 later", "queued"),
        ("END", "554 spam", "failed"),
        ("END", "452 full", "queued"),
        ("END", "drop", "unknown"),
        ("RCPT", "drop", "queued"),
    ],
)
async def test_each_answer_of_the_relay_is_understood(
    database, resources, sink, customer_id, verb, said, status, extensions
):
    sink.extensions = extensions
    sink.answer = lambda asked, line: said if asked == verb else None
    [message_id] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    message = await read(database, message_id)
    assert message.status == status
    assert sink.mails == []
    assert await kinds(database) == (["message.failed"] if status == "failed" else [])
    sink.answer = lambda asked, line: None
    await make_all_due(database)
    await run_due(database, resources)
    assert len(sink.mails) == (0 if status == "failed" else 1)
    assert (await read(database, message_id)).status == ("failed" if status == "failed" else "sent")


async def test_a_relay_that_is_away_loses_nothing_and_tries_end(database, resources, sink, customer_id):
    resources.settings.smtp_relay_port = 9
    [message_id] = await queue(database, mail(customer_id))
    for _ in range(delivery.MAX_TRIES):
        assert (await read(database, message_id)).status == "queued"
        await make_all_due(database)
        await run_due(database, resources)
    message = await read(database, message_id)
    assert message.status == "failed"
    assert message.reason.startswith("Given up after 12 tries.")


async def test_a_suppressed_address_is_asked_about_just_before_sending(
    database, resources, sink, customer_id
):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await consent.suppress(
            session, "email", "ann@example.test", reason="bounced", scope=SuppressionScope.ALL
        )
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "suppressed: bounced")
    assert sink.mails == []
    assert sink.sessions == 0


async def test_marketing_without_consent_is_never_sent(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id, purpose="marketing"))
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "no consent")
    assert sink.mails == []


async def test_who_opted_out_at_the_provider_gets_no_more_marketing(
    database, resources, sink, customer_id, monkeypatch
):
    async def submit(submission):
        return base.refused("Twilio: 400 21610", opted_out=True)

    monkeypatch.setattr(resources.channels.channel("email"), "submit", submit)
    [message_id] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "failed"
    async with database.transaction() as session:
        await consent.grant(session, customer_id, "email", source="checkout")
        recipient = consent.Recipient(customer_id, "email", "ann@example.test")
        verdict = await consent.may_contact(session, recipient, "marketing")
    assert verdict.reason == "suppressed: opted out at the provider"


async def test_ids_that_cannot_stand_in_a_header_are_left_out(settings):
    raw = compose(
        base.Submission(
            message_id=uuid4(),
            account="support@halden.test",
            sender_name="",
            to=("ann@example.test",),
            rfc_message_id="1@halden.test",
            references=("good@x.test", "bäd@x.test", "b\x01d@x.test"),
        ),
        settings,
        now(),
    )
    assert message_from_bytes(raw)["References"] == "<good@x.test>"


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


async def test_a_second_job_leaves_alone_what_another_is_sending(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await session.execute(update(Message).values(status="sending"))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sending"
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


async def test_what_is_due_is_told_by_the_databases_clock(
    database, resources, sink, customer_id, monkeypatch
):
    [message_id] = await queue(database, mail(customer_id, release_at=now() + timedelta(hours=2)))
    async with database.transaction() as session:
        await session.execute(text("UPDATE message SET release_at = now()"))
        await session.execute(text("UPDATE job SET due_at = now()"))
    monkeypatch.setattr(delivery, "now", lambda: now() - timedelta(minutes=5))
    assert await run_due(database, resources) == 1
    assert (await read(database, message_id)).status == "sent"


async def test_what_is_not_due_yet_is_promised_again_for_then(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id, release_at=now() + timedelta(hours=2)))
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now()"))
    assert await run_due(database, resources) == 1
    message = await read(database, message_id)
    async with database.transaction() as session:
        [row] = await session.scalars(select(JobRow))
    assert (message.status, sink.mails, row.due_at) == ("held", [], message.release_at)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"


async def test_a_message_that_another_holds_for_a_moment_is_waited_for(
    database, resources, sink, customer_id
):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await session.execute(select(Message).with_for_update())
        running = asyncio.create_task(run_due(database, resources))
        await wait_until_locked_out(database)
    assert await running == 1
    assert (await read(database, message_id)).status == "sent"


async def wait_until_locked_out(database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        async with database.transaction() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


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
    for _ in range(delivery.MAX_UNKNOWN):
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


async def test_a_job_that_finds_no_room_gives_itself_back(
    database, resources, sink, customer_id, monkeypatch
):
    monkeypatch.setattr(registry, "PATIENCE", 0.05)
    [message_id] = await queue(database, mail(customer_id))
    lane = resources.channels.lane("email", "delivery")
    async with lane.take() as most, lane.take() as more, lane.take(), lane.take(), lane.take():
        assert (most, more) == (8, 8)
        started = now()
        assert await run_due(database, resources) == 1
        assert now() - started < timedelta(seconds=1)
        assert (await read(database, message_id)).status == "queued"
        async with database.transaction() as session:
            [row] = await session.scalars(select(JobRow))
            assert timedelta() < row.due_at - now() <= timedelta(seconds=1)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"


async def test_one_refused_copy_does_not_keep_the_answer(database, resources, sink, customer_id):
    def answer(verb, line):
        return "550 no such person" if "bob@" in line else None

    sink.answer = answer
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test", "eve@example.test"]))
    await run_due(database, resources)
    message = await read(database, message_id)
    [(_, recipients, _)] = sink.mails
    assert recipients == ["ann@example.test", "eve@example.test"]
    said = "No copy to bob@example.test: 550 no such person"
    assert (message.status, message.reason) == ("sent", said)
    async with database.transaction() as session:
        assert await session.scalar(select(DeliveryAttempt.detail)) == said


async def test_a_refused_recipient_fails_the_mail_whoever_has_a_copy(database, resources, sink, customer_id):
    sink.answer = lambda verb, line: "550 no such person" if "ann@" in line and verb == "RCPT" else None
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test"]))
    await run_due(database, resources)
    assert ((await read(database, message_id)).status, sink.mails) == ("failed", [])


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
