"""Colleagues: who works here and as what, and one's own password."""

import secrets
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from core import staff as people
from core.database import Database
from core.errors import DomainError, Invalid
from core.rendering import gettext as _
from core.staff import Role
from customers import identities
from portal import disclosures, visits
from portal.disclosures import Disclosure
from portal.forms import read_form
from portal.guards import staff
from portal.limits import Limits
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit
from support import signatures

HERE = "/desk/settings/team"
PROFILE = "/desk/settings/profile"
TEAM = "team"


class NewColleague(msgspec.Struct):
    email: str
    name: str
    roles: list[Role]


class RolesForm(msgspec.Struct):
    roles: list[Role]


class PasswordForm(msgspec.Struct):
    current: str
    password: str
    again: str


def _role_words() -> list[tuple[str, str]]:
    return [
        (Role.ADMIN, _("Admin")),
        (Role.AGENT, _("Agent")),
        (Role.MARKETER, _("Marketer")),
        (Role.MERCHANDISER, _("Merchandiser")),
    ]


async def _page(
    database: Database,
    visit: Visit,
    *,
    error: DomainError | None = None,
    typed: NewColleague | None = None,
    issued: Disclosure | None = None,
    too_late: bool = False,
) -> Response[Any]:
    async with database.transaction() as session:
        everyone = await people.everyone(session)
    context = {
        "team": everyone,
        "me": visit.colleague.id,
        "role_words": _role_words(),
        "message": error.message if error else "",
        "errors": error.fields if isinstance(error, Invalid) else {},
        "typed": typed or NewColleague("", "", [Role.AGENT]),
        "issued": issued,
        "too_late": too_late,
    }
    return page("desk/team.html", context, status_code=422 if error else 200)


@get(HERE, guards=[staff(Role.ADMIN)])
async def show_team(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    made: FromQuery[str] = "",
) -> Response[Any]:
    """Who works here; `made` finds the password of a moment ago, once."""
    issued, too_late = await disclosures.find(live.redis, visit, made, TEAM)
    return await _page(database, visit, issued=issued, too_late=too_late)


async def _disclosed(database: Database, live: Live, visit: Visit, name: str, password: str) -> Response[Any]:
    issued = Disclosure(TEAM, name, password)
    led = await disclosures.lead_to(live.redis, visit, HERE, issued)
    return led or await _page(database, visit, issued=issued)


@post(HERE, guards=[staff(Role.ADMIN)])
async def add_colleague(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> Response[Any]:
    """Add a colleague with a password that the next page shows, once."""
    typed = None
    try:
        typed = await read_form(request, NewColleague)
        email = identities.email(typed.email).value
        password = secrets.token_urlsafe(12)
        kept = await people.hashed(password)
        async with database.transaction() as session:
            colleague = await people.add(session, email, typed.name, typed.roles, kept)
    except Invalid as error:
        return await _page(database, visit, error=error, typed=typed)
    return await _disclosed(database, live, visit, colleague.name, password)


@post(HERE + "/{staff_id:uuid}/roles", guards=[staff(Role.ADMIN)])
async def change_roles(
    request: Request[Any, Any, Any],
    staff_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    form = await read_form(request, RolesForm)
    async with database.transaction() as session:
        await people.set_roles(session, staff_id, form.roles)
    return Redirect(HERE, status_code=303)


@post(HERE + "/{staff_id:uuid}/disable", guards=[staff(Role.ADMIN)])
async def disable_colleague(staff_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await people.disable(session, staff_id)
    return Redirect(HERE, status_code=303)


@post(HERE + "/{staff_id:uuid}/enable", guards=[staff(Role.ADMIN)])
async def enable_colleague(staff_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await people.enable(session, staff_id)
    return Redirect(HERE, status_code=303)


@post(HERE + "/{staff_id:uuid}/password", guards=[staff(Role.ADMIN)])
async def reset_password(
    staff_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> Response[Any]:
    """A new password, shown once; wherever the colleague was signed in, they no longer are."""
    password = secrets.token_urlsafe(12)
    kept = await people.hashed(password)
    async with database.transaction() as session:
        colleague = await people.set_password(session, staff_id, kept)
    if staff_id == visit.colleague.id:
        return Redirect("/desk/sign-in", status_code=303)
    return await _disclosed(database, live, visit, colleague.name, password)


async def _profile(database: Database, visit: Visit, **more: Any) -> Response[Any]:
    async with database.statements() as session:
        signature = await signatures.of(session, visit.colleague.id)
    errors = more.get("errors", {})
    context = {"me": visit.colleague, "errors": errors, "changed": False, "signature": signature, **more}
    return page("desk/profile.html", context, status_code=422 if errors else 200)


@get(PROFILE, guards=[staff()])
async def show_profile(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    return await _profile(database, visit)


class Signed(msgspec.Struct):
    signature: str = ""


@post(PROFILE + "/signature", guards=[staff()])
async def change_signature(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """What stands under one's own e-mails."""
    form = await read_form(request, Signed)
    try:
        async with database.transaction() as session:
            await signatures.write(session, visit.colleague.id, form.signature)
    except Invalid as error:
        return await _profile(database, visit, errors=error.fields, signature=form.signature)
    return Redirect(PROFILE, status_code=303)


@post(PROFILE, guards=[staff()])
async def change_password(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """One's own password, against the present one; every other session of theirs is over."""
    me = visit.colleague
    await limits.take("10/15 minutes", "own-password", str(me.id))
    try:
        form = await read_form(request, PasswordForm)
        if form.password != form.again:
            raise Invalid(_("The two do not match."), {"again": _("Write the new password twice.")})
        if not await people.proves(me, form.current):
            raise Invalid(
                _("That is not your password."), {"current": _("This is not your present password.")}
            )
        kept = await people.hashed(form.password)
    except Invalid as error:
        return await _profile(database, visit, errors=error.fields)
    async with database.transaction() as session:
        await visits.sign_in_staff(session, request, await people.set_password(session, me.id, kept))
    return await _profile(database, visit, changed=True)


handlers = [
    show_team, add_colleague, change_roles, disable_colleague, enable_colleague, reset_password,
    show_profile, change_password, change_signature,
]  # fmt: skip
