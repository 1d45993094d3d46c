"""What campaigns have done by workers."""

from collections.abc import Sequence

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import attribution, outcomes, sending, tracking
from campaigns.jobs import AttributeOrder, JudgeClick, PrepareBroadcast, QueueRecipients
from channels.announcements import on_recorded
from core.settings import settings
from workers.runner import transactional


@transactional(PrepareBroadcast)
async def prepare_broadcast(session: AsyncSession, job: PrepareBroadcast) -> None:
    await sending.prepare(session, job.broadcast_id)


@transactional(QueueRecipients)
async def queue_recipients(session: AsyncSession, job: QueueRecipients) -> None:
    await sending.queue_recipients(session, settings(), job.broadcast_id)


@transactional(JudgeClick)
async def judge_click(session: AsyncSession, job: JudgeClick) -> None:
    await tracking.judge(session, job.click_id)


@transactional(AttributeOrder)
async def attribute_order(session: AsyncSession, job: AttributeOrder) -> None:
    await attribution.attribute(session, job.customer_id, job.entry_id)


async def recorded(session: AsyncSession, rows: Sequence[RowMapping]) -> None:
    """What became of a broadcast's messages, in the transaction that records it."""
    await outcomes.record(
        session,
        [
            outcomes.Became(row["source_id"], row["status"], row["reason"], row["sent_at"], row["subject"])
            for row in rows
            if row["source_id"] is not None
        ],
    )


on_recorded(sending.SOURCE, recorded)
