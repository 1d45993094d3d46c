"""Call me back: a number, a time of day, and what it is about."""

import secrets
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from core.database import Database
from core.errors import Invalid
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities
from portal import notices, visits
from portal.customer.chat import BEGUN_BY_CLIENT
from portal.customer.help import reach
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.rendering import page
from portal.visits import Visit
from support import callbacks

HERE = "/help/call"


class Wish(msgspec.Struct):
    phone: str = ""
    name: str = ""
    when: str = "soon"
    about: str = ""
    key: str = ""


def times() -> list[tuple[str, str]]:
    return [
        ("soon", _("As soon as you can")),
        ("morning", _("In the morning")),
        ("afternoon", _("In the afternoon")),
    ]


async def _form(
    database: Database, settings: Settings, visit: Visit, typed: Wish, errors: dict[str, str]
) -> Response[Any]:
    async with database.transaction() as session:
        context = await reach(session, settings)
    context |= {
        "typed": typed,
        "errors": errors,
        "times": times(),
        "known": visit.customer_id is not None,
        "key": secrets.token_urlsafe(16),
    }
    return page("help/call.html", context, status_code=422 if errors else 200)


@get(HERE, guards=[anyone])
async def show_call(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    return await _form(database, settings, visit, Wish(), {})


@post(HERE, guards=[anyone])
async def ask_for_call(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """Leave a number: a ticket of whoever is signed in, else a chat that goes on in this browser."""
    form = await read_form(request, Wish)
    await limits.take(BEGUN_BY_CLIENT, "call", client(request))
    when = dict(times()).get(form.when, times()[0][1])
    try:
        spaced = identities.spaced(identities.phone(form.phone).value)
        said = _("Please call me back on %(phone)s. %(when)s.") % {"phone": spaced, "when": when}
        async with database.transaction() as session:
            asked = await callbacks.ask(
                session,
                visit.customer_id,
                phone=form.phone,
                subject=_("Call back: %(phone)s") % {"phone": spaced},
                body=f"{said}\n\n{form.about}".strip(),
                name=form.name,
                locale=current_locale(),
                chat_id=await visits.chat_of(session, visit),
                key=form.key,
            )
            if visit.customer_id is None and asked.id != visit.chat_id:
                await visits.remember(session, request, chat_id=asked.id)
    except Invalid as error:
        errors = {name: _(said) for name, said in error.fields.items()} or {"about": _(error.message)}
        return await _form(database, settings, visit, form, errors)
    notices.leave(request, "call.asked")
    where = "/chat" if visit.customer_id is None else f"/account/tickets/{asked.id}"
    return Redirect(where, status_code=303)


handlers = [show_call, ask_for_call]
