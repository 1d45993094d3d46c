"""The composer of a conversation: roads, drafts and macros."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers
from channels.models import Conversation
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from portal import reasons
from portal.desk.inbox import AGENT
from portal.forms import read_form
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit
from support import cases, drafts, macros, portraits, presence, threads, tickets
from support import roads as support_roads
from support.cases import Case
from support.quotes import fold


async def find(session: AsyncSession, conversation_id: UUID) -> Conversation:
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound(_("That conversation does not exist."))
    return conversation


async def open_road(
    session: AsyncSession, conversation: Conversation, road: str, to: answers.Recipients | None = None
) -> None:
    """Raises Invalid, with the reason, for a road that nothing would go by, to those of the conversation or `to`."""
    try:
        to = to or await answers.recipients_for(session, conversation.id, road)
    except Invalid:
        return  # who answers is told so
    if why := (await support_roads.closed(session, {road: to.to})).get(road):
        raise Invalid(_("Not sent, your text is kept. %(why)s") % {"why": reasons.closed(road, why)})


@dataclass(frozen=True)
class Typed:
    """What an agent typed into an e-mail besides its words."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    quoting: bool = True
    later: str = ""


UNTYPED = Typed()


def laters() -> list[tuple[str, str]]:
    return [
        ("", _("Send now")),
        ("1", _("Send in an hour")),
        ("3", _("Send in three hours")),
        ("tomorrow", _("Send tomorrow at 9:00")),
        ("monday", _("Send on Monday at 9:00")),
    ]


def _mail(case: Case, to: answers.Recipients, typed: Typed) -> dict[str, Any]:
    """What an e-mail has besides its words."""
    return {
        "meant": to.to,
        "to": typed.to or to.to,
        "cc": typed.cc,
        "bcc": typed.bcc,
        "changed": bool((typed.to and typed.to != to.to) or typed.cc or typed.bcc),
        "quotable": to.in_reply_to_id is not None,
        "quoting": typed.quoting,
        "signature": case.signature,
        "later": typed.later,
        "laters": laters(),
    }


def context(
    case: Case,
    *,
    road: str = "",
    body: str | None = None,
    error: str = "",
    writing: bool = False,
    without: Collection[str] = (),
    typed: Typed = UNTYPED,
) -> dict[str, Any]:
    """What the composer needs: roads, who an answer goes to, and the draft of the chosen road.

    What was written for a road that has closed since goes along to the one that is chosen in its place.
    """
    every = case.roads()
    shut = {
        name: reasons.closed(name, why)
        for name, why in support_roads.shut(case.stops, {name: to.to for name, to in every.items()}).items()
    }
    ways = {name: to for name, to in every.items() if name not in shut}
    kept = {draft.mode: draft.body for draft in case.drafts}
    names = {"email": _("E-mail"), "sms": _("SMS"), "chat": _("Chat"), "note": _("Note")}
    asked = road
    if road not in (*ways, "note"):
        last = next(reversed(kept), "")
        road = last if last in (*ways, "note") else next(iter(ways), "note")
    words = _("Only colleagues see a note.")
    copies: list[tuple[str, bool]] = []
    if road in ways:
        to = ways[road]
        words = _("To %(address)s") % {"address": _("the visitor") if road == "chat" else to.to}
        copies = [(address, address not in without) for address in to.cc]
    if body is None:
        stranded = [asked, *reversed(kept)]
        body = kept.get(road) or next((kept[name] for name in stranded if name in shut and name in kept), "")
    return {
        "conversation": case.conversation,
        "roads": [(name, names[name], name) for name in (*ways, *shut, "note")],
        "closed": shut,
        "road": road,
        "body": body,
        "writing": writing,
        "drafted": [mode for mode in kept if mode != road],
        "recipients": words,
        "copies": copies,
        "mail": _mail(case, ways[road], typed) if road == "email" and road in ways else None,
        "composer_error": error or None,
        "last_seq": case.conversation.last_seq,
    }


async def values(
    session: AsyncSession, visit: Visit, conversation: Conversation, company: str
) -> dict[str, str]:
    """What a macro's variables stand for in a conversation."""
    portrait = await portraits.portrait(session, conversation.customer_id)
    ticket = await tickets.of_conversation(session, conversation.id)
    # Whoever we know only by address or number has no name to greet.
    name = portrait.customer.name or ""
    return {
        "customer.name": name,
        "customer.first_name": name.partition(" ")[0],
        "ticket.number": str(ticket.number) if ticket else "",
        "ticket.subject": ticket.subject if ticket else conversation.subject,
        "agent.name": visit.colleague.name,
        "agent.first_name": visit.colleague.name.partition(" ")[0],
        "company": company,
    }


@get("/desk/inbox/{conversation_id:uuid}/macros", guards=[AGENT])
async def offer_macros(
    conversation_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """The macros as they would read in this conversation."""
    async with database.statements() as session:
        conversation = await find(session, conversation_id)
        known = await values(session, visit, conversation, settings.company_name)
        found = [(one.id, one.name, macros.fill(one.body, known)) for one in await macros.everything(session)]
    return page("desk/inbox/_macros.html", {"macros": found})


class Draft(msgspec.Struct):
    mode: str
    body: str = ""
    road: str = ""
    view: str = "open"
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
        await find(session, conversation_id)
        said = await threads.since(session, conversation_id, form.last_seen_seq)
        ours = [item for item in said if not item.inbound and not item.done]
        if any(form.body.split() in (item.text.split(), fold(item.text)[0].split()) for item in ours):
            return  # it overtook its own sending
        await drafts.save(session, visit.colleague.id, conversation_id, form.mode, form.body)
    if form.body.strip():
        await presence.write(live.redis, conversation_id, visit.colleague.id)


@post("/desk/inbox/{conversation_id:uuid}/composer", guards=[AGENT], status_code=200)
async def change_road(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """The composer on another road. What was written goes along, or stays where it is as a draft.

    It goes along from one road to the customer to another that has no draft of its own; never between a note
    and a road, because what colleagues tell each other must not end in an answer.
    """
    form = await read_form(request, Draft)
    if form.mode not in drafts.MODES:
        raise Invalid(_("Choose how to answer."))
    async with database.transaction() as session:
        await find(session, conversation_id)
        me = visit.colleague.id
        kept = await drafts.of(session, me, conversation_id)
        alone = "note" in (form.mode, form.road) or form.road not in drafts.MODES
        if alone or form.road in kept or not form.body.strip():
            await drafts.save(session, me, conversation_id, form.mode, form.body)
        else:
            await drafts.discard(session, me, conversation_id, form.mode)
            await drafts.save(session, me, conversation_id, form.road, form.body)
        case = await cases.read(session, conversation_id, me)
    shown = context(case, road=form.road)
    return page("desk/inbox/_composer.html", {**shown, "last_seq": form.last_seen_seq, "view": form.view})


handlers = [save_draft, change_road, offer_macros]
