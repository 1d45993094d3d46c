"""The timeline over the API: read it, and append kinds of one's own."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from customers import merging, timeline
from customers.models import TimelineEntry
from portal.api.answers import once
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

# Kinds that a company makes up for itself stand apart from ours, so that neither can speak for the other.
OWN = "^custom\\.[a-z][a-z0-9_]{0,40}\\.[a-z][a-z0-9_]{0,40}$"


Said = Annotated[str, Meta(pattern=TEXT)]


class EntryOut(msgspec.Struct):
    """One thing that happened to one customer; `payload` is as the kind declares it."""

    id: UUID
    customer_id: UUID
    kind: str
    version: int
    subject_id: UUID | None
    source_key: str
    payload: dict[str, Any]
    occurred_at: Moment
    recorded_at: Moment


class EntryIn(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happened elsewhere. Saying the same `source_key` of a kind again changes nothing."""

    kind: Annotated[str, Meta(pattern=OWN, examples=["custom.machine.serviced"])]
    source_key: Annotated[
        str, Meta(min_length=1, max_length=200, pattern=WORDS, examples=["service-report-4711"])
    ]
    title: Annotated[
        str, Meta(min_length=1, max_length=200, pattern=WORDS, examples=["Kvern serviced at your place"])
    ]
    facts: Annotated[dict[Said, Said | float | bool | None], Meta(max_length=50)] = {}
    occurred_at: Moment | None = None


Kinds = Annotated[
    str | None,
    QueryParameter(
        pattern="^[a-z_]+(\\.[a-z0-9_]+)+(,[a-z_]+(\\.[a-z0-9_]+)+)*$",
        max_length=500,
        description="Only these kinds, separated by commas: order.placed,message.received.",
    ),
]


def _show(entry: TimelineEntry) -> EntryOut:
    return msgspec.convert(entry, EntryOut, from_attributes=True)


@get("/customers/{customer_id:uuid}/timeline", guards=[program("timeline:read")])
async def list_entries(
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    kinds: Kinds = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[EntryOut]:
    """What happened to a customer, the newest first, with what happened to records merged into theirs."""
    async with database.transaction() as session:
        await merging.survivor(session, customer_id)
        query = select(TimelineEntry).where(
            TimelineEntry.customer_id.in_(await merging.group(session, customer_id))
        )
        if kinds:
            query = query.where(TimelineEntry.kind.in_(kinds.split(",")))
        return await paged(
            session, query, [TimelineEntry.occurred_at, TimelineEntry.id], _show, cursor, limit
        )


@post("/customers/{customer_id:uuid}/timeline", guards=[program("timeline:write")])
async def append_entry(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[EntryIn],
    database: NamedDependency[Database],
) -> Response[EntryOut]:
    """Put a happening of one's own kind on a customer's timeline; what stood there already is answered again."""

    async def act(session: AsyncSession) -> EntryOut:
        speaker = await merging.survivor(session, customer_id)
        await timeline.append_own(
            session,
            speaker,
            data.kind,
            {"title": data.title, "facts": data.facts},
            source_key=data.source_key,
            occurred_at=data.occurred_at,
        )
        stands = select(TimelineEntry).where(
            TimelineEntry.customer_id == speaker,
            TimelineEntry.kind == data.kind,
            TimelineEntry.source_key == data.source_key,
        )
        return _show((await session.scalars(stands)).one())

    return await once(request, database, act)


handlers = [list_entries, append_entry]
