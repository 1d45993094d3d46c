"""The way into the desk: e-mail and password, slowed down for whoever guesses."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from core import staff
from core.database import Database
from core.errors import DomainError, Invalid
from core.rendering import gettext as _
from portal import visits
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.rendering import page
from portal.targets import local
from portal.visits import Visit

BY_ADDRESS = "10/15 minutes;50/day"
BY_CLIENT = "30/15 minutes"


class Credentials(msgspec.Struct):
    email: str
    password: str
    next: str = ""


@get("/desk/sign-in", guards=[anyone])
async def show_sign_in(
    visit: NamedDependency[Visit], target: Annotated[str, QueryParameter(name="next")] = ""
) -> Response[Any]:
    if visit.staff is not None:
        return Redirect(_inside(target), status_code=303)
    return page("desk/sign_in.html", {"target": _inside(target), "email": "", "error": ""})


@post("/desk/sign-in", guards=[anyone])
async def sign_in(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    try:
        given = await read_form(request, Credentials)
    except Invalid as error:
        return _again(request, await request.form(), error, 422)
    await limits.take(BY_CLIENT, "desk", client(request))
    await limits.take(BY_ADDRESS, "desk", given.email.strip().lower()[:254])
    async with database.transaction() as session:
        colleague = await staff.find(session, given.email)
    # Outside any transaction, and as long for an unknown address as for a wrong password.
    if await staff.proves(colleague, given.password) and colleague is not None:
        async with database.transaction() as session:
            current = await staff.active(session, colleague.id, colleague.session_epoch)
            if current is not None:
                await visits.sign_in_staff(session, request, current)
                return Redirect(_inside(given.next), status_code=303)
    wrong = Invalid(_("That e-mail address and password do not match."))
    return _again(request, {"email": given.email, "next": given.next}, wrong, 403)


def _again(request: Request[Any, Any, Any], form: Any, error: DomainError, status: int) -> Response[Any]:
    context = {
        "target": _inside(str(form.get("next", ""))),
        "email": str(form.get("email", "")),
        "error": error.message,
    }
    return page("desk/sign_in.html", context, status_code=status)


@post("/desk/sign-out", guards=[anyone])
async def sign_out(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    if visit.staff is not None:
        async with database.transaction() as session:
            await visits.sign_out_staff(session, request)
    return Redirect("/desk/sign-in", status_code=303)


def _inside(target: str) -> str:
    """A page of the desk, never one outside it."""
    path = local(target, "/desk")
    return path if path == "/desk" or path.startswith("/desk/") else "/desk"


handlers = [show_sign_in, sign_in, sign_out]
