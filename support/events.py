"""Events: what was done with a ticket, told in its thread in the one order of messages and notes."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.conversations import next_seq
from support.models import Ticket, TicketEvent


class Done(StrEnum):
    """What can have been done; the detail is a name, an instant (ISO) or a word of ours."""

    ASSIGNED = "assigned"  # to the colleague named
    RELEASED = "released"
    SOLVED = "solved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"  # until the instant
    WOKEN = "woken"
    WAITS = "waits"  # in the status named
    PRIORITY = "priority"  # the new one
    MOVED = "moved"  # to the team named, or to everyone
    FORWARDED = "forwarded"  # a message, to the address named, in the conversation on the next line
    BEGAN = "began"  # with what was forwarded from the conversation on the next line


async def record(
    session: AsyncSession, ticket: Ticket, done: Done, *, by: UUID | None = None, detail: str = ""
) -> None:
    """Put what was done into the thread; the conversation's row stays locked until the commit."""
    await tell(session, ticket.customer_id, ticket.conversation_id, done, by=by, detail=detail)


async def tell(
    session: AsyncSession,
    customer_id: UUID,
    conversation_id: UUID,
    done: Done,
    *,
    by: UUID | None = None,
    detail: str = "",
) -> None:
    """`record`, for a conversation that need not have a ticket."""
    session.add(
        TicketEvent(
            customer_id=customer_id,
            conversation_id=conversation_id,
            seq=await next_seq(session, conversation_id),
            staff_id=by,
            kind=done,
            detail=detail,
        )
    )
    await session.flush()
