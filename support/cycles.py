"""Cycles: the rounds of a ticket from opening to solving, what each promises and what was kept."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Direction, Message, MessageStatus
from core.errors import NotFound
from core.settings import settings
from customers import timeline
from support import events
from support.events import Done
from support.happenings import TicketReopened
from support.models import DONE, Priority, Ticket, TicketCycle, TicketStatus

# Counted while we are open (core.hours).
FIRST_RESPONSE = {
    Priority.URGENT: timedelta(hours=1),
    Priority.HIGH: timedelta(hours=4),
    Priority.NORMAL: timedelta(hours=8),
    Priority.LOW: timedelta(hours=24),
}
SOLUTION = {
    Priority.URGENT: timedelta(hours=8),
    Priority.HIGH: timedelta(hours=16),
    Priority.NORMAL: timedelta(hours=24),
    Priority.LOW: timedelta(hours=56),
}


async def start(session: AsyncSession, ticket: Ticket, seq: int, at: datetime) -> None:
    """Begin a ticket's cycle with what its priority promises."""
    cycle = TicketCycle(ticket_id=ticket.id, cycle=ticket.cycle, started_at=at, started_seq=seq)
    promise(cycle, Priority(ticket.priority))
    session.add(cycle)
    await session.flush()


def promise(cycle: TicketCycle, priority: Priority) -> None:
    """Set by when this priority wants an answer and a solution, in hours in which we are open."""
    hours = settings().hours
    cycle.first_response_due_at = hours.after(cycle.started_at, FIRST_RESPONSE[priority])
    cycle.solution_due_at = hours.after(cycle.started_at, SOLUTION[priority])


async def start_again(
    session: AsyncSession, ticket: Ticket, seq: int, at: datetime, by: UUID | None = None, why: str = ""
) -> None:
    """Open a solved ticket again: its next cycle begins. `why` is empty for a person who wrote again."""
    ticket.status = TicketStatus.OPEN
    ticket.solved_at = None
    ticket.solved_seq = None
    ticket.snoozed_until = None
    ticket.cycle += 1
    await session.flush()
    await start(session, ticket, seq, at)
    await timeline.append(
        session,
        ticket.customer_id,
        TicketReopened(ticket.number, ticket.subject, ticket.cycle),
        source_key=f"ticket:{ticket.id}:{ticket.cycle}",
        subject_id=ticket.conversation_id,
    )
    await events.record(session, ticket, Done.REOPENED, by=by, detail=why)


async def settle(session: AsyncSession, ticket: Ticket) -> None:
    """Derive from the messages whose turn it is and when the first answer came.

    Automation never counts, nor does an answer that was taken back or did not arrive.
    """
    cycle = await session.get(TicketCycle, (ticket.id, ticket.cycle))
    if cycle is None:
        raise NotFound("That ticket has no running cycle.")
    answered_seq, first_answer = (
        await session.execute(
            select(
                func.max(Message.seq),
                func.min(Message.created_at).filter(Message.seq >= cycle.started_seq),
            ).where(_by_a_person(ticket))
        )
    ).one()
    cycle.first_response_at = first_answer
    since = None
    if ticket.status not in DONE:
        asked = _asked(ticket, cycle, answered_seq or 0)
        since = await session.scalar(asked.with_only_columns(Message.created_at))
    ticket.waiting_since = since
    await session.flush()


async def unanswered(session: AsyncSession, ticket: Ticket) -> Message | None:
    """The first message of the ticket's running cycle that no person's answer has reached; None if each has one."""
    cycle = await session.get_one(TicketCycle, (ticket.id, ticket.cycle))
    answered_seq = await session.scalar(select(func.max(Message.seq)).where(_by_a_person(ticket)))
    return await session.scalar(_asked(ticket, cycle, answered_seq or 0))


def _by_a_person(ticket: Ticket) -> ColumnElement[bool]:
    return and_(
        Message.conversation_id == ticket.conversation_id,
        Message.direction == Direction.OUTBOUND,
        Message.author == "staff",
        Message.status != MessageStatus.FAILED,
        # Taken back within the undo window: it stays held, with nothing to release it.
        or_(Message.status != MessageStatus.HELD, Message.release_at.is_not(None)),
    )


def _asked(ticket: Ticket, cycle: TicketCycle, after: int) -> Select[Message]:
    return (
        select(Message)
        .where(
            Message.conversation_id == ticket.conversation_id,
            Message.direction == Direction.INBOUND,
            Message.automated.is_(False),
            Message.seq >= cycle.started_seq,
            Message.seq > after,
        )
        .order_by(Message.created_at, Message.seq)
        .limit(1)
    )
