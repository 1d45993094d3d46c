"""The controls of a broadcast under way: paused, resumed, cancelled; ledger and messages move together."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import batched
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.jobs import PrepareBroadcast, QueueRecipients
from campaigns.models import Broadcast, BroadcastRecipient, BroadcastState, RecipientState
from channels.jobs import SENT_TOGETHER, DeliverBulk
from channels.models import Message, MessageStatus
from core.clock import now
from core.errors import Conflict, NotFound
from core.jobs import enqueue, enqueue_many
from core.nudges import nudge

PAUSED = "paused"
CANCELLED = "cancelled"


async def locked(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """The broadcast, its state kept from others until the transaction ends. Raises NotFound."""
    broadcast = await session.scalar(
        select(Broadcast)
        .where(Broadcast.id == broadcast_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if broadcast is None:
        raise NotFound("That campaign does not exist.")
    return broadcast


async def go_on(session: AsyncSession, broadcast_id: UUID, wait: timedelta | None = None) -> None:
    """Promise the next windowful, after a `wait` unless it is promised for sooner, and tell who watches."""
    due_at = now() + wait if wait else None
    await enqueue(session, QueueRecipients(broadcast_id), due_at, f"campaigns.queue:{broadcast_id}")
    nudge(session, "campaigns", str(broadcast_id))


async def pause(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Stop at once: what is queued and not yet on its way is held. Raises Conflict if nothing is."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state not in (BroadcastState.PREPARING, BroadcastState.SENDING):
        raise Conflict("This campaign is not being sent.")
    broadcast.state = BroadcastState.PAUSED
    await stop(session, broadcast_id, MessageStatus.HELD, PAUSED, RecipientState.HELD)
    nudge(session, "campaigns", str(broadcast_id))
    return broadcast


async def resume(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Go on where the pause stopped it. Raises Conflict when it is not paused."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state != BroadcastState.PAUSED:
        raise Conflict("This campaign is not paused.")
    if broadcast.audience is None:
        broadcast.state = BroadcastState.PREPARING
        await enqueue(session, PrepareBroadcast(broadcast_id))
        return broadcast
    broadcast.state = BroadcastState.SENDING
    released = list(
        await session.scalars(
            update(Message)
            .where(Message.id.in_(_messages(broadcast_id)), Message.status == MessageStatus.HELD)
            .where(Message.reason == PAUSED)
            .values(status=MessageStatus.QUEUED, reason=None, release_at=None)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
    )
    await _mark(session, released, RecipientState.QUEUED, None)
    await enqueue_many(
        session,
        [
            DeliverBulk(broadcast.channel, list(ids))
            for ids in batched(sorted(released), SENT_TOGETHER, strict=False)
        ],
    )
    await go_on(session, broadcast_id)
    return broadcast


async def cancel(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Send no more of it: whoever has not got it yet will not. Raises Conflict when nothing is under way."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state in (BroadcastState.DRAFT, BroadcastState.FINISHED, BroadcastState.CANCELLED):
        raise Conflict("There is nothing to cancel here.")
    broadcast.state, broadcast.finished_at = BroadcastState.CANCELLED, now()
    await stop(session, broadcast_id, MessageStatus.FAILED, CANCELLED, RecipientState.SUPPRESSED)
    await session.execute(
        update(BroadcastRecipient)
        .where(
            BroadcastRecipient.broadcast_id == broadcast_id,
            BroadcastRecipient.state == RecipientState.PENDING,
        )
        .values(state=RecipientState.SUPPRESSED, reason=CANCELLED)
        .execution_options(synchronize_session=False)
    )
    nudge(session, "campaigns", str(broadcast_id))
    return broadcast


async def uncancel(session: AsyncSession, broadcast_id: UUID, before: str) -> Broadcast:
    """Take a cancelling back: on from how it stood `before`. Raises Conflict when it is not cancelled.

    Whoever was spared by it is asked again for consent when their message leaves.
    """
    broadcast = await locked(session, broadcast_id)
    if broadcast.state != BroadcastState.CANCELLED:
        raise Conflict("This campaign is not cancelled.")
    broadcast.finished_at = None
    nudge(session, "campaigns", str(broadcast_id))
    # The promise to begin at its time still waits.
    if broadcast.audience is None and broadcast.scheduled_at and broadcast.scheduled_at > now():
        broadcast.state = BroadcastState.SCHEDULED
        return broadcast
    spared = (
        BroadcastRecipient.broadcast_id == broadcast_id,
        BroadcastRecipient.state == RecipientState.SUPPRESSED,
        BroadcastRecipient.reason == CANCELLED,
    )
    theirs = select(BroadcastRecipient.message_id).where(*spared, BroadcastRecipient.message_id.is_not(None))
    held = await session.scalars(
        update(Message)
        .where(Message.id.in_(theirs), Message.status == MessageStatus.FAILED, Message.reason == CANCELLED)
        .values(status=MessageStatus.HELD, reason=PAUSED)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    await _mark(session, list(held), RecipientState.HELD, PAUSED)
    await session.execute(
        update(BroadcastRecipient)
        .where(*spared, BroadcastRecipient.message_id.is_(None))
        .values(state=RecipientState.PENDING, reason=None)
        .execution_options(synchronize_session=False)
    )
    broadcast.state = BroadcastState.PAUSED
    await session.flush()
    return broadcast if before == BroadcastState.PAUSED else await resume(session, broadcast_id)


def _messages(broadcast_id: UUID) -> Any:
    """The messages of a broadcast that may not have left yet."""
    return select(BroadcastRecipient.message_id).where(
        BroadcastRecipient.broadcast_id == broadcast_id,
        BroadcastRecipient.state.in_([RecipientState.QUEUED, RecipientState.HELD]),
        BroadcastRecipient.message_id.is_not(None),
    )


async def stop(
    session: AsyncSession, broadcast_id: UUID, status: MessageStatus, reason: str, state: RecipientState
) -> None:
    """Stop what is queued or held, in ledger and messages alike.

    Delivery claims by state, under a row lock: a message is stopped here or is on its way, never both.
    """
    stopped = list(
        await session.scalars(
            update(Message)
            .where(
                Message.id.in_(_messages(broadcast_id)),
                Message.status.in_([MessageStatus.QUEUED, MessageStatus.HELD]),
            )
            .values(status=status, reason=reason, release_at=None)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
    )
    await _mark(session, stopped, state, reason)


async def _mark(
    session: AsyncSession, message_ids: Sequence[UUID], state: RecipientState, reason: str | None
) -> None:
    if message_ids:
        await session.execute(
            update(BroadcastRecipient)
            .where(BroadcastRecipient.message_id.in_(message_ids))
            .values(state=state, reason=reason)
            .execution_options(synchronize_session=False)
        )
