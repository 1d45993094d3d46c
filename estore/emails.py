"""Letters about orders and money: written here, queued in the outbox, in the customer's language."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import outbox
from core.rendering import render
from core.settings import Settings
from estore import access, carriers, invoices, orders, stock
from estore.books import Invoice, InvoiceStatus, Payment, PaymentStatus
from estore.goods import PaymentMethod
from estore.models import Order


async def confirm(
    session: AsyncSession, settings: Settings, order_id: UUID, paper: outbox.File | None
) -> None:
    """The confirmation of an order, with its invoice and, while it is open, what is needed to pay it.

    Without `paper` it says where the invoice is: the order and how to pay it are never kept from anybody.
    """
    shown = await orders.details(session, await session.get_one(Order, order_id))
    order, invoice = shown.order, shown.invoice
    assert invoice is not None
    method = await session.scalar(select(PaymentMethod).where(PaymentMethod.code == order.payment_code))
    due = invoice.status == InvoiceStatus.OPEN
    pay_url = ""
    if due:
        token = await access.make_link(session, invoice.id)
        pay_url = f"{settings.public_url}/pay/{token}"
    await _queue(
        session,
        settings,
        "confirmation",
        order,
        ("order", order.id),
        [paper] if paper else [],
        lines=shown.lines,
        invoice=invoice,
        paid=not due,
        method_kind=method.kind if method else "",
        bank=method.instructions if method else {},
        deadline=await stock.held_until(session, order.id) or order.placed_at,
        pay_url=pay_url,
    )


async def receipt(session: AsyncSession, settings: Settings, payment_id: UUID) -> None:
    """Thanks for money that has come in; says nothing when it has gone back meanwhile."""
    payment = await session.get_one(Payment, payment_id)
    if payment.order_id is None or payment.status != PaymentStatus.SUCCEEDED:
        return
    order = await session.get_one(Order, payment.order_id)
    invoice = await session.get_one(Invoice, payment.invoice_id)
    await _queue(
        session, settings, "receipt", order, ("invoice", invoice.id), invoice=invoice, payment=payment
    )


async def credit_note(
    session: AsyncSession, settings: Settings, invoice_id: UUID, paper: outbox.File | None
) -> None:
    note = await session.get_one(Invoice, invoice_id)
    if note.order_id is None:
        return
    order = await session.get_one(Order, note.order_id)
    files = [paper] if paper else []
    await _queue(session, settings, "credit_note", order, ("invoice", note.id), files, invoice=note)


async def shipped(session: AsyncSession, settings: Settings, order_id: UUID) -> None:
    order = await session.get_one(Order, order_id)
    follow = carriers.page(order.carrier, order.tracking, order.locale)
    await _queue(session, settings, "shipped", order, ("order", order.id), follow=follow)


async def cancelled(session: AsyncSession, settings: Settings, order_id: UUID) -> None:
    order = await session.get_one(Order, order_id)
    await _queue(
        session, settings, "cancelled", order, ("order", order.id), refunded=order.paid_at is not None
    )


async def _queue(
    session: AsyncSession,
    settings: Settings,
    name: str,
    order: Order,
    source: tuple[str, UUID],
    files: list[outbox.File] | None = None,
    **facts: Any,
) -> None:
    secret = settings.secret_key.get_secret_value()
    token = access.order_token(order.id, secret)
    facts |= {
        "order": order,
        "language": order.locale,
        "attached": bool(files),
        "company_name": settings.company_name,
        "seller": await invoices.seller(session),
        "order_url": f"{settings.public_url}/orders/{order.number}?token={token}",
    }
    subject, text, html = (
        render("estore", f"email/{name}.{part}", order.locale, **facts)
        for part in ("subject.txt", "txt", "html")
    )
    await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=order.customer_id,
                channel="email",
                to=order.email,
                account=settings.shop_address,
                sender_name=settings.company_name,
                subject=subject.strip(),
                text=text,
                html=html,
                headers={"Auto-Submitted": "auto-generated"},
                purpose="transactional",
                source_kind=source[0],
                source_id=source[1],
                files=files or [],
            )
        ],
    )
