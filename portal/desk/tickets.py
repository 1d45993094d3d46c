"""What an agent does with a conversation: answer, note, take back, assign, solve, snooze, take the next."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from channels import answers, outbox
from core.clock import now
from core.database import Database
from core.errors import Conflict, Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from portal.desk import inbox
from portal.forms import read_form
from portal.guards import staff
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit
from support import drafts, notes, outreach, portraits, presence, threads, tickets
from support.models import Priority, TicketStatus

AGENT = staff(Role.AGENT)
MAX_FILES = 10 * 1024 * 1024
MORNING = time(9, 0)
ZONE = ZoneInfo("Europe/Berlin")


def _back(conversation_id: UUID, view: str, **more: Any) -> Redirect:
    query = "".join(f"&{name}={value}" for name, value in more.items() if value)
    return Redirect(
        f"/desk/inbox/{conversation_id}?view={view if view.isalpha() else 'open'}{query}", status_code=303
    )


class Answer(msgspec.Struct):
    road: str
    body: str = ""
    last_seen_seq: int = 0
    view: str = "open"


async def _files(request: Request[Any, Any, Any]) -> list[outbox.File]:
    files = []
    for given in (await request.form()).getall("attachment", []):
        if isinstance(given, UploadFile) and given.filename:
            content = await given.read()
            files.append(
                outbox.File(
                    filename=given.filename.replace("\r", " ").replace("\n", " ")[:200],
                    content_type=given.content_type.split(";")[0].strip() or "application/octet-stream",
                    content=content,
                )
            )
    if sum(len(file.content) for file in files) > MAX_FILES:
        raise Invalid(_("Those files are too large together. At most 10 MB can be sent."))
    return files


@post("/desk/inbox/{conversation_id:uuid}/answer", guards=[AGENT])
async def answer(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Send an answer on the chosen road, or write a note; what was written survives every refusal."""
    form = await read_form(request, Answer)
    if form.road not in drafts.MODES:
        raise Invalid(_("Choose how to answer."))
    async with database.transaction() as session:
        await inbox.find(session, conversation_id)
        await drafts.save(session, visit.colleague.id, conversation_id, form.road, form.body)
    sent: UUID | None = None
    try:
        files = await _files(request)
        async with database.transaction() as session:
            if form.road == "note":
                await notes.write(session, conversation_id, visit.colleague, form.body)
            else:
                sent = await answers.reply(
                    session,
                    conversation_id,
                    visit.colleague,
                    form.body,
                    form.road,
                    form.last_seen_seq,
                    files=files,
                )
                await tickets.answered(session, conversation_id, visit.colleague.id)
            await drafts.discard(session, visit.colleague.id, conversation_id, form.road)
    except (Conflict, Invalid) as error:
        return await inbox.conversation_page(
            database,
            visit,
            live,
            settings,
            conversation_id,
            view=form.view,
            road=form.road,
            body=form.body,
            error=_(error.message),
            status_code=409 if isinstance(error, Conflict) else 422,
        )
    return _back(conversation_id, form.view, sent=sent)


class Undo(msgspec.Struct):
    view: str = "open"


@post("/desk/inbox/{conversation_id:uuid}/undo/{message_id:uuid}", guards=[AGENT])
async def undo(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Take an answer back while it is held; its text is a draft again."""
    form = await read_form(request, Undo)
    by_htmx = bool(request.headers.get("hx-request"))
    try:
        async with database.transaction() as session:
            message = await threads.letter(session, conversation_id, message_id)
            if message.staff_id != visit.colleague.id:
                raise NotFound(_("That message is not yours."))
            channel = message.channel
            words = await answers.undo(session, message_id, visit.colleague)
            await drafts.save(session, visit.colleague.id, conversation_id, channel, words)
            await tickets.answered(session, conversation_id, None)
    except Conflict as error:
        if not by_htmx:
            raise
        said = json.dumps({"toast": {"text": _(error.message), "tone": "warning"}})  # a header: ASCII
        return Response("", status_code=409, headers={"HX-Trigger": said}, media_type="text/html")
    back = _back(conversation_id, form.view, road=channel)
    if by_htmx:
        return Response("", status_code=200, headers={"HX-Redirect": back.url}, media_type="text/html")
    return back


class Draft(msgspec.Struct):
    mode: str
    body: str = ""
    road: str = ""
    last_seen_seq: int = 0


@post("/desk/inbox/{conversation_id:uuid}/draft", guards=[AGENT], status_code=204)
async def save_draft(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> None:
    """Keep what is being written, and tell colleagues that somebody is."""
    form = await read_form(request, Draft)
    if form.mode not in drafts.MODES:
        raise Invalid(_("Choose how to answer."))
    async with database.transaction() as session:
        await inbox.find(session, conversation_id)
        said = await threads.since(session, conversation_id, form.last_seen_seq)
        if any(item.text.split() == form.body.split() for item in said if not item.inbound):
            return  # it overtook its own sending
        await drafts.save(session, visit.colleague.id, conversation_id, form.mode, form.body)
    colleague = visit.colleague
    await presence.arrive(
        live.redis, conversation_id, colleague.id, colleague.name, writing=bool(form.body.strip())
    )


@post("/desk/inbox/{conversation_id:uuid}/composer", guards=[AGENT], status_code=200)
async def change_road(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """The composer on another road; what stands on the old one is kept as its draft."""
    form = await read_form(request, Draft)
    if form.mode not in drafts.MODES:
        raise Invalid(_("Choose how to answer."))
    async with database.transaction() as session:
        conversation = await inbox.find(session, conversation_id)
        await drafts.save(session, visit.colleague.id, conversation_id, form.mode, form.body)
        context = await inbox.composer(session, visit, conversation, road=form.road)
    return page("desk/inbox/_composer.html", {**context, "last_seq": form.last_seen_seq, "view": "open"})


class Act(msgspec.Struct):
    act: str
    view: str = "open"
    assignee: str = ""
    until: str = ""
    priority: str = ""
    seen_seq: int | None = None


@post("/desk/inbox/{conversation_id:uuid}/ticket", guards=[AGENT])
async def act(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Assign, take, solve, reopen, snooze, wake, wait or set the priority of a conversation's ticket."""
    form = await read_form(request, Act)
    try:
        async with database.transaction() as session:
            ticket = await tickets.of_conversation(session, conversation_id)
            if ticket is None:
                raise NotFound(_("This conversation has no ticket."))
            match form.act:
                case "take":
                    await tickets.assign(session, ticket.id, visit.colleague.id)
                case "assign":
                    await tickets.assign(session, ticket.id, _id(form.assignee))
                case "solve":
                    await tickets.solve(session, ticket.id, seen_seq=form.seen_seq)
                case "reopen":
                    await tickets.reopen(session, ticket.id)
                case "snooze":
                    await tickets.snooze(session, ticket.id, _until(form.until))
                case "wake":
                    await tickets.unsnooze(session, ticket.id)
                case "open" | "pending" | "on_hold":
                    await tickets.set_status(session, ticket.id, TicketStatus(form.act))
                case "priority" if form.priority in set(Priority):
                    await tickets.set_priority(session, ticket.id, Priority(form.priority))
                case _:
                    raise Invalid(_("That cannot be done with a ticket."))
    except Conflict as error:
        return await inbox.conversation_page(
            database,
            visit,
            live,
            settings,
            conversation_id,
            view=form.view,
            error=_(error.message),
            status_code=409,
        )
    return _back(conversation_id, form.view)


def _id(written: str) -> UUID | None:
    """Whom a ticket goes to; nobody when nothing was chosen."""
    try:
        return UUID(written) if written else None
    except ValueError:
        raise Invalid(_("Choose an agent."), {"assignee": _("Choose an agent.")}) from None


def _until(choice: str) -> datetime:
    today = now().astimezone(ZONE)
    if choice == "tomorrow":
        return datetime.combine(today.date() + timedelta(days=1), MORNING, ZONE)
    if choice == "monday":
        return datetime.combine(today.date() + timedelta(days=7 - today.weekday()), MORNING, ZONE)
    if choice.isascii() and choice.isdigit() and 0 < int(choice) <= 24 * 90:
        return now() + timedelta(hours=int(choice))
    raise Invalid(_("Choose until when."), {"until": _("Choose until when.")})


@get("/desk/inbox/next", guards=[AGENT])
async def show_next(visit: NamedDependency[Visit]) -> Response[Any]:
    """A page with a button: looking at a link takes nothing."""
    return page("desk/inbox/next.html", {"nothing": False})


@post("/desk/inbox/next", guards=[AGENT], status_code=200)
async def take_next(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    """The ticket that has waited longest is the agent's now."""
    async with database.transaction() as session:
        ticket = await tickets.pick_next(session, visit.colleague.id)
    if ticket is None:
        return page("desk/inbox/next.html", {"nothing": True})
    return _back(ticket.conversation_id, "mine")


class Letter(msgspec.Struct):
    channel: str
    body: str = ""
    subject: str = ""


async def _write_page(
    database: Database, customer_id: UUID, typed: dict[str, str], errors: dict[str, str]
) -> Response[Any]:
    async with database.transaction() as session:
        portrait = await portraits.portrait(session, customer_id)
        ways = await outreach.ways(session, customer_id)
    names = {"email": _("E-mail"), "sms": _("SMS")}
    context = {
        "portrait": portrait,
        "ways": [(channel, f"{names[channel]}: {address}") for channel, address in ways.items()],
        "typed": {"channel": next(iter(ways), ""), "subject": "", "body": "", **typed},
        "errors": errors,
    }
    return page("desk/customers/write.html", context, status_code=422 if errors else 200)


@get("/desk/customers/{customer_id:uuid}/write", guards=[AGENT])
async def show_write(customer_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    return await _write_page(database, customer_id, {}, {})


@post("/desk/customers/{customer_id:uuid}/write", guards=[AGENT])
async def write(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Begin a conversation with a customer."""
    form = await read_form(request, Letter)
    try:
        async with database.transaction() as session:
            conversation_id, sent = await outreach.write(
                session, customer_id, visit.colleague, form.channel, form.subject, form.body
            )
    except Invalid as error:
        typed = {"channel": form.channel, "subject": form.subject, "body": form.body}
        return await _write_page(database, customer_id, typed, error.fields or {"body": _(error.message)})
    return _back(conversation_id, "open", sent=sent)


handlers = [answer, undo, save_draft, change_road, act, show_next, take_next, show_write, write]
