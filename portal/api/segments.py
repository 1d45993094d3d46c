"""Segments over the API: customers by what is true of them, counted and listed."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import segments
from campaigns.conditions import Condition, encode
from campaigns.models import Segment
from core.database import Database
from portal.api.answers import once, require_match
from portal.api.fields import WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, after, cut, paged
from portal.guards import program

READ = program("campaigns:read")
WRITE = program("campaigns:write")

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS, examples=["Regulars"])]
Definition = Annotated[
    Condition,
    Meta(
        description="Who is in it; conditions stand inside one another by `all`, `any` and `not`.",
        examples=[{"type": "trait", "trait": "orders", "compare": "at_least", "value": 3}],
    ),
]


class SegmentOut(msgspec.Struct):
    id: UUID
    name: str
    definition: dict[str, Any]
    created_at: Moment
    updated_at: Moment


class SegmentIn(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    definition: Definition


class SegmentChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class SizeOut(msgspec.Struct):
    """How many customers are in a segment now; an estimate where counting would take long."""

    number: int
    exact: bool


def _show(segment: Segment) -> SegmentOut:
    return msgspec.convert(segment, SegmentOut, from_attributes=True)


@get("/segments", guards=[READ])
async def list_segments(
    database: NamedDependency[Database], cursor: Cursor = "", limit: Limit = 50
) -> Page[SegmentOut]:
    """Segments, the newest first."""
    async with database.transaction() as session:
        return await paged(session, select(Segment), [Segment.id], _show, cursor, limit)


@post("/segments", guards=[WRITE])
async def create_segment(
    request: Request[Any, Any, Any], data: JSONBody[SegmentIn], database: NamedDependency[Database]
) -> Response[SegmentOut]:
    """Keep conditions under a name."""

    async def act(session: AsyncSession) -> SegmentOut:
        return _show(await segments.create(session, data.name, encode(data.definition)))

    return await once(request, database, act)


@get("/segments/{segment_id:uuid}", guards=[READ])
async def get_segment(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> SegmentOut:
    """One segment."""
    async with database.transaction() as session:
        return _show(await segments.get(session, segment_id))


@patch("/segments/{segment_id:uuid}", guards=[WRITE])
async def change_segment(
    segment_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[SegmentChange],
    database: NamedDependency[Database],
) -> SegmentOut:
    """Give a segment another name or other conditions; what was launched to it keeps its audience."""
    async with database.transaction() as session:
        before = await segments.get(session, segment_id)
        require_match(request, _show(before))
        name = before.name if data.name is UNSET else data.name
        definition = before.definition if data.definition is UNSET else encode(data.definition)
        return _show(await segments.change(session, segment_id, name, definition))


@delete("/segments/{segment_id:uuid}", guards=[WRITE])
async def delete_segment(
    segment_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> None:
    """Forget a segment that nothing uses."""
    async with database.transaction() as session:
        require_match(request, _show(await segments.get(session, segment_id)))
        await segments.delete(session, segment_id)


@get("/segments/{segment_id:uuid}/size", guards=[READ])
async def get_segment_size(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> SizeOut:
    """How many customers are in it now."""
    async with database.transaction() as session:
        size = await segments.size(session, (await segments.get(session, segment_id)).definition)
    return SizeOut(size.number, size.exact)


class MembersOut(msgspec.Struct):
    """Ids of the customers in it, in their order; `next_cursor` is null on the last page."""

    data: list[UUID]
    next_cursor: str | None


@get("/segments/{segment_id:uuid}/members", guards=[READ])
async def list_segment_members(
    segment_id: FromPath[UUID],
    database: NamedDependency[Database],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> MembersOut:
    """Who is in it now."""
    async with database.transaction() as session:
        definition = (await segments.get(session, segment_id)).definition
        found = await segments.members(session, definition, after(cursor), limit + 1)
    people, next_cursor = cut(found, lambda customer: customer.id, limit)
    return MembersOut([customer.id for customer in people], next_cursor)


handlers = [
    list_segments,
    create_segment,
    get_segment,
    change_segment,
    delete_segment,
    get_segment_size,
    list_segment_members,
]
