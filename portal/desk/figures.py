"""Figures at the desk: numbers with their change, charts with a table beside each, and what is behind every one."""

import csv
import io
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

import campaigns.overview
import support.figures
from core import days
from core.database import Database
from core.days import Span
from core.errors import NotAllowed, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role, Staff
from portal import cursors, periods
from portal.desk.figure_parts import HERE, PARTS, Asked
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

ANY = staff(Role.AGENT, Role.MARKETER, Role.MERCHANDISER)
RANGES = (7, 30, 90, 365)
USUAL = 30
PAGE = 50


def asked_for(number: int, settings: Settings) -> Asked:
    """The last so many days; any number that is no range of ours is the usual one."""
    span = days.latest(number if number in RANGES else USUAL, settings.zone)
    return Asked(span, span.parts, span.before.parts, settings.currency)


def _theirs(colleague: Staff) -> list[str]:
    return [name for name, (_made, roles) in PARTS.items() if colleague.may_act_as(*roles)]


@get(HERE, guards=[ANY])
async def show_figures(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    days: FromQuery[int] = USUAL,
) -> Response[Any]:
    """The parts that the colleague's roles include, over the last 7, 30, 90 or 365 days."""
    asked = asked_for(days, settings)
    async with database.transaction() as session:
        parts = [await PARTS[name][0](session, asked) for name in _theirs(visit.colleague)]
    context = {
        "parts": parts,
        "length": asked.span.length,
        "ranges": RANGES,
        "when": periods.words(asked.span),
        "currency": settings.currency,
    }
    return page("desk/figures.html", context)


@get(f"{HERE}/{{name:str}}/csv", guards=[ANY])
async def download_figures(
    name: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    days: FromQuery[int] = USUAL,
) -> Response[str]:
    """A part's numbers as CSV: a line for each day, or each week."""
    if name not in PARTS:
        raise NotFound(_("There are no figures of that name."))
    if name not in _theirs(visit.colleague):
        raise NotAllowed(_("Your role does not include these figures."))
    asked = asked_for(days, settings)
    async with database.transaction() as session:
        part = await PARTS[name][0](session, asked)
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([_("From"), _("To"), *(title for title, _values in part.columns)])
    for place, span in enumerate(asked.parts):
        table.writerow([span.first, span.last, *(values[place] for _title, values in part.columns)])
    return Response(
        written.getvalue(),
        media_type="text/csv",
        headers={
            "content-disposition": f'attachment; filename="{name}-{asked.span.first}-{asked.span.last}.csv"'
        },
    )


@get(f"{HERE}/tickets", guards=[staff(Role.AGENT)])
async def show_tickets(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    which: FromQuery[str] = "opened",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """The rounds of tickets behind a figure: opened, answered, answered late, solved in these days; or unsolved
    at the end of the last.
    """
    kind = which if which in support.figures.KINDS else "opened"
    span = days.chosen(request.query_params, settings.zone) or days.latest(
        1 if kind == "unsolved" else USUAL, settings.zone
    )
    async with database.transaction() as session:
        number = await support.figures.count(session, kind, span)
        rows = await support.figures.rounds(session, kind, span, after=cursors.read(after), limit=PAGE + 1)
    here = f"{HERE}/tickets?which={kind}&{periods.query(span)}"
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {
        "rows": rows[:PAGE],
        "waits": [periods.wait(row.waited) if row.waited is not None else "" for row in rows[:PAGE]],
        "which": kind,
        "number": number,
        "when": periods.words(Span(span.last, span.last, span.zone) if kind == "unsolved" else span),
        "tabs": [
            (one, words, f"{HERE}/tickets?which={one}&{periods.query(span)}")
            for one, words in (
                ("opened", _("Opened")),
                ("answered", _("Answered")),
                ("late", _("Answered too late")),
                ("solved", _("Solved")),
                ("unsolved", _("Not solved")),
            )
        ],
        "older": f"{here}&after={cursors.write(last.at, last.ticket_id)}" if last else "",
        "first": here if after else "",
    }
    return page("desk/figures/tickets.html", context)


@get(f"{HERE}/campaigns", guards=[staff(Role.MARKETER)])
async def show_campaigns(
    request: Request[Any, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """What each campaign did in these days."""
    span = days.chosen(request.query_params, settings.zone) or days.latest(USUAL, settings.zone)
    async with database.transaction() as session:
        rows = await campaigns.overview.shares(session, span, settings.currency)
    context = {"rows": rows, "when": periods.words(span), "currency": settings.currency}
    return page("desk/figures/campaigns.html", context)


handlers = [show_figures, download_figures, show_tickets, show_campaigns]
