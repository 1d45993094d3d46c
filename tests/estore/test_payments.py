"""Money: one attempt at a time, forward only, and nothing lost."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.jobs import JobRow
from customers import timeline
from estore import access, attempts, demo, invoices, methods, orders, payments, refunds, stock
from estore.books import Invoice, InvoiceLink, MoneyTask, Payment, Refund
from estore.goods import Stock
from estore.models import OrderStatus, StockHold
from estore.orders import Details
from estore.payments import Answer
from tests.estore.conftest import Buy

DAWN = demo.demo_id("sku", "DAW-250")
URLS = {"success_url": "http://shop.test/ok", "cancel_url": "http://shop.test/no"}


async def begun(session: AsyncSession, shown: Details, method: str = "card") -> Payment:
    assert shown.invoice is not None
    return await attempts.begin(session, shown.invoice.id, await methods.enabled(session, method), **URLS)


async def run_down(session: AsyncSession, shown: Details, left: timedelta) -> None:
    """So much time is left of what an order holds."""
    for hold in await session.scalars(select(StockHold).where(StockHold.order_id == shown.order.id)):
        hold.expires_at = now() + left
    await session.flush()


def paid(payment: Payment, **changes: object) -> Answer:
    facts = {
        "session": "cs_1",
        "status": "paid",
        "amount": payment.amount,
        "currency": "EUR",
        "payment": "pi_1",
        **changes,
    }
    return Answer(**facts)  # type: ignore[arg-type]  # declared more narrowly than it takes


async def kinds(session: AsyncSession, shown: Details) -> list[str]:
    return sorted(entry.kind for entry in await timeline.history(session, shown.order.customer_id))


async def test_money_for_an_order_pays_the_invoice_and_takes_the_goods_off_the_shelf(
    shop: AsyncSession, buy: Buy
) -> None:
    shown = await buy("DAW-250", quantity=3)
    payment = await begun(shop, shown)
    await payments.record(shop, payment.id, paid(payment))
    after = await orders.details(shop, shown.order)
    assert after.invoice is not None
    assert (after.order.status, after.invoice.status) == (OrderStatus.PAID, "paid")
    assert after.payment is not None
    assert (after.payment.status, after.payment.provider_payment) == ("succeeded", "pi_1")
    left = await shop.get_one(Stock, DAWN, populate_existing=True)
    assert (left.on_hand, left.reserved) == (177, 0)
    assert await kinds(shop, shown) == ["invoice.issued", "invoice.paid", "order.placed", "payment.succeeded"]
    assert "estore.send_receipt" in set(await shop.scalars(select(JobRow.tag)))


async def test_the_same_news_twice_changes_nothing(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    payment = await begun(shop, shown)
    for _ in range(3):
        await payments.record(shop, payment.id, paid(payment))
    await payments.record(shop, payment.id, paid(payment, status="expired"))
    assert (await shop.get_one(Payment, payment.id)).status == "succeeded"
    assert len(await kinds(shop, shown)) == 4
    assert await shop.scalar(select(func.count()).select_from(Refund)) == 0


async def test_an_attempt_under_way_is_gone_on_with_and_never_doubled(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    first = await begun(shop, shown)
    asked = attempts.question(first)
    second = await begun(shop, shown)
    assert attempts.question(second) == asked
    assert await shop.scalar(select(func.count()).select_from(Payment)) == 1


async def test_while_it_is_unknown_what_an_attempt_came_to_no_other_begins(
    shop: AsyncSession, buy: Buy
) -> None:
    shown = await buy()
    payment = await begun(shop, shown)
    await attempts.unsure(shop, payment.id)
    with pytest.raises(Conflict, match="still finding out"):
        await begun(shop, shown, "bank_transfer")
    assert (await begun(shop, shown)).id == payment.id
    await payments.record(shop, payment.id, paid(payment, status="open", url="http://cards.test"))
    assert (await shop.get_one(Payment, payment.id)).status == "pending"


async def test_money_through_a_checkout_given_up_still_pays_an_open_invoice(
    shop: AsyncSession, buy: Buy
) -> None:
    shown = await buy()
    card = await begun(shop, shown)
    transfer = await begun(shop, shown, "bank_transfer")
    assert ((await shop.get_one(Payment, card.id)).status, transfer.status) == ("failed", "pending")
    await payments.record(shop, card.id, paid(card))
    assert ((await shop.get_one(Payment, card.id)).status, transfer.status) == ("succeeded", "failed")
    assert (await orders.details(shop, shown.order)).order.status == OrderStatus.PAID


async def test_nobody_puts_a_private_order_on_account(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    until = await stock.held_until(shop, shown.order.id)
    with pytest.raises(Invalid, match="Only companies"):
        await begun(shop, shown, "invoice")
    after = await orders.details(shop, shown.order)
    assert after.payment is not None
    assert (after.order.payment_code, after.payment.method) == ("card", "card")
    assert await stock.held_until(shop, shown.order.id) == until
    with pytest.raises(Conflict, match="not paid yet"):
        await orders.advance(shop, shown.order.id, OrderStatus.PACKED)


async def test_on_account_is_agreed_when_ordering_and_not_afterwards(shop: AsyncSession, buy: Buy) -> None:
    company = await buy(company="Berg AG")
    with pytest.raises(Conflict, match="when you order"):
        await begun(shop, company, "invoice")
    assert await stock.held_until(shop, company.order.id) is not None
    agreed = await buy("KON-40", payment="invoice", company="Berg AG")
    first = (await begun(shop, agreed, "invoice")).id
    assert agreed.payment is not None
    assert first == agreed.payment.id
    await begun(shop, agreed, "card")
    back = await begun(shop, agreed, "invoice")
    assert (back.kind, back.status) == ("later", "pending")


async def test_trying_again_and_again_does_not_hold_goods_for_ever(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy(payment="bank_transfer")
    order = shown.order
    first = await stock.held_until(shop, order.id)
    for method in ("card", "bank_transfer", "card", "bank_transfer"):
        await begun(shop, shown, method)
    assert await stock.held_until(shop, order.id) == first
    assert len(list(await shop.scalars(select(JobRow.id).where(JobRow.tag == "estore.expire_hold")))) == 1


async def test_a_card_may_be_tried_for_a_day_and_then_no_more(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    order = shown.order
    order.placed_at = now() - timedelta(hours=23)
    await run_down(shop, shown, timedelta(minutes=20))
    payment = await begun(shop, shown)
    assert payment.expires_at is not None
    held = await stock.held_until(shop, order.id)
    assert held is not None
    assert payment.expires_at < held <= order.placed_at + methods.LONGEST_CARD_HOLD
    await attempts.fail(shop, payment.id, "Declined.")
    order.placed_at = now() - timedelta(hours=23, minutes=50)
    await run_down(shop, shown, timedelta(minutes=10))
    with pytest.raises(Conflict, match="time to pay"):
        await begun(shop, shown)
    assert await stock.held_until(shop, order.id) < now() + timedelta(minutes=11)  # type: ignore[operator]  # it is there: the order was just placed
    assert await attempts.open_attempt(shop, payment.invoice_id) is None


async def test_money_for_what_is_paid_already_goes_back(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    card = await begun(shop, shown)
    transfer = await begun(shop, shown, "bank_transfer")
    await payments.receive(shop, transfer.id, transfer.amount, "statement 17")
    await payments.record(shop, card.id, paid(card))
    back = (await shop.scalars(select(Refund))).one()
    assert (back.payment_id, back.amount, back.status) == (card.id, card.amount, "pending")
    await refunds.done(shop, back.id, "re_1")
    await refunds.done(shop, back.id, "re_1")
    assert (await shop.get_one(Payment, card.id)).status == "refunded"
    assert (await kinds(shop, shown)).count("payment.refunded") == 1


async def test_money_for_an_order_that_was_cancelled_goes_back(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    payment = await begun(shop, shown)
    await orders.cancel(shop, shown.order.id, "It was not paid in time.")
    assert await stock.available(shop, DAWN) == 180
    await payments.record(shop, payment.id, paid(payment))
    after = await orders.details(shop, shown.order)
    assert (after.order.status, after.invoices[0].status) == (OrderStatus.CANCELLED, "void")
    assert (await shop.scalars(select(Refund))).one().payment_id == payment.id


async def test_another_amount_than_was_asked_for_becomes_a_task_and_pays_nothing(
    shop: AsyncSession, buy: Buy
) -> None:
    shown = await buy()
    payment = await begun(shop, shown)
    for _ in range(2):
        await payments.record(shop, payment.id, paid(payment, amount=payment.amount - 1))
    task = (await shop.scalars(select(MoneyTask))).one()
    assert (task.kind, task.facts["arrived"], task.payment_id) == ("mismatch", payment.amount - 1, payment.id)
    assert (await shop.get_one(Payment, payment.id)).status == "unknown"
    assert (await orders.details(shop, shown.order)).order.status == OrderStatus.PLACED


async def test_cancelling_a_paid_order_gives_back_money_goods_and_a_credit_note(
    shop: AsyncSession, buy: Buy
) -> None:
    shown = await buy("DAW-250", "FJE-BK", quantity=2)
    payment = await begun(shop, shown)
    await payments.record(shop, payment.id, paid(payment))
    await orders.cancel(shop, shown.order.id, "Changed my mind.")
    back = (await shop.scalars(select(Refund))).one()
    await refunds.done(shop, back.id, "re_1")
    invoice, note = await shop.scalars(select(Invoice).order_by(Invoice.created_at, Invoice.id))
    assert (note.kind, note.status, note.total, note.credits_id) == (
        "credit_note",
        "paid",
        invoice.total,
        invoice.id,
    )
    assert note.taxes == invoice.taxes
    assert note.label.startswith("CN-")
    assert await stock.available(shop, DAWN) == 180


async def test_a_refund_is_never_more_than_was_paid(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    payment = await begun(shop, shown)
    await payments.record(shop, payment.id, paid(payment))
    await refunds.refund(shop, payment.id, 1000, "A cup was broken.")
    with pytest.raises(Exception, match="cannot be refunded"):
        await refunds.refund(shop, payment.id, 381, "And another.")
    await refunds.refund(shop, payment.id, 380, "And the rest.")
    assert await refunds.promised(shop, payment.id) == 1380


async def test_goods_are_packed_once_paid_or_on_account_and_not_before(shop: AsyncSession, buy: Buy) -> None:
    waiting = (await buy()).order
    with pytest.raises(Conflict, match="not paid yet"):
        await orders.advance(shop, waiting.id, OrderStatus.PACKED)
    office = (await buy("KON-40", payment="invoice", company="Berg AG")).order
    await orders.advance(shop, office.id, OrderStatus.PACKED)
    with pytest.raises(Conflict, match="is packed now"):
        await orders.advance(shop, office.id, OrderStatus.DELIVERED)
    await orders.advance(shop, office.id, OrderStatus.SHIPPED, carrier="DHL", tracking="123")
    await orders.advance(shop, office.id, OrderStatus.DELIVERED)
    with pytest.raises(Conflict, match="on its way"):
        await orders.cancel(shop, office.id, "Too late.")


async def test_a_pay_link_opens_one_invoice_and_only_its_hash_is_kept(shop: AsyncSession, buy: Buy) -> None:
    shown = await buy()
    assert shown.invoice is not None
    token = await access.make_link(shop, shown.invoice.id)
    assert len(token) == 43
    for _ in range(2):
        assert (await access.open_link(shop, token)).id == shown.invoice.id
    kept = await shop.scalar(select(InvoiceLink.token_hash))
    assert kept is not None
    assert token not in kept
    with pytest.raises(NotFound):
        await access.open_link(shop, token[:-1] + ("A" if token[-1] != "A" else "B"))


async def test_an_invoice_of_someone_else_is_not_there(shop: AsyncSession, buy: Buy) -> None:
    mine = await buy()
    other = await buy(email="bob@example.com")
    assert other.invoice is not None
    with pytest.raises(NotFound):
        await invoices.theirs(shop, other.invoice.label, mine.order.customer_id)
    with pytest.raises(NotFound):
        await orders.theirs(shop, other.order.number, mine.order.customer_id)


def test_a_link_to_an_order_opens_no_other() -> None:
    one, other = demo.demo_id("order", "1"), demo.demo_id("order", "2")
    token = access.order_token(one, "k" * 32)
    assert access.opens(token, one, "k" * 32)
    assert not access.opens(token, other, "k" * 32)
    assert not access.opens(token, one, "x" * 32)
    assert not access.opens("", one, "k" * 32)
