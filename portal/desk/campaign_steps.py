"""A campaign's draft at the desk: the four steps along a line, from whom it goes to until its launch."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, segments, templates, topics
from campaigns.models import Broadcast, BroadcastState
from core.database import Database
from core.errors import DomainError, Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from portal.customer.tracking import channel_words, topic_words
from portal.desk.campaigns import HERE, MARKETERS, ONE
from portal.desk.previews import see
from portal.forms import read_form
from portal.rendering import page
from portal.visits import Visit

ZONE = ZoneInfo("Europe/Berlin")


@get([f"{ONE}/who", f"{ONE}/what", f"{ONE}/when", f"{ONE}/check"], guards=[MARKETERS])
async def show_step(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    customer: FromQuery[UUID | None] = None,
    at: FromQuery[str] = "",
    tested: FromQuery[str] = "",
) -> Response[Any]:
    """A step of a draft. What was launched has its report instead."""
    step = request.url.path.rpartition("/")[2]
    check = await _check(database, settings, broadcast_id) if step == "check" else None
    async with database.transaction() as session:
        broadcast = await broadcasts.get(session, broadcast_id)
        if broadcast.state != BroadcastState.DRAFT:
            return Redirect(f"{HERE}/{broadcast_id}", status_code=303)
        return await _step(
            session, settings, broadcast, step, check=check, customer_id=customer, at=at, tested=tested
        )


class Who(msgspec.Struct):
    version: int
    segment_id: UUID | None = None
    topic: str = ""
    name: str = ""


@post(f"{ONE}/who", guards=[MARKETERS])
async def choose_who(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    form = await read_form(request, Who)
    async with database.transaction() as session:
        try:
            if form.segment_id is None:
                raise Invalid(_("Nobody is chosen yet."), {"segment_id": _("Choose who it goes to.")})
            await broadcasts.edit(
                session,
                broadcast_id,
                form.version,
                segment_id=form.segment_id,
                topic=form.topic or None,
                name=form.name,
            )
        except Invalid as error:
            broadcast = await broadcasts.get(session, broadcast_id)
            return await _step(session, settings, broadcast, "who", error=error)
    return Redirect(f"{HERE}/{broadcast_id}/what", status_code=303)


class What(msgspec.Struct):
    version: int
    subject: str = ""
    format: str = "markdown"
    act: str = "next"
    customer: UUID | None = None


@post(f"{ONE}/what", guards=[MARKETERS])
async def write_what(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Keep what was written, complete or not; then show it, or go on when it can be sent."""
    form = await read_form(request, What)
    body = str((await request.form()).get("body", ""))  # longer than other fields, and its spaces matter
    async with database.transaction() as session:
        broadcast = await broadcasts.edit(
            session, broadcast_id, form.version, subject=form.subject, body=body, format=form.format
        )
        try:
            broadcasts.compiled(broadcast)
        except Invalid as error:
            return await _step(session, settings, broadcast, "what", error=error, customer_id=form.customer)
    if form.act == "show":
        who = f"?customer={form.customer}" if form.customer else ""
        return Redirect(f"{HERE}/{broadcast_id}/what{who}", status_code=303)
    return Redirect(f"{HERE}/{broadcast_id}/when", status_code=303)


class When(msgspec.Struct):
    when: str = "now"
    at: str = ""


@post(f"{ONE}/when", guards=[MARKETERS])
async def choose_when(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    form = await read_form(request, When)
    async with database.transaction() as session:
        broadcast = await broadcasts.get(session, broadcast_id)
        try:
            at = _instant(form)
        except Invalid as error:
            return await _step(session, settings, broadcast, "when", error=error)
    later = f"?at={at:%Y-%m-%dT%H:%M}" if at else ""
    return Redirect(f"{HERE}/{broadcast_id}/check{later}", status_code=303)


class Launch(msgspec.Struct):
    version: int
    at: str = ""


@post(f"{ONE}/launch", guards=[MARKETERS])
async def launch(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    form = await read_form(request, Launch)
    try:
        at = _instant(When("later", form.at)) if form.at else None
        broadcasts.refuse(await _preflight(database, settings, broadcast_id))
        async with database.transaction() as session:
            await broadcasts.launch(session, broadcast_id, form.version, visit.colleague.id, at)
    except Invalid as error:
        check = await _check(database, settings, broadcast_id)
        async with database.transaction() as session:
            broadcast = await broadcasts.get(session, broadcast_id)
            return await _step(session, settings, broadcast, "check", error=error, check=check, at=form.at)
    return Redirect(f"{HERE}/{broadcast_id}", status_code=303)


class Test(msgspec.Struct):
    to: str = ""
    customer: UUID | None = None


@post(f"{ONE}/test", guards=[MARKETERS])
async def send_test(
    request: Request[Any, Any, Any],
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Send the message to a colleague, as the customer shown would get it."""
    form = await read_form(request, Test)
    try:
        async with database.transaction() as session:
            broadcast = await broadcasts.get(session, broadcast_id)
            as_customer = form.customer or await _anyone(session, broadcast)
            await broadcasts.send_test(session, settings, broadcast, form.to, as_customer)
    except Invalid as error:
        beside = Invalid(error.message, {"to": next(iter(error.fields.values()), error.message)})
        check = await _check(database, settings, broadcast_id)
        async with database.transaction() as session:
            broadcast = await broadcasts.get(session, broadcast_id)
            return await _step(session, settings, broadcast, "check", error=beside, check=check)
    return Redirect(f"{HERE}/{broadcast_id}/check?tested=1", status_code=303)


def _instant(form: When) -> datetime | None:
    """The chosen moment; what is typed is our own local time."""
    if form.when != "later":
        return None
    try:
        typed = datetime.fromisoformat(form.at)
    except ValueError:
        raise Invalid(_("That is no date and time."), {"at": _("Choose a date and a time.")}) from None
    at = typed if typed.tzinfo else typed.replace(tzinfo=ZONE)
    if at <= datetime.now(ZONE):
        raise Invalid(_("That moment has passed."), {"at": _("Choose one that is still to come.")})
    return at


async def _anyone(session: AsyncSession, broadcast: Broadcast) -> UUID:
    people = await broadcasts.sample_customers(session, broadcast, 1)
    if not people:
        raise Invalid(_("Nobody is in the segment, so there is no one to show it as."))
    return people[0].customer_id


async def _step(
    session: AsyncSession,
    settings: Settings,
    broadcast: Broadcast,
    step: str,
    *,
    error: Invalid | None = None,
    check: Any = None,
    customer_id: UUID | None = None,
    at: str = "",
    tested: str = "",
) -> Response[Any]:
    kept = await segments.listed(session)
    chosen = next((each for each in kept if each.id == broadcast.segment_id), None)
    context: dict[str, Any] = {
        "broadcast": broadcast,
        "step": step,
        "segments": [(str(each.id), each.name) for each in kept],
        "segment": chosen,
        "size": await segments.size(session, chosen.definition) if chosen else None,
        "topics": [
            (topic.key, topic_words(topic.key)[0], topic_words(topic.key)[1]) for topic in topics.TOPICS
        ],
        "topic": topic_words(broadcast.topic)[0],
        "channel": channel_words(broadcast.channel),
        "values": list(templates.VALUES.items()),
        "seen": await see(session, settings, broadcast, customer_id),
        "errors": error.fields if error else {},
        "message": error.message if error else "",
        "tested": bool(tested),
        "at": at,
        "check": check,
    }
    return page("desk/campaign_step.html", context, status_code=422 if error else 200)


async def _preflight(database: Database, settings: Settings, broadcast_id: UUID) -> broadcasts.Preflight:
    """What a launch would meet. Raises Invalid, NotFound."""
    async with database.transaction() as session:
        drawn = await broadcasts.sample(session, await broadcasts.get(session, broadcast_id))
    return await asyncio.to_thread(broadcasts.preflight, settings, drawn)


async def _check(database: Database, settings: Settings, broadcast_id: UUID) -> Any:
    """The preflight, or the sentence that says what is missing before there can be one."""
    try:
        return await _preflight(database, settings, broadcast_id)
    except NotFound:
        raise
    except DomainError as error:
        return next(iter(getattr(error, "fields", {}).values()), error.message)


handlers = [show_step, choose_who, write_what, choose_when, launch, send_test]
