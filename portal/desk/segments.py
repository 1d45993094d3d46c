"""Segments at the desk: built from rows of conditions, counted while they are built, and explained."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import conditions as c
from campaigns import segments
from campaigns.segments import Reason
from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers.identities import contacts
from portal.desk import conditions
from portal.desk.conditions import Portrait
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/segments"
MARKETERS = staff(Role.MARKETER)
PAGE = 50


@dataclass(frozen=True)
class Told:
    """A condition in words, whether it holds, and those inside it."""

    sentence: str
    holds: bool
    parts: tuple["Told", ...] = ()


@get(HERE, guards=[MARKETERS])
async def show_segments(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    async with database.transaction() as session:
        kept = await segments.listed(session)
    names = {segment.id: segment.name for segment in kept}
    rows = [(segment, _summary(c.decode(segment.definition), names, settings.currency)) for segment in kept]
    return page("desk/segments.html", {"rows": rows})


@get(f"{HERE}/new", guards=[MARKETERS])
async def new_segment(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    async with database.transaction() as session:
        return await _builder(session, settings, Portrait(rows=[conditions.Row("has_consent")]), None)


@get(f"{HERE}/{{segment_id:uuid}}", guards=[MARKETERS])
async def show_segment(
    segment_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    saved: FromQuery[str] = "",
) -> Response[Any]:
    """The builder with the segment in it, and who is in."""
    async with database.transaction() as session:
        segment = await segments.get(session, segment_id)
        built = conditions.portrait(segment.name, c.decode(segment.definition))
        return await _builder(session, settings, built, segment_id, saved=bool(saved))


@post(f"{HERE}/new", guards=[MARKETERS])
async def build_segment(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Every button of the builder: rows added, removed, changed, counted; and at last kept."""
    return await _build(request, visit, database, settings, None)


@post(f"{HERE}/{{segment_id:uuid}}", guards=[MARKETERS])
async def rebuild_segment(
    request: Request[Any, Any, Any],
    segment_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """The same for a segment that is kept already."""
    return await _build(request, visit, database, settings, segment_id)


async def _build(
    request: Request[Any, Any, Any],
    visit: Visit,
    database: Database,
    settings: Settings,
    segment_id: UUID | None,
) -> Response[Any]:
    form = await request.form()
    portrait = conditions.read(dict(form.items()))
    async with database.transaction() as session:
        if form.get("act") != "save":
            return await _builder(session, settings, portrait, segment_id)
        try:
            definition = c.encode(conditions.condition(portrait))
            async with session.begin_nested():
                if segment_id is None:
                    kept = await segments.create(session, portrait.name, definition, visit.colleague.id)
                else:
                    kept = await segments.change(session, segment_id, portrait.name, definition)
        except Invalid as error:
            return await _builder(session, settings, portrait, segment_id, error=error)
    return Redirect(f"{HERE}/{kept.id}?saved=1", status_code=303)


@post(f"{HERE}/{{segment_id:uuid}}/delete", guards=[MARKETERS])
async def delete_segment(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await segments.delete(session, segment_id)
    return Redirect(HERE, status_code=303)


@get(f"{HERE}/{{segment_id:uuid}}/size", guards=[MARKETERS])
async def show_size(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """How many are in it: a fragment."""
    async with database.transaction() as session:
        segment = await segments.get(session, segment_id)
        size = await segments.size(session, segment.definition)
    return page("desk/segments/_size.html", {"size": size})


@get(f"{HERE}/{{segment_id:uuid}}/people", guards=[MARKETERS])
async def show_people(
    segment_id: FromPath[UUID], database: NamedDependency[Database], after: FromQuery[UUID | None] = None
) -> Response[Any]:
    """Who is in, page by page."""
    async with database.transaction() as session:
        segment = await segments.get(session, segment_id)
        found = await segments.members(session, segment.definition, after, PAGE + 1)
        size = await segments.size(session, segment.definition)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    context = {"segment": segment, "people": found[:PAGE], "more": more, "size": size}
    return page("desk/segment_people.html", context)


@get(f"{HERE}/{{segment_id:uuid}}/why/{{customer_id:uuid}}", guards=[MARKETERS])
async def show_why(
    segment_id: FromPath[UUID],
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Why someone is in or not: each condition with its answer."""
    async with database.transaction() as session:
        segment = await segments.get(session, segment_id)
        reason = await segments.explain(session, segment.definition, customer_id)
        names = {each.id: each.name for each in await segments.listed(session)}
        reached = await contacts(session, customer_id)
    context = {
        "segment": segment,
        "why": told(reason, names, settings.currency),
        "customer_id": customer_id,
        "contact": reached[0].value if reached else "",
    }
    return page("desk/segment_why.html", context)


def told(reason: Reason, names: dict[UUID, str], currency: str) -> Told:
    """A reason in words."""
    inside = tuple(told(part, names, currency) for part in reason.parts)
    return Told(conditions.sentence(reason.condition, names, currency), reason.holds, inside)


def _summary(condition: c.Condition, names: dict[UUID, str], currency: str) -> str:
    inside = [_one(part, names, currency) for part in c.parts(condition)]
    if not inside:
        return conditions.sentence(condition, names, currency)
    return (f" {_('or')} " if isinstance(condition, c.AnyOf) else " · ").join(inside)


def _one(condition: c.Condition, names: dict[UUID, str], currency: str) -> str:
    if isinstance(condition, c.Not):
        return f"{_('not:')} {_one(condition.condition, names, currency)}"
    return conditions.sentence(condition, names, currency)


async def _builder(
    session: AsyncSession,
    settings: Settings,
    portrait: Portrait | None,
    segment_id: UUID | None,
    *,
    error: Invalid | None = None,
    saved: bool = False,
) -> Response[Any]:
    others = await segments.listed(session)
    names = {each.id: each.name for each in others}
    size, people = None, []
    own = next((each for each in others if each.id == segment_id), None)
    choices = [(str(each.id), each.name) for each in others if each.id != segment_id]
    if portrait is not None:
        for row in portrait.rows:
            conditions.settle(row, choices)
        try:
            definition = c.encode(conditions.condition(portrait))
            async with session.begin_nested():
                size = await segments.size(session, definition)
                people = await segments.members(session, definition, limit=8)
        except Invalid:
            if error is None:  # still being built: say nothing yet
                for row in portrait.rows:
                    row.error = ""
    elif own is not None:
        size = await segments.size(session, own.definition)
        people = await segments.members(session, own.definition, limit=8)
    context = {
        "segment": own,
        "portrait": portrait,
        "rows": [(row, conditions.inputs(row, choices)) for row in (portrait.rows if portrait else [])],
        "types": conditions.types(),
        "size": size,
        "people": people,
        "summary": _summary(c.decode(own.definition), names, settings.currency) if own else "",
        "action": f"{HERE}/{segment_id}" if segment_id else f"{HERE}/new",
        "errors": error.fields if error else {},
        "message": error.message if error else "",
        "saved": saved,
    }
    return page("desk/segment.html", context, status_code=422 if error else 200)


handlers = [
    show_segments, new_segment, show_segment, build_segment, rebuild_segment, delete_segment, show_size,
    show_people, show_why,
]  # fmt: skip
