"""The inbox: views and list, live."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.rendering import clock, day, lasting, local, moment
from core.rendering import gettext as _
from core.staff import Role
from portal import cursors
from portal.guards import staff
from portal.live import Live
from portal.visits import Visit
from portal.written import Part, Written, this_moment
from support import drafts, presence, tickets, views
from support.models import DONE
from support.views import Row

AGENT = staff(Role.AGENT)
SAID = 160
# After these a colleague goes on to the next conversation.
PARTING = ("solve", "snooze")


@dataclass(frozen=True)
class Listed:
    """A row of the list in words."""

    row: Row
    first: str
    waits: str
    share: float  # of the promised time to a first answer, what is left: 0..1
    tone: str | None
    when: str  # the last was said
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Parted:
    """A sentence about what was put off the table, and where it is taken back."""

    text: str
    undo: str
    unsent: bool = False  # something was written and not sent


def view_names() -> list[tuple[str, str, str]]:
    return [
        ("mine", _("Mine"), "user"),
        ("unassigned", _("Unassigned"), "inbox"),
        ("teams", _("My teams"), "users"),
        ("open", _("All open"), "layers"),
        ("waiting", _("Waiting longest"), "clock"),
        ("snoozed", _("Snoozed"), "alarm-clock"),
        ("solved", _("Solved"), "circle-check"),
    ]


def _listed(row: Row, at: datetime) -> Listed:
    waits, share, tone = "", 0.0, None
    if row.waiting_since is not None:
        waits = lasting(at - row.waiting_since, "narrow")
        if row.first_response_at is None:
            whole = (row.first_response_due_at - row.cycle_started_at).total_seconds()
            left = (row.first_response_due_at - at).total_seconds()
            share = min(1.0, max(0.0, left / whole)) if whole > 0 else 0.0
            tone = "danger" if left <= 0 else "warning" if share < 0.25 else None
    said = " ".join(row.last_text.split())[:SAID] or row.subject
    if row.last_failed:
        said = _("Did not arrive: %(said)s") % {"said": said}
    elif not row.last_inbound:
        said = _("Us: %(said)s") % {"said": said}
    said_at = row.last_message_at
    when = clock(said_at) if local(said_at).date() == local(at).date() else day(said_at, "short")
    return Listed(row, said, waits, round(share, 3), tone, when, tuple(row.channels))


def known(view: str) -> str:
    """The view of a name; all that is open for one that nobody knows."""
    return view if views.known(view) else "open"


def listed(told: str, at: datetime) -> list[Listed]:
    """The rows that `views.told` told, in words."""
    return [_listed(row, at) for row in views.read_rows(told)]


def shelf(view: str, told: str, at: datetime, *, further: bool = False, here: UUID | None = None) -> Part:
    """The list of a view, of one row more than it shows; `here` is the conversation that is open."""

    def make() -> dict[str, Any]:
        rows = views.read_rows(told)
        return {
            "view": view,
            "rows": [_listed(row, at) for row in rows[: views.PAGE]],
            "more": cursors.write(*rows[views.PAGE - 1].cursor) if len(rows) > views.PAGE else "",
            "more_only": further,
        }

    def mark(written: str) -> str:
        # For everybody the same but for this.
        row = f'id="row-{here}"'
        return written.replace(row, f'{row} aria-current="true"', 1)

    finish = mark if here is not None else None
    return Part("desk/inbox/_list.html", (view, told, further, at), make, for_all=True, finish=finish)


async def beside(session: AsyncSession, staff_id: UUID, view: str, conversation_id: UUID) -> UUID | None:
    """The conversation below this one in a view, else the one above; None when it does not stand there."""
    ids = [row.conversation_id for row in await views.listing(session, known(view), staff_id)]
    if conversation_id not in ids or len(ids) == 1:
        return None
    at = ids.index(conversation_id)
    return ids[at + 1] if at + 1 < len(ids) else ids[at - 1]


async def parting(session: AsyncSession, staff_id: UUID, conversation_id: UUID | None) -> Parted | None:
    """What to say of a conversation that was just solved or snoozed, and how to take it back."""
    ticket = await tickets.of_conversation(session, conversation_id) if conversation_id else None
    undo = f"/desk/inbox/{conversation_id}/ticket/undo"
    if ticket is not None and ticket.status in DONE:
        if await drafts.of(session, staff_id, ticket.conversation_id):
            words = _("Solved: %(subject)s. What you had written was not sent.")
            return Parted(words % {"subject": ticket.subject}, undo, unsent=True)
        return Parted(_("Solved: %(subject)s") % {"subject": ticket.subject}, undo)
    if ticket is not None and ticket.snoozed_until is not None:
        until = moment(ticket.snoozed_until)
        words = _("Snoozed until %(until)s: %(subject)s") % {"until": until, "subject": ticket.subject}
        return Parted(words, undo)
    return None


def counted(told: str) -> list[tuple[str, str, str, str, int | None]]:
    """The views with how many wait in each, as the navigation needs them, of what `views.shelf` told."""
    counts = views.read_counts(told)
    teams = [(views.of_team(team_id), name, "users", waiting) for team_id, name, waiting in counts.teams]
    listed = [(name, words, icon, counts.views.get(name)) for name, words, icon in view_names()]
    # What each team answers for stands below what all of one's own do.
    place = next(number for number, view in enumerate(listed) if view[0] == "teams") + 1
    shown = [
        (name, words, f"/desk/inbox?view={name}", icon, count)
        for name, words, icon, count in [*listed[:place], *teams, *listed[place:]]
    ]
    shown.append(("search", _("Search messages"), "/desk/inbox/search", "search", None))
    if counts.kept_out:
        shown.append(("", _("Quarantine"), "/desk/inbox/quarantine", "triangle-alert", counts.kept_out))
    return shown


@get("/desk/inbox", guards=[AGENT])
async def show_inbox(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    view: FromQuery[str] = "open",
    after: FromQuery[str] = "",
) -> Response[Any]:
    view = known(view)
    async with database.statements() as session:
        rows, counts = await views.shelf(
            session, view, visit.colleague.id, after=cursors.read(after), limit=views.PAGE + 1
        )
    at = this_moment()
    listing = shelf(view, rows, at)

    def make() -> dict[str, Any]:
        return {
            "view": view,
            "views": counted(counts),
            "listing": listing,
            "parted": None,
            "side": "",
            "conversation": None,
        }

    return Written(Part("desk/inbox.html", (view, rows, counts, at), make))


@get("/desk/inbox/list", guards=[AGENT])
async def show_list(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    view: FromQuery[str] = "open",
    after: FromQuery[str] = "",
    here: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """The list alone."""
    view = known(view)
    async with database.statements() as session:
        rows = await views.told(
            session, view, visit.colleague.id, after=cursors.read(after), limit=views.PAGE + 1
        )
    return Written(shelf(view, rows, this_moment(), further=bool(after), here=here))


@get("/desk/inbox/views", guards=[AGENT])
async def show_views(
    visit: NamedDependency[Visit], database: NamedDependency[Database], view: FromQuery[str] = "open"
) -> Response[Any]:
    """The views alone, with their counts."""
    async with database.statements() as session:
        counts = await views.counting(session, visit.colleague.id)
    part = Part(
        "desk/inbox/_views.html",
        (view, counts),
        lambda: {"views": counted(counts), "view": view},
        for_all=True,
    )
    return Written(part)


@dataclass(frozen=True)
class _AtThread:
    """A colleague whose browser is open at a conversation."""

    live: Live
    conversation_id: UUID
    staff_id: UUID
    name: str
    stream: str = field(default_factory=lambda: uuid4().hex)

    async def here(self) -> None:
        await presence.arrive(self.live.redis, self.conversation_id, self.staff_id, self.name, self.stream)

    async def gone(self) -> None:
        await presence.leave(self.live.redis, self.conversation_id, self.staff_id, self.stream)


@get("/desk/inbox/live", guards=[AGENT])
async def listen(
    visit: NamedDependency[Visit],
    live: NamedDependency[Live],
    conversation: FromQuery[UUID | None] = None,
) -> ServerSentEvent:
    """Says that the list, this conversation, or who is at it has changed."""
    topics = {"inbox": "inbox"}
    if conversation is None:
        return live.stream(topics)
    topics |= {f"conversation:{conversation}": "conversation", f"presence:{conversation}": "presence"}
    colleague = visit.colleague
    return live.stream(topics, _AtThread(live, conversation, colleague.id, colleague.name))


handlers = [show_inbox, show_list, show_views, listen]
