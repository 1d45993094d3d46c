"""Money tasks: money that does not fit what we know goes to a colleague, never into silence."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import NotFound
from core.nudges import nudge
from estore.books import MoneyTask


async def open_task(
    session: AsyncSession,
    kind: str,
    source_key: str,
    title: str,
    facts: Mapping[str, Any],
    *,
    payment_id: UUID | None = None,
    order_id: UUID | None = None,
) -> None:
    """Ask a colleague to look; the same thing (kind and source key) is asked once."""
    await session.execute(
        insert(MoneyTask)
        .values(
            kind=kind,
            source_key=source_key,
            title=title,
            facts=dict(facts),
            payment_id=payment_id,
            order_id=order_id,
        )
        .on_conflict_do_nothing()
    )
    nudge(session, "money")


async def list_tasks(session: AsyncSession, *, done: bool = False, limit: int = 100) -> list[MoneyTask]:
    """Open tasks oldest first, or the ones last done."""
    query = select(MoneyTask).limit(limit)
    if done:
        query = query.where(MoneyTask.done_at.is_not(None)).order_by(MoneyTask.done_at.desc())
    else:
        query = query.where(MoneyTask.done_at.is_(None)).order_by(MoneyTask.created_at, MoneyTask.id)
    return list(await session.scalars(query))


async def count_open(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(MoneyTask.done_at.is_(None))) or 0


async def finish(session: AsyncSession, task_id: UUID, staff_id: UUID) -> MoneyTask:
    """A colleague has dealt with it. Raises NotFound."""
    task = await session.get(MoneyTask, task_id, with_for_update=True)
    if task is None:
        raise NotFound("That task does not exist.")
    if task.done_at is None:
        task.done_at, task.done_by = now(), staff_id
        await session.flush()
    return task
