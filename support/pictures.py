"""Pictures: whose mails may fetch theirs from elsewhere. Whoever sent one learns by it that it was read."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Message
from support.models import PictureSender


async def welcome(session: AsyncSession, message: Message) -> bool:
    """Whether a mail may fetch its pictures unasked: its sender is one of those, and proven."""
    if not message.verified:
        return False
    found = await session.scalar(
        select(PictureSender.address).where(PictureSender.address == message.sender.lower())
    )
    return found is not None


async def allow(session: AsyncSession, address: str, staff_id: UUID) -> None:
    """From now on the pictures of this sender's mails are shown unasked, where the sender is proven."""
    await session.execute(
        insert(PictureSender).values(address=address.lower(), staff_id=staff_id).on_conflict_do_nothing()
    )


async def forbid(session: AsyncSession, address: str) -> None:
    """From now on somebody must ask for them again, mail by mail."""
    await session.execute(delete(PictureSender).where(PictureSender.address == address.lower()))
