"""Paying: the walk to the card company between two transactions, and what a person is told about it."""

from datetime import timedelta
from uuid import UUID

from core.clock import now
from core.database import Database
from core.errors import Conflict, NotFound
from core.settings import Settings
from customers.merging import group
from estore import access, attempts, invoices, methods, orders, payments
from estore.books import Invoice, Payment, PaymentStatus
from estore.gateway import Gateway, NoAnswerError, Refused
from estore.models import Order
from portal.refusals import NotSignedIn
from portal.visits import Visit

LOOK_AGAIN = timedelta(seconds=2)
# Stands in the address that the card company leads back to, once somebody has paid there.
RETURNED = "returned"
# For pages whose address lets in whoever knows it.
PRIVATE = {"x-robots-tag": "noindex"}


async def open_order(
    database: Database, settings: Settings, visit: Visit, number: str, token: str
) -> orders.Shown:
    """An order for its customer, or for who holds its link. Raises NotFound for anyone else.

    A stranger without a link is asked to sign in, whether there is such an order or not: NotSignedIn.
    """
    if not token and visit.customer_id is None:
        raise NotSignedIn
    async with database.statements() as session:
        shown = await orders.show(session, number)
        order = shown.order
        theirs = visit.customer_id is not None and order.customer_id in await group(
            session, visit.customer_id
        )
        if not theirs and not access.opens(token, order.id, settings.secret_key.get_secret_value()):
            raise NotFound("We have no such order.")
        return shown


def order_path(order: Order, settings: Settings, tail: str = "") -> str:
    token = access.order_token(order.id, settings.secret_key.get_secret_value())
    return f"/orders/{order.number}{tail}?token={token}"


async def pay(
    database: Database, gateway: Gateway, settings: Settings, invoice: Invoice, method: str, back: str
) -> str:
    """Begin or go on paying an invoice; where to send the person: the card company's page, or `back`.

    Raises Conflict, TransientError with the sentence to show; what was placed before stays placed.
    """
    address = settings.public_url + back
    async with database.transaction() as session:
        chosen = await methods.enabled(session, method)
        payment = await attempts.begin(
            session,
            invoice.id,
            chosen,
            success_url=f"{address}{'&' if '?' in address else '?'}{RETURNED}=1",
            cancel_url=address,
        )
    if chosen.kind != "card":
        return back
    return await ask(database, gateway, payment) or back


async def ask(database: Database, gateway: Gateway, payment: Payment) -> str | None:
    """Ask the card company how an attempt stands, and write it down; the page to pay at while it is open."""
    try:
        answer = await gateway.answer(attempts.question(payment))
    except NoAnswerError:
        async with database.transaction() as session:
            await attempts.unsure(session, payment.id)
        raise
    except Refused as refusal:
        async with database.transaction() as session:
            await attempts.fail(session, payment.id, refusal.message)
        raise
    async with database.transaction() as session:
        await payments.record(session, payment.id, answer)
    return answer.url if answer.status == "open" else None


async def look(
    database: Database, gateway: Gateway, payment: Payment | None, *, returned: bool = False
) -> bool:
    """Ask about an attempt that is waiting, not more often than every few seconds; whether it was asked.

    Whoever has `returned` from the card company is told at once: its webhook may still be on its way.
    """
    if (
        payment is None
        or payment.kind != "card"
        or not payment.request
        or payment.status not in (PaymentStatus.PENDING, PaymentStatus.UNKNOWN)
        or (payment.checked_at > now() - LOOK_AGAIN and not returned)
    ):
        return False
    try:
        await ask(database, gateway, payment)
    except (NoAnswerError, Conflict, Refused):
        return False
    return True


async def invoice_number(database: Database, invoice_id: UUID) -> Invoice:
    """Number an invoice now rather than in a moment, in its own short transaction."""
    async with database.transaction() as session:
        return await invoices.finalise(session, invoice_id)
