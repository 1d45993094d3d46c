"""What the store came to, day by day: orders as they were placed, money as it arrived.

An order counts on the day that it was placed, whatever became of it; a payment on the day that it was settled, also
when it was given back later. So a day that is over never changes, and its list shows exactly what was counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, TextClause, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.days import Span, bounds
from estore.books import Invoice, InvoiceKind, InvoiceStatus, Payment, PaymentStatus
from estore.goods import Product, Sku
from estore.models import Order, OrderLine, OrderStatus

ARRIVED = (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED)


@dataclass(frozen=True)
class Tally:
    """How many, and their sum in minor units of the store's currency."""

    number: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Sold:
    """A product of the orders of some days: how many pieces, and for how much."""

    slug: str
    name: str
    pieces: int
    amount: int


@dataclass(frozen=True)
class Received:
    """A payment that arrived, as it stands in the list."""

    payment: Payment
    invoice: Invoice
    order: str | None


# `starts` are the instants at which adjoining spans begin: PostgreSQL says in which one an instant lies.
_ORDERS = text("""
SELECT width_bucket(placed_at, cast(:starts AS timestamptz[])) AS part, count(*) AS number,
    coalesce(sum(total) FILTER (WHERE currency = :currency), 0) AS amount
FROM orders WHERE placed_at >= :begin AND placed_at < :end GROUP BY 1
""")
_MONEY = text("""
SELECT width_bucket(settled_at, cast(:starts AS timestamptz[])) AS part, count(*) AS number,
    coalesce(sum(amount) FILTER (WHERE currency = :currency), 0) AS amount
FROM payment
WHERE status IN ('succeeded', 'refunded') AND settled_at >= :begin AND settled_at < :end GROUP BY 1
""")


async def orders(session: AsyncSession, parts: Sequence[Span], currency: str) -> list[Tally]:
    """The orders placed in each of some adjoining spans; amounts are of this currency alone."""
    return await _tallies(session, _ORDERS, parts, currency)


async def money(session: AsyncSession, parts: Sequence[Span], currency: str) -> list[Tally]:
    """The payments that arrived in each of some adjoining spans; amounts are of this currency alone."""
    return await _tallies(session, _MONEY, parts, currency)


async def _tallies(
    session: AsyncSession, query: TextClause, parts: Sequence[Span], currency: str
) -> list[Tally]:
    rows = await session.execute(query, {**bounds(parts), "currency": currency})
    found = {row.part: Tally(row.number, int(row.amount)) for row in rows}
    return [found.get(place, Tally()) for place in range(1, len(parts) + 1)]


async def orders_between(session: AsyncSession, begin: datetime, end: datetime) -> int:
    """How many orders were placed from `begin` until before `end`."""
    counted = select(func.count()).select_from(Order).where(Order.placed_at >= begin, Order.placed_at < end)
    return await session.scalar(counted) or 0


async def money_between(session: AsyncSession, begin: datetime, end: datetime, currency: str) -> int:
    """What arrived from `begin` until before `end`, in minor units of this currency."""
    taken = select(func.coalesce(func.sum(Payment.amount), 0)).where(
        Payment.settled_at >= begin,
        Payment.settled_at < end,
        Payment.status.in_(ARRIVED),
        Payment.currency == currency,
    )
    return int(await session.scalar(taken) or 0)


async def best_sellers(session: AsyncSession, span: Span, currency: str, limit: int = 8) -> list[Sold]:
    """What the orders of these days were made of, by value."""
    value = func.sum(OrderLine.total)
    sold = (
        select(Sku.product_id, func.sum(OrderLine.quantity).label("pieces"), value.label("value"))
        .join(Order, Order.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(
            Order.placed_at >= span.starts_at,
            Order.placed_at < span.ends_at,
            Order.status != OrderStatus.CANCELLED,
            Order.currency == currency,
        )
        .group_by(Sku.product_id)
        .order_by(value.desc(), Sku.product_id)
        .limit(limit)
        .subquery()
    )
    rows = await session.execute(
        select(Product.slug, Product.name, sold.c.pieces, sold.c.value)
        .join(sold, sold.c.product_id == Product.id)
        .order_by(sold.c.value.desc(), Product.id)
    )
    return [Sold(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


@dataclass(frozen=True)
class Standing:
    """What is to be done in the store now."""

    to_pack: int
    to_ship: int
    unpaid: Tally
    overdue: Tally


async def standing(session: AsyncSession, today: date) -> Standing:
    """What waits in the store: orders to pack and to ship, invoices open and overdue."""
    waiting = await session.execute(
        select(Order.status, func.count())
        .where(Order.status.in_((OrderStatus.PAID, OrderStatus.PACKED)))
        .group_by(Order.status)
    )
    counts = {str(status): int(number) for status, number in waiting}
    late = Invoice.due_on < today
    unpaid = (
        await session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(Invoice.total), 0),
                func.count().filter(late),
                func.coalesce(func.sum(Invoice.total).filter(late), 0),
            ).where(Invoice.status == InvoiceStatus.OPEN, Invoice.kind == InvoiceKind.INVOICE)
        )
    ).one()
    return Standing(
        counts.get(OrderStatus.PAID, 0),
        counts.get(OrderStatus.PACKED, 0),
        Tally(int(unpaid[0]), int(unpaid[1])),
        Tally(int(unpaid[2]), int(unpaid[3])),
    )


def _arrived(span: Span | None) -> Select[Payment, Invoice, str]:
    query = (
        select(Payment, Invoice, Order.number)
        .join(Invoice, Invoice.id == Payment.invoice_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(Payment.status.in_(ARRIVED))
    )
    if span is None:
        return query.where(Payment.settled_at.is_not(None))
    return query.where(Payment.settled_at >= span.starts_at, Payment.settled_at < span.ends_at)


async def received(
    session: AsyncSession,
    span: Span | None,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Received]:
    """The payments that arrived, newest first; `after` is the (settled_at, id) of the last of the page before."""
    query = _arrived(span)
    if after is not None:
        query = query.where(tuple_(Payment.settled_at, Payment.id) < after)
    rows = await session.execute(query.order_by(Payment.settled_at.desc(), Payment.id.desc()).limit(limit))
    return [Received(payment, invoice, number) for payment, invoice, number in rows]
