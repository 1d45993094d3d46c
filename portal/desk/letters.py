"""A first letter: a colleague begins a conversation with a customer."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from portal.desk.inbox import AGENT
from portal.desk.tickets import back
from portal.forms import read_form
from portal.rendering import page
from portal.visits import Visit
from support import outreach, portraits


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
    return back(conversation_id, "open", sent=sent)


handlers = [show_write, write]
