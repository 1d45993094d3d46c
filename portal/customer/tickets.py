"""A customer's tickets: each is a conversation, live, and only theirs."""

import secrets
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from portal.files import offer
from portal.forms import read_form
from portal.guards import customer
from portal.limits import Limits
from portal.live import Live
from portal.rendering import page
from portal.threads import Shown, show
from portal.uploads import read_uploads
from portal.visits import Visit
from support import enclosures, requests, threads, tickets
from support.models import DONE, Ticket

BY_CUSTOMER = "10/10 minutes;60/day"
ANSWERS = "30/10 minutes;300/day"


@get("/account/tickets", guards=[customer])
async def show_tickets(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        found = await tickets.of_customer(session, visit.customer)
    context = {
        "open": [ticket for ticket in found if ticket.status not in DONE],
        "done": [ticket for ticket in found if ticket.status in DONE],
    }
    return page("account/tickets.html", context)


@get("/account/tickets/new", guards=[customer])
async def show_new(about: FromQuery[str] = "") -> Response[Any]:
    """The form; `about` begins the subject, for links from an order or an article."""
    typed = {"subject": about[:200], "body": "", "key": secrets.token_urlsafe(16)}
    return page("account/ticket_new.html", {"typed": typed, "errors": {}})


class Question(msgspec.Struct):
    subject: str = ""
    body: str = ""
    key: str = ""


@post("/account/tickets/new", guards=[customer])
async def open_ticket(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    form = await read_form(request, Question)
    await limits.take(BY_CUSTOMER, "ticket", str(visit.customer))
    try:
        files = enclosures.check(await read_uploads(request))
        async with database.transaction() as session:
            ticket = await requests.open_ticket(
                session, visit.customer, form.subject, form.body, key=form.key, files=files
            )
    except Invalid as error:
        errors = {name: _(sentence) for name, sentence in error.fields.items()}
        context = {"typed": msgspec.structs.asdict(form), "errors": errors}
        return page("account/ticket_new.html", context, status_code=422)
    return Redirect(f"/account/tickets/{ticket.id}", status_code=303)


async def _thread(session: AsyncSession, ticket: Ticket) -> list[Shown]:
    """All of it, without notes and without what has not left us yet."""
    items = await threads.latest(session, ticket.conversation_id, notes=False, limit=500)
    place = f"/account/tickets/{ticket.id}"
    return show(items, by="customer", place=place, you=lambda item: item.inbound)


async def _ticket_page(
    database: Database,
    visit: Visit,
    ticket_id: UUID,
    *,
    body: str = "",
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    async with database.transaction() as session:
        ticket = await tickets.owned(session, visit.customer, ticket_id)
        context = {"ticket": ticket, "done": ticket.status in DONE, "items": await _thread(session, ticket)}
    context |= {"body": body, "errors": errors or {}, "key": secrets.token_urlsafe(16)}
    return page("account/ticket.html", context, status_code=422 if errors else 200)


@get("/account/tickets/{ticket_id:uuid}", guards=[customer])
async def show_ticket(
    ticket_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    return await _ticket_page(database, visit, ticket_id)


@get("/account/tickets/{ticket_id:uuid}/thread", guards=[customer])
async def show_thread(
    ticket_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """The messages alone."""
    async with database.transaction() as session:
        ticket = await tickets.owned(session, visit.customer, ticket_id)
        items = await _thread(session, ticket)
    return page("account/ticket/_thread.html", {"ticket": ticket, "items": items})


@get("/account/tickets/{ticket_id:uuid}/live", guards=[customer])
async def listen(
    ticket_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> ServerSentEvent:
    async with database.transaction() as session:
        ticket = await tickets.owned(session, visit.customer, ticket_id)
    return live.stream({f"conversation:{ticket.conversation_id}": "conversation"})


class Reply(msgspec.Struct):
    body: str = ""
    key: str = ""


@post("/account/tickets/{ticket_id:uuid}", guards=[customer])
async def answer(
    ticket_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    form = await read_form(request, Reply)
    await limits.take(ANSWERS, "ticket-answer", str(visit.customer))
    try:
        files = enclosures.check(await read_uploads(request))
        async with database.transaction() as session:
            ticket = await tickets.owned(session, visit.customer, ticket_id)
            await requests.answer(session, visit.customer, ticket, form.body, key=form.key, files=files)
    except Invalid as error:
        errors = {name: _(said) for name, said in error.fields.items()} or {"body": _(error.message)}
        return await _ticket_page(database, visit, ticket_id, body=form.body, errors=errors)
    return Redirect(f"/account/tickets/{ticket_id}#end", status_code=303)


@get("/account/tickets/{ticket_id:uuid}/attachments/{attachment_id:uuid}", guards=[customer])
async def show_file(
    ticket_id: FromPath[UUID],
    attachment_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    async with database.transaction() as session:
        ticket = await tickets.owned(session, visit.customer, ticket_id)
        file = await threads.file(session, ticket.conversation_id, attachment_id)
    return offer(file, settings)


@get("/account/conversations/{conversation_id:uuid}", guards=[customer])
async def show_conversation(
    conversation_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """Where an entry of the history leads: the ticket of the conversation."""
    async with database.transaction() as session:
        await requests.owned_conversation(session, visit.customer, conversation_id)
        ticket = await tickets.of_conversation(session, conversation_id)
    if ticket is None:
        raise NotFound(_("There is nothing more to see about that message."))
    return Redirect(f"/account/tickets/{ticket.id}", status_code=303)


handlers = [
    show_tickets,
    show_new,
    open_ticket,
    show_ticket,
    show_thread,
    listen,
    answer,
    show_file,
    show_conversation,
]
