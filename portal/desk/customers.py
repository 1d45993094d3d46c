"""Customers at the desk: found in a few keys, and each on one page with the line."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import segments
from core import days
from core.database import Database
from core.days import chosen
from core.errors import Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role, Staff
from customers import merging
from estore import outstanding
from portal import periods, timeline
from portal.desk.segments import told as told_reason
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from portal.targets import local
from portal.visits import Visit
from portal.written import Part, Written, this_moment
from support import opened, portraits, search

AGENTS = staff(Role.AGENT, Role.MARKETER, Role.MERCHANDISER)
PAGE = 50
SEGMENTS = 12


HERE = "/desk/customers"


def _written(order: str, row: search.Listed) -> str:
    at = {"newest": row.created_at, "bought": row.last_order_at, "spend": row.spend, "orders": row.orders}[
        order
    ]
    return f"{at.isoformat() if isinstance(at, datetime) else at}_{row.id.hex}"


def _cursor(order: str, written: str) -> tuple[str, UUID] | None:
    """The place where a page begins; None for one that we did not write."""
    at, _sign, key = written.rpartition("_")
    try:
        if order in ("newest", "bought"):
            datetime.fromisoformat(at)
        elif abs(int(at)) >= 1 << 62:
            return None
        return at, UUID(key)
    except ValueError:
        return None


@get(HERE, guards=[AGENTS])
async def show_customers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    q: FromQuery[str] = "",
    group: FromQuery[str] = "",
    order: FromQuery[str] = "newest",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """The list, filtered and ordered; with `q`, what a search finds. htmx gets the rows alone."""
    group = group if group in search.GROUPS else ""
    order = order if order in search.ORDERS else "newest"
    span = chosen(request.query_params, settings.zone)
    more, number = "", None
    async with database.transaction() as session:
        if q.strip():
            rows = await search.customers(session, q, PAGE)
        else:
            rows = await search.listed(
                session, group=group, order=order, span=span, after=_cursor(order, after), limit=PAGE + 1
            )
            more = _written(order, rows[PAGE - 1]) if len(rows) > PAGE else ""
            number = await search.number(session, span) if span and not group and order == "newest" else None

    def address(**changed: str) -> str:
        values = {"group": group, "order": "" if order == "newest" else order, **changed}
        if span and "from" not in changed:
            values |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
        told = urlencode({name: value for name, value in values.items() if value})
        return f"{HERE}?{told}" if told else HERE

    columns = [
        (name, words, address(order="" if name == "newest" else name), order == name)
        for name, words in (
            ("orders", _("Orders")),
            ("spend", _("Spent")),
            ("bought", _("Last order")),
            ("newest", _("Customer since")),
        )
    ]
    context = {
        "rows": rows[:PAGE],
        "query": q.strip(),
        "group": group,
        "order": order,
        "number": number,
        "when": periods.words(span) if span else "",
        "any_day": address(**{"from": "", "to": ""}),
        "groups": [
            (name, words, address(group=name))
            for name, words in (
                ("", _("Everybody")),
                ("bought", _("Have bought")),
                ("not_yet", _("Not yet bought")),
                ("company", _("Companies")),
            )
        ],
        "columns": columns,
        "older": address(after=more) if more else "",
        "first": address() if after else "",
        "currency": settings.currency,
    }
    fragment = request.headers.get("hx-target") == "customer-rows"
    return page("desk/customers/_rows.html" if fragment else "desk/customers.html", context)


async def _outstanding(session: AsyncSession, records: list[UUID], colleague: Staff) -> str:
    """What is open with a customer, as `outstanding.decode` reads it, as far as the colleague's roles include it."""
    trades = colleague.may_act_as(Role.AGENT, Role.MERCHANDISER)
    return await outstanding.told(session, records) if trades else outstanding.NOTHING


@get(f"{HERE}/{{customer_id:uuid}}", guards=[AGENTS])
async def show_customer(
    customer_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    family: FromQuery[str] = "",
    channel: FromQuery[str] = "",
    before: FromQuery[str] = "",
    q: FromQuery[str] = "",
    merged: FromQuery[str] = "",
) -> Response[Any]:
    """The portrait and the line; a merged record leads to the one that speaks for it."""
    family = family if family in timeline.FAMILIES else ""
    channel = channel if channel in timeline.CHANNELS else ""
    async with database.statements() as session:
        told = await opened.person(
            session, customer_id, **timeline.asked(family=family, channel=channel, before=before)
        )
        if told.records[0] != customer_id:
            return Redirect(f"{HERE}/{told.records[0]}", status_code=303)
        open_ = await _outstanding(session, told.records, visit.colleague)
    found: list[search.Person] = []
    if q.strip():
        async with database.transaction() as session:
            found = [person for person in await search.people(session, q, 8) if person.id != customer_id]
    here, at, today = f"{HERE}/{customer_id}", this_moment(), days.today(settings.zone)

    def make() -> dict[str, Any]:
        portrait, due = portraits.decode(told.portrait), outstanding.decode(open_)
        return {
            "portrait": portrait,
            "tickets": portrait.tickets,
            "orders": due.orders,
            "invoices": due.invoices,
            "line": timeline.line(told.line),
            "found": found,
            "family": family,
            "channel": channel,
            "families": [("", _("Everything"), _filtered(here, "", channel))]
            + [
                (name, words, _filtered(here, name, channel), kind)
                for name, words, kind in timeline.families()
            ],
            "channels": [("", _("Any road"), _filtered(here, family, ""))]
            + [(name, words, _filtered(here, family, name), name) for name, words in timeline.channels()],
            "query": q.strip(),
            "currency": settings.currency,
            "now": at,
            "late": today,
            "just_merged": merged,
            "line_url": f"{here}/line",
            "filter_url": here,
            "seen": portrait.traits.last_seen_at if portrait.traits else None,
            "newest": _filtered(here, family, channel) if before else "",
        }

    state = (customer_id, family, channel, q, merged, bool(before), found, at, today, settings.currency)
    return Written(Part("desk/customer.html", (told.portrait, told.line, open_, *state), make))


def _filtered(here: str, family: str, channel: str) -> str:
    told = urlencode({name: value for name, value in (("family", family), ("channel", channel)) if value})
    return f"{here}?{told}" if told else here


@get(f"{HERE}/{{customer_id:uuid}}/line", guards=[AGENTS])
async def show_line(
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    family: FromQuery[str] = "",
    channel: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """A page of the line alone: what is older than the cursor."""
    async with database.statements() as session:
        records = await merging.group(session, customer_id)
        line = await timeline.read(session, records, family=family, channel=channel, before=before)
    context = {
        "line": line,
        "family": family if family in timeline.FAMILIES else "",
        "channel": channel if channel in timeline.CHANNELS else "",
        "line_url": f"{HERE}/{customer_id}/line",
    }
    return page("desk/customers/_line.html", context)


@get(f"{HERE}/{{customer_id:uuid}}/segments", guards=[AGENTS])
async def show_segments(
    customer_id: FromPath[UUID], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """The segments that the customer is in, and why: a fragment."""
    async with database.transaction() as session:
        found = await segments.memberships(session, customer_id)
        names = {each.id: each.name for each in await segments.listed(session)}
        told = [
            (
                segment,
                told_reason(
                    await segments.explain(session, segment.definition, customer_id), names, settings.currency
                ),
            )
            for segment in found[:SEGMENTS]
        ]
    context = {"segments": told, "more": len(found) - len(told), "all": len(names)}
    return page("desk/customers/_segments.html", context)


class Merge(msgspec.Struct):
    other: UUID
    next: str = ""


@post(f"{HERE}/{{customer_id:uuid}}/merge", guards=[staff(Role.AGENT)])
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


@post(f"{HERE}/{{customer_id:uuid}}/unmerge", guards=[staff(Role.AGENT)])
async def unmerge(
    customer_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    """Give a merged record its own voice back."""
    form = await read_form(request, Unmerge)
    async with database.transaction() as session:
        await merging.unmerge(session, customer_id)
    return Redirect(local(form.next, f"/desk/customers/{customer_id}"), status_code=303)


handlers = [show_customers, show_customer, show_line, show_segments, merge, unmerge]
