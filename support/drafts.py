"""Drafts: an answer that is being written survives a closed page, a refusal, a faster colleague."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from support.models import Draft

MODES = ("email", "sms", "chat", "note")
MAX_LENGTH = 100_000


async def save(session: AsyncSession, staff_id: UUID, conversation_id: UUID, mode: str, body: str) -> None:
    """Keep what a colleague has written so far; nothing written keeps nothing."""
    body = body.replace("\x00", "")[:MAX_LENGTH]
    if not body.strip():
        await discard(session, staff_id, conversation_id, mode)
        return
    statement = insert(Draft).values(
        staff_id=staff_id, conversation_id=conversation_id, mode=mode, body=body, updated_at=now()
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Draft.staff_id, Draft.conversation_id, Draft.mode],
            set_={"body": statement.excluded.body, "updated_at": statement.excluded.updated_at},
        )
    )


async def discard(session: AsyncSession, staff_id: UUID, conversation_id: UUID, mode: str) -> None:
    """Forget a draft: it was sent, or emptied."""
    await session.execute(
        delete(Draft).where(
            Draft.staff_id == staff_id, Draft.conversation_id == conversation_id, Draft.mode == mode
        )
    )


async def of(session: AsyncSession, staff_id: UUID, conversation_id: UUID) -> dict[str, str]:
    """A colleague's drafts in a conversation, by mode."""
    rows = await session.execute(
        select(Draft.mode, Draft.body)
        .where(Draft.staff_id == staff_id, Draft.conversation_id == conversation_id)
        .order_by(Draft.updated_at)
    )
    return {mode: body for mode, body in rows}
