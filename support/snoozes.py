"""Snoozes: a ticket is out of sight until an instant, or until the customer's next word."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Conflict, Invalid
from core.jobs import Job, enqueue
from support import events
from support.events import Done
from support.models import DONE, Ticket
from support.tickets import locked, tell


class Wake(Job, tag="support.wake", frozen=True):
    ticket_id: UUID


async def snooze(
    session: AsyncSession, ticket_id: UUID, until: datetime, *, by: UUID | None = None
) -> Ticket:
    """Hide a ticket until an instant (UTC) or the customer's next word. Raises Invalid, Conflict."""
    if until <= now():
        raise Invalid(
            "Choose a time that is still to come.", {"until": "Choose a time that is still to come."}
        )
    _, ticket = await locked(session, ticket_id)
    if ticket.status in DONE:
        raise Conflict("This ticket is solved. Reopen it first.")
    ticket.snoozed_until = until
    await session.flush()
    await enqueue(session, Wake(ticket.id), due_at=until)
    await events.record(session, ticket, Done.SNOOZED, by=by, detail=until.isoformat())
    tell(session, ticket)
    return ticket


async def wake(session: AsyncSession, ticket_id: UUID) -> None:
    """Bring a snoozed ticket back when its time has come; promise it anew when it has not."""
    if await session.get(Ticket, ticket_id) is None:
        return
    _, ticket = await locked(session, ticket_id)
    if ticket.snoozed_until is None:
        return  # solved, or answered
    # Jobs fall due by the database's clock, which ours may be behind.
    if not await session.scalar(select(Ticket.snoozed_until <= func.now()).where(Ticket.id == ticket_id)):
        await enqueue(session, Wake(ticket.id), due_at=ticket.snoozed_until)
        return
    ticket.snoozed_until = None
    await session.flush()
    await events.record(session, ticket, Done.WOKEN)
    tell(session, ticket)


async def unsnooze(session: AsyncSession, ticket_id: UUID, *, by: UUID | None = None) -> Ticket:
    """Bring a snoozed ticket back now."""
    _, ticket = await locked(session, ticket_id)
    if ticket.snoozed_until is None:
        return ticket
    ticket.snoozed_until = None
    await session.flush()
    await events.record(session, ticket, Done.WOKEN, by=by)
    tell(session, ticket)
    return ticket
