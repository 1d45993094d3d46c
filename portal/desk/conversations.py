"""A conversation at the desk: its thread and the customer beside it, whole or part by part."""

from collections.abc import Collection, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import MessageStatus
from core.clock import now
from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.rendering import moment
from core.settings import Settings
from portal import reasons, timeline
from portal.desk import composer, events, inbox
from portal.desk.inbox import AGENT
from portal.files import offer
from portal.live import Live
from portal.rendering import page
from portal.threads import Shown, show
from portal.visits import Visit
from portal.written import Part, Written, this_moment
from support import cases, opened, portraits, presence, threads, views
from support.cases import Case
from support.models import Priority
from support.threads import Item

LINE = 15
# What leaves within this is not said to leave at a time.
SOON = timedelta(seconds=20)
# How many of the last items a page is told again: what became of its answers.
SEEN = 12


def _place(conversation_id: UUID) -> str:
    return f"/desk/inbox/{conversation_id}"


def _shown(items: Sequence[Item], conversation_id: UUID, after: datetime | None, reader: UUID) -> list[Shown]:
    return show(
        items,
        by="staff",
        place=_place(conversation_id),
        after=after,
        tell=events.tell,
        explain=_explain,
        nameless=_("Unknown sender"),
        reader=reader,
    )


def _explain(item: Item) -> tuple[str, str]:
    if item.status == MessageStatus.HELD and item.release_at is not None and not item.reason:
        soon = item.release_at - item.at <= SOON
        return _("Leaves in a moment") if soon else _("Leaves %(when)s") % {
            "when": moment(item.release_at)
        }, ""
    words = "" if item.inbound else reasons.became(item.kind, item.status, item.reason)
    return (words, item.reason) if words else (item.reason, "")


def _about(case: Case, portrait: str, settings: Settings) -> dict[str, Any]:
    """What the head of a conversation and the pane beside it need: ticket and customer."""
    person = portraits.decode(portrait)
    return {
        "conversation": case.conversation,
        "ticket": case.ticket,
        "undone": case.ticket is not None and case.ticket.undone,
        "assignee": case.assignee,
        "colleagues": case.colleagues,
        "team": case.team,
        "teams": case.teams,
        "priorities": priorities(),
        "snoozes": snoozes(),
        "portrait": person,
        "tickets": [one for one in person.tickets if one.conversation_id != case.conversation.id],
        "currency": settings.currency,
        "customer_id": case.root,
    }


def _pane(told: opened.Beside, settings: Settings, view: str, side: str) -> Part:
    """The customer beside an open conversation."""

    def make() -> dict[str, Any]:
        case = cases.decode(told.case)
        return {
            **_about(case, told.portrait, settings),
            "line": timeline.line(told.line, LINE),
            "family": "",
            "line_url": f"/desk/customers/{case.root}/line",
            "view": view,
            "side": side,
        }

    return Part("desk/inbox/_context.html", (*told, view, side, settings.currency), make)


def _side(side: str) -> str:
    return "context" if side == "context" else "thread"


async def conversation_page(
    database: Database,
    visit: Visit,
    live: Live,
    settings: Settings,
    conversation_id: UUID,
    *,
    view: str = "open",
    side: str = "",
    sent: UUID | None = None,
    parted: UUID | None = None,
    merged: str = "",
    road: str = "",
    body: str | None = None,
    error: str = "",
    writing: bool = False,
    without: Collection[str] = (),
    typed: composer.Typed = composer.UNTYPED,
    status_code: int = 200,
) -> Response[Any]:
    """The inbox with one conversation open; also the answer to a refused form, with what was written."""
    view, side = inbox.known(view), _side(side)
    async with database.statements() as session:
        told = await opened.thread(
            session, conversation_id, visit.colleague.id, view, rows=views.PAGE + 1, line=LINE + 1
        )
        undo = await _undoable(session, conversation_id, sent)
        said = await inbox.parting(session, visit.colleague.id, parted)
    present = await _present(live, visit, conversation_id)
    at = this_moment()
    listing = inbox.shelf(view, told.rows, at, here=conversation_id)
    pane = _pane(opened.Beside(told.case, told.portrait, told.line), settings, view, side)

    def make() -> dict[str, Any]:
        case = cases.decode(told.case)
        thread = threads.read(told.items)
        items = thread.items
        context = _about(case, told.portrait, settings)
        context |= composer.context(
            case, road=road, body=body, error=error, writing=writing, without=without, typed=typed
        )
        return context | {
            "view": view,
            "views": inbox.counted(told.counts),
            "listing": listing,
            "pane": pane,
            "items": _shown(items, conversation_id, thread.after, visit.colleague.id),
            "earlier": items[0].seq if items and items[0].seq > 1 else None,
            # What is shown is what was seen: a message that comes now has a higher number.
            "last_seq": max([item.seq for item in items], default=case.conversation.last_seq),
            "claims": context["portrait"].claims,
            "undo": undo,
            "parted": said,
            "present": present,
            "side": side,
            "just_merged": merged,
        }

    state: tuple[object, ...] = (
        conversation_id,
        visit.colleague.id,
        view,
        side,
        undo,
        said,
        present,
        merged,
        road,
        body,
        error,
    )
    state += (writing, tuple(sorted(without)), *astuple(typed))
    part = Part("desk/inbox.html", (*told, *state, at, settings.currency), make, finish=listing.finish)
    return Written(part, status_code=status_code)


async def _present(live: Live, visit: Visit, conversation_id: UUID) -> list[tuple[str, str]]:
    others = await presence.present(live.redis, conversation_id, besides=visit.colleague.id)
    return [(one.name, _("is writing") if one.writing else _("is here")) for one in others]


async def _undoable(
    session: AsyncSession, conversation_id: UUID, sent: UUID | None
) -> tuple[UUID, str] | None:
    """What was just written and may be taken back, and what to say of it."""
    if sent is None:
        return None
    try:
        message = await threads.letter(session, conversation_id, sent)
    except NotFound:
        return None
    held = message.status == MessageStatus.HELD and message.release_at is not None
    if not (held and message.release_at and message.release_at > now()):
        return None
    if message.release_at - now() <= SOON:
        return message.id, _("Sending in ten seconds.")
    return message.id, _("It leaves %(when)s.") % {"when": moment(message.release_at)}


def priorities() -> list[tuple[Priority, str]]:
    return [
        (Priority.LOW, _("Low")),
        (Priority.NORMAL, _("Normal")),
        (Priority.HIGH, _("High")),
        (Priority.URGENT, _("Urgent")),
    ]


def snoozes() -> list[tuple[str, str]]:
    return [
        ("3", _("For three hours")),
        ("tomorrow", _("Until tomorrow morning")),
        ("monday", _("Until Monday morning")),
        ("168", _("For a week")),
    ]


@get("/desk/inbox/{conversation_id:uuid}", guards=[AGENT])
async def show_conversation(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    settings: NamedDependency[Settings],
    view: FromQuery[str] = "open",
    side: FromQuery[str] = "",
    sent: FromQuery[UUID | None] = None,
    parted: FromQuery[UUID | None] = None,
    merged: FromQuery[str] = "",
    road: FromQuery[str] = "",
    write: FromQuery[str] = "",
) -> Response[Any]:
    return await conversation_page(
        database,
        visit,
        live,
        settings,
        conversation_id,
        view=view,
        side=side,
        sent=sent,
        parted=parted,
        merged=merged,
        road=road,
        writing=bool(write),
    )


@get("/desk/inbox/{conversation_id:uuid}/head", guards=[AGENT])
async def show_head(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    view: FromQuery[str] = "open",
    side: FromQuery[str] = "",
    seq: FromQuery[int] = 0,
) -> Response[Any]:
    """The head of an open conversation, for a page that has seen everything up to `seq`."""
    async with database.statements() as session:
        told = await opened.beside(session, conversation_id, visit.colleague.id, line=LINE + 1)

    def make() -> dict[str, Any]:
        about = _about(cases.decode(told.case), told.portrait, settings)
        return {**about, "view": view, "side": _side(side), "last_seq": seq}

    state = (view, side, seq, settings.currency)
    return Written(Part("desk/inbox/_head.html", (told.case, told.portrait, *state), make))


@get("/desk/inbox/{conversation_id:uuid}/context", guards=[AGENT])
async def show_context(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    view: FromQuery[str] = "open",
    side: FromQuery[str] = "",
) -> Response[Any]:
    """The customer beside an open conversation."""
    async with database.statements() as session:
        told = await opened.beside(session, conversation_id, visit.colleague.id, line=LINE + 1)
    return Written(_pane(told, settings, view, _side(side)))


@get("/desk/inbox/{conversation_id:uuid}/present", guards=[AGENT])
async def show_present(
    conversation_id: FromPath[UUID], visit: NamedDependency[Visit], live: NamedDependency[Live]
) -> Response[Any]:
    """The colleagues who are at this conversation now."""
    return page("desk/inbox/_present.html", {"present": await _present(live, visit, conversation_id)})


@get("/desk/inbox/{conversation_id:uuid}/since/{seq:int}", guards=[AGENT])
async def show_since_number(
    conversation_id: FromPath[UUID],
    seq: FromPath[int],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    return await _since(database, conversation_id, seq, visit.colleague.id)


@get("/desk/inbox/{conversation_id:uuid}/since", guards=[AGENT])
async def show_since(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    seq: FromQuery[int] = 0,
) -> Response[Any]:
    return await _since(database, conversation_id, seq, visit.colleague.id)


async def _since(database: Database, conversation_id: UUID, seq: int, reader: UUID) -> Response[Any]:
    """What a page that has seen everything up to `seq` has not; and what became of the answers it shows."""
    async with database.statements() as session:
        seen, items = await threads.around(session, conversation_id, seq, seen=SEEN)
        if not (seen or items):
            await composer.find(session, conversation_id)
    ours = [item for item in seen if item.status]
    context = {
        "items": _shown(items, conversation_id, seen[-1].at if seen else None, reader),
        "changed": _shown(ours, conversation_id, seen[0].at if seen else None, reader),
        "last_seq": max([item.seq for item in items], default=seq),
    }
    return page("desk/inbox/_since.html", context)


@get("/desk/inbox/{conversation_id:uuid}/earlier", guards=[AGENT])
async def show_earlier(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    before: FromQuery[int],
) -> Response[Any]:
    async with database.statements() as session:
        conversation = await composer.find(session, conversation_id)
        thread = await threads.end(session, conversation_id, before=before)
    first = thread.items[0].seq if thread.items else 0
    context = {
        "conversation": conversation,
        "items": _shown(thread.items, conversation_id, thread.after, visit.colleague.id),
        "earlier": first if first > 1 else None,
    }
    return page("desk/inbox/_earlier.html", context)


@get("/desk/inbox/{conversation_id:uuid}/attachments/{attachment_id:uuid}", guards=[AGENT])
async def show_file(
    conversation_id: FromPath[UUID],
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    async with database.transaction() as session:
        file = await threads.file(session, conversation_id, attachment_id)
    return offer(file, settings)


handlers = [
    show_conversation,
    show_head,
    show_context,
    show_present,
    show_since,
    show_since_number,
    show_earlier,
    show_file,
]
