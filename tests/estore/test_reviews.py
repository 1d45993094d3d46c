"""Reviews: by people who received the product, one each."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.staff import Role, hire
from customers import merging
from customers.models import TimelineEntry
from estore import orders, reviews
from estore.goods import Product, Review, Sku
from estore.models import Order, OrderLine, OrderStatus
from estore.reviews import Standing
from tests.estore.shopping import place


async def received(session: AsyncSession, **changes: Any) -> tuple[Order, Product]:
    """An order on account, delivered, and the product in it."""
    order = await place(session, payment="invoice", company="Berg & Co", **changes)
    for step in (OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        await orders.advance(session, order.id, step, carrier="DHL")
    product = await session.scalar(
        select(Product)
        .join(Sku, Sku.product_id == Product.id)
        .join(OrderLine, OrderLine.sku_id == Sku.id)
        .where(OrderLine.order_id == order.id)
    )
    assert product is not None
    return order, product


async def written(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Review)) or 0


async def test_who_received_a_product_says_what_they_think_of_it(shop: AsyncSession) -> None:
    order, product = await received(shop)
    review = await reviews.write(shop, order.customer_id, product.slug, 4, "  Good with milk.  ", "de")
    assert (review.rating, review.body, review.author, review.order_id, review.locale) == (
        4, "Good with milk.", "Ann B.", order.id, "de",
    )  # fmt: skip
    said = await reviews.told(shop, product.id)
    assert [one.id for one in said.reviews] == [review.id]
    assert said.spread == [(5, 0), (4, 1), (3, 0), (2, 0), (1, 0)]
    assert said.rating == reviews.Rating(4.0, 1)
    entry = await shop.scalar(select(TimelineEntry).where(TimelineEntry.kind == "review.written"))
    assert entry is not None
    assert entry.customer_id == order.customer_id
    assert entry.payload == {"product": product.name, "slug": product.slug, "rating": 4}


async def test_who_only_ordered_it_cannot_review_it(shop: AsyncSession) -> None:
    order = await place(shop)
    slug = await shop.scalar(select(OrderLine.slug).where(OrderLine.order_id == order.id)) or ""
    with pytest.raises(NotAllowed):
        await reviews.write(shop, order.customer_id, slug, 5, "It looks good from here.")
    assert await written(shop) == 0


async def test_one_review_for_each_person_also_after_a_merge(shop: AsyncSession) -> None:
    order, product = await received(shop)
    other, _same = await received(shop, email="annika@example.com")
    await reviews.write(shop, order.customer_id, product.slug, 5, "Lovely.")
    await merging.merge(shop, order.customer_id, other.customer_id)
    for customer_id in (order.customer_id, other.customer_id):
        with pytest.raises(Conflict):
            await reviews.write(shop, customer_id, product.slug, 1, "Second thoughts.")
    assert await written(shop) == 1


@pytest.mark.parametrize(
    ("slug", "rating", "body", "error"),
    [
        (None, 0, "Good.", Invalid),
        (None, 6, "Good.", Invalid),
        (None, 3, " x ", Invalid),
        (None, 3, "x" * 4001, Invalid),
        ("no-such-thing", 3, "Good.", NotFound),
    ],
)
async def test_a_review_needs_stars_words_and_a_product(
    shop: AsyncSession, slug: str | None, rating: int, body: str, error: type[DomainError]
) -> None:
    order, product = await received(shop)
    with pytest.raises(error):
        await reviews.write(shop, order.customer_id, slug or product.slug, rating, body)
    assert await written(shop) == 0


async def test_a_hidden_review_is_neither_shown_nor_counted(shop: AsyncSession) -> None:
    order, product = await received(shop)
    review = await reviews.write(shop, order.customer_id, product.slug, 1, "Something rude.")
    sam = (await hire(shop, "sam@halden.test", "Sam Vik", [Role.MERCHANDISER], "a long enough password")).id
    ids: list[UUID] = [product.id]
    assert await reviews.ratings(shop, ids) == {product.id: reviews.Rating(1.0, 1)}
    assert await reviews.judge(shop, review.id, Standing.HIDDEN, sam) == Standing.WAITING
    assert (await reviews.told(shop, product.id)).reviews == []
    assert await reviews.ratings(shop, ids) == {}
    assert await reviews.judge(shop, review.id, Standing.SHOWN, sam) == Standing.HIDDEN
    assert await reviews.ratings(shop, ids) == {product.id: reviews.Rating(1.0, 1)}
    with pytest.raises(NotFound):
        await reviews.judge(shop, order.id, Standing.HIDDEN, sam)


async def test_colleagues_list_reviews_by_how_they_stand(shop: AsyncSession) -> None:
    written = []
    for email in ("ann@example.com", "bo@example.com", "cy@example.com"):
        order, product = await received(shop, email=email)
        written.append(await reviews.write(shop, order.customer_id, product.slug, 4, "Good."))
    sam = (await hire(shop, "sam@halden.test", "Sam Vik", [Role.MERCHANDISER], "a long enough password")).id
    await reviews.judge(shop, written[0].id, Standing.HIDDEN, sam)
    await reviews.judge(shop, written[1].id, Standing.SHOWN, sam)

    async def those(standing: Standing | None = None, **asked: Any) -> set[UUID]:
        return {one.review.id for one in await reviews.listed(shop, standing, **asked)}

    assert await those(Standing.HIDDEN) == {written[0].id}
    assert await those(Standing.SHOWN) == {written[1].id}
    assert await those(Standing.WAITING) == {written[2].id}
    assert await reviews.waiting(shop) == 1
    assert await those() == {one.id for one in written}
    first = (await reviews.listed(shop, limit=1))[0]
    assert first.order
    assert await those(before=(first.review.created_at, first.review.id)) == {one.id for one in written} - {
        first.review.id
    }
