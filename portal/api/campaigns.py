"""Campaigns over the API: one letter to many, from the draft to what came of it."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, controls, figures
from campaigns.models import Broadcast, BroadcastState, RecipientState
from core.database import Database
from core.settings import Settings
from portal.api.answers import once, require_match
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, after, cut, paged
from portal.guards import program

READ = program("campaigns:read")
WRITE = program("campaigns:write")


class CampaignOut(msgspec.Struct):
    id: UUID
    name: str
    channel: str
    topic: str
    segment_id: UUID | None
    format: str
    subject: str
    body: str
    state: BroadcastState
    version: int
    scheduled_at: Moment | None
    audience: int | None
    created_at: Moment
    launched_at: Moment | None
    finished_at: Moment | None


class CampaignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A draft; nothing is sent before it is launched."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS, examples=["Winter blend"])]
    channel: Literal["email", "sms"]


class CampaignChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of the draft with this `version`; what is left out stays."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS)] | UnsetType = UNSET
    segment_id: UUID | UnsetType = UNSET
    topic: Annotated[str, Meta(max_length=50, pattern=TEXT)] | UnsetType = UNSET
    format: Literal["markdown", "html"] | UnsetType = UNSET
    subject: Annotated[str, Meta(max_length=300, pattern=TEXT)] | UnsetType = UNSET
    body: Annotated[str, Meta(max_length=300_000, pattern=TEXT)] | UnsetType = UNSET


class Launch(msgspec.Struct, forbid_unknown_fields=True):
    """Approve the draft with this `version` and send it: now, or at an instant to come."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    at: Moment | None = None


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
    state: RecipientState
    reason: str | None
    clicked: bool
    unsubscribed: bool


def _show(broadcast: Broadcast) -> CampaignOut:
    return msgspec.convert(broadcast, CampaignOut, from_attributes=True)


State = Annotated[
    BroadcastState | None, QueryParameter(name="state", description="Only campaigns in this state.")
]


@get("/campaigns", guards=[READ])
async def list_campaigns(
    database: NamedDependency[Database],
    in_state: State = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[CampaignOut]:
    """Campaigns, the newest first."""
    query = select(Broadcast)
    if in_state is not None:
        query = query.where(Broadcast.state == in_state)
    async with database.transaction() as session:
        return await paged(session, query, [Broadcast.created_at, Broadcast.id], _show, cursor, limit)


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
    """A page of the recipient ledger; `next_cursor` is null on the last."""

    data: list[RecipientOut]
    next_cursor: str | None


@get("/campaigns/{campaign_id:uuid}/recipients", guards=[READ])
async def list_recipients(
    campaign_id: FromPath[UUID],
    database: NamedDependency[Database],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Recipients:
    """Everyone in the frozen audience, and what became of the message to them."""
    async with database.transaction() as session:
        await broadcasts.get(session, campaign_id)
        found = await figures.ledger(session, campaign_id, after=after(cursor), limit=limit + 1)
    rows, next_cursor = cut(found, lambda row: row.id, limit)
    shown = [msgspec.convert(row, RecipientOut, from_attributes=True) for row in rows]
    return Recipients(shown, next_cursor)


handlers = [
    list_campaigns,
    create_campaign,
    get_campaign,
    change_campaign,
    launch_campaign,
    steer_campaign,
    get_campaign_figures,
    list_recipients,
]
