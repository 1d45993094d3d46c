"""Customers at the desk: found in a few keys, and each on one page with the line."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers import merging
from portal import cursors, timeline
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from portal.targets import local
from support import portraits, search, tickets

AGENTS = staff(Role.AGENT, Role.MARKETER, Role.MERCHANDISER)
PAGE = 50


@get("/desk/customers", guards=[AGENTS])
async def show_customers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """The list; with `q`, what a search finds. htmx gets the rows alone."""
    async with database.transaction() as session:
        if q.strip():
            rows = await search.customers(session, q, PAGE)
            more = ""
        else:
            rows = await search.newest(session, after=cursors.read(after), limit=PAGE + 1)
            more = cursors.write(rows[PAGE - 1].created_at, rows[PAGE - 1].id) if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "query": q.strip(), "more": more, "currency": settings.currency}
    fragment = request.headers.get("hx-target") == "customer-rows"
    return page("desk/customers/_rows.html" if fragment else "desk/customers.html", context)


async def _about(session: AsyncSession, customer_id: UUID) -> dict[str, Any]:
    return {
        "portrait": await portraits.portrait(session, customer_id),
        "tickets": await tickets.of_customer(session, customer_id, undone=True, limit=5),
    }


@get("/desk/customers/{customer_id:uuid}", guards=[AGENTS])
async def show_customer(
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    family: FromQuery[str] = "",
    before: FromQuery[str] = "",
    q: FromQuery[str] = "",
    merged: FromQuery[str] = "",
) -> Response[Any]:
    """The portrait and the line; a merged record leads to the one that speaks for it."""
    async with database.transaction() as session:
        root = await merging.survivor(session, customer_id)
        if root != customer_id:
            return Redirect(f"/desk/customers/{root}", status_code=303)
        context = await _about(session, customer_id)
        context["line"] = await timeline.read(session, customer_id, family=family, before=before)
        context["found"] = [
            person for person in await search.people(session, q, 8) if person.id != customer_id
        ]
    context |= {
        "family": family if family in timeline.FAMILIES else "",
        "families": timeline.families(),
        "query": q.strip(),
        "currency": settings.currency,
        "just_merged": merged,
        "line_url": f"/desk/customers/{customer_id}/line",
        "filter_url": f"/desk/customers/{customer_id}",
    }
    return page("desk/customer.html", context)


@get("/desk/customers/{customer_id:uuid}/line", guards=[AGENTS])
async def show_line(
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    family: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """A page of the line alone: what is older than the cursor."""
    async with database.transaction() as session:
        line = await timeline.read(session, customer_id, family=family, before=before)
    context = {
        "line": line,
        "family": family if family in timeline.FAMILIES else "",
        "line_url": f"/desk/customers/{customer_id}/line",
    }
    return page("desk/customers/_line.html", context)


class Merge(msgspec.Struct):
    other: UUID
    next: str = ""


@post("/desk/customers/{customer_id:uuid}/merge", guards=[staff(Role.AGENT)])
async def merge(
    customer_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    """Let this customer speak for the other from now on; undone by `unmerge`."""
    form = await read_form(request, Merge)
    if form.other == customer_id:
        raise Invalid(_("Choose another customer to merge with."))
    async with database.transaction() as session:
        loser = await merging.survivor(session, form.other)
        winner = await merging.merge(session, form.other, customer_id)
    target = local(form.next, f"/desk/customers/{winner.id}")
    return Redirect(f"{target}{'&' if '?' in target else '?'}merged={loser}", status_code=303)


class Unmerge(msgspec.Struct):
    next: str = ""


@post("/desk/customers/{customer_id:uuid}/unmerge", guards=[staff(Role.AGENT)])
async def unmerge(
    customer_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    """Give a merged record its own voice back."""
    form = await read_form(request, Unmerge)
    async with database.transaction() as session:
        await merging.unmerge(session, customer_id)
    return Redirect(local(form.next, f"/desk/customers/{customer_id}"), status_code=303)


handlers = [show_customers, show_customer, show_line, merge, unmerge]
