"""Stock: held when an order is placed, taken when it is paid or packed, given back when it is not."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, Invalid, NotFound
from core.words import worded
from estore.goods import Product, Sku, Stock
from estore.models import HoldStatus, StockHold


class SoldOut(Conflict):
    """Less is left than was asked for: `sku_id`, and how many there still are (`available`)."""

    def __init__(self, message: str, sku_id: UUID, available: int) -> None:
        super().__init__(message)
        self.sku_id = sku_id
        self.available = available


async def hold(
    session: AsyncSession, order_id: UUID, wanted: Mapping[UUID, int], expires_at: datetime | None
) -> list[StockHold]:
    """Set aside so many of each SKU for an order, all or nothing; the caller writes the holds. Raises SoldOut."""
    for sku_id in sorted(wanted):  # one order of locks for everyone
        held = await session.scalar(_HOLD, {"sku": sku_id, "wanted": wanted[sku_id]})
        if held is None:
            raise await _sold_out(session, sku_id)
    return [
        StockHold(
            order_id=order_id, sku_id=sku_id, quantity=quantity, status=HoldStatus.HELD, expires_at=expires_at
        )
        for sku_id, quantity in wanted.items()
    ]


_HOLD = text("""
UPDATE stock SET reserved = reserved + cast(:wanted AS int)
WHERE sku_id = :sku AND on_hand - reserved >= cast(:wanted AS int)
RETURNING sku_id
""")


async def _sold_out(session: AsyncSession, sku_id: UUID) -> SoldOut:
    left = await available(session, sku_id)
    name = await session.scalar(
        select(Product.name).join(Sku, Sku.product_id == Product.id).where(Sku.id == sku_id)
    )
    if left:
        return SoldOut(
            worded(
                "Only %(left)s of %(name)s are left. Nothing was ordered: change the quantity and try again.",
                left=left,
                name=name,
            ),
            sku_id,
            left,
        )
    gone = worded("%(name)s has just sold out. Nothing was ordered; your cart is as it was.", name=name)
    return SoldOut(gone, sku_id, 0)


async def commit(session: AsyncSession, order_id: UUID) -> None:
    """What was held for an order has left the shelf; doing it again changes nothing."""
    for held in await _holds(session, order_id, HoldStatus.HELD):
        held.status = HoldStatus.COMMITTED
        await _move(session, held, on_hand=-held.quantity, reserved=-held.quantity)


async def release(session: AsyncSession, order_id: UUID) -> None:
    """Give back what an order held or had taken from the shelf; doing it again changes nothing."""
    for held in await _holds(session, order_id, HoldStatus.HELD, HoldStatus.COMMITTED):
        if held.status == HoldStatus.HELD:
            await _move(session, held, reserved=-held.quantity)
        else:
            await _move(session, held, on_hand=held.quantity)
        held.status = HoldStatus.RELEASED


async def extend(session: AsyncSession, order_id: UUID, until: datetime | None) -> None:
    """Hold an order's goods at least until then, None for as long as it takes."""
    for held in await _holds(session, order_id, HoldStatus.HELD):
        if held.expires_at is not None and (until is None or until > held.expires_at):
            held.expires_at = until


async def held_until(session: AsyncSession, order_id: UUID) -> datetime | None:
    """When an order's hold ends; None when nothing is held, or for as long as it takes."""
    return await session.scalar(
        select(func.max(StockHold.expires_at)).where(
            StockHold.order_id == order_id, StockHold.status == HoldStatus.HELD
        )
    )


async def available(session: AsyncSession, sku_id: UUID) -> int:
    """How many can still be sold."""
    return await session.scalar(select(Stock.on_hand - Stock.reserved).where(Stock.sku_id == sku_id)) or 0


async def set_on_hand(session: AsyncSession, sku_id: UUID, on_hand: int) -> None:
    """Write down what was counted. Raises NotFound, Invalid when it is less than is promised to orders."""
    if not 0 <= on_hand <= 1_000_000:
        raise Invalid("That cannot be in stock.", {"on_hand": "Enter a whole number from 0 to 1,000,000."})
    stock = await session.get(Stock, sku_id, with_for_update=True)
    if stock is None:
        raise NotFound("That article does not exist.")
    if on_hand < stock.reserved:
        raise Invalid(
            "Less than is promised to orders.",
            {"on_hand": f"{stock.reserved} are set aside for orders: cancel some first, or count again."},
        )
    stock.on_hand = on_hand
    await session.flush()


async def _holds(session: AsyncSession, order_id: UUID, *statuses: HoldStatus) -> list[StockHold]:
    return list(
        await session.scalars(
            select(StockHold)
            .where(StockHold.order_id == order_id, StockHold.status.in_(statuses))
            .order_by(StockHold.sku_id)
            .with_for_update()
        )
    )


async def _move(session: AsyncSession, held: StockHold, on_hand: int = 0, reserved: int = 0) -> None:
    await session.execute(
        update(Stock)
        .where(Stock.sku_id == held.sku_id)
        .values(on_hand=Stock.on_hand + on_hand, reserved=Stock.reserved + reserved)
        .execution_options(synchronize_session=False)
    )
