"""What an agent does with a conversation: answer, note, take back, assign, solve, snooze, take the next."""

import json
from dataclasses import replace
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
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers, outbox
from core.clock import now
from core.database import Database
from core.errors import Conflict, Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from portal.desk import composer, conversations, inbox
from portal.desk.inbox import AGENT
from portal.errors import status_of
from portal.forms import read_form
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit
from support import drafts, enclosures, notes, recipients, snoozes, threads, tickets
from support import letters as support_letters
from support.models import DONE, Priority, TicketStatus

MAX_FILES = 10 * 1024 * 1024
MORNING = time(9, 0)


def back(conversation_id: UUID, view: str, **more: Any) -> Redirect:
    query = "".join(f"&{name}={value}" for name, value in more.items() if value)
    return Redirect(f"/desk/inbox/{conversation_id}?view={inbox.known(view)}{query}", status_code=303)


def led(request: Request[Any, Any, Any], there: Redirect) -> Response[Any]:
    """The way that a toast's form leads: htmx would follow a redirect by itself and show nothing of it."""
    if request.headers.get("hx-request"):
        return Response("", status_code=200, headers={"HX-Redirect": there.url}, media_type="text/html")
    return there


class Answer(msgspec.Struct):
    road: str
    body: str = ""
    last_seen_seq: int = 0
    view: str = "open"
    # Who was offered a copy, and who of them is to get one.
    offered: list[str] = []
    copies: list[str] = []
    # Of an e-mail, where it was written as one: to whom else, with their message below, when.
    by_mail: bool = False
    # Who it would have gone to when the agent looked.
    meant: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    quote: bool = False
    later: str = ""

    @property
    def typed(self) -> composer.Typed:
        quoting = self.quote or not self.by_mail
        changed = "" if self.to == self.meant else self.to
        return composer.Typed(changed, self.cc, self.bcc, quoting, self.later)

    @property
    def without(self) -> frozenset[str]:
        return frozenset(self.offered) - frozenset(self.copies)


def why(error: Conflict | Invalid) -> str:
    """What to say of a refusal above the composer, which has no field of its own for each."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return _(fields.get("to") or fields.get("cc") or fields.get("bcc") or error.message)


async def _files(request: Request[Any, Any, Any]) -> list[outbox.File]:
    files = []
    for given in (await request.form()).getall("attachment", []):
        if isinstance(given, UploadFile) and given.filename:
            content = await given.read()
            files.append(
                outbox.File(
                    filename=enclosures.plain_name(given.filename)[:200] or "file",
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
        await composer.find(session, conversation_id)
        await drafts.save(session, visit.colleague.id, conversation_id, form.road, form.body)
    sent: UUID | None = None
    try:
        files = await _files(request)
        async with database.transaction() as session:
            if form.road == "note":
                await notes.write(session, conversation_id, visit.colleague, form.body)
            else:
                to = await _recipients(session, conversation_id, form)
                await composer.open_road(
                    session, await composer.find(session, conversation_id), form.road, to
                )
                below = ""
                if form.by_mail and to is not None:
                    quoted = to.in_reply_to_id if form.quote else None
                    below = await support_letters.tail(session, conversation_id, visit.colleague.id, quoted)
                sent = await answers.reply(
                    session,
                    conversation_id,
                    visit.colleague,
                    form.body,
                    form.road,
                    form.last_seen_seq,
                    files=files,
                    without=form.without,
                    to=to,
                    below=below,
                    release_at=_until(form.later, settings.zone) if form.later else None,
                )
                await tickets.answered(session, conversation_id, visit.colleague.id)
            await _forget(session, visit.colleague.id, conversation_id, form.road, form.body)
    except (Conflict, Invalid) as error:
        return await conversations.conversation_page(
            database,
            visit,
            live,
            settings,
            conversation_id,
            view=form.view,
            road=form.road,
            body=form.body,
            error=why(error),
            without=form.without,
            typed=form.typed,
            status_code=status_of(error),
        )
    return back(conversation_id, form.view, sent=sent)


async def _recipients(
    session: AsyncSession, conversation_id: UUID, form: Answer
) -> answers.Recipients | None:
    """Who an e-mail goes to, with what the agent changed of it; None for whoever the road leads to.

    Raises Conflict where it would go to others by now than the agent was shown: somebody else wrote meanwhile.
    """
    if form.road != "email" or not form.by_mail:
        return None
    to = await answers.recipients_for(session, conversation_id, form.road)
    if form.meant and (form.meant, set(form.offered)) != (to.to, set(to.cc)):
        raise Conflict(_("Somebody else wrote meanwhile. Look who your answer goes to, then send it."))
    first = recipients.addresses(form.to) or (to.to,)
    cc = recipients.addresses(form.cc, "cc")
    bcc = recipients.addresses(form.bcc, "bcc")
    copies = dict.fromkeys([*to.cc, *first[1:], *cc])
    return replace(to, to=first[0], cc=tuple(each for each in copies if each != first[0]), bcc=bcc)


async def _forget(session: AsyncSession, staff_id: UUID, conversation_id: UUID, road: str, body: str) -> None:
    """What was sent is no draft any more, nor are the same words where they were first written."""
    for mode, kept in (await drafts.of(session, staff_id, conversation_id)).items():
        if mode == road or kept.split() == body.split():
            await drafts.discard(session, staff_id, conversation_id, mode)


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
            words = await support_letters.written(session, message)
            await answers.undo(session, message_id, visit.colleague)
            await drafts.save(session, visit.colleague.id, conversation_id, channel, words)
            await tickets.answered(session, conversation_id, None)
    except Conflict as error:
        if not by_htmx:
            raise
        said = json.dumps({"toast": {"text": _(error.message), "tone": "warning"}})  # a header: ASCII
        return Response("", status_code=409, headers={"HX-Trigger": said}, media_type="text/html")
    return led(request, back(conversation_id, form.view, road=channel, write=1))


class Act(msgspec.Struct):
    act: str
    view: str = "open"
    assignee: str = ""
    team: str = ""
    until: str = ""
    priority: str = ""
    # What stands in the composer, from a browser that runs scripts.
    mode: str = ""
    body: str | None = None
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
    """Assign, take, move, solve, reopen, snooze, wake, wait or set the priority of a conversation's ticket."""
    form = await read_form(request, Act)
    me = visit.colleague.id
    beside: UUID | None = None
    if form.act == "solve" and form.mode in drafts.MODES and form.body is not None:
        async with database.transaction() as session:
            await composer.find(session, conversation_id)
            await drafts.save(session, me, conversation_id, form.mode, form.body)
    try:
        async with database.transaction() as session:
            if form.act in inbox.PARTING:
                beside = await inbox.beside(session, me, form.view, conversation_id)
            ticket = await tickets.of_conversation(session, conversation_id)
            if ticket is None:
                raise NotFound(_("This conversation has no ticket."))
            match form.act:
                case "take":
                    await tickets.assign(session, ticket.id, me, by=me)
                case "assign":
                    await tickets.assign(session, ticket.id, _id(form.assignee), by=me)
                case "team":
                    await tickets.move(session, ticket.id, _id(form.team), by=me)
                case "solve":
                    await tickets.solve(session, ticket.id, seen_seq=form.seen_seq, by=me)
                case "reopen":
                    await tickets.reopen(session, ticket.id, by=me)
                case "snooze":
                    await snoozes.snooze(session, ticket.id, _until(form.until, settings.zone), by=me)
                case "wake":
                    await snoozes.unsnooze(session, ticket.id, by=me)
                case "open" | "pending" | "on_hold":
                    await tickets.set_status(session, ticket.id, TicketStatus(form.act), by=me)
                case "priority" if form.priority in set(Priority):
                    await tickets.set_priority(session, ticket.id, Priority(form.priority), by=me)
                case _:
                    raise Invalid(_("That cannot be done with a ticket."))
    except Conflict as error:
        return await conversations.conversation_page(
            database,
            visit,
            live,
            settings,
            conversation_id,
            view=form.view,
            error=_(error.message),
            status_code=409,
        )
    if beside is not None:
        return back(beside, form.view, parted=conversation_id)
    return back(conversation_id, form.view, parted=conversation_id if form.act in inbox.PARTING else None)


@post("/desk/inbox/{conversation_id:uuid}/ticket/undo", guards=[AGENT])
async def undo_parting(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """What was solved or snoozed a moment ago is on the table again."""
    form = await read_form(request, Undo)
    me = visit.colleague.id
    async with database.transaction() as session:
        ticket = await tickets.of_conversation(session, conversation_id)
        if ticket is None:
            raise NotFound(_("This conversation has no ticket."))
        if ticket.status in DONE:
            await tickets.reopen(session, ticket.id, by=me)
        else:
            await snoozes.unsnooze(session, ticket.id, by=me)
        unsent = bool(await drafts.of(session, me, conversation_id))
    return led(request, back(conversation_id, form.view, write=1 if unsent else None))


def _id(written: str) -> UUID | None:
    """Whom a ticket goes to; nobody when nothing was chosen."""
    try:
        return UUID(written) if written else None
    except ValueError:
        raise Invalid(_("Choose an agent."), {"assignee": _("Choose an agent.")}) from None


def _until(choice: str, zone: ZoneInfo) -> datetime:
    today = now().astimezone(zone)
    if choice == "tomorrow":
        return datetime.combine(today.date() + timedelta(days=1), MORNING, zone)
    if choice == "monday":
        return datetime.combine(today.date() + timedelta(days=7 - today.weekday()), MORNING, zone)
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
    return back(ticket.conversation_id, "mine")


handlers = [answer, undo, act, undo_parting, show_next, take_next]
