from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from channels import delivery, optouts, outbox
from channels.adapters import sms
from channels.base import Submission
from channels.models import Conversation, Message
from core.errors import Invalid
from customers import consent, identities
from customers.models import Customer, Identity, SuppressionScope, TimelineEntry
from tests.sandbox.stand_in import run_sandbox

US, ANN = "+4930555010", "+4915112345678"


def text_from(number: str, words: str, sid: str = "", to: str = US) -> tuple[str, bytes]:
    """External id and body of a webhook that brings a text."""
    from urllib.parse import urlencode

    sid = sid or "SM" + uuid4().hex
    form = {
        "MessageSid": sid,
        "SmsStatus": "received",
        "From": number,
        "To": to,
        "Body": words,
        "NumMedia": "0",
    }
    return f"{sid}:received:", urlencode(form).encode()


def report(message_id, sid: str, status: str, code: str = "") -> tuple[str, bytes]:
    from urllib.parse import urlencode

    form = {"MessageSid": sid, "MessageStatus": status, "SmsStatus": status, "To": ANN, "From": US}
    if code:
        form["ErrorCode"] = code
    return f"{sid}:{status}:{message_id}", urlencode(form).encode()


async def messages(session) -> list[Message]:
    return list(await session.scalars(select(Message).order_by(Message.id)))


async def test_a_text_from_an_unknown_number_makes_a_customer_with_a_claim(session):
    await sms.process(session, *text_from(ANN, "Is the grinder in stock?"))
    [message] = await messages(session)
    identity = await session.scalar(select(Identity))
    assert (identity.kind, identity.value, identity.verified_at) == ("phone", ANN, None)
    assert (message.channel, message.account, message.sender, message.text) == (
        "sms",
        US,
        ANN,
        "Is the grinder in stock?",
    )
    assert await session.scalar(select(TimelineEntry.kind)) == "message.received"


async def test_texts_of_one_number_stand_in_one_open_conversation(session):
    for words in ("Hello", "Are you there?"):
        await sms.process(session, *text_from(ANN, words))
    await sms.process(session, *text_from("+4915199999999", "Someone else"))
    first, second, third = await messages(session)
    assert (first.conversation_id, second.seq) == (second.conversation_id, 2)
    assert third.conversation_id != first.conversation_id
    await session.execute(update(Conversation).values(closed_at=func.now()))
    await sms.process(session, *text_from(ANN, "And another thing"))
    assert (await messages(session))[-1].conversation_id not in {first.conversation_id, third.conversation_id}


async def test_after_thirty_days_a_text_opens_a_new_conversation(session):
    await sms.process(session, *text_from(ANN, "Hello"))
    await session.execute(update(Message).values(created_at=func.now() - func.make_interval(0, 0, 0, 31)))
    await sms.process(session, *text_from(ANN, "Hello again"))
    first, second = await messages(session)
    assert first.conversation_id != second.conversation_id


async def test_a_verified_number_meets_its_owner(session):
    owner = await identities.verify(session, identities.phone(ANN), by="code")
    await sms.process(session, *text_from(ANN, "Hello"))
    assert (await messages(session))[0].customer_id == owner
    assert await session.scalar(select(func.count()).select_from(Customer)) == 1


@pytest.mark.parametrize(
    "word", ["STOP", " stop ", "StopAll", "Unsubscribe", "CANCEL", "end", "QUIT", "Stop."]
)
async def test_stop_withdraws_and_suppresses_at_once(session, word):
    customer = await identities.resolve(session, identities.phone(ANN), proven=False)
    await consent.grant(session, customer, "sms", source="checkout")
    await consent.grant(session, customer, "sms", source="checkout", topic="offers")
    recipient = consent.Recipient(customer, "sms", ANN)
    assert (await consent.may_contact(session, recipient, "marketing")).allowed
    await sms.process(session, *text_from(ANN, word))
    for topic in ("news", "offers"):
        verdict = await consent.may_contact(session, recipient, "marketing", topic)
        assert (verdict.allowed, verdict.reason) == (False, "suppressed: STOP")
    assert (await consent.may_contact(session, recipient, "transactional")).allowed
    [message] = await messages(session)
    assert message.automated
    await sms.process(session, *text_from(ANN, "START"))
    for topic in ("news", "offers"):
        assert (await consent.may_contact(session, recipient, "marketing", topic)).allowed


@pytest.mark.parametrize(
    ("reason", "allowed"),
    [("STOP", True), (delivery.OPTED_OUT, True), ("carrier complaint", False), ("set by Mara", False)],
)
async def test_start_lifts_only_what_stop_or_the_provider_set(session, reason, allowed):
    customer = await identities.resolve(session, identities.phone(ANN), proven=False)
    await consent.grant(session, customer, "sms", source="checkout")
    await consent.suppress(session, "sms", ANN, reason=reason, scope=SuppressionScope.MARKETING)
    await sms.process(session, *text_from(ANN, "STOP"))
    await sms.process(session, *text_from(ANN, "START"))
    recipient = consent.Recipient(customer, "sms", ANN)
    assert (await consent.may_contact(session, recipient, "marketing")).allowed is allowed


async def test_start_does_not_give_what_was_never_given(session):
    await sms.process(session, *text_from(ANN, "START"))
    recipient = consent.Recipient((await messages(session))[0].customer_id, "sms", ANN)
    assert (await consent.may_contact(session, recipient, "marketing")).reason == "no consent"


def test_a_sentence_with_stop_in_it_is_a_message():
    assert optouts.keyword("please stop by") is None
    assert optouts.keyword("cancel my order") is None


async def test_help_is_answered_once_an_hour(session):
    for _ in range(2):
        await sms.process(session, *text_from(ANN, "help"))
    answers = [each for each in await messages(session) if each.direction == "outbound"]
    assert [(each.recipients["to"], "STOP" in each.text) for each in answers] == [([ANN], True)]


@pytest.mark.parametrize("number", ["", "Halden", "12345", "+1", "+49abc"])
async def test_a_text_from_what_is_no_number_is_refused(session, number):
    with pytest.raises(Invalid):
        await sms.process(session, *text_from(number, "Hello"))
    assert await messages(session) == []


async def queue_text(session) -> Any:
    customer = await identities.resolve(session, identities.phone(ANN), proven=False)
    [message_id] = await outbox.queue(
        session,
        [outbox.Outgoing(customer_id=customer, channel="sms", to=ANN, account=US, text="Your code is 1234")],
    )
    return await session.get_one(Message, message_id)


async def test_reports_move_a_message_forward_only(session):
    message = await queue_text(session)
    message.status, message.external_id = "sent", "SM1"
    await session.flush()
    for status, expected in [
        ("queued", "sent"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("failed", "delivered"),
    ]:
        await sms.process(session, *report("", "SM1", status))
        await session.refresh(message)
        assert message.status == expected


async def test_a_report_that_a_text_failed_says_why(session):
    message = await queue_text(session)
    message.status, message.external_id = "sent", "SM1"
    await session.flush()
    await sms.process(session, *report("", "SM1", "undelivered", "30003"))
    await session.refresh(message)
    assert (message.status, message.reason) == ("failed", "Not delivered: 30003")
    assert await session.scalar(select(TimelineEntry.kind)) == "message.failed"


async def test_a_report_settles_what_was_unknown(session):
    message = await queue_text(session)
    message.status = "unknown"
    await session.flush()
    await sms.process(session, *report(message.id, "SM1", "delivered"))
    await session.refresh(message)
    assert (message.status, message.sent_at is not None) == ("delivered", True)
    assert await session.scalar(select(TimelineEntry.kind)) == "message.sent"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with run_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


async def test_texts_go_out_by_the_real_library(settings, sandbox):
    from pydantic import SecretStr

    pointed = settings.model_copy(
        update={
            "twilio_api_base": sandbox.url,
            "twilio_account_sid": sandbox.twilio_sid,
            "twilio_auth_token": SecretStr(sandbox.twilio_token),
        }
    )
    channel = sms.connect(pointed)
    facts: dict[str, Any] = {
        "message_id": uuid4(),
        "account": US,
        "sender_name": "",
        "text": "Your code is 1234",
    }
    outcome = await channel.submit(Submission(to=(ANN,), **facts))
    assert (outcome.became, (outcome.provider_id or "")[:2]) == ("accepted", "SM")
    outcome = await channel.submit(Submission(to=("nonsense",), **facts))
    assert outcome.became == "refused"
    assert "21211" in outcome.reason
    await channel.close()
    wrong = sms.connect(pointed.model_copy(update={"twilio_auth_token": SecretStr("wrong")}))
    assert (await wrong.submit(Submission(to=(ANN,), **facts))).became == "later"
    await wrong.close()
    away = sms.connect(pointed.model_copy(update={"twilio_api_base": "http://127.0.0.1:9"}))
    assert (await away.submit(Submission(to=(ANN,), **facts))).became == "later"
    await away.close()
