"""Invoices and credit notes: drafted with what they charge, numbered when finalised, never changed after."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import rows
from core.clock import now
from core.errors import Conflict, NotFound
from core.jobs import enqueue
from core.rendering import translations
from customers import timeline
from customers.merging import group
from estore import pricing
from estore.books import Invoice, InvoiceKind, InvoiceLine, InvoiceStatus
from estore.goods import Seller
from estore.happenings import InvoiceIssued
from estore.jobs import IssueInvoice, SendConfirmation, SendCreditNote
from estore.models import Order, OrderLine

PREFIXES = {InvoiceKind.INVOICE: "INV", InvoiceKind.CREDIT_NOTE: "CN"}


async def seller(session: AsyncSession) -> dict[str, Any]:
    """Who sells: name, street, postcode, city, country, vat_id, register, email, phone, time_zone."""
    row = await session.get(Seller, 1)
    return dict(row.facts) if row else {}


def draft(
    order: Order, lines: Sequence[OrderLine], seller: dict[str, Any], days_to_pay: int
) -> tuple[Invoice, list[InvoiceLine]]:
    """The invoice of a new order, without a number yet, and its lines; for the caller to write, with IssueInvoice."""
    invoice = Invoice(
        id=uuid7(),
        kind=InvoiceKind.INVOICE,
        customer_id=order.customer_id,
        order_id=order.id,
        status=InvoiceStatus.DRAFT,
        currency=order.currency,
        locale=order.locale,
        total=order.total,
        taxes=order.taxes,
        seller=seller,
        buyer=order.billing_address,
        email=order.email,
        days_to_pay=days_to_pay,
    )
    charged = [
        InvoiceLine(
            invoice_id=invoice.id,
            position=line.position,
            name=line.name,
            detail=line.detail,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            total=line.total,
            tax_rate=line.tax_rate,
        )
        for line in lines
    ]
    if order.shipping:
        charged.append(
            InvoiceLine(
                invoice_id=invoice.id,
                position=len(lines) + 1,
                name=order.shipping_name,
                detail="",
                quantity=1,
                unit_price=order.shipping,
                discount=0,
                total=order.shipping,
                tax_rate=None,
            )
        )
    return invoice, charged


async def draft_credit_note(session: AsyncSession, invoice: Invoice, amount: int, reason: str) -> Invoice:
    """Takes back so much (gross, minor units) of a finalised invoice, with the VAT that was in it."""
    taxes = pricing.part_of(pricing.stored(invoice.taxes), amount)
    note = Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        credits_id=invoice.id,
        customer_id=invoice.customer_id,
        order_id=invoice.order_id,
        status=InvoiceStatus.DRAFT,
        currency=invoice.currency,
        locale=invoice.locale,
        total=amount,
        taxes=[tax.facts() for tax in taxes],
        seller=invoice.seller,
        buyer=invoice.buyer,
        email=invoice.email,
        note=reason,
    )
    session.add(note)
    await session.flush()
    if amount == invoice.total:
        session.add_all(
            InvoiceLine(
                invoice_id=note.id,
                position=line.position,
                name=line.name,
                detail=line.detail,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                total=line.total,
                tax_rate=line.tax_rate,
            )
            for line in await lines(session, invoice.id)
        )
    else:
        _ = translations(invoice.locale).gettext
        session.add(
            InvoiceLine(
                invoice_id=note.id,
                position=1,
                name=_("Part of invoice %(number)s") % {"number": invoice.label},
                detail=reason,
                quantity=1,
                unit_price=amount,
                total=amount,
                tax_rate=taxes[0].rate if len(taxes) == 1 else None,
            )
        )
    await session.flush()
    await enqueue(session, IssueInvoice(note.id))
    return note


async def finalise(session: AsyncSession, invoice_id: UUID) -> Invoice:
    """Give a draft its number and send it on its way; one that has a number is left alone.

    Call it in a transaction of its own: the counter of the series is locked until the commit. Raises
    NotFound, Conflict (and no number is used) when the amounts do not add up.
    """
    return await _finalise(session, _BY_ID, invoice_id)


async def finalise_of(session: AsyncSession, order_id: UUID) -> Invoice:
    """The same for the invoice of an order."""
    return await _finalise(session, _OF_ORDER, order_id)


_BY_ID, _OF_ORDER = (
    text(f"""
    SELECT {rows.columns_of(Invoice)},
        (SELECT coalesce(sum(l.total), 0) FROM invoice_line l WHERE l.invoice_id = invoice.id)::bigint AS charged
    FROM invoice WHERE {which} FOR UPDATE
    """)  # noqa: S608 - names of our own columns
    for which in ("id = :id", f"order_id = :id AND kind = '{InvoiceKind.INVOICE}'")
)
_NEXT = text("""
INSERT INTO invoice_series (series, last_number) VALUES (:series, 1)
ON CONFLICT (series) DO UPDATE SET last_number = invoice_series.last_number + 1
RETURNING last_number
""")
_NUMBER = text("""
UPDATE invoice SET series = :series, number = :number, status = :status, issued_on = :issued_on, due_on = :due_on
WHERE id = :id
""")


async def _finalise(session: AsyncSession, which: TextClause, sought: UUID) -> Invoice:
    await session.flush()  # the row is read anew once it is locked
    found = (await session.execute(which, {"id": sought})).mappings().one_or_none()
    if found is None:
        raise NotFound("That invoice does not exist.")
    facts = dict(found)
    gross: int = facts.pop("charged")
    invoice = rows.known(session, Invoice, facts)
    if invoice.status != InvoiceStatus.DRAFT:
        return invoice
    if not gross == sum(tax.gross for tax in pricing.stored(invoice.taxes)) == invoice.total:
        raise Conflict("The amounts of this invoice do not add up. It was not issued.")
    issued = now().astimezone(ZoneInfo(invoice.seller.get("time_zone", "Europe/Berlin"))).date()
    series = f"{PREFIXES[InvoiceKind(invoice.kind)]}-{issued.year}"
    number = await session.scalar(_NEXT, {"series": series})
    numbered = {
        "series": series,
        "number": number,
        "status": InvoiceStatus.OPEN,
        "issued_on": issued,
        "due_on": issued + timedelta(days=invoice.days_to_pay),
    }
    await session.execute(_NUMBER, {"id": invoice.id, **numbered})
    rows.known(session, Invoice, {"id": invoice.id, **numbered})
    assert invoice.due_on is not None
    credited = await session.get(Invoice, invoice.credits_id) if invoice.credits_id else None
    await timeline.append(
        session,
        invoice.customer_id,
        InvoiceIssued(
            invoice.label,
            invoice.total,
            invoice.currency,
            invoice.due_on.isoformat(),
            credited.label if credited else "",
        ),
        source_key=f"invoice:{invoice.id}",
        subject_id=invoice.id,
    )
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        await enqueue(session, SendCreditNote(invoice.id))
    elif invoice.order_id is not None:
        await enqueue(session, SendConfirmation(invoice.order_id))
    return invoice


async def void(session: AsyncSession, invoice: Invoice) -> None:
    """Take an unpaid invoice back; it keeps its number. The caller has locked it."""
    if invoice.status == InvoiceStatus.DRAFT:
        invoice = await finalise(session, invoice.id)
    if invoice.status == InvoiceStatus.OPEN:
        invoice.status, invoice.voided_at = InvoiceStatus.VOID, now()
        await session.flush()


async def lines(session: AsyncSession, invoice_id: UUID) -> list[InvoiceLine]:
    return list(
        await session.scalars(
            select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
        )
    )


async def of_order(session: AsyncSession, order_id: UUID) -> list[Invoice]:
    """The invoice of an order, then its credit notes; drafts too."""
    return list(
        await session.scalars(
            select(Invoice).where(Invoice.order_id == order_id).order_by(Invoice.created_at, Invoice.id)
        )
    )


async def of_customer(session: AsyncSession, customer_id: UUID, limit: int = 100) -> list[Invoice]:
    """A customer's finalised invoices and credit notes, newest first."""
    return list(
        await session.scalars(
            select(Invoice)
            .where(
                Invoice.customer_id.in_(await group(session, customer_id)),
                Invoice.status != InvoiceStatus.DRAFT,
            )
            .order_by(Invoice.created_at.desc(), Invoice.id.desc())
            .limit(limit)
        )
    )


async def by_label(session: AsyncSession, label: str) -> Invoice:
    """The invoice with this number as people read it (INV-2026-000017). Raises NotFound."""
    series, _, digits = label.rpartition("-")
    invoice = None
    if digits.isdecimal() and len(digits) < 10:
        invoice = await session.scalar(
            select(Invoice).where(Invoice.series == series, Invoice.number == int(digits))
        )
    if invoice is None:
        raise NotFound("We have no such invoice.")
    return invoice


async def theirs(session: AsyncSession, label: str, customer_id: UUID) -> Invoice:
    """A customer's own invoice. Raises NotFound for anyone else's, as for none at all."""
    invoice = await by_label(session, label)
    if invoice.customer_id not in await group(session, customer_id):
        raise NotFound("We have no such invoice.")
    return invoice


async def recent(session: AsyncSession, status: str = "", limit: int = 100, offset: int = 0) -> list[Invoice]:
    """Everyone's, newest first, for the desk; `status` one of InvoiceStatus, "overdue" or empty."""
    query = select(Invoice).where(Invoice.status != InvoiceStatus.DRAFT)
    if status == "overdue":
        query = query.where(Invoice.status == InvoiceStatus.OPEN, Invoice.due_on < func.current_date())
    elif status:
        query = query.where(Invoice.status == status)
    return list(
        await session.scalars(
            query.order_by(Invoice.created_at.desc(), Invoice.id.desc()).offset(offset).limit(limit)
        )
    )


async def gaps(session: AsyncSession) -> list[str]:
    """Series whose numbers are not 1 to the counter, each once; always empty."""
    found = await session.execute(
        text("""
            SELECT s.series FROM invoice_series s LEFT JOIN invoice i ON i.series = s.series
            GROUP BY s.series, s.last_number
            HAVING count(i.number) <> s.last_number OR coalesce(max(i.number), 0) <> s.last_number
        """)
    )
    return list(found.scalars())
