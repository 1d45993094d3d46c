"""The inbox: views, list, thread and context on one page, live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from babel.dates import format_timedelta
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers
from channels.answers import Recipients
from channels.models import Conversation, MessageStatus
from core.clock import now
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers import merging
from portal import cursors, timeline
from portal.guards import staff
from portal.live import Live
from portal.rendering import page
from portal.threads import Shown, download, frame, show
from portal.visits import Visit
from support import drafts, portraits, presence, threads, tickets, views
from support.models import UNDONE, Priority
from support.views import Row

AGENT = staff(Role.AGENT)
LINE = 15


@dataclass(frozen=True)
class Listed:
    """A row of the list in words."""

    row: Row
    first: str
    waits: str
    share: float  # of the promised time to a first answer, what is left: 0..1
    tone: str | None


def view_names() -> list[tuple[str, str, str]]:
    return [
        ("mine", _("Mine"), "user"),
        ("unassigned", _("Unassigned"), "inbox"),
        ("open", _("All open"), "layers"),
        ("waiting", _("Waiting longest"), "clock"),
        ("snoozed", _("Snoozed"), "alarm-clock"),
        ("solved", _("Solved"), "circle-check"),
    ]


def _listed(row: Row) -> Listed:
    moment = now()
    waits, share, tone = "", 0.0, None
    if row.waiting_since is not None:
        waits = format_timedelta(
            moment - row.waiting_since, threshold=1.2, format="narrow", locale=current_locale()
        )
        if row.first_response_at is None:
            whole = (row.first_response_due_at - row.cycle_started_at).total_seconds()
            left = (row.first_response_due_at - moment).total_seconds()
            share = min(1.0, max(0.0, left / whole)) if whole > 0 else 0.0
            tone = "danger" if left <= 0 else "warning" if share < 0.25 else None
    said = tickets.first_line(row.last_text) or row.subject
    return Listed(row, said if row.last_inbound else _("Us: %(said)s") % {"said": said}, waits, share, tone)


async def listing(
    session: AsyncSession, visit: Visit, view: str, after: str, here: UUID | None
) -> dict[str, Any]:
    """What the list needs."""
    view = view if view in views.VIEWS else "open"
    colleague = visit.colleague.id
    rows = await views.listing(session, view, colleague, after=cursors.read(after), limit=views.PAGE + 1)
    return {
        "view": view,
        "rows": [_listed(row) for row in rows[: views.PAGE]],
        "more": cursors.write(*rows[views.PAGE - 1].cursor) if len(rows) > views.PAGE else "",
        "here": here,
    }


async def counted(session: AsyncSession, visit: Visit) -> list[tuple[str, str, str, str, int | None]]:
    """The views with how many wait in each, as the navigation needs them."""
    counts = await views.counts(session, visit.colleague.id)
    return [
        (name, words, f"/desk/inbox?view={name}", icon, counts.get(name))
        for name, words, icon in view_names()
    ]


@get("/desk/inbox", guards=[AGENT])
async def show_inbox(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    view: FromQuery[str] = "open",
    after: FromQuery[str] = "",
) -> Response[Any]:
    async with database.transaction() as session:
        context = await listing(session, visit, view, after, None)
        context["views"] = await counted(session, visit)
    return page("desk/inbox.html", {**context, "side": "", "conversation": None})


@get("/desk/inbox/list", guards=[AGENT])
async def show_list(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    view: FromQuery[str] = "open",
    after: FromQuery[str] = "",
    here: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """The list alone."""
    async with database.transaction() as session:
        context = await listing(session, visit, view, after, here)
    return page("desk/inbox/_list.html", {**context, "more_only": bool(after)})


@get("/desk/inbox/views", guards=[AGENT])
async def show_views(
    visit: NamedDependency[Visit], database: NamedDependency[Database], view: FromQuery[str] = "open"
) -> Response[Any]:
    """The views alone, with their counts."""
    async with database.transaction() as session:
        found = await counted(session, visit)
    return page("desk/inbox/_views.html", {"views": found, "view": view})


@get("/desk/inbox/live", guards=[AGENT])
async def listen(live: NamedDependency[Live], conversation: FromQuery[UUID | None] = None) -> ServerSentEvent:
    """Says that the list, or this conversation, has changed."""
    topics = {"inbox": "inbox"}
    if conversation is not None:
        topics[f"conversation:{conversation}"] = "conversation"
    return live.stream(topics)


async def find(session: AsyncSession, conversation_id: UUID) -> Conversation:
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound(_("That conversation does not exist."))
    return conversation


def _place(conversation_id: UUID) -> str:
    return f"/desk/inbox/{conversation_id}"


async def roads(session: AsyncSession, conversation: Conversation) -> dict[str, Recipients]:
    """The ways to answer that lead somewhere, the one that was written on first."""
    usual = {"portal": "email"}
    used = [usual.get(channel, channel) for channel in await threads.channels_of(session, conversation.id)]
    order = [
        channel for channel in dict.fromkeys([*used, "email", "sms"]) if channel in ("email", "sms", "chat")
    ]
    found = {}
    for channel in order:
        try:
            found[channel] = await answers.recipients_for(session, conversation.id, channel)
        except Invalid:
            continue
    return found


async def composer(
    session: AsyncSession,
    visit: Visit,
    conversation: Conversation,
    *,
    road: str = "",
    body: str | None = None,
    error: str = "",
) -> dict[str, Any]:
    """What the composer needs: roads, who an answer goes to, and the draft of the chosen road."""
    ways = await roads(session, conversation)
    kept = await drafts.of(session, visit.colleague.id, conversation.id)
    names = {"email": _("E-mail"), "sms": _("SMS"), "chat": _("Chat"), "note": _("Note")}
    if road not in (*ways, "note"):
        last = next(reversed(kept), "")
        road = last if last in (*ways, "note") else next(iter(ways), "note")
    words = _("Only colleagues see a note.")
    if road in ways:
        to = ways[road]
        words = _("To %(address)s") % {"address": _("the visitor") if road == "chat" else to.to}
        if to.cc:
            words += ", " + _("Cc %(addresses)s") % {"addresses": ", ".join(to.cc)}
    return {
        "conversation": conversation,
        "roads": [(name, names[name], name) for name in (*ways, "note")],
        "road": road,
        "body": kept.get(road, "") if body is None else body,
        "recipients": words,
        "composer_error": error or None,
        "last_seq": conversation.last_seq,
    }


async def thread(session: AsyncSession, conversation_id: UUID, items: list[threads.Item]) -> list[Shown]:
    after: datetime | None = None
    if items:
        before = await threads.latest(session, conversation_id, before=items[0].seq, limit=1)
        after = before[0].at if before else None
    return show(items, by="staff", place=_place(conversation_id), after=after)


async def about(session: AsyncSession, settings: Settings, conversation: Conversation) -> dict[str, Any]:
    """What the head of a conversation and the pane beside it need: ticket, customer, the line."""
    ticket = await tickets.of_conversation(session, conversation.id)
    colleagues = await tickets.colleagues(session)
    root = await merging.survivor(session, conversation.customer_id)
    return {
        "conversation": conversation,
        "ticket": ticket,
        "undone": ticket is not None and ticket.status in UNDONE,
        "assignee": next((one for one in colleagues if ticket and one.id == ticket.assignee_id), None),
        "colleagues": colleagues,
        "priorities": priorities(),
        "snoozes": snoozes(),
        "portrait": await portraits.portrait(session, conversation.customer_id),
        "line": await timeline.read(session, conversation.customer_id, limit=LINE),
        "tickets": [
            one
            for one in await tickets.of_customer(session, conversation.customer_id, undone=True, limit=5)
            if one.conversation_id != conversation.id
        ],
        "family": "",
        "line_url": f"/desk/customers/{root}/line",
        "currency": settings.currency,
        "customer_id": root,
    }


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
    merged: str = "",
    road: str = "",
    body: str | None = None,
    error: str = "",
    status_code: int = 200,
) -> Response[Any]:
    """The inbox with one conversation open; also the answer to a refused form, with what was written."""
    colleague = visit.colleague
    async with database.transaction() as session:
        conversation = await find(session, conversation_id)
        context = await listing(session, visit, view, "", conversation_id)
        items = await threads.latest(session, conversation_id)
        # What is shown is what was seen: a message that comes now has a higher number.
        seen = max([item.seq for item in items], default=conversation.last_seq)
        context |= await composer(session, visit, conversation, road=road, body=body, error=error)
        context |= await about(session, settings, conversation)
        context |= {
            "views": await counted(session, visit),
            "items": await thread(session, conversation_id, items),
            "earlier": items[0].seq if items and items[0].seq > 1 else None,
            "last_seq": seen,
            "claims": await portraits.claims(session, conversation.customer_id),
            "undo": await _undoable(session, conversation_id, sent),
        }
    await presence.arrive(live.redis, conversation_id, colleague.id, colleague.name)
    others = await presence.present(live.redis, conversation_id, besides=colleague.id)
    context |= {
        "present": [(one.name, _("is writing") if one.writing else _("is here")) for one in others],
        "side": _side(side),
        "just_merged": merged,
    }
    return page("desk/inbox.html", context, status_code=status_code)


async def _undoable(session: AsyncSession, conversation_id: UUID, sent: UUID | None) -> UUID | None:
    if sent is None:
        return None
    try:
        message = await threads.letter(session, conversation_id, sent)
    except NotFound:
        return None
    held = message.status == MessageStatus.HELD and message.release_at is not None
    return message.id if held and message.release_at and message.release_at > now() else None


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
    merged: FromQuery[str] = "",
    road: FromQuery[str] = "",
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
        merged=merged,
        road=road,
    )


@get("/desk/inbox/{conversation_id:uuid}/head", guards=[AGENT])
async def show_head(
    conversation_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    view: FromQuery[str] = "open",
    side: FromQuery[str] = "",
    seq: FromQuery[int] = 0,
) -> Response[Any]:
    """The head of an open conversation, for a page that has seen everything up to `seq`."""
    async with database.transaction() as session:
        context = await about(session, settings, await find(session, conversation_id))
    return page("desk/inbox/_head.html", {**context, "view": view, "side": _side(side), "last_seq": seq})


@get("/desk/inbox/{conversation_id:uuid}/context", guards=[AGENT])
async def show_context(
    conversation_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    view: FromQuery[str] = "open",
    side: FromQuery[str] = "",
) -> Response[Any]:
    """The customer beside an open conversation."""
    async with database.transaction() as session:
        context = await about(session, settings, await find(session, conversation_id))
    return page("desk/inbox/_context.html", {**context, "view": view, "side": _side(side)})


@get("/desk/inbox/{conversation_id:uuid}/since/{seq:int}", guards=[AGENT])
async def show_since_number(
    conversation_id: FromPath[UUID], seq: FromPath[int], database: NamedDependency[Database]
) -> Response[Any]:
    return await _since(database, conversation_id, seq)


@get("/desk/inbox/{conversation_id:uuid}/since", guards=[AGENT])
async def show_since(
    conversation_id: FromPath[UUID], database: NamedDependency[Database], seq: FromQuery[int] = 0
) -> Response[Any]:
    return await _since(database, conversation_id, seq)


async def _since(database: Database, conversation_id: UUID, seq: int) -> Response[Any]:
    """What a page that has seen everything up to `seq` has not; and what became of the answers it shows."""
    async with database.transaction() as session:
        conversation = await find(session, conversation_id)
        items = await threads.since(session, conversation_id, seq)
        shown = await thread(session, conversation_id, items)
        seen = await threads.latest(session, conversation_id, before=seq + 1, limit=12)
        changed = show(
            [item for item in seen if item.status],
            by="staff",
            place=_place(conversation_id),
            after=seen[0].at if seen else None,
        )
    context = {
        "conversation": conversation,
        "items": shown,
        "changed": changed,
        "last_seq": max([item.seq for item in items], default=seq),
    }
    return page("desk/inbox/_since.html", context)


@get("/desk/inbox/{conversation_id:uuid}/earlier", guards=[AGENT])
async def show_earlier(
    conversation_id: FromPath[UUID], database: NamedDependency[Database], before: FromQuery[int]
) -> Response[Any]:
    async with database.transaction() as session:
        conversation = await find(session, conversation_id)
        items = await threads.latest(session, conversation_id, before=before)
        shown = await thread(session, conversation_id, items)
    earlier = items[0].seq if items and items[0].seq > 1 else None
    return page(
        "desk/inbox/_earlier.html", {"conversation": conversation, "items": shown, "earlier": earlier}
    )


@get("/desk/inbox/{conversation_id:uuid}/messages/{message_id:uuid}/html", guards=[AGENT])
async def show_html(
    conversation_id: FromPath[UUID], message_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """The HTML of a mail, cleaned, for the frame it stands in."""
    async with database.transaction() as session:
        message = await threads.letter(session, conversation_id, message_id)
    return frame(message.html or "", message.subject)


@get("/desk/inbox/{conversation_id:uuid}/attachments/{attachment_id:uuid}", guards=[AGENT])
async def show_file(
    conversation_id: FromPath[UUID], attachment_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        file, blob = await threads.file(session, conversation_id, attachment_id)
    return download(file, blob)


handlers = [
    show_inbox,
    show_list,
    show_views,
    show_head,
    show_context,
    listen,
    show_conversation,
    show_since,
    show_since_number,
    show_earlier,
    show_html,
    show_file,
]
