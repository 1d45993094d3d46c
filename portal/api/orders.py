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
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities, merging
from customers.models import IdentityKind
from estore import carts, checkout, orders
from estore.models import Order, OrderLine, OrderStatus
from portal.api.answers import once
from portal.api.fields import TEXT, WORDS, Language, Moment
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


class LineIn(msgspec.Struct, forbid_unknown_fields=True):
    sku: Annotated[str, Meta(min_length=1, max_length=40, pattern=TEXT, examples=["KVERN-BLK"])]
    quantity: Annotated[int, Meta(ge=1, le=carts.MOST_OF_ONE)] = 1


class AddressIn(msgspec.Struct, forbid_unknown_fields=True):
    """Where it is sent; `country` as ISO 3166-1 alpha-2."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS, examples=["Lena Hoffmann"])]
    street: Annotated[str, Meta(min_length=1, max_length=200, pattern=WORDS, examples=["Sonnenallee 177"])]
    postcode: Annotated[str, Meta(min_length=1, max_length=12, pattern=WORDS, examples=["12059"])]
    city: Annotated[str, Meta(min_length=1, max_length=100, pattern=WORDS, examples=["Berlin"])]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]
    company: Annotated[str, Meta(max_length=120, pattern=TEXT)] = ""


class OrderIn(msgspec.Struct, forbid_unknown_fields=True):
    """An order that somebody gave elsewhere: on the telephone, at a till, in another shop.

    Without a `customer_id` it is that of whoever has the address, as far as anyone has proven it. Without an `email`
    the customer's own is taken. Prices, VAT and what sending costs are those of the store, today.
    """

    lines: Annotated[list[LineIn], Meta(min_length=1, max_length=carts.MOST_LINES)]
    address: AddressIn
    shipping: Annotated[str, Meta(max_length=40, pattern=TEXT, description="A code.", examples=["standard"])]
    payment: Annotated[
        str, Meta(max_length=40, pattern=TEXT, description="A code.", examples=["bank_transfer"])
    ]
    customer_id: UUID | None = None
    email: Annotated[str, Meta(max_length=254, pattern=TEXT, examples=["lena.hoffmann@post.test"])] = ""
    phone: Annotated[str, Meta(max_length=40, pattern=TEXT)] = ""
    instructions: Annotated[str, Meta(max_length=1000, pattern=TEXT)] = ""
    locale: Language = "en"
    expected_total: Annotated[
        int | None,
        Meta(description="Minor units: the order is refused (409) when it comes to something else."),
    ] = None


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


@post("/orders", guards=[WRITE])
async def place_order(
    request: Request[Any, Any, Any],
    data: JSONBody[OrderIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[OrderOut]:
    """Place an order: goods are held, the invoice is sent, the payment awaited; all of it or nothing.

    Goods are held as long as the way to pay gives: for a card, an hour and ten minutes.
    """

    async def act(session: AsyncSession) -> OrderOut:
        email, customer_id = data.email, data.customer_id
        if customer_id is not None:
            customer_id = await merging.survivor(session, customer_id)
            email = email or await identities.address_for(session, customer_id, IdentityKind.EMAIL) or ""
        cart = await carts.fill(session, [(line.sku, line.quantity) for line in data.lines], customer_id)
        try:
            order = await checkout.place(session, _wish(data, cart.id, email), home=settings.country)
        except Invalid as error:
            raise Invalid(
                error.message, {_place(name): words for name, words in error.fields.items()}
            ) from None
        return (await _show(session, [order], "lines"))[0]

    return await once(request, database, act)


def _place(name: str) -> str:
    """Where a field of the checkout stands in OrderIn."""
    return f"address/{name}" if name in AddressIn.__struct_fields__ else name


def _wish(data: OrderIn, cart_id: UUID, email: str) -> checkout.Checkout:
    return checkout.Checkout(
        cart_id=cart_id,
        email=email,
        **msgspec.structs.asdict(data.address),
        shipping=data.shipping,
        payment=data.payment,
        phone=data.phone,
        instructions=data.instructions,
        customer_id=data.customer_id,
        locale=data.locale,
        expected_total=data.expected_total,
    )


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


handlers = [list_orders, get_order, place_order, advance_order, cancel_order]
