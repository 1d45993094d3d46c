"""How long people wait for us, said before they ask."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.staff import Role, Staff
from support.models import TicketCycle

LOOKED_BACK = timedelta(days=7)


async def usual(session: AsyncSession) -> timedelta | None:
    """The median time to a person's first answer over the last week; None while there is nothing to go by."""
    seconds = await session.scalar(
        select(
            func.percentile_cont(0.5).within_group(
                func.extract("epoch", TicketCycle.first_response_at - TicketCycle.started_at)
            )
        ).where(TicketCycle.first_response_at.is_not(None), TicketCycle.started_at > now() - LOOKED_BACK)
    )
    return timedelta(seconds=max(60, float(seconds))) if seconds is not None else None


async def answering(session: AsyncSession, limit: int = 3) -> list[str]:
    """First names of colleagues who answer; those who were with us first."""
    names = await session.scalars(
        select(Staff.name)
        .where(Staff.disabled_at.is_(None), Staff.roles.contains([Role.AGENT]))
        .order_by(Staff.created_at, Staff.id)
        .limit(limit)
    )
    return [name.split()[0] for name in names if name.split()]
