"""Teams and their addresses: who answers for what, and which mail is theirs."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from channels import mailboxes
from core import teams
from core.database import Database
from core.errors import Invalid
from core.settings import Settings
from core.staff import Role
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from support import signatures, tickets

HERE = "/desk/settings/teams"


class Written(msgspec.Struct):
    name: str = ""
    members: list[UUID] = []
    # One a line.
    addresses: str = ""
    signature: str = ""


async def _page(
    database: Database,
    settings: Settings,
    *,
    open_id: UUID | None = None,
    typed: Written | None = None,
    error: Invalid | None = None,
) -> Response[Any]:
    """The teams above one of them, or above an empty one."""
    async with database.transaction() as session:
        listed = await teams.everything(session)
        addresses = await mailboxes.of_teams(session)
        colleagues = await tickets.colleagues(session)
        team = await teams.find(session, open_id) if open_id else None
        signed = await signatures.of_team(session, open_id) if open_id else ""
    if typed is None:
        typed = Written()
        if team is not None:
            manned = next(each for each in listed if each.team.id == team.id)
            held = "\n".join(addresses.get(team.id, []))
            typed = Written(team.name, [one.id for one in manned.members], held, signed)
    context = {
        "listed": [(each, addresses.get(each.team.id, [])) for each in listed],
        "team": team,
        "typed": typed,
        "colleagues": [(one.id, one.name) for one in colleagues],
        "domain": settings.mail_domain,
        "message": error.message if error else "",
        "errors": error.fields if error else {},
    }
    return page("desk/teams.html", context, status_code=422 if error else 200)


@get(HERE, guards=[staff(Role.ADMIN)])
async def show_teams(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _page(database, settings)


@get(HERE + "/{team_id:uuid}", guards=[staff(Role.ADMIN)])
async def show_team(
    team_id: FromPath[UUID], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _page(database, settings, open_id=team_id)


async def _save(
    request: Request[Any, Any, Any], database: Database, settings: Settings, team_id: UUID | None
) -> Response[Any]:
    typed = None
    try:
        typed = await read_form(request, Written)
        async with database.transaction() as session:
            if team_id is None:
                team = await teams.form(session, typed.name, typed.members)
            else:
                team = await teams.change(session, team_id, typed.name, typed.members)
            await mailboxes.give(session, settings, team.id, typed.addresses.split())
            await signatures.write_for_team(session, team.id, typed.signature)
    except Invalid as error:
        return await _page(database, settings, open_id=team_id, typed=typed, error=error)
    return Redirect(HERE, status_code=303)


@post(HERE, guards=[staff(Role.ADMIN)])
async def form_team(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    return await _save(request, database, settings, None)


@post(HERE + "/{team_id:uuid}", guards=[staff(Role.ADMIN)])
async def change_team(
    team_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    return await _save(request, database, settings, team_id)


@post(HERE + "/{team_id:uuid}/dissolve", guards=[staff(Role.ADMIN)])
async def dissolve_team(
    team_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Its tickets are everybody's; mail to its addresses is refused from now on."""
    async with database.transaction() as session:
        await teams.find(session, team_id, lock=True)
        await tickets.forget_team(session, team_id)
        await mailboxes.give(session, settings, team_id, [])
        await signatures.write_for_team(session, team_id, "")
        await teams.dissolve(session, team_id)
    return Redirect(HERE, status_code=303)


handlers = [show_teams, show_team, form_team, change_team, dissolve_team]
