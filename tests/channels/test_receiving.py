"""A mail that came in: whose it is, which thread it joins, and what is kept of it."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from channels import answers, conversations, outbox
from channels.adapters.email import arrivals
from channels.models import Attachment, Conversation, Message
from channels.tokens import conversation_named, reply_address
from core.settings import settings as read_settings
from customers import identities
from customers.models import Customer, Identity, TimelineEntry
from tests.channels.arriving import answer_from_us, arrive, count, message_of
from tests.channels.letters import letter


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


async def test_who_got_a_blind_copy_does_not_write_into_the_thread_unasked(session):
    first = await message_of(session, await arrive(session, letter()))
    answer = await answer_from_us(session, first)
    answer.recipients = {**answer.recipients, "bcc": ["boss@halden-group.test"]}
    await session.flush()
    reply = letter(
        "boss@halden-group.test", text="Refuse him.", message_id="<2@halden-group.test>",
        in_reply_to=f"<{answer.rfc_message_id}>",
    )  # fmt: skip
    mail = await arrive(session, reply, mail_from="boss@halden-group.test")
    assert mail.quarantined is not None
    assert await count(session, Message) == 2


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
        b"X-Mailer: one\n",
        b"X-Mailer: two\n",
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
