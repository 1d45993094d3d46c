"""Consent over the API: what customers allow, as a ledger."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from customers import consent, merging
from customers.models import ConsentRecord
from portal.access import current
from portal.api.answers import once
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("customers:read")
WRITE = program("customers:write")

Topic = Annotated[str, Meta(min_length=1, max_length=50, pattern=WORDS, examples=["news"])]


class ConsentOut(msgspec.Struct):
    """A line of the ledger: what was allowed or withdrawn, where and in which words."""

    channel: str
    topic: str
    granted: bool
    address: str
    source: str
    wording: str
    actor: str
    recorded_at: Moment


class ConsentIn(msgspec.Struct, forbid_unknown_fields=True):
    """A word of the customer's that was given elsewhere."""

    channel: Literal["email", "sms"]
    granted: bool
    source: Annotated[str, Meta(min_length=1, max_length=100, pattern=WORDS, examples=["trade fair 2026"])]
    topic: Topic = "news"
    address: Annotated[str, Meta(max_length=254, pattern=TEXT)] = ""
    wording: Annotated[
        str, Meta(max_length=2000, pattern=TEXT, description="The words that were agreed to.")
    ] = ""


def _show(record: ConsentRecord) -> ConsentOut:
    return msgspec.convert(record, ConsentOut, from_attributes=True)


@get("/customers/{customer_id:uuid}/consent", guards=[READ])
async def list_consent(
    customer_id: FromPath[UUID],
    database: NamedDependency[Database],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[ConsentOut]:
    """The ledger of what this customer allowed and withdrew, the newest line first."""
    async with database.transaction() as session:
        await merging.survivor(session, customer_id)
        query = select(ConsentRecord).where(
            ConsentRecord.customer_id.in_(await merging.group(session, customer_id))
        )
        return await paged(session, query, [ConsentRecord.id], _show, cursor, limit)


@post("/customers/{customer_id:uuid}/consent", guards=[WRITE])
async def record_consent(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[ConsentIn],
    database: NamedDependency[Database],
) -> Response[ConsentOut]:
    """Add a line to the ledger. A yes counts for addresses that the customer has proven; a no counts at once."""
    actor = f"api:{current(request).name}"

    async def act(session: AsyncSession) -> ConsentOut:
        speaker = await merging.survivor(session, customer_id)
        if data.granted:
            await consent.grant(
                session,
                speaker,
                data.channel,
                source=data.source,
                topic=data.topic,
                address=data.address,
                wording=data.wording,
                actor=actor,
            )
        else:
            await consent.withdraw(
                session,
                speaker,
                data.channel,
                source=data.source,
                topic=data.topic,
                address=data.address,
                actor=actor,
            )
        latest = select(ConsentRecord).where(ConsentRecord.customer_id == speaker)
        return _show((await session.scalars(latest.order_by(ConsentRecord.id.desc()).limit(1))).one())

    return await once(request, database, act)


handlers = [list_consent, record_consent]
