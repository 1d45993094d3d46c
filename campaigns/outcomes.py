"""Outcomes in the ledger: what became of each recipient's message, in the transaction that records it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.controls import CANCELLED, PAUSED, go_on, stop
from campaigns.happenings import CampaignSent
from campaigns.models import Broadcast, BroadcastState, RecipientState
from channels.models import MessageStatus
from customers.timeline import Entry, append_many


@dataclass(frozen=True)
class Became:
    """What delivery says of a message: `status` as in channels, `at` when it went, `subject` as it went."""

    recipient_id: UUID
    status: str
    reason: str | None = None
    at: datetime | None = None
    subject: str = ""


# A sent message may still bounce; nothing else leaves a final state.
RECORD = text("""
UPDATE broadcast_recipient AS r SET
    state = CASE WHEN r.state IN ('queued', 'held', 'unknown') OR said.state = 'failed' THEN said.state
        ELSE r.state END,
    reason = CASE WHEN r.state IN ('queued', 'held', 'unknown') OR said.state = 'failed' THEN said.reason
        ELSE r.reason END,
    sent_at = CASE WHEN said.state = 'sent' THEN coalesce(r.sent_at, said.at, now()) ELSE r.sent_at END,
    delivered_at = CASE WHEN said.delivered THEN coalesce(r.delivered_at, now()) ELSE r.delivered_at END
FROM unnest(
    cast(:ids AS uuid[]), cast(:states AS text[]), cast(:reasons AS text[]), cast(:delivered AS boolean[]),
    cast(:moments AS timestamptz[])
) AS said (id, state, reason, delivered, at)
WHERE r.id = said.id AND r.state IN ('queued', 'held', 'unknown', 'sent')
RETURNING r.id, r.broadcast_id, r.customer_id, r.state
""")


WAITING = text("SELECT 1 FROM broadcast_recipient WHERE broadcast_id = :id AND state = 'queued' LIMIT 1")
SOON = timedelta(seconds=1)


async def record(session: AsyncSession, said: Sequence[Became]) -> None:
    """Bring the ledger up to what delivery recorded in this same transaction, and the timelines with it."""
    known = sorted((each for each in said if each.status in STATES), key=lambda each: each.recipient_id)
    if not known:
        return
    rows = (
        await session.execute(
            RECORD,
            {
                "ids": [each.recipient_id for each in known],
                "states": [_state(each) for each in known],
                "reasons": [each.reason for each in known],
                "delivered": [each.status == MessageStatus.DELIVERED for each in known],
                "moments": [each.at for each in known],
            },
        )
    ).all()
    touched = {row.broadcast_id for row in rows}
    broadcasts = {
        each.id: each for each in await session.scalars(select(Broadcast).where(Broadcast.id.in_(touched)))
    }
    subjects = {each.recipient_id: each.subject for each in known}
    await append_many(
        session,
        [
            Entry(
                row.customer_id,
                CampaignSent(
                    broadcasts[row.broadcast_id].name,
                    broadcasts[row.broadcast_id].channel,
                    subjects[row.id],
                ),
                source_key=f"broadcast:{row.id}",
                subject_id=row.broadcast_id,
            )
            for row in rows
            if row.state == RecipientState.SENT
        ],
    )
    if any(each.status in (MessageStatus.QUEUED, MessageStatus.HELD) for each in known):
        await _hold_back(session, sorted(touched))
    for broadcast_id in sorted(touched):
        # While others are still on their way, there is time: every batch asks for the next windowful.
        others = await session.scalar(WAITING, {"id": broadcast_id})
        await go_on(session, broadcast_id, SOON if others else None)


async def _hold_back(session: AsyncSession, broadcast_ids: Sequence[UUID]) -> None:
    """What delivery wants to try again was on its way when the pause or the end came: stop it now."""
    found = await session.execute(
        select(Broadcast.id, Broadcast.state)
        .where(Broadcast.id.in_(broadcast_ids))
        .order_by(Broadcast.id)
        .with_for_update(read=True)
    )
    for broadcast_id, state in found.all():
        if state == BroadcastState.PAUSED:
            await stop(session, broadcast_id, MessageStatus.HELD, PAUSED, RecipientState.HELD)
        elif state == BroadcastState.CANCELLED:
            await stop(session, broadcast_id, MessageStatus.FAILED, CANCELLED, RecipientState.SUPPRESSED)


STATES = {
    MessageStatus.SENT: RecipientState.SENT,
    MessageStatus.DELIVERED: RecipientState.SENT,
    MessageStatus.FAILED: RecipientState.FAILED,
    MessageStatus.HELD: RecipientState.HELD,
    MessageStatus.QUEUED: RecipientState.QUEUED,
    MessageStatus.UNKNOWN: RecipientState.UNKNOWN,
}


def _state(each: Became) -> str:
    if each.status == MessageStatus.FAILED and (each.reason or "").startswith(("suppressed", "no consent")):
        return RecipientState.SUPPRESSED
    return STATES[MessageStatus(each.status)]
