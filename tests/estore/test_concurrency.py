"""Many at once: nothing is sold twice, counted twice or numbered twice."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import func, select, update

from core import leases
from core.database import Database
from core.settings import Settings
from core.verification import Difference
from core.webhooks import ReceivedWebhook
from customers import timeline
from customers.models import TimelineEntry
from estore import attempts, checkout, demo, invoices, methods, orders, payments, reconciliation, refunds
from estore.books import Invoice, InvoiceSeries, Payment
from estore.goods import Stock
from estore.models import Cart, CartLine, Order, StockHold
from tests.estore.shopping import fill, wish
from workers.handlers import load
from workers.resources import Resources
from workers.runner import TRANSACTIONAL, run
from workers.verification import verify

ROOT = Path(__file__).parents[2]
DAWN = demo.demo_id("sku", "DAW-250")


async def differences(database: Database, settings: Settings) -> list[Difference]:
    """What `verify` finds once all that follows from what happened, and asks nobody outside, is done."""
    load()
    redis = Redis.from_url(settings.redis_url)
    resources = Resources(settings, redis)
    while True:
        async with database.transaction() as session:
            due = await leases.lease(session, "default", 50)
        if not due:
            break
        await asyncio.gather(
            *(run(database, resources, lease) for lease in due if lease.tag in TRANSACTIONAL)
        )
    await resources.close()
    await redis.aclose()
    return (await verify(database)).differences


async def test_a_hundred_checkouts_of_the_last_ten_sell_exactly_ten(
    stocked: Database, database_url: str, settings: Settings
) -> None:
    async with stocked.transaction() as session:
        await session.execute(update(Stock).where(Stock.sku_id == DAWN).values(on_hand=10))
        filled = [Cart() for _ in range(100)]
        session.add_all(filled)
        await session.flush()
        session.add_all(CartLine(cart_id=cart.id, sku_id=DAWN, quantity=1) for cart in filled)
    buyers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.estore.buyers", database_url, "4",
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    cart_ids = "\n".join(str(cart.id) for cart in filled)
    output, _ = await asyncio.wait_for(buyers.communicate(cart_ids.encode()), 120)
    said = json.loads(output)
    assert (said.count("bought"), said.count("sold out"), len(said)) == (10, 90, 100)
    async with stocked.transaction() as session:
        kept = await session.get_one(Stock, DAWN)
        assert (kept.on_hand, kept.reserved) == (10, 10)
        assert await session.scalar(select(func.count()).select_from(Order)) == 10
        assert await session.scalar(select(func.sum(StockHold.quantity))) == 10
        assert await session.scalar(select(func.count()).select_from(Invoice)) == 10
    assert await differences(stocked, settings) == []


async def _placed(database: Database, many: int = 1) -> list[Payment]:
    made = []
    for n in range(many):
        async with database.transaction() as session:
            order = await checkout.place(
                session, wish(await fill(session, "DAW-250"), email=f"b{n}@example.com")
            )
            shown = await orders.details(session, order)
            assert shown.payment is not None
            made.append(shown.payment)
    return made


async def test_the_same_event_fifty_times_at_once_is_one_payment_and_one_entry(
    stocked: Database, settings: Settings
) -> None:
    [payment] = await _placed(stocked)
    async with stocked.transaction() as session:
        await invoices.finalise(session, payment.invoice_id)
        card = await methods.enabled(session, "card")
        await attempts.begin(session, payment.invoice_id, card, success_url="http://a", cancel_url="http://a")
    body = json.dumps(
        {
            "id": "evt_1",
            "type": "checkout.session.completed",
            "data": {
                "object": {
                    "id": "cs_1",
                    "payment_status": "paid",
                    "payment_intent": "pi_1",
                    "amount_total": payment.amount,
                    "currency": "eur",
                    "metadata": {"payment_id": str(payment.id)},
                }
            },
        }
    ).encode()

    async def hear() -> None:
        async with stocked.transaction() as session:
            webhook = ReceivedWebhook(provider="stripe", external_id="evt_1", body=body)
            await reconciliation.read_event(session, webhook)

    await asyncio.gather(*(hear() for _ in range(50)))
    async with stocked.transaction() as session:
        assert (await session.get_one(Payment, payment.id)).status == "succeeded"
        entries = await session.execute(
            select(TimelineEntry.kind, func.count()).group_by(TimelineEntry.kind).order_by(TimelineEntry.kind)
        )
        assert entries.all() == [
            ("invoice.issued", 1),
            ("invoice.paid", 1),
            ("order.placed", 1),
            ("payment.succeeded", 1),
        ]
        kept = await session.get_one(Stock, DAWN)
        assert (kept.on_hand, kept.reserved) == (179, 0)
    assert await differences(stocked, settings) == []


async def test_invoice_numbers_have_no_gap_though_many_finalise_and_some_fail(
    stocked: Database, settings: Settings
) -> None:
    made = await _placed(stocked, 24)

    async def finalise(number: int, payment: Payment) -> None:
        async with stocked.transaction() as session:
            await invoices.finalise(session, payment.invoice_id)
            if number % 3 == 0:
                raise ZeroDivisionError  # a crash between the number and the commit

    await asyncio.gather(*(finalise(n, payment) for n, payment in enumerate(made)), return_exceptions=True)
    await asyncio.gather(*(finalise(1, payment) for payment in made * 2))
    async with stocked.transaction() as session:
        numbers = list(await session.scalars(select(Invoice.number).order_by(Invoice.number)))
        assert numbers == list(range(1, 25))
        assert (await session.scalars(select(InvoiceSeries.last_number))).one() == 24
        assert await invoices.gaps(session) == []
    assert await differences(stocked, settings) == []


async def test_a_payment_and_a_cancellation_at_once_leave_no_money_and_no_goods_behind(
    stocked: Database, settings: Settings
) -> None:
    for payment in await _placed(stocked, 8):
        async with stocked.transaction() as session:
            await invoices.finalise(session, payment.invoice_id)

        async def settle(payment: Payment = payment) -> None:
            async with stocked.transaction() as session:
                await payments.settle(
                    session,
                    payment.id,
                    amount=payment.amount,
                    currency="EUR",
                    provider_payment=f"pi_{payment.id}",
                )

        async def cancel(payment: Payment = payment) -> None:
            assert payment.order_id is not None
            async with stocked.transaction() as session:
                await orders.cancel(session, payment.order_id, "Changed my mind.")

        await asyncio.gather(settle(), cancel())
        async with stocked.transaction() as session:
            kept = await session.get_one(Payment, payment.id)
            assert kept.status == "succeeded"
            assert await refunds.promised(session, payment.id) == payment.amount
    async with stocked.transaction() as session:
        shelf = await session.get_one(Stock, DAWN)
        assert (shelf.on_hand, shelf.reserved) == (180, 0)
        history = await timeline.history(session, payment.customer_id)
        assert sorted(entry.kind for entry in history).count("order.cancelled") == 1
    assert await differences(stocked, settings) == []
