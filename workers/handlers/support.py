"""Jobs of support: triage, answers that did not arrive, and waking what was snoozed."""

from sqlalchemy.ext.asyncio import AsyncSession

from support import acknowledging, snoozes, triage
from support.snoozes import Wake
from support.triage import Reconsider, Triage
from workers.runner import transactional


@transactional(Triage)
async def triage_conversation(session: AsyncSession, job: Triage) -> None:
    """Open or reopen the conversation's ticket, and tell the sender once that it has arrived."""
    ticket = await triage.triage(session, job.conversation_id)
    if ticket is not None:
        await acknowledging.acknowledge(session, ticket)


@transactional(Reconsider)
async def reconsider(session: AsyncSession, job: Reconsider) -> None:
    await triage.reconsider(session, job.conversation_id, job.message_id)


@transactional(Wake)
async def wake(session: AsyncSession, job: Wake) -> None:
    await snoozes.wake(session, job.ticket_id)
