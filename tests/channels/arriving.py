"""Mails that arrive: what the listener and the worker do with one, and what we answer."""

from typing import Any

from sqlalchemy import func, select

from channels import outbox
from channels.adapters.email import arrivals
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Message, ReceivedMail
from core.settings import settings as read_settings


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
