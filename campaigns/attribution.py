"""Credit: an order placed within days after a person's click belongs to the broadcast that was clicked."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.models import AttributedOrder, BroadcastRecipient, Click
from core.nudges import nudge
from customers.merging import group
from customers.models import TimelineEntry

CREDITED_WITHIN = timedelta(days=5)


async def attribute(session: AsyncSession, customer_id: UUID, entry_id: UUID) -> None:
    """Credit the order of an `order.placed` entry to the last broadcast the customer clicked, once."""
    entry = await session.get(TimelineEntry, (customer_id, entry_id))
    if entry is None:
        return
    row = (
        await session.execute(
            select(BroadcastRecipient.id, BroadcastRecipient.broadcast_id)
            .join(Click, Click.recipient_id == BroadcastRecipient.id)
            .where(
                Click.customer_id.in_(await group(session, customer_id)),
                Click.human.is_(True),
                Click.at.between(entry.occurred_at - CREDITED_WITHIN, entry.occurred_at),
            )
            .order_by(Click.at.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return
    amount = entry.payload.get("amount", entry.payload.get("total"))
    await session.execute(
        insert(AttributedOrder)
        .values(
            customer_id=customer_id,
            order_id=entry.subject_id or entry.id,
            broadcast_id=row.broadcast_id,
            recipient_id=row.id,
            amount=int(amount or 0),
            currency=str(entry.payload.get("currency", "")),
            placed_at=entry.occurred_at,
        )
        .on_conflict_do_nothing()
    )
    nudge(session, "campaigns", str(row.broadcast_id))
