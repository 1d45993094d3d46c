"""Campaigns at the desk: the list, a new one, and a draft that is given up."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from campaigns import broadcasts
from campaigns.figures import figures
from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from portal import cursors
from portal.desk.campaign_reports import revenue
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/campaigns"
ONE = HERE + "/{broadcast_id:uuid}"
MARKETERS = staff(Role.MARKETER)
PAGE = 50


@get(HERE, guards=[MARKETERS])
async def show_campaigns(
    database: NamedDependency[Database], settings: NamedDependency[Settings], before: FromQuery[str] = ""
) -> Response[Any]:
    async with database.transaction() as session:
        found = await broadcasts.listed(session, cursors.read(before), PAGE + 1)
        rows = [(each, await figures(session, each.id)) for each in found[:PAGE]]
    more = cursors.write(found[PAGE - 1].created_at, found[PAGE - 1].id) if len(found) > PAGE else ""
    context = {"rows": [(each, told, revenue(told)) for each, told in rows], "more": more}
    return page("desk/campaigns.html", context)


@get(f"{HERE}/new", guards=[MARKETERS])
async def new_campaign() -> Response[Any]:
    return page(
        "desk/campaigns/new.html", {"channels": _channels(), "name": "", "channel": "email", "errors": {}}
    )


class New(msgspec.Struct):
    channel: str
    name: str = ""


@post(HERE, guards=[MARKETERS])
async def create_campaign(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    form = await read_form(request, New)
    try:
        async with database.transaction() as session:
            broadcast = await broadcasts.create(session, form.name, form.channel, visit.colleague.id)
    except Invalid as error:
        context = {
            "channels": _channels(),
            "name": form.name,
            "channel": form.channel,
            "errors": error.fields,
        }
        return page("desk/campaigns/new.html", context, status_code=422)
    return Redirect(f"{HERE}/{broadcast.id}/who", status_code=303)


class Version(msgspec.Struct):
    version: int


@post(f"{ONE}/delete", guards=[MARKETERS])
async def delete_draft(
    request: Request[Any, Any, Any], broadcast_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    form = await read_form(request, Version)
    async with database.transaction() as session:
        await broadcasts.delete(session, broadcast_id, form.version)
    return Redirect(HERE, status_code=303)


def _channels() -> list[tuple[str, str, str]]:
    return [
        ("email", _("E-mail"), _("With pictures and links, and a plain form for those who prefer it.")),
        ("sms", _("Text message"), _("Short, to the phone. Answering STOP ends it.")),
    ]


handlers = [show_campaigns, new_campaign, create_campaign, delete_draft]
