"""Tickets: found, assigned, answered, solved and opened again."""

from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Conversation, Direction, Message
from core import teams
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.nudges import nudge
from core.staff import Role, Staff
from customers import timeline
from customers.merging import group
from support import cycles, events
from support.events import Done
from support.happenings import TicketAssigned, TicketSolved
from support.models import DONE, UNDONE, Priority, Ticket, TicketCycle, TicketStatus


def inbound(conversation_id: UUID) -> Select[Message]:
    """What came in, in a conversation."""
    return select(Message).where(
        Message.conversation_id == conversation_id, Message.direction == Direction.INBOUND
    )


async def find(session: AsyncSession, ticket_id: UUID, *, lock: bool = False) -> Ticket:
    """A ticket by its id. Raises NotFound."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=lock or None, populate_existing=lock)
    if ticket is None:
        raise NotFound("That ticket does not exist.")
    return ticket


async def locked(session: AsyncSession, ticket_id: UUID) -> tuple[Conversation, Ticket]:
    """A ticket and its conversation, locked in the one order: whoever writes has the conversation first."""
    conversation_id = (await find(session, ticket_id)).conversation_id
    conversation = await session.get(
        Conversation, conversation_id, with_for_update=True, populate_existing=True
    )
    assert conversation is not None
    return conversation, await find(session, ticket_id, lock=True)


async def of_conversation(session: AsyncSession, conversation_id: UUID) -> Ticket | None:
    """The ticket of a conversation; None until somebody has written."""
    return await session.scalar(select(Ticket).where(Ticket.conversation_id == conversation_id))


async def of_customer(
    session: AsyncSession, customer_id: UUID, *, undone: bool = False, limit: int = 50
) -> list[Ticket]:
    """A customer's tickets, newest first, with those of the records merged into theirs."""
    query = select(Ticket).where(Ticket.customer_id.in_(await group(session, customer_id)))
    if undone:
        query = query.where(Ticket.status.in_(UNDONE))
    return list(
        await session.scalars(query.order_by(Ticket.created_at.desc(), Ticket.id.desc()).limit(limit))
    )


async def owned(session: AsyncSession, customer_id: UUID, ticket_id: UUID) -> Ticket:
    """A customer's own ticket. Raises NotFound for anybody else's, as for one that does not exist."""
    ticket = await find(session, ticket_id)
    if ticket.customer_id not in await group(session, customer_id):
        raise NotFound("That ticket does not exist.")
    return ticket


async def answered(session: AsyncSession, conversation_id: UUID, by: UUID | None) -> None:
    """Take note that a colleague's answer was queued (or, with the same words, taken back)."""
    ticket = await session.scalar(
        select(Ticket).where(Ticket.conversation_id == conversation_id).with_for_update()
    )
    if ticket is None:
        return
    await cycles.settle(session, ticket)
    if ticket.status == TicketStatus.NEW:
        ticket.status = TicketStatus.OPEN
    if ticket.assignee_id is None and by is not None:
        ticket.assignee_id = by
    await session.flush()
    tell(session, ticket)


async def assign(
    session: AsyncSession, ticket_id: UUID, assignee_id: UUID | None, *, by: UUID | None = None
) -> Ticket:
    """Hand a ticket to a colleague, or back to all. Raises Invalid for someone who is no agent."""
    _, ticket = await locked(session, ticket_id)
    if ticket.assignee_id == assignee_id:
        return ticket
    name = ""
    if assignee_id is not None:
        colleague = await session.get(Staff, assignee_id)
        if colleague is None or colleague.disabled_at is not None or not colleague.may_act_as(Role.AGENT):
            raise Invalid("Only an agent can take a ticket.", {"assignee": "Choose an agent."})
        name = colleague.name
    ticket.assignee_id = assignee_id
    await session.flush()
    if assignee_id is not None:
        at = now()
        await timeline.append(
            session,
            ticket.customer_id,
            TicketAssigned(ticket.number, ticket.subject, name),
            source_key=f"ticket:{ticket.id}:{assignee_id}:{at.isoformat()}",
            subject_id=ticket.conversation_id,
            occurred_at=at,
        )
    done = Done.RELEASED if assignee_id is None else Done.ASSIGNED
    await events.record(session, ticket, done, by=by, detail=name)
    tell(session, ticket)
    return ticket


async def move(
    session: AsyncSession, ticket_id: UUID, team_id: UUID | None, *, by: UUID | None = None
) -> Ticket:
    """Let a team answer for a ticket, or everybody. Raises NotFound for a team that does not exist."""
    _, ticket = await locked(session, ticket_id)
    if ticket.team_id == team_id:
        return ticket
    name = (await teams.find(session, team_id)).name if team_id is not None else ""
    ticket.team_id = team_id
    await session.flush()
    await events.record(session, ticket, Done.MOVED, by=by, detail=name)
    tell(session, ticket)
    return ticket


async def forget_team(session: AsyncSession, team_id: UUID) -> None:
    """What a team answered for is everybody's."""
    await session.execute(
        update(Ticket)
        .where(Ticket.team_id == team_id)
        .values(team_id=None)
        .execution_options(synchronize_session=False)
    )
    nudge(session, "inbox")


async def colleagues(session: AsyncSession) -> list[Staff]:
    """Whom a ticket can be given to, by name."""
    everyone = await session.scalars(select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name))
    return [staff for staff in everyone if staff.may_act_as(Role.AGENT)]


async def solve(
    session: AsyncSession, ticket_id: UUID, *, seen_seq: int | None = None, by: UUID | None = None
) -> Ticket:
    """Solve a ticket. Raises Conflict when the customer has written since `seen_seq`."""
    conversation, ticket = await locked(session, ticket_id)
    if ticket.status in DONE:
        return ticket
    if seen_seq is not None and await _spoke_after(session, conversation.id, seen_seq):
        raise Conflict("The customer has written again. Read it, then solve the ticket.")
    at = now()
    ticket.status = TicketStatus.SOLVED
    ticket.solved_at = at
    ticket.solved_seq = conversation.last_seq
    ticket.snoozed_until = None
    ticket.waiting_since = None
    cycle = await session.get(TicketCycle, (ticket.id, ticket.cycle))
    assert cycle is not None
    cycle.solved_at = at
    await session.flush()
    await timeline.append(
        session,
        ticket.customer_id,
        TicketSolved(ticket.number, ticket.subject, ticket.cycle),
        source_key=f"ticket:{ticket.id}:{ticket.cycle}",
        subject_id=ticket.conversation_id,
        occurred_at=at,
    )
    await events.record(session, ticket, Done.SOLVED, by=by)
    tell(session, ticket)
    return ticket


async def _spoke_after(session: AsyncSession, conversation_id: UUID, seq: int) -> bool:
    newer = await session.scalar(
        inbound(conversation_id).where(Message.automated.is_(False), Message.seq > seq).limit(1)
    )
    return newer is not None


async def reopen(session: AsyncSession, ticket_id: UUID, *, by: UUID | None = None) -> Ticket:
    """Open a solved ticket again, by hand: a new cycle begins."""
    conversation, ticket = await locked(session, ticket_id)
    if ticket.status not in DONE:
        return ticket
    await cycles.start_again(session, ticket, conversation.last_seq + 1, now(), by)
    tell(session, ticket)
    return ticket


async def set_status(
    session: AsyncSession, ticket_id: UUID, status: TicketStatus, *, by: UUID | None = None
) -> Ticket:
    """Say what a ticket waits for: us, the customer (pending), someone else (on hold). Raises Conflict."""
    _, ticket = await locked(session, ticket_id)
    if ticket.status in DONE:
        raise Conflict("This ticket is solved. Reopen it first.")
    if status not in (TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD):
        raise Invalid("A ticket can be open, pending or on hold.")
    if ticket.status == status:
        return ticket
    ticket.status = status
    await session.flush()
    await events.record(session, ticket, Done.WAITS, by=by, detail=status)
    tell(session, ticket)
    return ticket


async def set_priority(
    session: AsyncSession, ticket_id: UUID, priority: Priority, *, by: UUID | None = None
) -> Ticket:
    """Say how much a ticket hurries; what was promised for the running cycle follows."""
    _, ticket = await locked(session, ticket_id)
    if ticket.priority == priority:
        return ticket
    ticket.priority = priority
    cycle = await session.get(TicketCycle, (ticket.id, ticket.cycle))
    assert cycle is not None
    cycles.promise(cycle, priority)
    await session.flush()
    await events.record(session, ticket, Done.PRIORITY, by=by, detail=priority)
    tell(session, ticket)
    return ticket


async def pick_next(session: AsyncSession, staff_id: UUID) -> Ticket | None:
    """Give a colleague the ticket that has waited longest, theirs or nobody's. Two who ask get two."""
    # Both rows in the one statement: whoever waits for none of them cannot be waited for in a ring.
    ticket = await session.scalar(
        select(Ticket)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .where(
            Ticket.status.in_((TicketStatus.NEW, TicketStatus.OPEN)),
            Ticket.waiting_since.is_not(None),
            Ticket.snoozed_until.is_(None),
            or_(Ticket.assignee_id.is_(None), Ticket.assignee_id == staff_id),
        )
        .order_by(Ticket.waiting_since, Ticket.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await assign(session, ticket.id, staff_id, by=staff_id) if ticket else None


def first_line(words: str, limit: int = 120) -> str:
    """The first line that says something, cut to a length."""
    for line in words.splitlines():
        if said := line.strip():
            return said if len(said) <= limit else said[: limit - 1].rstrip() + "…"
    return ""


def tell(session: AsyncSession, ticket: Ticket) -> None:
    """Nudge whoever looks at the ticket or a list that it stands in."""
    nudge(session, "inbox", str(ticket.conversation_id))
    nudge(session, f"conversation:{ticket.conversation_id}")
