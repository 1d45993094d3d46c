"""Payments: money that comes in for an invoice. States only move forward.

Money is never lost: what fits nothing becomes a refund or a task.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Conflict, Invalid
from core.jobs import enqueue
from customers import timeline
from estore import attempts, invoices, refunds, stock, tasks
from estore.books import Invoice, InvoiceStatus, Payment, PaymentStatus
from estore.happenings import InvoicePaid, PaymentSucceeded
from estore.jobs import SendReceipt
from estore.models import Order, OrderStatus


@dataclass(frozen=True)
class Answer:
    """How a checkout stands at the gateway: `amount` in minor units, `payment` its id of the money."""

    session: str
    status: Literal["open", "paid", "expired"]
    amount: int
    currency: str
    url: str | None = None
    payment: str | None = None


async def record(session: AsyncSession, payment_id: UUID, answer: Answer) -> Payment:
    """Take in how a checkout stands. Said again, or late, it changes nothing. Raises NotFound."""
    payment = (await attempts.lock(session, payment_id)).payment
    payment.checked_at = now()
    if payment.provider_session is None:
        payment.provider_session = answer.session
    elif payment.provider_session != answer.session:
        raise Conflict("That checkout belongs to another attempt.")
    if answer.status == "paid":
        return await settle(
            session,
            payment_id,
            amount=answer.amount,
            currency=answer.currency,
            provider_payment=answer.payment,
        )
    if answer.status == "expired":
        return await attempts.fail(session, payment_id, "The time to pay ran out.")
    if answer.url:
        payment.url = answer.url
    if payment.status == PaymentStatus.UNKNOWN and not payment.reason.startswith("mismatch"):
        payment.status = PaymentStatus.PENDING
    await session.flush()
    return payment


async def settle(
    session: AsyncSession,
    payment_id: UUID,
    *,
    amount: int,
    currency: str,
    provider_payment: str | None = None,
) -> Payment:
    """The money for an attempt is here: the invoice is paid, the order too, its goods leave the shelf, once.

    Money for what is cancelled or paid already goes back; an amount that does not fit becomes a task.
    """
    locked = await attempts.lock(session, payment_id)
    order, invoice, payment = locked.order, locked.invoice, locked.payment
    if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED):
        return payment
    if (amount, currency.upper()) != (payment.amount, payment.currency):
        await tasks.open_task(
            session,
            "mismatch",
            f"payment:{payment.id}",
            "Another amount arrived than was asked for",
            {
                "asked": payment.amount,
                "asked_currency": payment.currency,
                "arrived": amount,
                "arrived_currency": currency.upper(),
                "provider_payment": provider_payment,
            },
            payment_id=payment.id,
            order_id=payment.order_id,
        )
        if payment.status in attempts.OPEN:
            payment.status, payment.reason = PaymentStatus.UNKNOWN, "mismatch: another amount arrived"
        await session.flush()
        return payment
    payment.status, payment.settled_at, payment.reason = PaymentStatus.SUCCEEDED, now(), ""
    payment.provider_payment = provider_payment or payment.provider_payment
    if invoice.status == InvoiceStatus.DRAFT:
        invoice = await invoices.finalise(session, invoice.id)
    await session.flush()
    await timeline.append(
        session,
        payment.customer_id,
        PaymentSucceeded(payment.amount, payment.currency, payment.method, invoice.label),
        source_key=f"payment:{payment.id}",
        subject_id=invoice.id,
    )
    if invoice.status != InvoiceStatus.OPEN:
        why = "was paid already" if invoice.status == InvoiceStatus.PAID else "had been cancelled"
        await refunds.give_back(session, payment, payment.amount, f"Invoice {invoice.label} {why}.")
        return payment
    await _mark_paid(session, order, invoice)
    for other in await session.scalars(
        select(Payment).where(Payment.invoice_id == invoice.id, Payment.status.in_(attempts.OPEN))
    ):
        await attempts.give_up(session, other, "Paid in another way.")
    await enqueue(session, SendReceipt(payment.id))
    return payment


async def _mark_paid(session: AsyncSession, order: Order | None, invoice: Invoice) -> None:
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, now()
    await timeline.append(
        session,
        invoice.customer_id,
        InvoicePaid(invoice.label, invoice.total, invoice.currency),
        source_key=f"invoice:{invoice.id}",
        subject_id=invoice.id,
    )
    if order is not None and order.status != OrderStatus.CANCELLED:
        order.paid_at = now()
        if order.status == OrderStatus.PLACED:
            order.status = OrderStatus.PAID
        await stock.commit(session, order.id)
    await session.flush()


async def receive(session: AsyncSession, payment_id: UUID, amount: int, note: str) -> Payment:
    """A colleague has seen the money of an offline attempt. Raises Conflict for a card, or if not open."""
    payment = (await attempts.lock(session, payment_id)).payment
    if payment.kind == "card":
        raise Conflict("Card payments are reported by the card company. Nothing was changed.")
    if payment.status not in attempts.OPEN:
        raise Conflict("This payment is not waiting any more. Nothing was changed.")
    if amount <= 0:
        raise Invalid("That is not an amount.", {"amount": "Enter what arrived, above zero."})
    return await settle(
        session, payment_id, amount=amount, currency=payment.currency, provider_payment=note.strip() or None
    )
