"""The report of a campaign: numbers that move while it is sent, everyone accounted for, and the brakes."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent, Stream
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, controls
from campaigns.figures import Figures, figures, ledger, links, reasons
from campaigns.models import Broadcast, BroadcastState, RecipientState
from core.database import Database
from core.money import formatted
from core.rendering import current_locale
from core.settings import Settings
from core.staff import Role
from portal.customer.tracking import channel_words
from portal.desk.previews import see
from portal.desk.tickets import led
from portal.guards import staff
from portal.live import Live
from portal.rendering import page

HERE = "/desk/campaigns"
ONE = HERE + "/{broadcast_id:uuid}"
MARKETERS = staff(Role.MARKETER)
PAGE = 50
CSV_PAGE = 1000


@get(ONE, guards=[MARKETERS])
async def show_campaign(
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    cancelled: FromQuery[str] = "",
) -> Response[Any]:
    """The report; a draft leads to its first step. `cancelled` is how it stood before that, a moment ago."""
    async with database.transaction() as session:
        broadcast = await broadcasts.get(session, broadcast_id)
        if broadcast.state == BroadcastState.DRAFT:
            return Redirect(f"{HERE}/{broadcast_id}/who", status_code=303)
        context = await _report(session, broadcast)
        context["seen"] = await see(session, settings, broadcast, None)
    offered = broadcast.state == BroadcastState.CANCELLED and cancelled in STOPPABLE
    context["undo"] = f"{HERE}/{broadcast_id}/uncancel?before={cancelled}" if offered else ""
    return page("desk/campaign_report.html", context)


@get(f"{ONE}/figures", guards=[MARKETERS])
async def show_figures(broadcast_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """The moving part of the report."""
    async with database.transaction() as session:
        context = await _report(session, await broadcasts.get(session, broadcast_id))
    return page("desk/campaigns/_figures.html", context)


@get(f"{HERE}/live", guards=[MARKETERS])
async def listen(live: NamedDependency[Live]) -> ServerSentEvent:
    return live.stream({broadcasts.TOPIC: "changed"})


ACTS = {
    "pause": controls.pause,
    "resume": controls.resume,
    "unschedule": broadcasts.unschedule,
}


@post([f"{ONE}/{act}" for act in ACTS], guards=[MARKETERS])
async def act_on(
    request: Request[Any, Any, Any], broadcast_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """Pause, resume, or take back before its time; each counts from this answer on."""
    act = ACTS[request.url.path.rpartition("/")[2]]
    async with database.transaction() as session:
        await act(session, broadcast_id)
    return Redirect(f"{HERE}/{broadcast_id}", status_code=303)


# What a campaign may be when it is cancelled.
STOPPABLE = {
    str(state)
    for state in (
        BroadcastState.SCHEDULED, BroadcastState.PREPARING, BroadcastState.SENDING, BroadcastState.PAUSED,
    )
}  # fmt: skip


@post(f"{ONE}/cancel", guards=[MARKETERS])
async def cancel_campaign(broadcast_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """Nobody who has not got it gets it from now on; the next page offers to take that back."""
    async with database.transaction() as session:
        before = (await controls.locked(session, broadcast_id)).state
        await controls.cancel(session, broadcast_id)
    return Redirect(f"{HERE}/{broadcast_id}?cancelled={before}", status_code=303)


@post(f"{ONE}/uncancel", guards=[MARKETERS])
async def uncancel_campaign(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    before: FromQuery[str] = "",
) -> Response[Any]:
    """On from where it was stopped."""
    async with database.transaction() as session:
        await controls.uncancel(session, broadcast_id, before)
    return led(request, Redirect(f"{HERE}/{broadcast_id}", status_code=303))


@get(f"{ONE}/recipients", guards=[MARKETERS])
async def show_recipients(
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    only: FromQuery[str] = "",
    after: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """The ledger: everyone in the audience and what became of it."""
    chosen = _states(only)
    async with database.transaction() as session:
        broadcast = await broadcasts.get(session, broadcast_id)
        rows = await ledger(session, broadcast_id, states=chosen, after=after, limit=PAGE + 1)
        told = await figures(session, broadcast_id)
    context = {
        "broadcast": broadcast,
        "rows": rows[:PAGE],
        "more": rows[PAGE - 1].id if len(rows) > PAGE else None,
        "only": only if chosen else "",
        "figures": told,
        "states": [(state, str(state)) for state in (*RecipientState,)],
    }
    return page("desk/campaign_recipients.html", context)


@get(f"{ONE}/recipients.csv", guards=[MARKETERS])
async def download_recipients(
    broadcast_id: FromPath[UUID], database: NamedDependency[Database], only: FromQuery[str] = ""
) -> Stream:
    """The ledger as a spreadsheet, read page by page."""
    async with database.transaction() as session:
        await broadcasts.get(session, broadcast_id)
    return Stream(
        _csv(database, broadcast_id, _states(only)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="recipients-{broadcast_id}.csv"'},
    )


async def _csv(database: Database, broadcast_id: UUID, chosen: list[str]) -> AsyncIterator[str]:
    yield "customer_id,name,address,state,reason,clicked,unsubscribed\r\n"
    after: UUID | None = None
    while True:
        async with database.transaction() as session:
            rows = await ledger(session, broadcast_id, states=chosen, after=after, limit=CSV_PAGE)
        text = io.StringIO()
        writer = csv.writer(text)
        for row in rows:
            cells = (row.name, row.address, row.state, row.reason or "")
            writer.writerow([row.customer_id, *map(_cell, cells), int(row.clicked), int(row.unsubscribed)])
        yield text.getvalue()
        if len(rows) < CSV_PAGE:
            return
        after = rows[-1].id


def _cell(value: str) -> str:
    """A spreadsheet must not take what a customer calls themselves for a formula; phone numbers stay."""
    dangerous = value.startswith(("=", "@", "-", "\t", "\r")) or (
        value[:1] == "+" and not value[1:].isdigit()
    )
    return f"'{value}" if dangerous else value


def _states(only: str) -> list[str]:
    if only == "open":
        return [RecipientState.PENDING, RecipientState.QUEUED]
    return [only] if only in RecipientState else []


async def _report(session: AsyncSession, broadcast: Broadcast) -> dict[str, Any]:
    told = await figures(session, broadcast.id)
    return {
        "broadcast": broadcast,
        "figures": told,
        "revenue": revenue(told),
        "links": await links(session, broadcast.id),
        "reasons": await reasons(session, broadcast.id),
        "channel": channel_words(broadcast.channel),
    }


def revenue(told: Figures) -> str:
    return " + ".join(formatted(each.amount, each.currency, current_locale()) for each in told.revenue)


handlers = [
    show_campaign, show_figures, listen, act_on, cancel_campaign, uncancel_campaign, show_recipients,
    download_recipients,
]  # fmt: skip
