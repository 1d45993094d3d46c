"""Tries: how often a message is sent again, and how long after."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import DeliveryAttempt

MAX_TRIES = 12
# How often a message that may have gone out already is sent again, at most.
MAX_UNKNOWN = 4


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: from five seconds, threefold each time, to four hours."""
    return min(timedelta(seconds=5 * 3 ** (tries - 1)), timedelta(hours=4))


async def tries_of(session: AsyncSession, ids: list[UUID], *outcomes: str) -> dict[UUID, int]:
    """How many attempts were made at each message; only those that came to one of `outcomes`, if given."""
    if not ids:
        return {}
    counted = (
        select(DeliveryAttempt.message_id, func.count())
        .where(DeliveryAttempt.message_id.in_(ids))
        .group_by(DeliveryAttempt.message_id)
    )
    if outcomes:
        counted = counted.where(DeliveryAttempt.outcome.in_(outcomes))
    return {message_id: tries for message_id, tries in await session.execute(counted)}
