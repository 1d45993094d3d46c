"""Our e-mail adapter against the mail stand-in, both ways, over real SMTP."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from channels import outbox
from channels.adapters.email import listener
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Message, ReceivedMail
from core.schema import import_models
from customers import consent, identities
from sandbox.mail.compose import Draft, compose, compose_bounce, submit
from sandbox.settings import read_settings
from tests.channels.arriving import arrive
from tests.channels.posting import mail, queue, read, run_due
from tests.sandbox.stand_in import run_sandbox
from workers.handlers import load
from workers.resources import Resources


async def test_a_mail_goes_out_and_its_answer_comes_back_into_the_thread(database, settings, tmp_path):
    import_models()
    load()
    async with database.transaction() as session:
        customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]
    with run_sandbox(tmp_path, inbound_smtp=f"127.0.0.1:{port}") as sandbox:
        resources = Resources(settings.model_copy(update={"smtp_relay_port": sandbox.smtp_port}), Redis())
        [message_id] = await queue(database, mail(customer_id, html="<p>Hi</p>"))
        await run_due(database, resources)
        sent = await read(database, message_id)
        assert sent.status == "sent"
        await resources.close()
        given = read_settings(sandbox.environment)
        draft = Draft("ann@example.test", "support@halden.test", "Re: Your kettle", "Thank you!")
        draft.in_reply_to = f"<{sent.rfc_message_id}>"
        sender, recipient, _, raw = compose(draft, given)
        await asyncio.to_thread(submit, given, sender, recipient, raw)
    server.close()
    pointed = settings.model_copy(update={"trusted_authserv_id": sandbox.authserv_id})
    async with database.transaction() as session:
        kept = await session.scalar(select(ReceivedMail))
        await read_mail(session, ReadMail(kept.id), pointed)
        assert kept.quarantined is None
    async with database.transaction() as session:
        answer = await session.get_one(Message, kept.message_id)
        sent = await session.get_one(Message, message_id)
    assert (answer.conversation_id, answer.verified, answer.customer_id) == (
        sent.conversation_id,
        True,
        customer_id,
    )
    assert (sent.seq, answer.seq) == (1, 2)


@pytest.mark.parametrize("whose", ["ours", "another's"])
async def test_a_bounce_marks_our_mail_as_failed_and_its_address_as_unreachable(session, environment, whose):
    customer = await identities.verify(session, identities.email("ann@example.test"), by="link")
    [message_id] = await outbox.queue(session, [mail(customer)])
    message = await session.get_one(Message, message_id)
    message.status = "sent"
    await session.flush()
    named = message.rfc_message_id if whose == "ours" else "guessed@halden.test"
    original = f"From: support@halden.test\r\nMessage-ID: <{named}>\r\n\r\nbody".encode()
    relay: Any = SimpleNamespace(authserv_id="mx-test.sandbox.test")
    raw = compose_bounce(original, "support@halden.test", "ann@example.test", relay)
    kept = await arrive(session, raw, mail_from="")
    await session.refresh(message)
    recipient = consent.Recipient(customer, "email", "ann@example.test")
    allowed = (await consent.may_contact(session, recipient, "transactional")).allowed
    if whose == "ours":
        assert kept.processed_at is not None
        assert (message.status, message.reason[:14], allowed) == ("failed", "Bounced: 5.1.1", False)
    else:
        assert (message.status, allowed) == ("sent", True)
