"""Recovery: what attempts left behind as `sending`, and what no job will send any more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import case, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.announcements import LIGHT, MESSAGE, announce
from channels.jobs import Deliver
from channels.models import DeliveryAttempt, MessageStatus
from channels.tries import MAX_UNKNOWN, tries_of
from core.clock import now
from core.leases import Lease

STOPPED = "The process stopped while it was being sent."

_LIGHT = ", ".join(f"message.{column.key}" for column in LIGHT)


async def recover(session: AsyncSession, job: Deliver, lease: Lease, *, repeatable: bool) -> None:
    """Settle what earlier attempts at this job left as `sending`: nobody knows whether it went out.

    To be called before this attempt claims anything. All of it becomes `unknown`. Transactional messages of a
    channel that can repeat are due again, under their Message-ID, MAX_UNKNOWN times; marketing never is.
    """
    left = list(
        await session.scalars(
            update(DeliveryAttempt)
            .where(
                DeliveryAttempt.message_id.in_(job.message_ids),
                DeliveryAttempt.job_id == lease.job_id,
                DeliveryAttempt.outcome == "sending",
            )
            .values(outcome="unknown", ended_at=now(), detail=STOPPED)
            .returning(DeliveryAttempt.message_id)
            .execution_options(synchronize_session=False)
        )
    )
    if not left:
        return
    tries = await tries_of(session, left, "unknown")
    again = [each for each in left if repeatable and tries[each] < MAX_UNKNOWN]
    due = (MESSAGE.c.purpose == "transactional") & MESSAGE.c.id.in_(again)
    rows = await session.execute(
        update(MESSAGE)
        .where(MESSAGE.c.id.in_(left), MESSAGE.c.status == MessageStatus.SENDING)
        .values(
            status=str(MessageStatus.UNKNOWN), reason=STOPPED, release_at=case((due, func.now()), else_=None)
        )
        .returning(*LIGHT)
    )
    await announce(session, list(rows.mappings()))


# Messages may be promised by more than one job: what a living one will send is left to it.
ABANDON = text(f"""
WITH promised AS MATERIALIZED (
    SELECT cast(jsonb_array_elements_text(cast(payload AS jsonb) -> 'message_ids') AS uuid) AS id
    FROM job WHERE tag IN ('channels.deliver', 'channels.deliver_bulk') AND dead_at IS NULL
), lost AS (
    SELECT id FROM message
    WHERE id = ANY(cast(:ids AS uuid[]))
      AND (status IN ('queued', 'sending') OR status = 'held' AND release_at IS NOT NULL)
      AND id NOT IN (SELECT id FROM promised)
    ORDER BY id FOR UPDATE
), tried AS (
    UPDATE delivery_attempt SET outcome = 'unknown', detail = :reason, ended_at = now()
    FROM lost WHERE message_id = lost.id AND outcome = 'sending'
)
UPDATE message SET status = 'failed', reason = :reason, release_at = NULL
FROM lost WHERE message.id = lost.id
RETURNING {_LIGHT}
""").columns(*LIGHT)  # noqa: S608 - only names and parts of our own are put in; values are bound


async def abandon(session: AsyncSession, message_ids: Sequence[UUID], reason: str) -> None:
    """Fail messages whose delivery was given up and which no other job will send: `reason` is shown.

    Only where callbacks of `on_recorded` are registered, in workers; elsewhere enqueue `jobs.Abandon`.
    """
    rows = await session.execute(ABANDON, {"ids": list(message_ids), "reason": reason})
    await announce(session, list(rows.mappings()))
