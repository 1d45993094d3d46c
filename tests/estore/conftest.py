"""A shop with the demo's goods, and a wish to buy some of them."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from estore import carts, checkout, demo, invoices, orders
from estore.models import Order
from estore.orders import Details

SIZE = {
    "email": "ann@example.com",
    "name": "Ann Berg",
    "street": "Weg 1",
    "postcode": "10115",
    "city": "Berlin",
}

Buy = Callable[..., Awaitable[Details]]


def wish(cart_id: UUID, **changes: object) -> checkout.Checkout:
    facts = {**SIZE, "country": "DE", "shipping": "standard", "payment": "card", **changes}
    return checkout.Checkout(cart_id=cart_id, **facts)  # type: ignore[arg-type]


async def fill(session: AsyncSession, *codes: str, quantity: int = 1) -> UUID:
    cart = await carts.begin(session)
    for code in codes:
        await carts.put(session, cart, demo.demo_id("sku", code), quantity)
    return cart.id


async def place(session: AsyncSession, *codes: str, quantity: int = 1, **changes: object) -> Order:
    cart_id = await fill(session, *(codes or ("DAW-250",)), quantity=quantity)
    return await checkout.place(session, wish(cart_id, **changes))


@pytest.fixture
async def shop(session: AsyncSession) -> AsyncSession:
    """A session in which the demo shop is open."""
    await demo.load(session)
    return session


@pytest.fixture
async def stocked(database: Database) -> Database:
    """A database of its own in which the demo shop is open."""
    async with database.transaction() as session:
        await demo.load(session)
    return database


@pytest.fixture
def buy(shop: AsyncSession) -> Buy:
    """Place an order and finalise its invoice."""

    async def bought(*codes: str, quantity: int = 1, **changes: object) -> Details:
        order = await place(shop, *codes, quantity=quantity, **changes)
        shown = await orders.details(shop, order)
        assert shown.invoice is not None
        await invoices.finalise(shop, shown.invoice.id)
        return await orders.details(shop, order)

    return bought
