import asyncio
import smtplib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.lmtp import LMTP
from sqlalchemy import func, select, update

from channels import answers, conversations, outbox
from channels.adapters.email import arrivals, listener
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Attachment, Conversation, Message, MessageReference, ReceivedMail
from channels.tokens import conversation_named, reply_address
from core.errors import Conflict
from core.jobs import JobRow
from core.settings import settings as read_settings
from core.staff import Role, hire
from customers import identities
from customers.models import Customer, Identity, TimelineEntry
from tests.channels.letters import letter


async def arrive(session, raw: bytes, mailbox="support@halden.test", mail_from="ann@example.test", rcpt=None):
    """What the listener and the worker do with a mail; the kept row."""
    await arrivals.store(session, {mailbox}, mail_from, rcpt or [mailbox], raw)
    mail = await session.scalar(select(ReceivedMail).order_by(ReceivedMail.id.desc()).limit(1))
    await read_mail(session, ReadMail(mail.id), read_settings())
    await session.flush()
    return mail


async def message_of(session, mail) -> Any:
    assert mail.quarantined is None
    return await session.get_one(Message, mail.message_id)


async def count(session, model) -> Any:
    return await session.scalar(select(func.count()).select_from(model))


async def answer_from_us(session, message: Any) -> Any:
    """What we sent into the thread of `message`."""
    [answer_id] = await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=message.customer_id,
                channel="email",
                to=message.sender,
                account="support@halden.test",
                text="Have you tried descaling?",
                conversation_id=message.conversation_id,
                in_reply_to_id=message.id,
                author="staff",
            )
        ],
    )
    return await session.get_one(Message, answer_id)


async def test_a_strangers_mail_makes_a_customer_with_an_unverified_claim(session):
    message = await message_of(session, await arrive(session, letter(proven=False)))
    identity = await session.scalar(select(Identity))
    assert (identity.value, identity.verified_at) == ("ann@example.test", None)
    assert (await session.scalar(select(Customer))).name == "Ann Lee"
    assert (message.verified, message.status, message.seq, message.subject) == (
        False,
        "received",
        1,
        "My kettle leaks",
    )
    # The relay said so: support answers no mail by itself whose sender is forged.
    assert message.headers == conversations.REFUTED
    entry = await session.scalar(select(TimelineEntry))
    assert (entry.kind, entry.subject_id, entry.payload["preview"]) == (
        "message.received",
        message.conversation_id,
        "It drips.",
    )
    assert ("inbox", str(message.conversation_id)) in session.info["nudges"]
    assert (f"conversation:{message.conversation_id}", "1") in session.info["nudges"]


async def test_a_proven_mail_verifies_its_sender(session):
    message = await message_of(session, await arrive(session, letter()))
    assert message.verified
    assert message.headers == {}
    assert await identities.owner(session, identities.email("ann@example.test")) == message.customer_id


@pytest.mark.parametrize("proven", [True, False])
async def test_who_typed_anothers_address_into_their_account_does_not_get_their_mail(session, proven):
    eve = await identities.verify(session, identities.email("eve@evil.test"), by="link")
    await identities.claim(session, eve, identities.email("ann@example.test"))
    message = await message_of(session, await arrive(session, letter(proven=proven)))
    assert message.customer_id != eve


async def test_the_same_mail_again_is_one_message(session):
    await arrive(session, letter())
    other_way = letter().replace(b"Received: from x", b"Received: from y")
    assert await arrivals.store(session, {"support@halden.test"}, "", ["support@halden.test"], other_way) == 0
    assert await count(session, Message) == 1
    assert await count(session, TimelineEntry) == 1


async def test_the_same_message_id_with_other_content_is_taken_and_flagged(session):
    first = await message_of(session, await arrive(session, letter()))
    second = await message_of(session, await arrive(session, letter(text="I forgot to say: it is blue.")))
    assert first.id != second.id
    assert "same Message-ID" in second.reason
    assert second.conversation_id == first.conversation_id


async def test_one_mail_to_two_mailboxes_is_one_message(session):
    raw = letter(to="support@halden.test, shop@halden.test")
    first = await arrive(session, raw)
    second = await arrive(session, raw, mailbox="shop@halden.test")
    assert first.id != second.id
    assert second.message_id == first.message_id
    assert await count(session, Message) == 1


async def test_an_answer_joins_by_reference_even_to_mail_we_never_got(session):
    first = await message_of(session, await arrive(session, letter(references="<never-seen@example.test>")))
    second = await arrive(
        session,
        letter(message_id="<2@example.test>", subject="other", in_reply_to="<never-seen@example.test>"),
    )
    joined = await message_of(session, second)
    assert (joined.conversation_id, joined.seq) == (first.conversation_id, 2)


async def test_an_answer_that_overtakes_the_mail_it_answers_shares_its_thread(session):
    second = await message_of(
        session, await arrive(session, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>"))
    )
    first = await message_of(session, await arrive(session, letter()))
    assert first.conversation_id == second.conversation_id


async def test_a_subject_or_a_ticket_number_alone_never_joins(session):
    first = await message_of(session, await arrive(session, letter(subject="[#1234] My kettle")))
    second = await message_of(
        session, await arrive(session, letter(subject="Re: [#1234] My kettle", message_id="<2@example.test>"))
    )
    assert second.conversation_id != first.conversation_id


@pytest.mark.parametrize("where", ["to", "cc", "Delivered_To", "X_Original_To", "envelope"])
async def test_a_signed_reply_address_joins_wherever_relays_put_it(session, where):
    first = await message_of(session, await arrive(session, letter()))
    address = reply_address(read_settings(), "support@halden.test", first.conversation_id)
    changes: dict[str, Any] = {} if where == "envelope" else {where: address}
    raw = letter(message_id="<2@example.test>", subject="other", **changes)
    second = await message_of(
        session, await arrive(session, raw, rcpt=[address] if where == "envelope" else None)
    )
    assert second.conversation_id == first.conversation_id


def test_a_reply_address_with_another_signature_names_nothing(environment):
    settings = read_settings()
    conversation_id = uuid4()
    address = reply_address(settings, "support@halden.test", conversation_id)
    assert len(address.partition("@")[0]) <= 64
    assert conversation_named(settings, address.upper()) == conversation_id
    local, _, domain = address.partition("@")
    forged = local[:-1] + ("a" if local[-1] != "a" else "b") + "@" + domain
    assert conversation_named(settings, forged) is None
    assert conversation_named(settings, "support+t.@halden.test") is None


async def test_an_unproven_reply_to_a_proven_thread_goes_to_quarantine(session):
    first = await message_of(session, await arrive(session, letter()))
    answer = await answer_from_us(session, first)
    mail = await arrive(
        session, letter(message_id="<2@evil.test>", in_reply_to=f"<{answer.rfc_message_id}>", proven=False)
    )
    assert mail.quarantined.startswith("Forged reply?")
    assert (mail.message_id, mail.processed_at) == (None, None)
    assert await count(session, Message) == 2
    assert await count(session, TimelineEntry) == 1


async def test_a_proven_stranger_with_a_stolen_token_goes_to_quarantine(session):
    first = await message_of(session, await arrive(session, letter()))
    address = reply_address(read_settings(), "support@halden.test", first.conversation_id)
    mail = await arrive(session, letter(sender="eve@evil.test", message_id="<2@evil.test>", to=address))
    assert mail.quarantined.startswith("Forged reply?")
    assert await count(session, Message) == 1
    assert await identities.owner(session, identities.email("eve@evil.test")) is None


async def test_an_unproven_reply_of_the_same_claim_joins_the_thread_it_began(session):
    first = await message_of(session, await arrive(session, letter(proven=False)))
    answer = await answer_from_us(session, first)
    second = await message_of(
        session,
        await arrive(
            session, letter(message_id="<2@x.test>", in_reply_to=f"<{answer.rfc_message_id}>", proven=False)
        ),
    )
    assert (second.conversation_id, second.verified) == (first.conversation_id, False)


async def test_another_unproven_sender_does_not_join_an_unproven_thread(session):
    first = await message_of(session, await arrive(session, letter(proven=False)))
    answer = await answer_from_us(session, first)
    mail = await arrive(
        session,
        letter(
            sender="eve@evil.test",
            message_id="<2@evil.test>",
            in_reply_to=f"<{answer.rfc_message_id}>",
            proven=False,
        ),
    )
    assert mail.quarantined.startswith("Forged reply?")


async def test_names_planted_by_a_stranger_do_not_lock_others_out(session):
    await arrive(session, letter(sender="eve@evil.test", references="<future@example.test>", proven=False))
    mail = await arrive(session, letter(message_id="<future@example.test>"))
    assert (await message_of(session, mail)).seq == 1


async def test_a_colleague_whom_the_customer_copied_may_answer(session):
    first = await message_of(session, await arrive(session, letter(cc="bob@example.test")))
    second = await message_of(
        session,
        await arrive(
            session,
            letter(sender="bob@example.test", message_id="<2@example.test>", in_reply_to="<1@example.test>"),
        ),
    )
    assert second.conversation_id == first.conversation_id


async def test_an_answer_to_a_receipt_opens_a_thread_that_begins_with_it(session):
    customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
    [receipt_id] = await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=customer_id,
                channel="email",
                to="ann@example.test",
                account="shop@halden.test",
                subject="Receipt",
                text="Thank you.",
            )
        ],
    )
    receipt = await session.get_one(Message, receipt_id)
    reply = await message_of(
        session, await arrive(session, letter(in_reply_to=f"<{receipt.rfc_message_id}>"))
    )
    await session.refresh(receipt)
    assert (receipt.conversation_id, receipt.seq, reply.seq) == (reply.conversation_id, 1, 2)
    assert reply.customer_id == customer_id


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "It names no sender."),
        (b"\x00\xff not a mail at all", "It names no sender."),
        (letter(sender="undisclosed"), "It names no sender."),
        (letter(sender="support@halden.test"), "It came from ourselves."),
    ],
)
async def test_what_cannot_be_let_in_is_kept_with_the_reason(session, raw, why):
    mail = await arrive(session, raw, mail_from="")
    assert mail.quarantined == why
    assert mail.raw == raw
    assert await count(session, Message) == 0


@pytest.mark.parametrize(
    ("headers", "automated"),
    [
        ({}, False),
        ({"Auto_Submitted": "no"}, False),
        ({"Auto_Submitted": "auto-replied (vacation)"}, True),
        ({"Precedence": "bulk"}, True),
        ({"List_Id": "<news.example.test>"}, True),
        ({"X_Auto_Response_Suppress": "All"}, True),
    ],
)
async def test_what_a_machine_sent_is_marked_and_never_answered_automatically(session, headers, automated):
    message = await message_of(session, await arrive(session, letter(**headers)))
    assert message.automated is automated
    assert message.author == ("automation" if automated else "customer")
    assert await answers.may_auto_reply(session, message) is not automated


async def test_a_null_sender_is_a_machine_and_reopens_nothing(session):
    first = await message_of(session, await arrive(session, letter()))
    await session.execute(update(Conversation).values(closed_at=func.now()))
    second = await message_of(
        session,
        await arrive(
            session, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>"), mail_from=""
        ),
    )
    assert (second.automated, second.conversation_id) == (True, first.conversation_id)
    conversation = await session.get_one(Conversation, first.conversation_id, populate_existing=True)
    assert conversation.closed_at is not None
    await arrive(session, letter(message_id="<3@example.test>", in_reply_to="<1@example.test>"))
    await session.refresh(conversation)
    assert conversation.closed_at is None


async def test_one_automatic_answer_a_day_is_enough(session):
    message = await message_of(session, await arrive(session, letter()))
    assert await answers.may_auto_reply(session, message)
    await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=message.customer_id,
                channel="email",
                to=message.sender,
                account="support@halden.test",
                text="We have it.",
                headers={"Auto-Submitted": "auto-replied"},
            )
        ],
    )
    assert not await answers.may_auto_reply(session, message)


async def test_files_are_kept_with_safe_names(session):
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "ann@example.test", "support@halden.test", "<9@x.test>"
    mail.set_content("See the picture.")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="../../etc/leak:.png")
    message = await message_of(session, await arrive(session, mail.as_bytes()))
    attachment = await session.scalar(select(Attachment))
    assert (attachment.message_id, attachment.size, attachment.content_type) == (message.id, 4, "image/png")
    assert "/" not in attachment.filename


# Answering


@pytest.fixture
async def agent(session):
    return await hire(session, "mara@halden.test", "Mara", [Role.AGENT], "long enough, surely")


async def test_a_reply_goes_to_whoever_wrote_and_is_held_for_the_undo_window(session, agent):
    message = await message_of(
        session, await arrive(session, letter(cc="bob@example.test, shop@halden.test"))
    )
    recipients = await answers.recipients_for(session, message.conversation_id, "email")
    assert (recipients.to, recipients.cc) == ("ann@example.test", ("bob@example.test",))
    reply_id = await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    reply = await session.get_one(Message, reply_id)
    assert (reply.status, reply.subject, reply.recipients, reply.author, reply.in_reply_to_id) == (
        "held",
        "Re: My kettle leaks",
        {"to": ["ann@example.test"], "cc": ["bob@example.test"]},
        "staff",
        message.id,
    )
    assert await answers.undo(session, reply_id, agent) == "Try this."
    with pytest.raises(Conflict):
        await answers.undo(session, reply_id, agent)


async def test_an_answer_goes_to_the_person_and_not_to_the_robot_that_wrote_last(session):
    message = await message_of(session, await arrive(session, letter()))
    robot = letter(
        message_id="<2@example.test>", references="<1@example.test>", Auto_Submitted="auto-replied"
    )
    later = await message_of(session, await arrive(session, robot))
    assert (later.conversation_id, later.automated) == (message.conversation_id, True)
    later.sender = "no-reply@example.test"
    await session.flush()
    recipients = await answers.recipients_for(session, message.conversation_id, "email")
    assert (recipients.to, recipients.in_reply_to_id) == ("ann@example.test", message.id)


async def test_what_came_in_cannot_hinder_or_steer_the_answer(session, agent):
    raw = letter(cc="bob@example.test, eve:@evil.test;, <a b@c>").replace(
        b"Subject: My kettle leaks", b"Subject: =?utf-8?q?leaks=0D=0ABcc:_eve@evil.test=01=E2=80=A8x?="
    )
    message = await message_of(session, await arrive(session, raw))
    reply_id = await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    reply = await session.get_one(Message, reply_id)
    assert reply.subject == "Re: leaks Bcc: eve@evil.test x"
    assert reply.recipients["to"] == ["ann@example.test"]
    assert set(reply.recipients["cc"]) <= {"bob@example.test"}


async def test_a_reply_without_a_window_leaves_at_once_and_cannot_be_undone(session, agent):
    message = await message_of(session, await arrive(session, letter()))
    reply_id = await answers.reply(
        session, message.conversation_id, agent, "Try this.", "email", 1, undo_window=timedelta(0)
    )
    assert (await session.get_one(Message, reply_id)).status == "queued"
    with pytest.raises(Conflict):
        await answers.undo(session, reply_id, agent)


async def test_a_reply_written_before_a_new_message_arrived_is_not_sent(session, agent):
    message = await message_of(session, await arrive(session, letter()))
    await arrive(session, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>"))
    with pytest.raises(Conflict, match="One new message"):
        await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    assert await count(session, Message) == 2


# The real listener


async def test_the_same_mail_fifty_times_at_once_is_one_message(database, settings):
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]
    raw = letter()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            smtp.sendmail("ann@example.test", ["support@halden.test", "shop@halden.test"], raw)

    await asyncio.gather(*(asyncio.to_thread(send) for _ in range(50)))
    server.close()
    async with database.transaction() as session:
        ids = list(await session.scalars(select(ReceivedMail.id)))
        jobs = await session.scalar(
            select(func.count()).select_from(JobRow).where(JobRow.tag == "channels.read_mail")
        )
    assert (len(ids), jobs) == (2, 2)

    async def read(received_mail_id) -> None:
        async with database.transaction() as session:
            await read_mail(session, ReadMail(received_mail_id), settings)

    await asyncio.gather(*(read(each) for each in ids * 4))
    async with database.transaction() as session:
        assert await count(session, Message) == 1
        assert await count(session, TimelineEntry) == 1
        assert await count(session, MessageReference) == 1


async def test_mailboxes_that_are_not_ours_are_refused_and_nothing_kept(database, settings):
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]

    def refusal(recipient: str) -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            try:
                smtp.sendmail("ann@example.test", [recipient], letter())
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients[recipient][0]
        return 250

    assert await asyncio.to_thread(refusal, "nobody@halden.test") == 550
    assert await asyncio.to_thread(refusal, "ann@elsewhere.test") == 550
    assert await asyncio.to_thread(refusal, "support+t.abc@halden.test") == 250
    server.close()
    async with database.transaction() as session:
        assert await count(session, ReceivedMail) == 1


async def test_when_the_database_is_away_the_relay_is_told_to_come_again(database, settings):
    server = await listener.start_listener(
        type(database)("postgresql+asyncpg://nobody@127.0.0.1:9/none"), settings, 0
    )
    port = server.sockets[0].getsockname()[1]

    def send() -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            try:
                smtp.sendmail("ann@example.test", ["support@halden.test"], letter())
            except smtplib.SMTPDataError as error:
                return error.smtp_code
        return 250

    assert await asyncio.to_thread(send) == 451
    server.close()


def test_no_word_of_a_mail_is_beyond_its_digest():
    """Two mails are one only when all that people wrote is the same, however broken their headers are."""
    mails = [
        b"From: a@example.test\nSubject: x\n\nOne",
        b"From: a@example.test\nSubject: x\n\nTwo",
        b"From: a@example.test\nSubject: x\nno empty line before this: One",
        b"From: a@example.test\nSubject: x\nno empty line before this\nOne",
        b"From: a@example.test\nSubject: x\nno empty line before this\nTwo",
        b"\x89PNG\r\n\x1a\none",
        b"\x89PNG\r\n\x1a\ntwo",
        b"",
        b"One",
    ]
    assert len({arrivals.digest(mail) for mail in mails}) == len(mails)


def test_what_relays_add_leaves_the_digest_as_it_is():
    mail = b"From: a@example.test\nSubject: a long\n\tone\nMessage-ID: <1@a>\n\nOne\n"
    others = [
        b"Received: from x by y;\n now\n" + mail,
        b"From a@example.test Sat Nov 21 10:00:00 2026\n" + mail,
        mail.replace(b"\n", b"\r\n"),
        mail + b"\n\n",
    ]
    assert {arrivals.digest(each) for each in others} == {arrivals.digest(mail)}


@pytest.mark.parametrize("header", ["Sender", "Reply-To"])
async def test_a_mail_without_from_is_its_senders_and_never_proven(session, header):
    raw = letter().replace(
        b"From: Ann Lee <ann@example.test>", f"{header}: Ann Lee <ann@example.test>".encode()
    )
    message = await message_of(session, await arrive(session, raw, mail_from="bounce@list.test"))
    assert (message.sender, message.verified) == ("ann@example.test", False)


async def test_a_mail_that_names_nobody_is_whoever_handed_it_ins(session):
    raw = letter().replace(b"From: Ann Lee <ann@example.test>\r\n", b"")
    message = await message_of(session, await arrive(session, raw, mail_from="<ann@example.test>"))
    assert (message.sender, message.verified) == ("ann@example.test", False)


async def test_by_lmtp_each_recipient_is_answered_once_the_mail_is_kept(database, settings):
    server = await listener.start_listener(database, settings, 0, LMTP)
    port = server.sockets[0].getsockname()[1]

    def deliver() -> list[tuple[int, bytes]]:
        with smtplib.LMTP("127.0.0.1", port) as lmtp:
            lmtp.ehlo()
            lmtp.mail("ann@example.test")
            named = [lmtp.rcpt(f"{name}@halden.test") for name in ("support", "nobody", "shop")]
            assert [code for code, _ in named] == [250, 550, 250]
            answers = [lmtp.data(letter())]
            answers.append(lmtp.getreply())
            assert lmtp.noop()[0] == 250  # nothing more was said
        return answers

    assert await asyncio.to_thread(deliver) == [(250, b"2.0.0 Kept")] * 2
    server.close()
    async with database.transaction() as session:
        kept = await session.scalars(select(ReceivedMail.mailbox).order_by(ReceivedMail.mailbox))
        assert list(kept) == ["shop@halden.test", "support@halden.test"]
