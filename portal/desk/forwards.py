"""An e-mail of a thread shown to somebody else; and one that did not arrive, sent again."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database import Database
from core.errors import Conflict, Invalid
from core.rendering import gettext as _
from core.settings import Settings
from portal.desk import conversations
from portal.desk.inbox import AGENT
from portal.desk.originals import PLACE
from portal.desk.tickets import back, why
from portal.errors import status_of
from portal.forms import read_form
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit
from support import forwards, threads


class Written(msgspec.Struct):
    to: str = ""
    copies: str = ""
    body: str = ""
    files: list[UUID] = []


async def _page(
    database: Database,
    conversation_id: UUID,
    message_id: UUID,
    typed: Written | None = None,
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    async with database.statements() as session:
        message = await threads.letter(session, conversation_id, message_id)
        enclosed = await forwards.enclosed(session, message_id)
    typed = typed or Written(files=[file.id for file in enclosed])
    context = {
        "conversation_id": conversation_id,
        "message": message,
        "typed": typed,
        "errors": errors or {},
        "files": [(file.id, file.filename) for file in enclosed],
    }
    return page("desk/inbox/forward.html", context, status_code=422 if errors else 200)


@get(f"{PLACE}/forward", guards=[AGENT])
async def show_forward(
    conversation_id: FromPath[UUID], message_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    return await _page(database, conversation_id, message_id)


@post(f"{PLACE}/forward", guards=[AGENT])
async def forward(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Send it on, in a conversation of its own."""
    typed = await read_form(request, Written)
    try:
        async with database.transaction() as session:
            side, sent = await forwards.forward(
                session,
                conversation_id,
                message_id,
                visit.colleague,
                typed.to,
                typed.body,
                copies=typed.copies,
                files=typed.files,
            )
    except Invalid as error:
        errors = {name: _(words) for name, words in error.fields.items()} or {"to": _(error.message)}
        return await _page(database, conversation_id, message_id, typed, errors)
    return back(side, "open", sent=sent)


class Again(msgspec.Struct):
    to: str = ""


@post(f"{PLACE}/again", guards=[AGENT])
async def send_again(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Send an answer that failed once more, to this address."""
    form = await read_form(request, Again)
    try:
        async with database.transaction() as session:
            sent = await forwards.again(session, conversation_id, message_id, visit.colleague, form.to)
    except (Conflict, Invalid) as error:
        return await conversations.conversation_page(
            database,
            visit,
            live,
            settings,
            conversation_id,
            error=why(error),
            status_code=status_of(error),
        )
    return back(conversation_id, "open", sent=sent)


handlers = [show_forward, forward, send_again]
