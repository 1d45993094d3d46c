"""Money that arrived: payments by the day that they were settled, the list behind the figures of money."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from core.database import Database
from core.days import chosen
from core.settings import Settings
from core.staff import Role
from estore import figures
from portal import cursors, periods
from portal.guards import staff
from portal.rendering import page

HERE = "/desk/money/payments"
MONEY = staff(Role.MERCHANDISER, Role.AGENT)
PAGE = 50


@get(HERE, guards=[MONEY])
async def list_payments(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """The payments that arrived, newest first; `from` and `to` keep those of these days, with their sum."""
    span = chosen(request.query_params, settings.zone)
    after = cursors.read(request.query_params.get("after"))
    async with database.transaction() as session:
        found = await figures.received(session, span, after=after, limit=PAGE + 1)
        tally = (await figures.money(session, [span], settings.currency))[0] if span else None
    last = found[PAGE - 1].payment if len(found) > PAGE else None
    kept = f"{periods.query(span)}&" if span else ""
    older = (
        f"{HERE}?{kept}after={cursors.write(last.settled_at, last.id)}" if last and last.settled_at else ""
    )
    context = {
        "rows": found[:PAGE],
        "when": periods.words(span) if span else "",
        "tally": tally,
        "currency": settings.currency,
        "older": older,
        "here": HERE,
        "first": f"{HERE}?{kept}".rstrip("?&") if after else "",
    }
    return page("desk/figures/payments.html", context)


handlers = [list_payments]
