"""The first page of the desk: who waits for us, what today looks like beside the days before, what is under way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

import campaigns.overview
import estore.figures
import support.figures
from campaigns.overview import Counted
from core import days
from core.clock import now
from core.database import Database
from core.days import Span
from core.money import formatted
from core.rendering import current_locale, ngettext
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from estore.figures import Standing
from portal import periods
from portal.charts import Chart, Figure, points
from portal.desk import inbox
from portal.desk.inbox import Listed
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit
from support import views

DAYS = 14
THREADS = 6


@dataclass(frozen=True)
class Waiting:
    """Those who wait for a person's answer: how many, the longest, and the first few."""

    counts: dict[str, int]
    longest: timedelta | None
    who: str
    rows: list[Listed]


async def waiting(session: AsyncSession, visit: Visit, at: datetime) -> Waiting:
    told, counts = await views.shelf(session, "waiting", visit.colleague.id, limit=THREADS)
    rows = inbox.listed(told, at)
    first = rows[0].row if rows else None
    longest = at - first.waiting_since if first and first.waiting_since else None
    return Waiting(views.read_counts(counts).views, longest, first.customer if first else "", rows)


def _beside(value: float, before: float, words: str) -> tuple[str, str]:
    """Words for what a number of today stands beside, and the direction from there."""
    return words, "same" if value == before else "up" if value > before else "down"


async def store(session: AsyncSession, settings: Settings, at: datetime) -> tuple[list[Figure], Standing]:
    """Orders and money of the last days, today's beside the same hours of the same weekday before."""
    span = days.latest(DAYS, settings.zone, at)
    parts, currency, here = span.parts, settings.currency, current_locale()
    orders = await estore.figures.orders(session, parts, currency)
    money = await estore.figures.money(session, parts, currency)
    begin = parts[-8].starts_at
    # The same clock time, not the same number of seconds: a day may have 23 or 25 hours.
    same = (at.astimezone(settings.zone) - timedelta(days=7)).astimezone(at.tzinfo)
    orders_then = await estore.figures.orders_between(session, begin, same)
    money_then = await estore.figures.money_between(session, begin, same, currency)
    day = periods.weekday(parts[-8])
    until = periods.clock(same, span)
    ordered, taken = orders[-1].number, money[-1].amount
    beside, way = _beside(
        ordered,
        orders_then,
        ngettext("%(num)s by %(time)s last %(day)s", "%(num)s by %(time)s last %(day)s", orders_then)
        % {"num": orders_then, "time": until, "day": day},
    )
    beside_money, way_money = _beside(
        taken,
        money_then,
        _("%(sum)s by %(time)s last %(day)s")
        % {"sum": formatted(money_then, currency, here), "time": until, "day": day},
    )
    today = periods.query(parts[-1])
    figures = [
        Figure(
            "orders", _("Orders today"), "order", str(ordered), f"/desk/store/orders?{today}", beside, way,
            None if way == "same" else way == "up",
            Chart(points(parts, [t.number for t in orders], [str(t.number) for t in orders], "/desk/store/orders")),
            _("Orders"),
        ),
        Figure(
            "money", _("Money in today"), "money", formatted(taken, currency, here),
            f"/desk/money/payments?{today}", beside_money, way_money,
            None if way_money == "same" else way_money == "up",
            Chart(
                points(
                    parts, [t.amount for t in money],
                    [periods.sum_of(t.amount, currency) for t in money], "/desk/money/payments",
                )
            ),
            _("Money in"),
        ),
    ]  # fmt: skip
    return figures, await estore.figures.standing(session, parts[-1].last)


async def answering(session: AsyncSession, settings: Settings, at: datetime) -> list[Figure]:
    """What was open at each day's end, and how long people waited for a first answer."""
    span = days.latest(DAYS, settings.zone, at)
    parts = span.parts
    rounds = await support.figures.tally(session, parts)
    levels = support.figures.at_the_end(rounds, await support.figures.unsolved(session))
    week = await support.figures.tally(session, [Span(parts[-7].first, parts[-1].last, settings.zone)])
    before = await support.figures.tally(session, [Span(parts[0].first, parts[-8].last, settings.zone)])
    waited, waited_before = week[0].waited, before[0].waited
    seven = periods.query(Span(parts[-7].first, parts[-1].last, settings.zone))
    waits = [one.waited for one in rounds]
    grown = levels[-1] - levels[-8]
    return [
        Figure(
            "open", _("Not solved yet"), "ticket", str(levels[-1]), "/desk/figures/tickets?which=unsolved",
            _("%(num)s a week ago") % {"num": levels[-8]},
            "same" if not grown else "up" if grown > 0 else "down",
            None if not grown else grown < 0,
            Chart(
                points(parts, levels, [str(level) for level in levels], "/desk/figures/tickets?which=unsolved"),
                "line",
            ),
            _("Not solved at the day's end"),
        ),
        Figure(
            "waits", _("First answer, last 7 days"), "ticket",
            periods.wait(waited, narrow=True) if waited is not None else "–",
            f"/desk/figures/tickets?which=answered&{seven}",
            _("half of the people waited less; %(wait)s the week before")
            % {"wait": periods.wait(waited_before, narrow=True)}
            if waited_before is not None
            else _("half of the people waited less"),
            "" if waited is None or waited_before is None
            else "same" if waited == waited_before else "up" if waited > waited_before else "down",
            None if waited is None or waited_before is None or waited == waited_before
            else waited < waited_before,
            Chart(
                points(
                    parts,
                    [one.total_seconds() / 60 if one is not None else None for one in waits],
                    [periods.wait(one, narrow=True) if one is not None else "–" for one in waits],
                    "/desk/figures/tickets?which=answered",
                ),
                "line",
            ),
            _("First answer after"),
            "clock",
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class Campaigns:
    under_way: list[Counted]
    finished: Counted | None
    drafts: int


async def marketing(session: AsyncSession) -> Campaigns:
    return Campaigns(
        await campaigns.overview.under_way(session),
        await campaigns.overview.last_finished(session),
        await campaigns.overview.drafts(session),
    )


@get("/desk", guards=[staff()])
async def show_home(
    visit: NamedDependency[Visit], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """Only what the colleague's roles include is asked for and shown."""
    me, at = visit.colleague, now()
    span = days.latest(1, settings.zone, at)
    context: dict[str, Any] = {
        "now": at,
        "me": me,
        "today": periods.words(span),
        "currency": settings.currency,
        "waiting": None,
        "longest": "",
        "figures": [],
        "standing": None,
        "campaigns": None,
    }
    async with database.transaction() as session:
        if me.may_act_as(Role.AGENT):
            context["waiting"] = found = await waiting(session, visit, at)
            context["longest"] = periods.wait(found.longest) if found.longest is not None else ""
        if me.may_act_as(Role.MERCHANDISER, Role.AGENT):
            context["figures"], context["standing"] = await store(session, settings, at)
        if me.may_act_as(Role.AGENT):
            context["figures"] += await answering(session, settings, at)
        if me.may_act_as(Role.MARKETER):
            context["campaigns"] = await marketing(session)
    return page("desk/home.html", context)


handlers = [show_home]
