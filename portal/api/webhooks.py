"""Webhooks over the API: where programs are told what happens, and the log of what they were told."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import calls, endpoints
from channels.endpoints import Endpoint, EndpointAttempt, EndpointDelivery
from core.database import Database
from core.settings import Settings
from portal.access import current
from portal.api.answers import once, require_match
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("webhooks:read")
WRITE = program("webhooks:write")

HERE = "/webhook-endpoints"
ONE = HERE + "/{endpoint_id:uuid}"

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=WORDS, examples=["The accounts"])]
Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        pattern="^https?://[!-~]+$",
        description="Begins with https:// and lies outside our own network.",
        examples=["https://accounts.example.com/throughline"],
    ),
]
Kinds = Annotated[
    list[Annotated[str, Meta(max_length=200, pattern=TEXT)]],
    Meta(
        min_length=1,
        max_length=100,
        description="Kinds of the timeline, also your own, or `*` for all.",
        examples=[["order.placed", "invoice.paid"]],
    ),
]


class WebhookEndpointOut(msgspec.Struct):
    """Where a program is told what happens; while `disabled_at` is set, what it misses waits for a replay."""

    id: UUID
    name: str
    url: str
    kinds: list[str]
    created_at: Moment
    failing_since: Moment | None
    disabled_at: Moment | None
    disabled_reason: str | None


class WebhookEndpointSecretOut(WebhookEndpointOut):
    """The endpoint and its signing secret, which is shown only in this answer."""

    secret: Annotated[str, Meta(description="Signs what is sent (standardwebhooks.com).")]


class WebhookEndpointIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new endpoint."""

    name: Name
    url: Url
    kinds: Kinds


class WebhookEndpointChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WebhookAttemptOut(msgspec.Struct):
    """One call: the status and the beginning of the answer, or in `error` why there was none; `ms` it took."""

    at: Moment
    status: int | None
    answer: str
    error: str | None
    ms: int


class WebhookDeliveryOut(msgspec.Struct):
    """One thing that the endpoint was to be told; its id is the `webhook-id` of every call."""

    id: UUID
    kind: str
    state: Literal["waiting", "delivered", "failed"]
    customer_id: UUID | None
    entry_id: UUID | None
    tries: int
    last_status: int | None
    created_at: Moment
    delivered_at: Moment | None
    attempts: list[WebhookAttemptOut] | UnsetType = UNSET


class WebhookReplayIn(msgspec.Struct, forbid_unknown_fields=True):
    """What did not arrive, of what was promised since then; without `since`, all of it."""

    since: Moment | None = None


class WebhookReplayOut(msgspec.Struct):
    replayed: int


def _show(endpoint: Endpoint) -> WebhookEndpointOut:
    return msgspec.convert(endpoint, WebhookEndpointOut, from_attributes=True)


def _show_with(endpoint: Endpoint, secret: str) -> WebhookEndpointSecretOut:
    return WebhookEndpointSecretOut(**msgspec.structs.asdict(_show(endpoint)), secret=secret)


def _show_delivery(
    delivery: EndpointDelivery, attempts: list[EndpointAttempt] | UnsetType = UNSET
) -> WebhookDeliveryOut:
    return WebhookDeliveryOut(
        delivery.id,
        delivery.kind,
        delivery.state,  # type: ignore[arg-type]  # one of the three
        delivery.customer_id,
        delivery.entry_id,
        delivery.tries,
        delivery.last_status,
        delivery.created_at,
        delivery.delivered_at,
        attempts
        if attempts is UNSET
        else [msgspec.convert(each, WebhookAttemptOut, from_attributes=True) for each in attempts],
    )


@get(HERE, guards=[READ])
async def list_webhook_endpoints(
    database: NamedDependency[Database], cursor: Cursor = "", limit: Limit = 50
) -> Page[WebhookEndpointOut]:
    """Endpoints, the newest first."""
    async with database.transaction() as session:
        return await paged(
            session, select(Endpoint), [Endpoint.created_at, Endpoint.id], _show, cursor, limit
        )


@post(HERE, guards=[WRITE])
async def create_webhook_endpoint(
    request: Request[Any, Any, Any],
    data: JSONBody[WebhookEndpointIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[WebhookEndpointSecretOut]:
    """Begin to be told what happens from now on. The secret is shown in this answer only."""

    async def act(session: AsyncSession) -> WebhookEndpointSecretOut:
        return _show_with(
            *await endpoints.add(
                session, data.name, data.url, data.kinds, private=settings.webhooks_to_private
            )
        )

    return await once(request, database, act)


@get(ONE, guards=[READ])
async def get_webhook_endpoint(
    endpoint_id: FromPath[UUID], database: NamedDependency[Database]
) -> WebhookEndpointOut:
    """One endpoint."""
    async with database.transaction() as session:
        return _show(await endpoints.get(session, endpoint_id))


@patch(ONE, guards=[WRITE])
async def change_webhook_endpoint(
    endpoint_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[WebhookEndpointChange],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> WebhookEndpointOut:
    """Change an endpoint, or switch it off and on; what waited while it was off is sent by a replay."""
    async with database.transaction() as session:
        require_match(request, _show(await endpoints.get(session, endpoint_id, lock=True)))
        said = {
            field: value
            for field, value in msgspec.structs.asdict(data).items()
            if value is not UNSET and field != "enabled"
        }
        if said:
            await endpoints.change(session, endpoint_id, private=settings.webhooks_to_private, **said)
        if data.enabled is True:
            await endpoints.enable(session, endpoint_id)
        elif data.enabled is False:
            by = current(request).name
            await endpoints.disable(session, endpoint_id, f"Switched off over the API by “{by}”.")
        return _show(await endpoints.get(session, endpoint_id))


@delete(ONE, guards=[WRITE])
async def delete_webhook_endpoint(
    endpoint_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> None:
    """Forget an endpoint and its log."""
    async with database.transaction() as session:
        require_match(request, _show(await endpoints.get(session, endpoint_id, lock=True)))
        await endpoints.remove(session, endpoint_id)


@post(ONE + "/rotate", guards=[WRITE])
async def rotate_webhook_secret(
    endpoint_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[WebhookEndpointSecretOut]:
    """Get a new secret, shown in this answer only; for a day the old one signs as well."""

    async def act(session: AsyncSession) -> WebhookEndpointSecretOut:
        return _show_with(*await endpoints.rotate(session, endpoint_id))

    return await once(request, database, act)


@post(ONE + "/test", guards=[WRITE])
async def send_test_webhook(
    endpoint_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[WebhookDeliveryOut]:
    """Have an event of the kind `webhook.test` sent."""

    async def act(session: AsyncSession) -> WebhookDeliveryOut:
        return _show_delivery(await calls.send_test(session, endpoint_id))

    return await once(request, database, act)


State = Annotated[
    Literal["waiting", "delivered", "failed"] | None,
    QueryParameter(name="state", description="Only deliveries in this state."),
]


@get(ONE + "/deliveries", guards=[READ])
async def list_webhook_deliveries(
    endpoint_id: FromPath[UUID],
    database: NamedDependency[Database],
    in_state: State = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[WebhookDeliveryOut]:
    """The log of an endpoint, the newest first."""
    async with database.transaction() as session:
        await endpoints.get(session, endpoint_id)
        query = calls.of_endpoint(endpoint_id)
        if in_state is not None:
            query = query.where(EndpointDelivery.state == in_state)
        return await paged(
            session,
            query,
            [EndpointDelivery.created_at, EndpointDelivery.id],
            _show_delivery,
            cursor,
            limit,
        )


@get(ONE + "/deliveries/{delivery_id:uuid}", guards=[READ])
async def get_webhook_delivery(
    endpoint_id: FromPath[UUID], delivery_id: FromPath[UUID], database: NamedDependency[Database]
) -> WebhookDeliveryOut:
    """One delivery, with every attempt at it."""
    async with database.transaction() as session:
        delivery = await calls.delivery(session, endpoint_id, delivery_id)
        return _show_delivery(delivery, (await calls.attempts(session, [delivery_id]))[delivery_id])


@post(ONE + "/deliveries/{delivery_id:uuid}/replay", guards=[WRITE])
async def replay_webhook_delivery(
    endpoint_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
) -> Response[WebhookDeliveryOut]:
    """Send it again, under the same `webhook-id`, whether it arrived or not."""

    async def act(session: AsyncSession) -> WebhookDeliveryOut:
        return _show_delivery(await calls.replay(session, endpoint_id, delivery_id))

    return await once(request, database, act)


@post(ONE + "/deliveries/replay", guards=[WRITE])
async def replay_webhook_deliveries(
    endpoint_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[WebhookReplayIn],
    database: NamedDependency[Database],
) -> Response[WebhookReplayOut]:
    """Send again everything that did not arrive, also what was missed while it was disabled."""

    async def act(session: AsyncSession) -> WebhookReplayOut:
        return WebhookReplayOut(await calls.replay_since(session, endpoint_id, data.since))

    return await once(request, database, act)


handlers = [
    list_webhook_endpoints,
    create_webhook_endpoint,
    get_webhook_endpoint,
    change_webhook_endpoint,
    delete_webhook_endpoint,
    rotate_webhook_secret,
    send_test_webhook,
    list_webhook_deliveries,
    get_webhook_delivery,
    replay_webhook_delivery,
    replay_webhook_deliveries,
]
