"""A shop with the demo's goods, in which orders can be placed."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from estore import demo, invoices, orders
from estore.orders import Details
from tests.estore.shopping import place

Buy = Callable[..., Awaitable[Details]]


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
