"""Segments and campaigns over the API."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, controls, figures, segments
from campaigns.models import Broadcast, Segment
from core.database import Database
from core.settings import Settings
from portal.api.answers import once, require_match
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("campaigns:read")
WRITE = program("campaigns:write")

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S", examples=["Regulars"])]
Definition = Annotated[
    dict[str, Any],
    Meta(
        description="Conditions, as the desk's editor writes them.",
        examples=[{"type": "trait", "trait": "orders", "compare": "at_least", "value": 3}],
    ),
]


class SegmentOut(msgspec.Struct):
    id: UUID
    name: str
    definition: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class SegmentIn(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    definition: Definition


class SizeOut(msgspec.Struct):
    """How many customers are in a segment now; an estimate where counting would take long."""

    number: int
    exact: bool


class CampaignOut(msgspec.Struct):
    id: UUID
    name: str
    channel: str
    topic: str
    segment_id: UUID | None
    format: str
    subject: str
    body: str
    state: str
    version: int
    scheduled_at: datetime | None
    audience: int | None
    created_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None


class CampaignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A draft; nothing is sent before it is launched."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S", examples=["Winter blend"])]
    channel: Literal["email", "sms"]


class CampaignChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of the draft with this `version`; what is left out stays."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")] | UnsetType = UNSET
    segment_id: UUID | UnsetType = UNSET
    topic: Annotated[str, Meta(max_length=50)] | UnsetType = UNSET
    format: Literal["markdown", "html"] | UnsetType = UNSET
    subject: Annotated[str, Meta(max_length=300)] | UnsetType = UNSET
    body: Annotated[str, Meta(max_length=300_000)] | UnsetType = UNSET


class Launch(msgspec.Struct, forbid_unknown_fields=True):
    """Approve the draft with this `version` and send it: now, or at an instant to come."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    at: Annotated[datetime, Meta(tz=True)] | None = None


class RevenueOut(msgspec.Struct):
    currency: str
    amount: int


class FiguresOut(msgspec.Struct):
    """audience = open + sent + failed + suppressed + held + unknown, always."""

    audience: int
    open: int
    sent: int
    failed: int
    suppressed: int
    held: int
    unknown: int
    delivered: int
    clicked: int
    unsubscribed: int
    bought: int
    revenue: list[RevenueOut]


class RecipientOut(msgspec.Struct):
    """What became of the message to one person of the frozen audience."""

    id: UUID
    customer_id: UUID
    name: str
    address: str
    state: str
    reason: str | None
    clicked: bool
    unsubscribed: bool


def _show_segment(segment: Segment) -> SegmentOut:
    return msgspec.convert(segment, SegmentOut, from_attributes=True)


def _show(broadcast: Broadcast) -> CampaignOut:
    return msgspec.convert(broadcast, CampaignOut, from_attributes=True)


@get("/segments", guards=[READ])
async def list_segments(
    database: NamedDependency[Database], cursor: Cursor = "", limit: Limit = 50
) -> Page[SegmentOut]:
    """Segments, the newest first."""
    async with database.transaction() as session:
        return await paged(session, select(Segment), [Segment.id], _show_segment, cursor, limit)


@post("/segments", guards=[WRITE])
async def create_segment(
    request: Request[Any, Any, Any], data: JSONBody[SegmentIn], database: NamedDependency[Database]
) -> Response[SegmentOut]:
    """Keep conditions under a name."""

    async def act(session: AsyncSession) -> SegmentOut:
        return _show_segment(await segments.create(session, data.name, data.definition))

    return await once(request, database, act)


@get("/segments/{segment_id:uuid}", guards=[READ])
async def get_segment(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> SegmentOut:
    """One segment."""
    async with database.transaction() as session:
        return _show_segment(await segments.get(session, segment_id))


@patch("/segments/{segment_id:uuid}", guards=[WRITE])
async def change_segment(
    segment_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[SegmentIn],
    database: NamedDependency[Database],
) -> SegmentOut:
    """Give a segment another name or other conditions; what was launched to it keeps its audience."""
    async with database.transaction() as session:
        require_match(request, _show_segment(await segments.get(session, segment_id)))
        return _show_segment(await segments.change(session, segment_id, data.name, data.definition))


@delete("/segments/{segment_id:uuid}", guards=[WRITE])
async def delete_segment(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> None:
    """Forget a segment that nothing uses."""
    async with database.transaction() as session:
        await segments.delete(session, segment_id)


@get("/segments/{segment_id:uuid}/size", guards=[READ])
async def get_segment_size(segment_id: FromPath[UUID], database: NamedDependency[Database]) -> SizeOut:
    """How many customers are in it now."""
    async with database.transaction() as session:
        size = await segments.size(session, (await segments.get(session, segment_id)).definition)
    return SizeOut(size.number, size.exact)


After = Annotated[UUID | None, QueryParameter(description="The last id of the page before.")]


class MembersOut(msgspec.Struct):
    """Ids of the customers in it, in their order; ask on with `after` until fewer than `limit` come."""

    data: list[UUID]


@get("/segments/{segment_id:uuid}/members", guards=[READ])
async def list_segment_members(
    segment_id: FromPath[UUID],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = 50,
) -> MembersOut:
    """Who is in it now."""
    async with database.transaction() as session:
        definition = (await segments.get(session, segment_id)).definition
        found = await segments.members(session, definition, after, limit)
    return MembersOut([customer.id for customer in found])


@get("/campaigns", guards=[READ])
async def list_campaigns(
    database: NamedDependency[Database], cursor: Cursor = "", limit: Limit = 50
) -> Page[CampaignOut]:
    """Campaigns, the newest first."""
    async with database.transaction() as session:
        return await paged(
            session, select(Broadcast), [Broadcast.created_at, Broadcast.id], _show, cursor, limit
        )


@post("/campaigns", guards=[WRITE])
async def create_campaign(
    request: Request[Any, Any, Any], data: JSONBody[CampaignIn], database: NamedDependency[Database]
) -> Response[CampaignOut]:
    """Begin a draft."""

    async def act(session: AsyncSession) -> CampaignOut:
        return _show(await broadcasts.create(session, data.name, data.channel))

    return await once(request, database, act)


@get("/campaigns/{campaign_id:uuid}", guards=[READ])
async def get_campaign(campaign_id: FromPath[UUID], database: NamedDependency[Database]) -> CampaignOut:
    """One campaign."""
    async with database.transaction() as session:
        return _show(await broadcasts.get(session, campaign_id))


@patch("/campaigns/{campaign_id:uuid}", guards=[WRITE])
async def change_campaign(
    campaign_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[CampaignChange],
    database: NamedDependency[Database],
) -> CampaignOut:
    """Change a draft. A colleague's newer words are never overwritten: an old `version` is refused."""
    async with database.transaction() as session:
        require_match(request, _show(await broadcasts.get(session, campaign_id)))
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        return _show(await broadcasts.edit(session, campaign_id, **said))


@post("/campaigns/{campaign_id:uuid}/launch", guards=[WRITE])
async def launch_campaign(
    campaign_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[Launch],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[CampaignOut]:
    """Send a draft after the same checks as at the desk: every recipient's message is tried before the first goes."""
    async with database.transaction() as session:
        drawn = await broadcasts.sample(session, await broadcasts.get(session, campaign_id))
    broadcasts.refuse(await asyncio.to_thread(broadcasts.preflight, settings, drawn))

    async def act(session: AsyncSession) -> CampaignOut:
        return _show(await broadcasts.launch(session, campaign_id, data.version, at=data.at))

    return await once(request, database, act)


@post("/campaigns/{campaign_id:uuid}/{move:str}", guards=[WRITE])
async def steer_campaign(
    campaign_id: FromPath[UUID],
    move: FromPath[Literal["pause", "resume", "cancel"]],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
) -> Response[CampaignOut]:
    """Pause, resume or cancel what is being sent."""
    steer = {"pause": controls.pause, "resume": controls.resume, "cancel": controls.cancel}[move]

    async def act(session: AsyncSession) -> CampaignOut:
        return _show(await steer(session, campaign_id))

    return await once(request, database, act)


@get("/campaigns/{campaign_id:uuid}/figures", guards=[READ])
async def get_campaign_figures(
    campaign_id: FromPath[UUID], database: NamedDependency[Database]
) -> FiguresOut:
    """What came of it so far."""
    async with database.transaction() as session:
        await broadcasts.get(session, campaign_id)
        return msgspec.convert(await figures.figures(session, campaign_id), FiguresOut, from_attributes=True)


class Recipients(msgspec.Struct):
    """A page of the recipient ledger; ask on with `after` until fewer than `limit` come."""

    data: list[RecipientOut]


@get("/campaigns/{campaign_id:uuid}/recipients", guards=[READ])
async def list_recipients(
    campaign_id: FromPath[UUID],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = 50,
) -> Recipients:
    """Everyone in the frozen audience, and what became of the message to them."""
    async with database.transaction() as session:
        await broadcasts.get(session, campaign_id)
        rows = await figures.ledger(session, campaign_id, after=after, limit=limit)
    return Recipients([msgspec.convert(row, RecipientOut, from_attributes=True) for row in rows])


handlers = [
    list_segments,
    create_segment,
    get_segment,
    change_segment,
    delete_segment,
    get_segment_size,
    list_segment_members,
    list_campaigns,
    create_campaign,
    get_campaign,
    change_campaign,
    launch_campaign,
    steer_campaign,
    get_campaign_figures,
    list_recipients,
]
