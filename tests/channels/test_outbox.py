from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import outbox
from channels.models import Attachment, Blob, Conversation, Message, MessageReference
from core.clock import now
from core.errors import Invalid, NotFound
from core.jobs import JobRow
from customers import identities
from customers.models import TimelineEntry


@pytest.fixture
async def customer_id(session: AsyncSession):
    return await identities.verify(session, identities.email("ann@example.test"), by="link")


def mail(customer_id, **changes) -> outbox.Outgoing:
    facts = {
        "customer_id": customer_id,
        "channel": "email",
        "to": "ann@example.test",
        "account": "support@halden.test",
        "subject": "Your kettle",
        "text": "It is on its way.",
    }
    return outbox.Outgoing(**(facts | changes))


async def test_a_queued_mail_has_a_message_id_of_ours_and_a_job(session, customer_id):
    [message_id] = await outbox.queue(session, [mail(customer_id)])
    message = await session.get_one(Message, message_id)
    assert (message.status, message.direction, message.recipients) == (
        "queued",
        "outbound",
        {"to": ["ann@example.test"], "cc": []},
    )
    assert message.rfc_message_id.startswith(message_id.hex + ".")
    assert message.rfc_message_id.endswith("@halden.test")
    reference = await session.get_one(MessageReference, message.rfc_message_id)
    assert reference.message_id == message_id
    job = await session.scalar(select(JobRow))
    assert (job.queue, job.tag) == ("delivery", "channels.deliver")
    assert msgspec.json.decode(job.payload)["message_ids"] == [str(message_id)]


async def test_thousands_of_mails_travel_in_few_jobs_on_the_bulk_lane(session, customer_id):
    ids = await outbox.queue(session, [mail(customer_id, purpose="marketing")] * 1001)
    assert len(set(ids)) == 1001
    jobs = list(await session.scalars(select(JobRow)))
    assert {job.queue for job in jobs} == {"bulk"}
    assert sorted(len(msgspec.json.decode(job.payload)["message_ids"]) for job in jobs) == [1, *[200] * 5]


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ann@example.test\r\nBcc: eve@example.test"},
        {"to": "ann@example.test, eve@example.test"},
        {"to": "Ann <ann@example.test>"},
        {"cc": ["eve@example.test\nX: y"]},
        {"subject": "Hello\nBcc: eve@example.test"},
        {"sender_name": "Halden\r\nBcc: eve@example.test"},
        {"account": "support@halden.test\n"},
        {"headers": {"List-Id": "news\r\nBcc: eve@example.test"}},
        {"headers": {"X\r\nBcc": "eve@example.test"}},
        {"headers": {"Bcc": "eve@example.test"}},
        {"files": [outbox.File(filename="a\r\nb", content_type="text/plain", content=b"")]},
    ],
)
async def test_a_line_break_in_a_header_or_an_address_is_refused_and_nothing_queued(
    session, customer_id, change
):
    with pytest.raises(Invalid):
        await outbox.queue(session, [mail(customer_id), mail(customer_id, **change)])
    assert await session.scalar(select(func.count()).select_from(Message)) == 0
    assert await session.scalar(select(func.count()).select_from(JobRow)) == 0


async def test_messages_of_a_conversation_are_numbered_in_order(session, customer_id):
    conversation = Conversation(customer_id=customer_id, channel="email", last_seq=4)
    session.add(conversation)
    await session.flush()
    ids = await outbox.queue(session, [mail(customer_id, conversation_id=conversation.id)] * 3)
    seqs = [(await session.get_one(Message, message_id)).seq for message_id in ids]
    assert seqs == [5, 6, 7]
    assert all(b == a + 1 for a, b in pairwise(seqs))
    await session.refresh(conversation)
    assert conversation.last_seq == 7


async def test_an_unknown_conversation_is_refused(session, customer_id):
    with pytest.raises(NotFound):
        await outbox.queue(session, [mail(customer_id, conversation_id=customer_id)])


async def test_a_message_with_a_later_release_is_held_until_then(session, customer_id):
    later = now() + timedelta(seconds=10)
    [message_id] = await outbox.queue(session, [mail(customer_id, release_at=later)])
    assert (await session.get_one(Message, message_id)).status == "held"
    assert (await session.scalar(select(JobRow.due_at))) == later


async def test_the_same_file_is_stored_once(session, customer_id):
    file = outbox.File(filename="invoice.pdf", content_type="application/pdf", content=b"%PDF")
    await outbox.queue(session, [mail(customer_id, files=[file]), mail(customer_id, files=[file])])
    assert await session.scalar(select(func.count()).select_from(Blob)) == 1
    assert await session.scalar(select(func.count()).select_from(Attachment)) == 2


async def test_a_chat_message_is_delivered_by_being_stored(session, customer_id):
    conversation = Conversation(customer_id=customer_id, channel="chat")
    session.add(conversation)
    await session.flush()
    chat = mail(customer_id, channel="chat", to="visitor", account="chat", conversation_id=conversation.id)
    [message_id] = await outbox.queue(session, [chat])
    message = await session.get_one(Message, message_id)
    assert (message.status, message.seq) == ("delivered", 1)
    assert not await session.scalar(select(JobRow).where(JobRow.tag == "channels.deliver"))
    entry = await session.scalar(select(TimelineEntry))
    assert (entry.kind, entry.subject_id) == ("message.sent", conversation.id)
    assert (f"conversation:{conversation.id}", "1") in session.info["nudges"]
