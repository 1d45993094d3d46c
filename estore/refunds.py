"""Refunds: money that goes back, with a credit note where there was an invoice for it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import money
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.jobs import enqueue
from customers import timeline
from estore import invoices, tasks
from estore.books import Invoice, InvoiceStatus, MoneyTask, Payment, PaymentStatus, Refund, RefundStatus
from estore.happenings import PaymentRefunded
from estore.jobs import RefundPayment
from estore.models import Order

BY_HAND = "refund_by_transfer"
RECHECK = timedelta(minutes=10)


async def refund(session: AsyncSession, payment_id: UUID, amount: int, reason: str) -> Refund:
    """Give back part of a payment (minor units), with a credit note. Raises NotFound, Conflict, Invalid."""
    payment = await _lock(session, payment_id)
    left = payment.amount - await promised(session, payment.id)
    if payment.status != PaymentStatus.SUCCEEDED:
        raise Conflict("There is no money of this payment that could go back.")
    if not 0 < amount <= left:
        most = money.formatted(left, payment.currency)
        raise Invalid(
            "That cannot be refunded.", {"amount": f"Enter an amount above zero and at most {most}."}
        )
    invoice = await session.get_one(Invoice, payment.invoice_id)
    note = await invoices.draft_credit_note(session, invoice, amount, reason)
    return await give_back(session, payment, amount, reason, credit_note_id=note.id)


async def give_back(
    session: AsyncSession, payment: Payment, amount: int, reason: str, *, credit_note_id: UUID | None = None
) -> Refund:
    """Promise a refund of a payment that the caller has locked: by the gateway, or as a task by hand."""
    refund_id = uuid7()
    row = Refund(
        id=refund_id,
        customer_id=payment.customer_id,
        payment_id=payment.id,
        credit_note_id=credit_note_id,
        amount=amount,
        currency=payment.currency,
        status=RefundStatus.PENDING,
        reason=reason,
        idempotency_key=f"refund-{refund_id}",
    )
    session.add(row)
    await session.flush()
    if payment.kind == "card":
        await enqueue(session, RefundPayment(row.id))
    else:
        await _ask_for_transfer(session, payment, row)
    return row


async def promised(session: AsyncSession, payment_id: UUID) -> int:
    """How much of a payment has gone back or is on its way."""
    return (
        await session.scalar(
            select(func.coalesce(func.sum(Refund.amount), 0)).where(
                Refund.payment_id == payment_id, Refund.status != RefundStatus.FAILED
            )
        )
        or 0
    )


async def known(session: AsyncSession, provider_refund: str) -> UUID | None:
    """Our refund that the gateway knows under this id."""
    return await session.scalar(select(Refund.id).where(Refund.provider_refund == provider_refund))


async def done(session: AsyncSession, refund_id: UUID, provider_refund: str | None = None) -> Refund:
    """The money has gone back; said again, it changes nothing. Raises NotFound.

    The gateway (which names its refund) is not believed once it has refused: then a colleague pays it back.
    """
    row = await session.get(Refund, refund_id)
    if row is None:
        raise NotFound("We have no such refund.")
    payment = await _lock(session, row.payment_id)
    await session.refresh(row, with_for_update=True)
    if row.status == RefundStatus.SUCCEEDED or (provider_refund and await _by_hand(session, row.id)):
        return row
    row.status, row.settled_at = RefundStatus.SUCCEEDED, now()
    row.provider_refund = provider_refund or row.provider_refund
    payment.refunded += row.amount
    if payment.refunded == payment.amount:
        payment.status = PaymentStatus.REFUNDED
    if row.credit_note_id is not None:
        note = await invoices.finalise(session, row.credit_note_id)
        note.status, note.paid_at = InvoiceStatus.PAID, now()
    await session.flush()
    await timeline.append(
        session,
        row.customer_id,
        PaymentRefunded(row.amount, row.currency, row.reason),
        source_key=f"refund:{row.id}",
        subject_id=payment.invoice_id,
    )
    return row


async def refused(session: AsyncSession, refund_id: UUID, why: str) -> None:
    """The gateway will not give it back, or it came back after it had gone: a colleague must see to it."""
    row = await session.get(Refund, refund_id)
    if row is None:
        return
    payment = await _lock(session, row.payment_id)
    await session.refresh(row, with_for_update=True)
    if row.status == RefundStatus.PENDING:
        await _ask_for_transfer(session, payment, row, why)
    elif row.status == RefundStatus.SUCCEEDED and row.provider_refund is not None:
        await tasks.open_task(
            session,
            "refund_failed",
            f"refund:{row.id}",
            "A refund came back: the customer does not have the money",
            {"amount": row.amount, "currency": row.currency, "reason": row.reason, "why": why},
            payment_id=payment.id,
            order_id=payment.order_id,
        )


async def record(session: AsyncSession, refund_id: UUID, provider_refund: str, status: str) -> None:
    """Take in how a refund stands at the gateway. Said again, or late, it changes nothing. Raises NotFound."""
    if status == "succeeded":
        await done(session, refund_id, provider_refund)
        return
    row = await session.get(Refund, refund_id)
    if row is None:
        raise NotFound("We have no such refund.")
    await _lock(session, row.payment_id)
    await session.refresh(row, with_for_update=True)
    row.provider_refund, row.checked_at = provider_refund, now()
    await session.flush()
    if status in ("failed", "canceled"):
        await refused(session, refund_id, status)


async def waiting(session: AsyncSession, limit: int = 50) -> list[tuple[UUID, str]]:
    """Refunds (our id, the gateway's) that have been on their way for a while; now they count as looked at."""
    rows = list(
        await session.scalars(
            select(Refund)
            .where(
                Refund.status == RefundStatus.PENDING,
                Refund.provider_refund.is_not(None),
                Refund.checked_at < now() - RECHECK,
                ~_task().exists(),
            )
            .order_by(Refund.checked_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    for row in rows:
        row.checked_at = now()
    await session.flush()
    return [(row.id, row.provider_refund) for row in rows if row.provider_refund is not None]


def _task() -> Select[UUID]:
    """The task of paying a refund back by hand."""
    return select(MoneyTask.id).where(
        MoneyTask.kind == BY_HAND, MoneyTask.source_key == func.concat("refund:", Refund.id)
    )


async def _by_hand(session: AsyncSession, refund_id: UUID) -> bool:
    """Whether a colleague has been asked to pay a refund back."""
    return await session.scalar(_task().where(Refund.id == refund_id)) is not None


async def made_elsewhere(
    session: AsyncSession, provider_payment: str, provider_refund: str, amount: int
) -> None:
    """The gateway tells of a refund that we did not ask for: it is written down, and a colleague told."""
    payment_id = await session.scalar(select(Payment.id).where(Payment.provider_payment == provider_payment))
    if payment_id is None:
        return
    payment = await _lock(session, payment_id)
    known = await session.scalar(select(Refund.id).where(Refund.provider_refund == provider_refund))
    if known is not None:
        return
    if payment.status == PaymentStatus.SUCCEEDED and payment.refunded + amount <= payment.amount:
        row = Refund(
            id=uuid7(),
            customer_id=payment.customer_id,
            payment_id=payment.id,
            amount=amount,
            currency=payment.currency,
            status=RefundStatus.PENDING,
            reason="Made at the card company.",
            idempotency_key=f"refund-{provider_refund}",
            provider_refund=provider_refund,
        )
        session.add(row)
        await session.flush()
        await done(session, row.id, provider_refund)
    await tasks.open_task(
        session,
        "refund_elsewhere",
        f"refund:{provider_refund}",
        "A refund was made at the card company: check its credit note",
        {"amount": amount, "currency": payment.currency, "refund": provider_refund},
        payment_id=payment.id,
        order_id=payment.order_id,
    )


async def _ask_for_transfer(session: AsyncSession, payment: Payment, row: Refund, why: str = "") -> None:
    await tasks.open_task(
        session,
        BY_HAND,
        f"refund:{row.id}",
        "Money has to go back by bank transfer",
        {
            "refund_id": str(row.id),
            "amount": row.amount,
            "currency": row.currency,
            "reason": row.reason,
            "why": why,
        },
        payment_id=payment.id,
        order_id=payment.order_id,
    )


async def _lock(session: AsyncSession, payment_id: UUID) -> Payment:
    await session.flush()
    order_id = await session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    if order_id is not None:
        await session.get(Order, order_id, with_for_update=True, populate_existing=True)
    invoice_id = await session.scalar(select(Payment.invoice_id).where(Payment.id == payment_id))
    if invoice_id is None:
        raise NotFound("We have no such payment.")
    await session.get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    return await session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
