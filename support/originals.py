"""Originals: an e-mail byte for byte as it came, and what became of one of ours."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import DeliveryAttempt, Message, ReceivedMail

# Of a head, so much is shown: it may be anything.
MAX_HEAD = 60_000


async def raw(session: AsyncSession, message: Message) -> bytes | None:
    """The bytes of a mail that came in; None where there are none: one of ours, or of another channel."""
    if message.external_id is None or message.channel != "email":
        return None
    return await session.scalar(
        select(ReceivedMail.raw).where(
            ReceivedMail.digest == message.external_id, ReceivedMail.mailbox == message.account
        )
    )


def head(raw: bytes | None) -> str:
    """The head of a mail as it came, in signs that can be shown."""
    if raw is None:
        return ""
    end = min((place for mark in (b"\r\n\r\n", b"\n\n") if (place := raw.find(mark)) >= 0), default=len(raw))
    words = raw[: min(end, MAX_HEAD)].decode("utf-8", "replace")
    return "".join(sign for sign in words if sign.isprintable() or sign in "\n\t")


async def attempts(session: AsyncSession, message_id: UUID) -> list[DeliveryAttempt]:
    """Each try to hand a message over, in order."""
    return list(
        await session.scalars(
            select(DeliveryAttempt)
            .where(DeliveryAttempt.message_id == message_id)
            .order_by(DeliveryAttempt.started_at, DeliveryAttempt.id)
        )
    )
