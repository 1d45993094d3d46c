"""What goes over the wire to the relay, and how its answers are understood."""

from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from channels import base, outbox, tries
from channels.adapters.email.compose import compose
from channels.models import Conversation, DeliveryAttempt
from core.clock import now
from tests.channels.posting import end_pauses, kinds, mail, make_all_due, queue, read, run_due
from workers.resources import Resources


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
        ("MAIL", "553 not you", "queued"),
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
    end_pauses(resources)
    await run_due(database, resources)
    assert len(sink.mails) == (0 if status == "failed" else 1)
    assert (await read(database, message_id)).status == ("failed" if status == "failed" else "sent")


async def test_a_relay_that_is_away_loses_nothing_however_long(database, resources, sink, customer_id):
    port = resources.settings.smtp_relay_port
    resources.settings.smtp_relay_port = 9
    [message_id] = await queue(database, mail(customer_id))
    for _ in range(tries.MAX_TRIES + 1):
        assert (await read(database, message_id)).status == "queued"
        await make_all_due(database)
        await run_due(database, resources)
        end_pauses(resources)
    message = await read(database, message_id)
    assert message.status == "queued"
    assert message.reason.startswith("No mail server takes our mail. connecting: ")
    later = Resources(resources.settings.model_copy(update={"smtp_relay_port": port}), resources.redis)
    await make_all_due(database)
    await run_due(database, later)
    assert ((await read(database, message_id)).status, len(sink.mails)) == ("sent", 1)
    await later.close()


async def test_tries_of_one_mail_end(database, resources, sink, customer_id):
    sink.answer = lambda verb, line: "450 4.2.1 not now" if verb == "RCPT" else None
    [message_id] = await queue(database, mail(customer_id))
    for _ in range(tries.MAX_TRIES):
        assert (await read(database, message_id)).status == "queued"
        await make_all_due(database)
        await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "Given up after 12 tries. RCPT: 450 4.2.1 not now")


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


async def test_one_refused_copy_does_not_keep_the_answer(database, resources, sink, customer_id):
    def answer(verb, line):
        return "550 no such person" if "bob@" in line else None

    sink.answer = answer
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test", "eve@example.test"]))
    await run_due(database, resources)
    message = await read(database, message_id)
    [(_, recipients, _)] = sink.mails
    assert recipients == ["ann@example.test", "eve@example.test"]
    said = "Not delivered to bob@example.test, because: 550 no such person"
    assert (message.status, message.reason) == ("sent", said)
    async with database.transaction() as session:
        assert await session.scalar(select(DeliveryAttempt.detail)) == said


async def test_a_refused_recipient_fails_the_mail_whoever_has_a_copy(database, resources, sink, customer_id):
    sink.answer = lambda verb, line: "550 no such person" if "ann@" in line and verb == "RCPT" else None
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test"]))
    await run_due(database, resources)
    assert ((await read(database, message_id)).status, sink.mails) == ("failed", [])
