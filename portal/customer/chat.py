"""The chat: a visitor's own conversation, known by their cookie alone, live where scripts run."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Enclosure
from channels.outbox import CHAT
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from portal import visits
from portal.customer.help import presence, reach
from portal.files import offer
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.live import Live
from portal.rendering import page
from portal.threads import Shown, show
from portal.uploads import read_uploads
from portal.visits import Visit
from support import articles, chats, enclosures, requests, threads

BY_CLIENT = "30/minute;600/day"
BEGUN_BY_CLIENT = "10/hour;40/day"
EMPTY = {"name": "", "email": "", "body": ""}


async def _shown(session: AsyncSession, conversation_id: UUID) -> tuple[list[Shown], int]:
    """What was said last in the chat, and the number reached; never a note, or a letter."""
    items = await threads.latest(session, conversation_id, notes=False, channel=CHAT)
    shown = show(items, by="customer", place="/chat", you=lambda item: item.inbound)
    return shown, max([item.seq for item in items], default=0)


async def _chat_page(
    request: Request[Any, Any, Any],
    database: Database,
    settings: Settings,
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    items: list[Shown] = []
    seen = 0
    async with database.statements() as session:
        chat_id = await visits.chat_of(session, visit)
        if chat_id is not None:
            items, seen = await _shown(session, chat_id)
        # Where nothing was said yet, who answers and how soon, and the answers that most people look for.
        told = presence(settings) if items else await reach(session, settings)
        read = [] if items else await articles.popular(session, current_locale(), 3)
    context = {
        "items": items,
        "last_seq": seen,
        "begun": chat_id is not None,
        "known": visit.customer_id is not None,
        **told,
        "articles": read,
        "typed": {**EMPTY, **(typed or {})},
        "errors": errors or {},
        "key": secrets.token_urlsafe(16),
    }
    # The corner button asks for the panel alone.
    panel = bool(request.headers.get("hx-request"))
    return page(
        "chat/_panel.html" if panel else "chat/page.html", context, status_code=422 if errors else 200
    )


@get("/chat", guards=[anyone])
async def show_chat(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    return await _chat_page(request, database, settings, visit)


class Said(msgspec.Struct):
    body: str = ""
    name: str = ""
    email: str = ""
    key: str = ""
    # From a panel that shows what is said by itself.
    begun: bool = False


@post("/chat", guards=[anyone])
async def say(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """Begin a chat or write on in it."""
    form = await read_form(request, Said)
    await limits.take(BY_CLIENT, "chat", client(request))
    went_on = False
    try:
        files = enclosures.check(await read_uploads(request))
        went_on = await _go_on(database, visit, form, files)
        if not went_on:
            await limits.take(BEGUN_BY_CLIENT, "chat-begin", client(request))
            async with database.transaction() as session:
                conversation = await requests.begin_chat(
                    session,
                    visit.customer_id,
                    name=form.name[:100],
                    email=form.email,
                    locale=current_locale(),
                )
                await _keep(session, conversation.id, visit, form, files)
                visit = await visits.remember(session, request, chat_id=conversation.id)
    except Invalid as error:
        typed = {"name": form.name, "email": form.email, "body": form.body}
        errors = {name: _(sentence) for name, sentence in error.fields.items()} or {"body": _(error.message)}
        here = visits.current(request)
        return await _chat_page(request, database, settings, here, typed=typed, errors=errors)
    if not request.headers.get("hx-request"):
        return Redirect("/chat#end", status_code=303)
    if went_on and form.begun:
        return _said(visit)
    return await _chat_page(request, database, settings, visit)


def _said(visit: Visit) -> Response[Any]:
    """An empty form in place of the one that was sent; what is new is asked for by the messages above it."""
    context = {
        "begun": True,
        "known": visit.customer_id is not None,
        "typed": EMPTY,
        "errors": {},
        "key": secrets.token_urlsafe(16),
    }
    return page(
        "chat/_form.html",
        context,
        re_target="#end",
        re_swap="outerHTML",
        trigger_event="said",
        params={},
        after="settle",
    )


async def _go_on(database: Database, visit: Visit, form: Said, files: Sequence[Enclosure]) -> bool:
    """Write on in this browser's chat; False when it has none."""
    if visit.chat_id is None:
        return False
    if not files:
        words = requests.checked(form.body)
        async with database.statements() as session:
            if await chats.say(session, visit.chat_id, visit.customer_id, words, key=form.key):
                return True
    # With files, said before, or not to be gone on in: step by step.
    async with database.transaction() as session:
        chat_id = await visits.chat_of(session, visit)
        if chat_id is not None:
            await _keep(session, chat_id, visit, form, files)
    return chat_id is not None


async def _keep(
    session: AsyncSession, chat_id: UUID, visit: Visit, form: Said, files: Sequence[Enclosure]
) -> None:
    proven = visit.customer_id is not None
    await requests.chat(session, chat_id, form.body, key=form.key, proven=proven, files=files)


@get("/chat/since", guards=[anyone])
async def show_since(
    visit: NamedDependency[Visit], database: NamedDependency[Database], seq: FromQuery[int] = 0
) -> Response[Any]:
    """What the visitor's own conversation holds after a number."""
    async with database.statements() as session:
        chat_id = await visits.chat_of(session, visit)
        if chat_id is None:
            raise NotFound(_("There is no conversation yet."))
        seen, items = await threads.around(session, chat_id, seq, seen=1, notes=False, channel=CHAT)
    shown = show(
        items,
        by="customer",
        place="/chat",
        after=seen[-1].at if seen else None,
        you=lambda item: item.inbound,
    )
    return page(
        "chat/_since.html", {"items": shown, "last_seq": max([item.seq for item in items], default=seq)}
    )


@get("/chat/live", guards=[anyone])
async def listen(
    visit: NamedDependency[Visit], database: NamedDependency[Database], live: NamedDependency[Live]
) -> ServerSentEvent:
    async with database.statements() as session:
        chat_id = await visits.chat_of(session, visit)
    if chat_id is None:
        raise NotFound(_("There is no conversation yet."))
    return live.stream({f"conversation:{chat_id}": "conversation"})


@get("/chat/attachments/{attachment_id:uuid}", guards=[anyone])
async def show_file(
    attachment_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """A file of the visitor's own conversation."""
    async with database.transaction() as session:
        chat_id = await visits.chat_of(session, visit)
        if chat_id is None:
            raise NotFound(_("There is no conversation yet."))
        file = await threads.file(session, chat_id, attachment_id)
    return offer(file, settings)


@post("/chat/end", guards=[anyone])
async def end(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """This browser forgets the conversation; we keep it."""
    if visit.chat_id is not None:
        async with database.transaction() as session:
            await visits.remember(session, request, chat_id=None)
    return Redirect("/chat", status_code=303)


handlers = [show_chat, say, show_since, listen, show_file, end]
