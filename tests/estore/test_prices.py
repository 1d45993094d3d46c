"""Reduced prices, and the lowest of the thirty days before that must stand beside them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Invalid, NotFound
from estore import demo, prices
from estore.goods import FormerPrice, Sku

DAWN = demo.demo_id("sku", "DAW-250")


async def on(session: AsyncSession, at: datetime, price: int, regular: int | None = None) -> Sku:
    with time_machine.travel(at, tick=False):
        return await prices.reduce(session, DAWN, price, regular)


async def told(session: AsyncSession) -> int | None:
    return (await prices.lowest(session, [await session.get_one(Sku, DAWN)])).get(DAWN)


async def test_the_lowest_price_of_the_thirty_days_before_is_kept(shop: AsyncSession) -> None:
    today = now()
    await on(shop, today - timedelta(days=50), 500)  # over before the thirty days
    await on(shop, today - timedelta(days=35), 900)  # ended five days into them
    await on(shop, today - timedelta(days=20), 1200)
    assert await told(shop) is None
    await on(shop, today, 800, regular=1200)
    assert await told(shop) == 900
    # Raised for a day before the sale, it does not look cheaper than it was.
    await on(shop, today + timedelta(days=40), 2000)
    await on(shop, today + timedelta(days=41), 1500, regular=2000)
    assert await told(shop) == 800


async def test_a_reduction_in_steps_is_judged_by_what_it_cost_before_the_first(shop: AsyncSession) -> None:
    today = now()
    await on(shop, today - timedelta(days=60), 1000)
    first = await on(shop, today - timedelta(days=10), 900, regular=1000)
    since = first.reduced_at
    second = await on(shop, today, 700, regular=1000)
    assert (second.reduced_at, await told(shop)) == (since, 1000)


async def test_what_is_only_called_a_reduction_shows_that_nothing_was_reduced(shop: AsyncSession) -> None:
    today = now()
    await on(shop, today - timedelta(days=60), 1000)
    await on(shop, today, 1000, regular=1500)
    assert await told(shop) == 1000


async def test_a_price_at_the_regular_one_is_reduced_no_longer(shop: AsyncSession) -> None:
    await on(shop, now(), 700, regular=1000)
    assert (await prices.change(shop, DAWN, 800)).regular_price == 1000
    raised = await prices.change(shop, DAWN, 1000)
    assert (raised.regular_price, raised.reduced_at) == (None, None)
    assert await prices.lowest(shop, [raised]) == {}


@pytest.mark.parametrize(("price", "regular"), [(0, None), (10_000_001, None), (900, 900), (900, 800)])
async def test_nonsense_changes_no_price(shop: AsyncSession, price: int, regular: int | None) -> None:
    before = (await shop.get_one(Sku, DAWN)).price
    with pytest.raises(Invalid):
        await prices.reduce(shop, DAWN, price, regular)
    assert (await shop.get_one(Sku, DAWN, populate_existing=True)).price == before
    with pytest.raises(NotFound):
        await prices.change(shop, UUID(int=1), 100)
    assert await shop.scalar(select(func.count()).where(FormerPrice.sku_id == DAWN)) == 0
