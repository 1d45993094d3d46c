"""Jobs of the store: numbering invoices, writing letters, ending holds, asking the card company."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.outbox import File
from core.errors import TransientError
from core.settings import settings
from estore import attempts, documents, emails, invoices, orders, payments, reconciliation, refunds
from estore.books import Invoice, InvoiceStatus, Payment, PaymentStatus, Refund, RefundStatus
from estore.gateway import Refused
from estore.jobs import (
    CloseCheckout,
    ExpireHold,
    IssueInvoice,
    ReconcilePayments,
    RefundPayment,
    SendCancelled,
    SendConfirmation,
    SendCreditNote,
    SendReceipt,
    SendShipped,
)
from estore.models import Order
from workers.handlers.core import READERS
from workers.runner import Run, outside, transactional

READERS["stripe"] = reconciliation.read_event


@transactional(IssueInvoice)
async def issue_invoice(session: AsyncSession, job: IssueInvoice) -> None:
    await invoices.finalise(session, job.invoice_id)


@outside(SendConfirmation)
async def send_confirmation(run: Run, job: SendConfirmation) -> None:
    """Print the invoice between two transactions, then queue it with the letter."""
    async with run.transaction() as session:
        order = await session.get_one(Order, job.order_id)
        invoice = (await orders.details(session, order)).invoice
        if invoice is None or invoice.status == InvoiceStatus.DRAFT:
            raise TransientError("The invoice has no number yet.")
        sheet = await documents.sheet(session, invoice)
    paper = await _print(sheet)
    async with run.final() as session:
        await emails.confirm(session, settings(), job.order_id, paper)


@outside(SendCreditNote)
async def send_credit_note(run: Run, job: SendCreditNote) -> None:
    async with run.transaction() as session:
        sheet = await documents.sheet(session, await session.get_one(Invoice, job.invoice_id))
    paper = await _print(sheet)
    async with run.final() as session:
        await emails.credit_note(session, settings(), job.invoice_id, paper)


async def _print(sheet: documents.Sheet) -> File | None:
    """The document as a file; None when it cannot be printed, which no letter waits for."""
    try:
        content = await asyncio.to_thread(documents.pdf, sheet)
    except TransientError:
        return None
    return File(filename=sheet.filename, content_type="application/pdf", content=content)


@transactional(SendReceipt)
async def send_receipt(session: AsyncSession, job: SendReceipt) -> None:
    await emails.receipt(session, settings(), job.payment_id)


@transactional(SendShipped)
async def send_shipped(session: AsyncSession, job: SendShipped) -> None:
    await emails.shipped(session, settings(), job.order_id)


@transactional(SendCancelled)
async def send_cancelled(session: AsyncSession, job: SendCancelled) -> None:
    await emails.cancelled(session, settings(), job.order_id)


@outside(ExpireHold)
async def expire_hold(run: Run, job: ExpireHold) -> None:
    """Close the checkout at the gateway first, so that nobody pays for what is just being given back."""
    async with run.transaction() as session:
        question = await reconciliation.overdue(session, job.order_id)
    if question is not None:
        await _close(run, question)
    async with run.final() as session:
        await reconciliation.expire(session, job.order_id)


@outside(CloseCheckout)
async def close_checkout(run: Run, job: CloseCheckout) -> None:
    async with run.transaction() as session:
        payment = await session.get_one(Payment, job.payment_id)
        question = attempts.question(payment)
        wanted = payment.status == PaymentStatus.FAILED
    if wanted:
        await _close(run, question)


async def _close(run: Run, question: attempts.Question) -> None:
    try:
        answer = await run.resources.gateway.close_checkout(question)
    except Refused as refusal:
        async with run.transaction() as session:
            await attempts.fail(session, question.payment_id, refusal.message)
        return
    async with run.transaction() as session:
        await payments.record(session, question.payment_id, answer)


@outside(RefundPayment)
async def refund_payment(run: Run, job: RefundPayment) -> None:
    async with run.transaction() as session:
        refund = await session.get_one(Refund, job.refund_id)
        payment = await session.get_one(Payment, refund.payment_id)
        if refund.status != RefundStatus.PENDING:
            return
    assert payment.provider_payment is not None
    try:
        provider_refund, status = await run.resources.gateway.refund(
            payment.provider_payment,
            refund.amount,
            refund_id=refund.id,
            idempotency_key=refund.idempotency_key,
        )
    except Refused as refusal:
        async with run.final() as session:
            await refunds.refused(session, refund.id, refusal.message)
        return
    async with run.final() as session:
        await refunds.record(session, refund.id, provider_refund, status)


@outside(ReconcilePayments)
async def reconcile_payments(run: Run, job: ReconcilePayments) -> None:
    """Ask the card company about every attempt and refund that has stayed open; what it cannot answer now waits.

    Holds that are over though nobody ended them are looked at again.
    """
    async with run.transaction() as session:
        await reconciliation.revisit(session)
        questions = await attempts.waiting(session)
        going_back = await refunds.waiting(session)
    for question in questions:
        await _ask(run, question)
    for refund_id, provider_refund in going_back:
        await _follow(run, refund_id, provider_refund)


async def _ask(run: Run, question: attempts.Question) -> None:
    try:
        answer = await run.resources.gateway.answer(question)
    except TransientError:
        return
    except Refused as refusal:
        await _refused(run, question.payment_id, refusal.message)
        return
    async with run.transaction() as session:
        await payments.record(session, question.payment_id, answer)


async def _refused(run: Run, payment_id: UUID, reason: str) -> None:
    async with run.transaction() as session:
        await attempts.fail(session, payment_id, reason)


async def _follow(run: Run, refund_id: UUID, provider_refund: str) -> None:
    try:
        status = await run.resources.gateway.refund_status(provider_refund)
    except TransientError:
        return
    except Refused as refusal:
        async with run.transaction() as session:
            await refunds.refused(session, refund_id, refusal.message)
        return
    async with run.transaction() as session:
        await refunds.record(session, refund_id, provider_refund, status)
