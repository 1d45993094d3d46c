"""Tickets over the API: what waits to be solved, by whom and until when."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from customers import merging
from portal.api.answers import once, require_match
from portal.api.authors import Colleague, agent
from portal.api.fields import WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program
from support import requests, snoozes, tickets
from support.models import Priority, Ticket, TicketStatus

READ = program("tickets:read")
WRITE = program("tickets:write")


class TicketOut(msgspec.Struct):
    """The work on one conversation. `waiting_since`: since when a person waits for us; null when nobody does."""

    id: UUID
    number: int
    customer_id: UUID
    conversation_id: UUID
    subject: str
    status: TicketStatus
    priority: Priority
    assignee_id: UUID | None
    cycle: int
    waiting_since: Moment | None
    snoozed_until: Moment | None
    solved_at: Moment | None
    created_at: Moment


class TicketIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer asks for, written down by a program."""

    customer_id: UUID
    subject: Annotated[
        str, Meta(min_length=1, max_length=200, pattern=WORDS, examples=["Water under the machine"])
    ]
    text: Annotated[
        str, Meta(min_length=1, max_length=20_000, pattern=WORDS, examples=["After every brewing."])
    ]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"


class TicketChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    status: Literal["open", "pending", "on_hold", "solved"] | UnsetType = UNSET
    priority: Literal["low", "normal", "high", "urgent"] | UnsetType = UNSET
    assignee: Colleague | UnsetType | None = UNSET
    snoozed_until: Moment | UnsetType | None = UNSET


def _show(ticket: Ticket) -> TicketOut:
    return msgspec.convert(ticket, TicketOut, from_attributes=True)


@get("/tickets", guards=[READ])
async def list_tickets(
    database: NamedDependency[Database],
    customer_id: FromQuery[UUID | None] = None,
    status: FromQuery[Literal["new", "open", "pending", "on_hold", "solved", "closed"] | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[TicketOut]:
    """Tickets, the newest first."""
    query = select(Ticket)
    if status is not None:
        query = query.where(Ticket.status == status)
    async with database.transaction() as session:
        if customer_id is not None:
            query = query.where(Ticket.customer_id.in_(await merging.group(session, customer_id)))
        return await paged(session, query, [Ticket.number], _show, cursor, limit)


@post("/tickets", guards=[WRITE])
async def open_ticket(
    request: Request[Any, Any, Any], data: JSONBody[TicketIn], database: NamedDependency[Database]
) -> Response[TicketOut]:
    """Open a ticket for a customer, with a conversation of its own."""

    async def act(session: AsyncSession) -> TicketOut:
        speaker = await merging.survivor(session, data.customer_id)
        ticket = await requests.open_ticket(session, speaker, data.subject, data.text, key="")
        if data.priority != ticket.priority:
            ticket = await tickets.set_priority(session, ticket.id, Priority(data.priority))
        return _show(ticket)

    return await once(request, database, act)


@get("/tickets/{ticket_id:uuid}", guards=[READ])
async def get_ticket(ticket_id: FromPath[UUID], database: NamedDependency[Database]) -> TicketOut:
    """One ticket."""
    async with database.transaction() as session:
        return _show(await tickets.find(session, ticket_id))


@patch("/tickets/{ticket_id:uuid}", guards=[WRITE])
async def change_ticket(
    ticket_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[TicketChange],
    database: NamedDependency[Database],
) -> TicketOut:
    """Assign, solve, reopen (`open` on a solved one), snooze, or say how much it hurries."""
    async with database.transaction() as session:
        ticket = await tickets.find(session, ticket_id, lock="if-match" in request.headers)
        require_match(request, _show(ticket))
        if data.assignee is None:
            await tickets.assign(session, ticket_id, None)
        elif data.assignee is not UNSET:
            colleague = await agent(session, data.assignee, "assignee")
            await tickets.assign(session, ticket_id, colleague.id)
        if data.priority is not UNSET:
            await tickets.set_priority(session, ticket_id, Priority(data.priority))
        if data.status == "solved":
            await tickets.solve(session, ticket_id)
        elif data.status is not UNSET:
            if data.status == "open":
                await tickets.reopen(session, ticket_id)
            await tickets.set_status(session, ticket_id, TicketStatus(data.status))
        if data.snoozed_until is None:
            await snoozes.unsnooze(session, ticket_id)
        elif data.snoozed_until is not UNSET:
            await snoozes.snooze(session, ticket_id, data.snoozed_until)
        return _show(await tickets.find(session, ticket_id))


handlers = [list_tickets, open_ticket, get_ticket, change_ticket]
