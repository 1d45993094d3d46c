"""Invoices and payments over the API: what is owed, and what was paid."""

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from customers import merging
from estore import documents, payments
from estore.books import Invoice, InvoiceKind, InvoiceStatus, Payment, PaymentStatus
from portal.api.answers import once
from portal.api.fields import TEXT, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("invoices:read")


class InvoiceOut(msgspec.Struct):
    """An invoice or a credit note; `label` is its number as people read it, `total` in minor units."""

    id: UUID
    kind: InvoiceKind
    label: str
    customer_id: UUID
    order_id: UUID | None
    credits_id: UUID | None
    status: InvoiceStatus
    currency: str
    total: int
    taxes: list[dict[str, Any]]
    buyer: dict[str, Any]
    issued_on: date | None
    due_on: date | None
    paid_at: Moment | None
    voided_at: Moment | None
    created_at: Moment


class PaymentOut(msgspec.Struct):
    """One attempt to pay one invoice; amounts in minor units."""

    id: UUID
    customer_id: UUID
    invoice_id: UUID
    order_id: UUID | None
    method: str
    kind: str
    status: PaymentStatus
    amount: int
    refunded: int
    currency: str
    reference: str
    reason: str
    created_at: Moment
    settled_at: Moment | None


class Receipt(msgspec.Struct, forbid_unknown_fields=True):
    """Money that arrived outside the card company: a line of a bank statement."""

    amount: Annotated[int, Meta(ge=1, le=10**12, description="Minor units.", examples=[24900])]
    note: Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Statement 2026-11, line 17"])] = ""


def _show(invoice: Invoice) -> InvoiceOut:
    return msgspec.convert(invoice, InvoiceOut, from_attributes=True)


def _show_payment(payment: Payment) -> PaymentOut:
    return msgspec.convert(payment, PaymentOut, from_attributes=True)


async def _get(session: AsyncSession, invoice_id: UUID) -> Invoice:
    invoice = await session.get(Invoice, invoice_id)
    if invoice is None or invoice.status == InvoiceStatus.DRAFT:
        raise NotFound(_("That invoice does not exist."))
    return invoice


@get("/invoices", guards=[READ])
async def list_invoices(
    database: NamedDependency[Database],
    customer_id: FromQuery[UUID | None] = None,
    order_id: FromQuery[UUID | None] = None,
    status: FromQuery[Literal["open", "paid", "void"] | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[InvoiceOut]:
    """Invoices and credit notes that have their number, the newest first."""
    query = select(Invoice).where(Invoice.status != InvoiceStatus.DRAFT)
    if order_id is not None:
        query = query.where(Invoice.order_id == order_id)
    if status is not None:
        query = query.where(Invoice.status == status)
    async with database.transaction() as session:
        if customer_id is not None:
            query = query.where(Invoice.customer_id.in_(await merging.group(session, customer_id)))
        return await paged(session, query, [Invoice.created_at, Invoice.id], _show, cursor, limit)


@get("/invoices/{invoice_id:uuid}", guards=[READ])
async def get_invoice(invoice_id: FromPath[UUID], database: NamedDependency[Database]) -> InvoiceOut:
    """One invoice."""
    async with database.transaction() as session:
        return _show(await _get(session, invoice_id))


@get("/invoices/{invoice_id:uuid}/pdf", guards=[READ], media_type="application/pdf")
async def get_invoice_pdf(invoice_id: FromPath[UUID], database: NamedDependency[Database]) -> bytes:
    """The invoice as it was sent."""
    async with database.transaction() as session:
        sheet = await documents.sheet(session, await _get(session, invoice_id))
    return await asyncio.to_thread(documents.pdf, sheet)


@get("/payments", guards=[READ])
async def list_payments(
    database: NamedDependency[Database],
    customer_id: FromQuery[UUID | None] = None,
    invoice_id: FromQuery[UUID | None] = None,
    status: FromQuery[Literal["pending", "succeeded", "failed", "refunded", "unknown"] | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[PaymentOut]:
    """Payments, the newest first."""
    query = select(Payment)
    if invoice_id is not None:
        query = query.where(Payment.invoice_id == invoice_id)
    if status is not None:
        query = query.where(Payment.status == status)
    async with database.transaction() as session:
        if customer_id is not None:
            query = query.where(Payment.customer_id.in_(await merging.group(session, customer_id)))
        return await paged(session, query, [Payment.id], _show_payment, cursor, limit)


@get("/payments/{payment_id:uuid}", guards=[READ])
async def get_payment(payment_id: FromPath[UUID], database: NamedDependency[Database]) -> PaymentOut:
    """One payment."""
    async with database.transaction() as session:
        payment = await session.get(Payment, payment_id)
        if payment is None:
            raise NotFound(_("That payment does not exist."))
        return _show_payment(payment)


@post("/payments/{payment_id:uuid}/receipt", guards=[program("invoices:write")])
async def record_receipt(
    payment_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[Receipt],
    database: NamedDependency[Database],
) -> Response[PaymentOut]:
    """Write down that the money of a bank transfer is here; cards are reported by the card company."""

    async def act(session: AsyncSession) -> PaymentOut:
        return _show_payment(await payments.receive(session, payment_id, data.amount, data.note))

    return await once(request, database, act)


handlers = [list_invoices, get_invoice, get_invoice_pdf, list_payments, get_payment, record_receipt]
