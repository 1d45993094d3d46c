"""Orders: placed, paid, packed, shipped, delivered, or cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core import rows
from core.clock import now
from core.days import Span
from core.errors import Conflict, Invalid, NotFound
from core.jobs import enqueue
from customers import timeline
from customers.merging import group
from estore import attempts, invoices, refunds, stock
from estore.books import Invoice, InvoiceKind, InvoiceStatus, Payment, PaymentStatus
from estore.goods import PaymentMethod
from estore.happenings import OrderCancelled, OrderDelivered, OrderShipped
from estore.jobs import SendCancelled, SendShipped
from estore.models import Order, OrderLine, OrderStatus

# What may follow; goods on account or on delivery are packed before they are paid.
NEXT = {
    OrderStatus.PACKED: (OrderStatus.PAID, OrderStatus.PLACED),
    OrderStatus.SHIPPED: (OrderStatus.PACKED,),
    OrderStatus.DELIVERED: (OrderStatus.SHIPPED,),
}
CAN_BE_CANCELLED = (OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED)


@dataclass(frozen=True)
class Details:
    """An order with all that its page shows; `invoice` is None only for the moment before it is drafted."""

    order: Order
    lines: list[OrderLine]
    invoices: list[Invoice]
    payment: Payment | None

    @property
    def invoice(self) -> Invoice | None:
        return next((one for one in self.invoices if one.kind == InvoiceKind.INVOICE), None)


@dataclass(frozen=True)
class Shown(Details):
    """The same for who only looks at it, with the ways to pay that are offered, and until when its goods are held."""

    ways: list[PaymentMethod]
    until: datetime | None


# All that an order's page shows, by one statement.
_SHOWN = text("""
SELECT cast(to_jsonb(o) AS text) AS told,
    (SELECT cast(jsonb_agg(l ORDER BY l.position) AS text) FROM order_line l WHERE l.order_id = o.id) AS lines,
    (SELECT cast(jsonb_agg(i ORDER BY i.created_at, i.id) AS text) FROM invoice i WHERE i.order_id = o.id) AS invoices,
    (
        SELECT cast(to_jsonb(p) AS text) FROM payment p
        WHERE p.invoice_id = (
            SELECT i.id FROM invoice i WHERE i.order_id = o.id AND i.kind = 'invoice'
            ORDER BY i.created_at, i.id LIMIT 1
        )
        ORDER BY p.status = 'failed', p.created_at DESC, p.id DESC
        LIMIT 1
    ) AS payment,
    (SELECT cast(jsonb_agg(m ORDER BY m.position, m.code) AS text) FROM payment_method m WHERE m.enabled) AS ways,
    (SELECT max(h.expires_at) FROM stock_hold h WHERE h.order_id = o.id AND h.status = 'held') AS until
FROM orders o
WHERE o.number = :number
""")


async def show(session: AsyncSession, number: str) -> Shown:
    """An order for its page; nothing of it is in the session. Raises NotFound."""
    row = (await session.execute(_SHOWN, {"number": number})).one_or_none()
    if row is None:
        raise NotFound("We have no such order.")
    return Shown(
        rows.told(Order, rows.decode(row.told)),
        rows.told_all(OrderLine, row.lines),
        _issued(rows.told_all(Invoice, row.invoices)),
        rows.told(Payment, rows.decode(row.payment)) if row.payment else None,
        list(rows.all_shared(PaymentMethod, row.ways)),
        row.until,
    )


async def by_number(session: AsyncSession, number: str) -> Order:
    """Raises NotFound."""
    order = await session.scalar(select(Order).where(Order.number == number))
    if order is None:
        raise NotFound("We have no such order.")
    return order


async def theirs(session: AsyncSession, number: str, customer_id: UUID) -> Order:
    """A customer's own order. Raises NotFound for anyone else's, as for none at all."""
    order = await by_number(session, number)
    if order.customer_id not in await group(session, customer_id):
        raise NotFound("We have no such order.")
    return order


async def details(session: AsyncSession, order: Order) -> Details:
    its_invoices = await invoices.of_order(session, order.id)
    first = next((one for one in its_invoices if one.kind == InvoiceKind.INVOICE), None)
    return Details(
        order,
        await lines(session, order.id),
        _issued(its_invoices),
        await attempts.latest(session, first.id) if first else None,
    )


def _issued(found: Sequence[Invoice]) -> list[Invoice]:
    """Its invoice, and of the others those that have a number."""
    first = next((one for one in found if one.kind == InvoiceKind.INVOICE), None)
    return [one for one in found if one.status != InvoiceStatus.DRAFT or one is first]


async def lines(session: AsyncSession, order_id: UUID) -> list[OrderLine]:
    return list(
        await session.scalars(
            select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
        )
    )


async def of_customer(session: AsyncSession, customer_id: UUID, limit: int = 100) -> list[Order]:
    """A customer's orders, newest first."""
    return list(
        await session.scalars(
            select(Order)
            .where(Order.customer_id.in_(await group(session, customer_id)))
            .order_by(Order.placed_at.desc(), Order.id.desc())
            .limit(limit)
        )
    )


async def recent(
    session: AsyncSession,
    status: str = "",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
    span: Span | None = None,
) -> list[Order]:
    """Everyone's, newest first, for the desk; `words` are a number, an address or a part of a name.

    With a `span`, those that were placed in its days.
    """
    query = select(Order)
    if span is not None:
        query = query.where(Order.placed_at >= span.starts_at, Order.placed_at < span.ends_at)
    if status:
        query = query.where(Order.status == status)
    if words.strip():
        like = "%" + words.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        query = query.where(
            or_(
                Order.number == words.strip(),
                Order.email.ilike(like),
                Order.delivery_address["name"].astext.ilike(like),
                Order.delivery_address["company"].astext.ilike(like),
            )
        )
    return list(
        await session.scalars(
            query.order_by(Order.placed_at.desc(), Order.id.desc()).offset(offset).limit(limit)
        )
    )


async def counts(session: AsyncSession, span: Span | None = None) -> dict[str, int]:
    """How many orders there are in each status; with a `span`, of those placed in its days."""
    query = select(Order.status, func.count()).group_by(Order.status)
    if span is not None:
        query = query.where(Order.placed_at >= span.starts_at, Order.placed_at < span.ends_at)
    found = await session.execute(query)
    return {str(row[0]): int(row[1]) for row in found}


async def advance(
    session: AsyncSession, order_id: UUID, to: OrderStatus, *, carrier: str = "", tracking: str = ""
) -> Order:
    """Pack, ship or deliver. Raises NotFound, Conflict when it is not its turn, Invalid without a carrier."""
    order = await _lock(session, order_id)
    if order.status == to:
        return order
    if order.status not in NEXT.get(to, ()):
        raise Conflict(f"This order is {order.status} now, so it cannot become {to}. Nothing was changed.")
    if to == OrderStatus.PACKED:
        if order.status == OrderStatus.PLACED and not await _pays_later(session, order):
            raise Conflict("This order is not paid yet. It can be packed once the money is here.")
        await stock.commit(session, order.id)
        order.packed_at = now()
    elif to == OrderStatus.SHIPPED:
        if not carrier.strip():
            raise Invalid("Who carries it?", {"carrier": "Enter the carrier, DHL for example."})
        order.carrier, order.tracking = carrier.strip()[:60], tracking.strip()[:60]
        order.shipped_at = now()
        await _append(session, order, OrderShipped(order.number, order.carrier, order.tracking))
        await enqueue(session, SendShipped(order.id))
    else:
        order.delivered_at = now()
        await _append(session, order, OrderDelivered(order.number))
    order.status = to
    await session.flush()
    return order


async def cancel(session: AsyncSession, order_id: UUID, reason: str, *, tell: bool = True) -> Order:
    """Call an order off: goods go back on the shelf, an unpaid invoice is void, money paid goes back.

    Raises NotFound, Conflict once it is on its way. Doing it again changes nothing.
    """
    order = await _lock(session, order_id)
    if order.status == OrderStatus.CANCELLED:
        return order
    if order.status not in CAN_BE_CANCELLED:
        raise Conflict("This order is on its way already: it can be returned, not cancelled.")
    order.status, order.cancelled_at, order.cancel_reason = OrderStatus.CANCELLED, now(), reason.strip()[:500]
    await session.flush()
    await stock.release(session, order.id)
    for invoice in await invoices.of_order(session, order.id):
        await session.refresh(invoice, with_for_update=True)
        if invoice.kind != InvoiceKind.INVOICE:
            continue
        if invoice.status == InvoiceStatus.PAID:
            await _refund_all(session, invoice, order.cancel_reason)
        else:
            await invoices.void(session, invoice)
            await attempts.abandon(session, invoice.id, "The order was cancelled.")
    await _append(session, order, OrderCancelled(order.number, order.cancel_reason))
    if tell:
        await enqueue(session, SendCancelled(order.id))
    return order


async def _refund_all(session: AsyncSession, invoice: Invoice, reason: str) -> None:
    for payment_id in await session.scalars(
        select(Payment.id).where(Payment.invoice_id == invoice.id, Payment.status == PaymentStatus.SUCCEEDED)
    ):
        payment = await session.get_one(Payment, payment_id)
        left = payment.amount - await refunds.promised(session, payment_id)
        if left:
            await refunds.refund(session, payment_id, left, reason or "The order was cancelled.")


async def _pays_later(session: AsyncSession, order: Order) -> bool:
    return bool(
        await session.scalar(
            select(Payment.id).where(
                Payment.order_id == order.id,
                Payment.kind == "later",
                Payment.status == PaymentStatus.PENDING,
            )
        )
    )


async def _append(
    session: AsyncSession, order: Order, happening: OrderShipped | OrderDelivered | OrderCancelled
) -> None:
    await timeline.append(
        session, order.customer_id, happening, source_key=f"order:{order.id}", subject_id=order.id
    )


async def _lock(session: AsyncSession, order_id: UUID) -> Order:
    order = await session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("We have no such order.")
    return order
