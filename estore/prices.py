"""Prices of goods: changed, reduced, and the lowest that a reduced one is to be judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Invalid, NotFound
from estore.goods import FormerPrice, Sku

# The time before a reduction whose lowest price must be told: Directive 98/6/EC, article 6a.
LOOKED_BACK = timedelta(days=30)
MOST = 100_000_00


@dataclass(frozen=True)
class Reduction:
    """Beside a reduced price: what it was, and the lowest of the thirty days before, minor units."""

    regular: int
    lowest: int
    currency: str


async def change(session: AsyncSession, sku_id: UUID, price: int) -> Sku:
    """Change what a SKU costs, minor units including VAT; orders keep the price they were placed at.

    One that reaches the regular price is reduced no longer. Raises NotFound, Invalid.
    """
    sku = await _locked(session, sku_id)
    return await _set(session, sku, price, sku.regular_price if price < (sku.regular_price or 0) else None)


async def reduce(session: AsyncSession, sku_id: UUID, price: int, regular: int | None) -> Sku:
    """Change a price and what stands struck through beside it; without `regular` it is not reduced.

    Raises NotFound, Invalid.
    """
    if regular is not None and not price < regular <= MOST:
        raise Invalid("That is not a reduction.", {"regular": "Enter more than it costs now, or nothing."})
    return await _set(session, await _locked(session, sku_id), price, regular)


async def lowest(session: AsyncSession, skus: Sequence[Sku]) -> dict[UUID, int]:
    """For each of these SKUs that is reduced: its lowest price in the thirty days before the reduction."""
    reduced = {sku.id: sku for sku in skus if sku.reduced_at is not None}
    if not reduced:
        return {}
    earliest = min(sku.reduced_at for sku in reduced.values() if sku.reduced_at is not None)
    rows = await session.scalars(
        select(FormerPrice)
        .where(FormerPrice.sku_id.in_(reduced), FormerPrice.until > earliest - LOOKED_BACK)
        .order_by(FormerPrice.until, FormerPrice.id)
    )
    former: dict[UUID, list[FormerPrice]] = {sku_id: [] for sku_id in reduced}
    for row in rows:
        former[row.sku_id].append(row)
    return {sku_id: _lowest(sku, former[sku_id]) for sku_id, sku in reduced.items()}


async def reduced(session: AsyncSession, product_ids: Sequence[UUID]) -> dict[tuple[UUID, int], Reduction]:
    """What of these products is reduced, by product and price."""
    if not product_ids:
        return {}
    skus = list(
        await session.scalars(
            select(Sku).where(Sku.product_id.in_(product_ids), Sku.active, Sku.regular_price.is_not(None))
        )
    )
    told = await lowest(session, skus)
    return {
        (sku.product_id, sku.price): Reduction(sku.regular_price, told[sku.id], sku.currency)
        for sku in skus
        if sku.regular_price is not None
    }


def _lowest(sku: Sku, former: Sequence[FormerPrice]) -> int:
    """`former`: in the order in which they ended."""
    assert sku.reduced_at is not None
    found = []
    for row in former:
        if row.until > sku.reduced_at - LOOKED_BACK:
            found.append(row.price)
            if row.until >= sku.reduced_at:
                break
    else:
        # It was called a reduction, and the price did not change.
        found.append(sku.price)
    return min(found)


async def _set(session: AsyncSession, sku: Sku, price: int, regular: int | None) -> Sku:
    if not 0 < price <= MOST:
        raise Invalid("That is not a price.", {"price": "Enter an amount above zero."})
    at = now()
    if price != sku.price:
        session.add(FormerPrice(sku_id=sku.id, price=sku.price, until=at))
    # Reduced further, it is judged by what it cost before the first step.
    sku.reduced_at = (sku.reduced_at or at) if regular is not None else None
    sku.price, sku.regular_price = price, regular
    await session.flush()
    return sku


async def _locked(session: AsyncSession, sku_id: UUID) -> Sku:
    sku = await session.get(Sku, sku_id, with_for_update={"key_share": True}, populate_existing=True)
    if sku is None:
        raise NotFound("That article does not exist.")
    return sku
