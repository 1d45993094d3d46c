"""What sells, and what is bought together: read from the latest orders, now and then."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import permutations
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from customers.merging import group
from estore.goods import Sku
from estore.models import Order, OrderLine, OrderStatus

# Enough to say what people buy together, few enough to read in a moment.
LATEST = 2000


@dataclass(frozen=True)
class Sales:
    """Products of the latest orders: the best selling first, and for each what it was bought with."""

    best: list[UUID] = field(default_factory=list)
    together: dict[UUID, list[UUID]] = field(default_factory=dict)

    def goes_with(self, product_ids: Iterable[UUID]) -> list[UUID]:
        """What others bought with these, the most often first; never these themselves."""
        owned = list(dict.fromkeys(product_ids))
        counted: Counter[UUID] = Counter()
        for product_id in owned:
            for place, other in enumerate(self.together.get(product_id, [])):
                counted[other] += 1000 - place
        return [product_id for product_id, _points in counted.most_common() if product_id not in owned]


async def recent(session: AsyncSession, latest: int = LATEST) -> Sales:
    """What the latest orders say."""
    newest = (
        select(Order.id)
        .where(Order.status != OrderStatus.CANCELLED)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(latest)
        .subquery()
    )
    rows = await session.execute(
        select(OrderLine.order_id, Sku.product_id, OrderLine.quantity)
        .join(newest, newest.c.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
    )
    baskets: dict[UUID, set[UUID]] = defaultdict(set)
    sold: Counter[UUID] = Counter()
    for order_id, product_id, quantity in rows:
        baskets[order_id].add(product_id)
        sold[product_id] += quantity
    pairs: dict[UUID, Counter[UUID]] = defaultdict(Counter)
    for basket in baskets.values():
        for one, other in permutations(sorted(basket), 2):
            pairs[one][other] += 1
    together = {
        product_id: [other for other, _times in others.most_common(12)]
        for product_id, others in pairs.items()
    }
    return Sales([product_id for product_id, _sold in sold.most_common()], together)


async def bought(session: AsyncSession, customer_id: UUID, orders: int = 20) -> list[UUID]:
    """The products of a customer's latest orders, the newest first."""
    newest = (
        select(Order.id, Order.placed_at)
        .where(
            Order.customer_id.in_(await group(session, customer_id)), Order.status != OrderStatus.CANCELLED
        )
        .order_by(Order.placed_at.desc())
        .limit(orders)
        .subquery()
    )
    rows = await session.scalars(
        select(Sku.product_id)
        .join(OrderLine, OrderLine.sku_id == Sku.id)
        .join(newest, newest.c.id == OrderLine.order_id)
        .order_by(newest.c.placed_at.desc(), OrderLine.position)
    )
    return list(dict.fromkeys(rows))
