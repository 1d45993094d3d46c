"""Triage: a conversation's ticket is opened, reopened and brought in step with what was said."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import mailboxes
from channels.models import Conversation, Message
from core.clock import now
from core.errors import NotFound
from core.jobs import Job
from customers import timeline
from support import cycles
from support.happenings import TicketOpened
from support.models import DONE, Priority, Ticket, TicketStatus
from support.tickets import first_line, inbound, tell

# Why a ticket was opened again when nobody did it.
UNREACHED = "unreached"


class Triage(Job, tag="support.triage", frozen=True):
    conversation_id: UUID


class Reconsider(Job, tag="support.reconsider", frozen=True):
    """An answer did not arrive."""

    conversation_id: UUID
    message_id: UUID


async def triage(session: AsyncSession, conversation_id: UUID) -> Ticket | None:
    """Bring a conversation's ticket in step with what was said; the ticket when it was opened or reopened.

    A conversation without a ticket gets one at the first message from outside. A solved one is reopened by a
    person who writes again, never by automated mail. Saying it twice changes nothing.
    """
    conversation = await session.get(
        Conversation, conversation_id, with_for_update=True, populate_existing=True
    )
    if conversation is None:
        raise NotFound("That conversation does not exist.")
    first = await session.scalar(inbound(conversation_id).order_by(Message.seq).limit(1))
    if first is None:
        return None  # we wrote first; there is nothing to do until somebody answers
    ticket = await session.scalar(select(Ticket).where(Ticket.conversation_id == conversation_id))
    if ticket is None:
        return await _open(session, conversation, first)
    again = await session.scalar(
        inbound(conversation_id)
        .where(Message.automated.is_(False), Message.seq > func.coalesce(ticket.solved_seq, 0))
        .order_by(Message.seq)
        .limit(1)
    )
    reopened = ticket.status in DONE and again is not None
    if reopened:
        assert again is not None
        await cycles.start_again(session, ticket, again.seq or 0, again.created_at)
    before = ticket.waiting_since
    await cycles.settle(session, ticket)
    if ticket.waiting_since is not None and ticket.waiting_since != before:
        # The customer spoke: it is our turn, whatever we were waiting for.
        _our_turn(ticket)
    await session.flush()
    tell(session, ticket)
    return ticket if reopened else None


async def reconsider(session: AsyncSession, conversation_id: UUID, message_id: UUID) -> None:
    """Put a conversation back among those who wait when a colleague's answer did not arrive.

    A ticket that was solved with that answer is opened again. Saying it twice changes nothing.
    """
    conversation = await session.get(
        Conversation, conversation_id, with_for_update=True, populate_existing=True
    )
    ticket = await session.scalar(select(Ticket).where(Ticket.conversation_id == conversation_id))
    message = await session.get(Message, message_id)
    if conversation is None or ticket is None or message is None or message.author != "staff":
        return  # nobody waits for what we wrote unasked
    if ticket.status in DONE:
        asked = await cycles.unanswered(session, ticket)
        if asked is None or (message.seq or 0) < (asked.seq or 0):
            return
        await cycles.start_again(session, ticket, asked.seq or 0, now(), why=UNREACHED)
    await cycles.settle(session, ticket)
    if ticket.waiting_since is not None:
        _our_turn(ticket)
    await session.flush()
    tell(session, ticket)


def _our_turn(ticket: Ticket) -> None:
    ticket.snoozed_until = None
    if ticket.status in (TicketStatus.PENDING, TicketStatus.ON_HOLD):
        ticket.status = TicketStatus.OPEN


async def _open(session: AsyncSession, conversation: Conversation, first: Message) -> Ticket:
    by_mail = conversation.channel == "email"
    ticket = Ticket(
        customer_id=conversation.customer_id,
        conversation_id=conversation.id,
        team_id=await mailboxes.team_of(session, conversation.account) if by_mail else None,
        subject=conversation.subject or first_line(first.text),
        status=TicketStatus.NEW,
        priority=Priority.LOW if first.automated else Priority.NORMAL,
        cycle=1,
        created_at=first.created_at,
    )
    session.add(ticket)
    await session.flush()
    await cycles.start(session, ticket, first.seq or 0, first.created_at)
    await timeline.append(
        session,
        ticket.customer_id,
        TicketOpened(ticket.number, ticket.subject, conversation.channel),
        source_key=f"ticket:{ticket.id}",
        subject_id=conversation.id,
    )
    await cycles.settle(session, ticket)
    tell(session, ticket)
    return ticket
