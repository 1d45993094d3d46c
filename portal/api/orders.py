"""Orders over the API: what was bought, and how far it has come."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from customers import merging
from estore import orders
from estore.models import Order, OrderLine, OrderStatus
from portal.api.answers import once
from portal.api.fields import TEXT, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("orders:read")
WRITE = program("orders:write")


class OrderLineOut(msgspec.Struct):
    """One line, as it was when the order was placed; amounts in minor units, VAT included."""

    position: int
    sku_code: str
    name: str
    detail: str
    quantity: int
    unit_price: int
    discount: int
    total: int


class OrderOut(msgspec.Struct):
    """An order; amounts in minor units, VAT included: total = goods - discount + shipping."""

    id: UUID
    number: str
    customer_id: UUID
    status: OrderStatus
    email: str
    delivery_address: dict[str, Any]
    billing_address: dict[str, Any]
    currency: str
    goods: int
    discount: int
    shipping: int
    total: int
    carrier: str
    tracking: str
    placed_at: Moment
    paid_at: Moment | None
    packed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None
    cancelled_at: Moment | None
    cancel_reason: str
    lines: list[OrderLineOut] | UnsetType = UNSET


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """The order's next step; `carrier` is asked for when it ships."""

    status: Literal["packed", "shipped", "delivered"]
    carrier: Annotated[str, Meta(max_length=60, pattern=TEXT, examples=["DHL"])] = ""
    tracking: Annotated[str, Meta(max_length=60, pattern=TEXT, examples=["00340434161094021501"])] = ""


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500, pattern=TEXT, examples=["Ordered by mistake"])] = ""


Expand = Annotated[
    str | None, QueryParameter(pattern="^lines$", description="`lines`, to see what was ordered.")
]


async def _show(session: AsyncSession, found: list[Order], expand: str | None) -> list[OrderOut]:
    shown = [
        OrderOut(**{name: getattr(order, name) for name in OrderOut.__struct_fields__ if name != "lines"})
        for order in found
    ]
    if expand:
        lines: dict[UUID, list[OrderLineOut]] = {order.id: [] for order in found}
        rows = await session.scalars(
            select(OrderLine).where(OrderLine.order_id.in_(lines)).order_by(OrderLine.position)
        )
        for row in rows:
            lines[row.order_id].append(msgspec.convert(row, OrderLineOut, from_attributes=True))
        for order in shown:
            order.lines = lines[order.id]
    return shown


async def _get(session: AsyncSession, order_id: UUID) -> Order:
    order = await session.get(Order, order_id)
    if order is None:
        raise NotFound(_("That order does not exist."))
    return order


@get("/orders", guards=[READ])
async def list_orders(
    database: NamedDependency[Database],
    customer_id: FromQuery[UUID | None] = None,
    status: FromQuery[Literal["placed", "paid", "packed", "shipped", "delivered", "cancelled"] | None] = None,
    number: FromQuery[str | None] = None,
    expand: Expand = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[OrderOut]:
    """Orders, the newest first."""
    query = select(Order)
    if status is not None:
        query = query.where(Order.status == status)
    if number is not None:
        query = query.where(Order.number == number)
    async with database.transaction() as session:
        if customer_id is not None:
            query = query.where(Order.customer_id.in_(await merging.group(session, customer_id)))
        found = await paged(session, query, [Order.placed_at, Order.id], lambda order: order, cursor, limit)
        return Page(await _show(session, found.data, expand), found.next_cursor)


@get("/orders/{order_id:uuid}", guards=[READ])
async def get_order(
    order_id: FromPath[UUID], database: NamedDependency[Database], expand: Expand = None
) -> OrderOut:
    """One order."""
    async with database.transaction() as session:
        return (await _show(session, [await _get(session, order_id)], expand))[0]


@post("/orders/{order_id:uuid}/steps", guards=[WRITE])
async def advance_order(
    order_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[Step],
    database: NamedDependency[Database],
) -> Response[OrderOut]:
    """Pack, ship or deliver, one step after the other; the customer is told what concerns them."""

    async def act(session: AsyncSession) -> OrderOut:
        order = await orders.advance(
            session, order_id, OrderStatus(data.status), carrier=data.carrier, tracking=data.tracking
        )
        return (await _show(session, [order], None))[0]

    return await once(request, database, act)


@post("/orders/{order_id:uuid}/cancellation", guards=[WRITE])
async def cancel_order(
    order_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[Cancellation],
    database: NamedDependency[Database],
) -> Response[OrderOut]:
    """Call an order off: goods go back on the shelf, an unpaid invoice is void, money paid goes back."""

    async def act(session: AsyncSession) -> OrderOut:
        order = await orders.cancel(session, order_id, data.reason)
        return (await _show(session, [order], None))[0]

    return await once(request, database, act)


handlers = [list_orders, get_order, advance_order, cancel_order]
