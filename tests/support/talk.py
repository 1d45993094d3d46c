"""Conversations for tests, row by row."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Conversation, Direction, Message, MessageStatus
from core.clock import now
from core.staff import Role, Staff, hire
from customers import identities

START = now() - timedelta(hours=3)


async def agent(session: AsyncSession, email: str = "mira@halden.test", name: str = "Mira Agent") -> Staff:
    return await hire(session, email, name, [Role.AGENT], "a long password")


async def customer(session: AsyncSession, email: str = "ana@example.com", name: str = "Ana Lopes") -> UUID:
    return await identities.resolve(session, identities.email(email), proven=False, name=name)


async def begin(
    session: AsyncSession, customer_id: UUID, channel: str = "email", subject: str = "No steam"
) -> Conversation:
    conversation = Conversation(
        customer_id=customer_id, channel=channel, subject=subject, account="support@halden.test", last_seq=0
    )
    session.add(conversation)
    await session.flush()
    return conversation


async def say(
    session: AsyncSession,
    conversation: Conversation,
    words: str,
    *,
    by: str = "customer",
    staff: Staff | None = None,
    automated: bool = False,
    minutes: int | None = None,
) -> Message:
    """A message with the next number, `minutes` after START."""
    await session.refresh(conversation)
    conversation.last_seq += 1
    seq = conversation.last_seq
    at = START + timedelta(minutes=seq if minutes is None else minutes)
    conversation.last_message_at = at
    inbound = by == "customer"
    message = Message(
        customer_id=conversation.customer_id,
        conversation_id=conversation.id,
        seq=seq,
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        channel=conversation.channel,
        status=MessageStatus.RECEIVED if inbound else MessageStatus.SENT,
        account="support@halden.test",
        sender="ana@example.com" if inbound else "support@halden.test",
        recipients={"to": ["support@halden.test" if inbound else "ana@example.com"], "cc": []},
        subject=conversation.subject,
        text=words,
        author=by,
        staff_id=staff.id if staff else None,
        automated=automated,
        created_at=at,
    )
    session.add(message)
    await session.flush()
    return message
