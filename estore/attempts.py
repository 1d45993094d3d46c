"""Attempts to pay an invoice, one open at a time: begun, looked after and given up.

Whoever changes an attempt locks order, invoice, payment, in that order. What goes over the network goes
between two transactions: `begin()` writes down the `Question`, the gateway answers it, `payments.record()`
takes the answer in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import rows
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.jobs import enqueue
from core.rendering import translations
from customers import timeline
from estore import methods, stock
from estore.books import Invoice, InvoiceKind, InvoiceStatus, Payment, PaymentStatus
from estore.goods import PaymentMethod
from estore.happenings import PaymentFailed
from estore.jobs import CloseCheckout, ExpireHold
from estore.models import Order

OPEN = (PaymentStatus.PENDING, PaymentStatus.UNKNOWN)
RECHECK = timedelta(seconds=45)


@dataclass(frozen=True)
class Question:
    """What the gateway is asked about one attempt: to open a checkout, or (`session` known) how it stands."""

    payment_id: UUID
    idempotency_key: str
    session: str | None
    request: dict[str, Any]


@dataclass(frozen=True)
class Locked:
    order: Order | None
    invoice: Invoice
    payment: Payment


async def open_attempt(session: AsyncSession, invoice_id: UUID) -> Payment | None:
    """The attempt that is under way for an invoice."""
    await session.flush()
    row = (await session.execute(_UNDER_WAY, {"invoice": invoice_id})).mappings().one_or_none()
    return rows.known(session, Payment, row) if row is not None else None


_UNDER_WAY = text(
    f"SELECT {rows.columns_of(Payment)} FROM payment "  # noqa: S608 - names of our own columns
    "WHERE invoice_id = :invoice AND status IN ('pending', 'unknown')"
)


async def latest(session: AsyncSession, invoice_id: UUID) -> Payment | None:
    """The attempt that tells how things stand: the open or succeeded one, else the last."""
    return await session.scalar(
        select(Payment)
        .where(Payment.invoice_id == invoice_id)
        .order_by(Payment.status == PaymentStatus.FAILED, Payment.created_at.desc(), Payment.id.desc())
        .limit(1)
    )


async def find(session: AsyncSession, payment_id: UUID | None, provider_session: str) -> Payment | None:
    """The attempt that a checkout belongs to, by the gateway's id of it or by the id that we had it carry."""
    payment = await session.scalar(select(Payment).where(Payment.provider_session == provider_session))
    if payment is None and payment_id is not None:
        payment = await session.get(Payment, payment_id)
        if payment is not None and payment.provider_session not in (None, provider_session):
            return None
    return payment


async def waiting(session: AsyncSession, limit: int = 50) -> list[Question]:
    """Attempts at the gateway that nobody has looked at for a while; now they count as looked at."""
    found = list(
        await session.scalars(
            select(Payment)
            .where(
                Payment.status.in_(OPEN),
                Payment.kind == "card",
                Payment.request != {},
                Payment.checked_at < now() - RECHECK,
            )
            .order_by(Payment.checked_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    await session.execute(
        update(Payment).where(Payment.id.in_([row.id for row in found])).values(checked_at=now())
    )
    return [question(row) for row in found]


def plan(invoice: Invoice, chosen: PaymentMethod, reference: str) -> Payment:
    """A new attempt: pending, with its key, before anybody is asked for money; the caller writes it."""
    payment_id = uuid7()
    return Payment(
        id=payment_id,
        customer_id=invoice.customer_id,
        invoice_id=invoice.id,
        order_id=invoice.order_id,
        method=chosen.code,
        kind=chosen.kind,
        status=PaymentStatus.PENDING,
        amount=invoice.total,
        currency=invoice.currency,
        reference=reference,
        idempotency_key=f"payment-{payment_id}",
        request={},
    )


async def begin(
    session: AsyncSession, invoice_id: UUID, chosen: PaymentMethod, *, success_url: str, cancel_url: str
) -> Payment:
    """The attempt to pay an open invoice this way: the one under way when it can go on, else a new one.

    Raises NotFound; Invalid for what only companies may; Conflict when the invoice is not open, the time to
    pay is over, or it is unknown what the last attempt came to.
    """
    order, invoice = await lock_invoice(session, invoice_id)
    if invoice.kind != InvoiceKind.INVOICE or invoice.status != InvoiceStatus.OPEN:
        raise Conflict(
            "This invoice is paid already. Nothing more is due."
            if invoice.status == InvoiceStatus.PAID
            else "There is nothing to pay on this invoice."
        )
    if chosen.for_companies and not invoice.buyer.get("company"):
        raise Invalid(
            "Only companies can pay this way. Choose another; nothing was changed.",
            {"payment": "This way to pay is for companies: choose another one."},
        )
    if chosen.kind == "later" and not await _agreed(session, invoice, chosen):
        raise Conflict("Paying on account is agreed when you order. Choose another way to pay this invoice.")
    current = await open_attempt(session, invoice.id)
    goes_on = current is not None and _goes_on(current, chosen)
    if current is not None and not goes_on and current.status == PaymentStatus.UNKNOWN:
        raise Conflict(
            "We are still finding out what became of your last payment. Nothing is charged twice: "
            "look again in a few minutes."
        )
    begins = not goes_on or (chosen.kind == "card" and current is not None and not current.request)
    held = await _hold(session, order, chosen) if order is not None and begins else None
    if current is not None and not goes_on:
        await give_up(session, current, "Replaced by another attempt.")
        current = None
    if current is None:
        current = plan(invoice, chosen, order.number if order else invoice.label)
        session.add(current)
        await session.flush()
    if chosen.kind == "card" and not current.request:
        ends = (
            now() + methods.CHECKOUT_LIFE
            if held is None
            else min(now() + methods.CHECKOUT_LIFE, held - methods.HOLD_MARGIN)
        )
        current.request = {
            "amount": current.amount,
            "currency": current.currency,
            "title": f"{translations(invoice.locale).gettext('Invoice')} {invoice.label}",
            "email": invoice.email,
            "locale": invoice.locale,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(ends.timestamp()),
        }
        current.expires_at = ends
    if order is not None:
        order.payment_code = chosen.code
    await session.flush()
    return current


def question(payment: Payment) -> Question:
    """What to ask the gateway about an attempt; asking twice is asking once."""
    return Question(payment.id, payment.idempotency_key, payment.provider_session, dict(payment.request))


async def unsure(session: AsyncSession, payment_id: UUID) -> None:
    """The gateway was asked and did not answer: unknown, until the same question gets its answer."""
    payment = (await lock(session, payment_id)).payment
    if payment.status == PaymentStatus.PENDING:
        payment.status, payment.checked_at = PaymentStatus.UNKNOWN, now()
        await session.flush()


async def fail(session: AsyncSession, payment_id: UUID, reason: str) -> Payment:
    """An open attempt has come to nothing; what has succeeded stays so."""
    payment = (await lock(session, payment_id)).payment
    if payment.status not in OPEN:
        return payment
    payment.status, payment.reason = PaymentStatus.FAILED, reason
    await session.flush()
    await timeline.append(
        session,
        payment.customer_id,
        PaymentFailed(payment.amount, payment.currency, payment.method, reason),
        source_key=f"payment:{payment.id}",
        subject_id=payment.invoice_id,
    )
    return payment


async def abandon(session: AsyncSession, invoice_id: UUID, reason: str) -> None:
    """Give up what is under way for an invoice that needs no paying any more; the caller has locked it."""
    current = await open_attempt(session, invoice_id)
    if current is not None and current.status == PaymentStatus.PENDING:
        await give_up(session, current, reason)


async def _agreed(session: AsyncSession, invoice: Invoice, chosen: PaymentMethod) -> bool:
    """Whether the order was placed this way: only then did anybody look at who may pay later."""
    found = await session.scalar(
        select(Payment.id).where(Payment.invoice_id == invoice.id, Payment.method == chosen.code).limit(1)
    )
    return found is not None


async def _hold(session: AsyncSession, order: Order, chosen: PaymentMethod) -> datetime | None:
    """Hold an order's goods for an attempt that begins now; until when, None where there is no end to it.

    However often somebody begins, counted from placing the order it comes to an end. Raises Conflict then.
    """
    held = await stock.held_until(session, order.id)
    wanted = methods.deadline(chosen)
    if held is None or wanted is None:
        return None
    card = chosen.kind == "card"
    longest = methods.LONGEST_CARD_HOLD if card else timedelta(days=chosen.days_to_pay)
    until = max(held, min(wanted, order.placed_at + longest))
    if until < now() + (methods.SHORTEST_CHECKOUT + methods.HOLD_MARGIN if card else timedelta(0)):
        raise Conflict(
            "The time to pay this order is nearly over, too little to begin another payment. "
            "Nothing was charged; if it is cancelled, you can order again."
        )
    if until > held:
        await stock.extend(session, order.id, until)
    await enqueue(session, ExpireHold(order.id), due_at=until, key=expiry_key(order.id))
    return until


def expiry_key(order_id: UUID) -> str:
    """One waiting `ExpireHold` is enough for an order: one that finds more time promises the next itself."""
    return f"estore.expire_hold:{order_id}"


def _goes_on(current: Payment, chosen: PaymentMethod) -> bool:
    """Whether an open attempt can be gone on with: the same way to pay, and its checkout still open."""
    if current.method != chosen.code or current.reason.startswith("mismatch"):
        return False
    return current.expires_at is None or current.expires_at > now() + timedelta(minutes=1)


async def give_up(session: AsyncSession, payment: Payment, reason: str) -> None:
    """Close an attempt nobody needs; should its money come all the same, `settle` knows what to do."""
    payment.status, payment.reason = PaymentStatus.FAILED, reason
    await session.flush()
    if payment.request:
        await enqueue(session, CloseCheckout(payment.id))


async def lock_invoice(session: AsyncSession, invoice_id: UUID) -> tuple[Order | None, Invoice]:
    await session.flush()  # the rows are read anew once they are locked
    order_id = await session.scalar(select(Invoice.order_id).where(Invoice.id == invoice_id))
    order = None
    if order_id is not None:
        order = await session.get(Order, order_id, with_for_update=True, populate_existing=True)
    invoice = await session.get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None:
        raise NotFound("We have no such invoice.")
    return order, invoice


async def lock(session: AsyncSession, payment_id: UUID) -> Locked:
    invoice_id = await session.scalar(select(Payment.invoice_id).where(Payment.id == payment_id))
    if invoice_id is None:
        raise NotFound("We have no such payment.")
    order, invoice = await lock_invoice(session, invoice_id)
    payment = await session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    return Locked(order, invoice, payment)
