"""The store's jobs, with the real stripe library against the card stand-in, and the letters they queue."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, select, update

from channels.models import Attachment, Blob, Message
from core.clock import now
from core.database import Database
from core.errors import NotAllowed
from core.jobs import JobRow, enqueue
from core.leases import lease
from core.settings import Settings
from core.webhooks import ReceivedWebhook
from estore import attempts, checkout, documents, invoices, methods, orders, payments, reconciliation, refunds
from estore.books import MoneyTask, Payment, Refund
from estore.gateway import Gateway, verified_event
from estore.goods import Stock
from estore.jobs import CloseCheckout, ExpireHold, ReconcilePayments
from estore.models import Order, StockHold
from tests.estore.shopping import fill, wish
from tests.sandbox.stand_in import Sandbox, run_sandbox
from workers import runner
from workers.handlers import load
from workers.resources import Resources

CARD = "4242424242424242"


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("cards")) as sandbox:
        yield sandbox


@pytest.fixture
def settings(settings: Settings, cards: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = settings.model_copy(
        update={
            "stripe_api_base": cards.url,
            "stripe_api_key": SecretStr(cards.stripe_key),
            "stripe_webhook_secret": SecretStr(cards.stripe_webhook_secret),
        }
    )
    load()
    monkeypatch.setattr("workers.handlers.estore.settings", lambda: made)
    return made


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    made = Resources(settings, cast(Any, SimpleNamespace()))
    yield made
    await made.close()


async def work(database: Database, resources: Resources, rounds: int = 12) -> None:
    """Run every job that is due, and what follows from it."""
    for _ in range(rounds):
        async with database.transaction() as session:
            leased = await lease(session, "default", 50)
        if not leased:
            return
        for one in leased:
            await runner.run(database, resources, one)


async def bought(database: Database, **changes: object) -> tuple[Order, Payment]:
    """An order with its numbered invoice and a payment begun."""
    async with database.transaction() as session:
        order = await checkout.place(session, wish(await fill(session, "DAW-250"), **changes))
        invoice = (await orders.details(session, order)).invoice
        assert invoice is not None
        await invoices.finalise(session, invoice.id)
    async with database.transaction() as session:
        chosen = await methods.enabled(session, order.payment_code)
        payment = await attempts.begin(
            session,
            invoice.id,
            chosen,
            success_url="http://127.0.0.1:8000/ok",
            cancel_url="http://127.0.0.1:8000/",
        )
    return order, payment


async def opened(database: Database, gateway: Gateway, payment: Payment) -> str:
    """The checkout of a payment, opened at the card company; its page."""
    answer = await gateway.answer(attempts.question(payment))
    async with database.transaction() as session:
        await payments.record(session, payment.id, answer)
    assert answer.url is not None
    return answer.url


def pay(url: str) -> None:
    answer = httpx.post(url, data={"number": CARD, "email": "ann@example.com"})
    assert answer.status_code in (302, 303), answer.text


async def _state(database: Database, payment: Payment) -> str:
    async with database.transaction() as session:
        return (await session.get_one(Payment, payment.id)).status


async def test_asking_twice_to_open_a_checkout_opens_one(stocked: Database, resources: Resources) -> None:
    _order, payment = await bought(stocked)
    first = await resources.gateway.answer(attempts.question(payment))
    second = await resources.gateway.answer(attempts.question(payment))
    assert (first.session, first.amount, first.currency, first.status) == (
        second.session,
        1380,
        "EUR",
        "open",
    )


async def test_a_payment_whose_webhook_was_lost_is_found_and_the_letters_go_out(
    stocked: Database, resources: Resources
) -> None:
    order, payment = await bought(stocked)
    pay(await opened(stocked, resources.gateway, payment))
    async with stocked.transaction() as session:
        await session.execute(update(Payment).values(checked_at=now() - timedelta(minutes=5)))
        await enqueue(session, ReconcilePayments())
    await work(stocked, resources)
    assert await _state(stocked, payment) == "succeeded"
    async with stocked.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == "paid"
        mails = list(await session.scalars(select(Message).order_by(Message.created_at, Message.id)))
        assert sorted(mail.subject for mail in mails) == [
            f"We have your payment for order {order.number}",
            f"Your order {order.number}",
        ]
        assert {mail.recipients["to"][0] for mail in mails} == {"ann@example.com"}
        attached = (await session.execute(select(Attachment.filename, Blob.content).join(Blob))).one()
        assert attached.filename == "INV-2026-000001.pdf" or attached.filename.startswith("INV-")
        assert attached.content.startswith(b"%PDF-")
        confirmation = next(mail for mail in mails if mail.subject.startswith("Your order"))
        assert "€13.80" in confirmation.text
        assert "<h1" not in confirmation.text


async def test_a_name_that_no_font_can_show_keeps_no_confirmation_back(
    stocked: Database, resources: Resources
) -> None:
    order, _ = await bought(stocked, name="王小明 🙂", payment="bank_transfer")
    await work(stocked, resources)
    async with stocked.transaction() as session:
        mail = (await session.scalars(select(Message).where(Message.source_id == order.id))).one()
        attached = (await session.execute(select(Attachment.filename, Blob.content).join(Blob))).one()
        assert await session.scalar(select(func.count()).where(JobRow.error.is_not(None))) == 0
    assert "Hello 王小明 🙂," in mail.text
    assert "IBAN" in mail.text
    assert attached.content.startswith(b"%PDF-")


async def test_an_invoice_that_cannot_be_printed_keeps_no_letter_back(
    stocked: Database, resources: Resources, cards: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_template", lambda: b"#panic()")
    order, payment = await bought(stocked)
    pay(await opened(stocked, resources.gateway, payment))
    async with stocked.transaction() as session:
        await session.execute(update(Payment).values(checked_at=now() - timedelta(minutes=5)))
        await enqueue(session, ReconcilePayments())
    await work(stocked, resources)
    async with stocked.transaction() as session:
        await orders.cancel(session, order.id, "Changed my mind.")
    await work(stocked, resources)
    async with stocked.transaction() as session:
        letters = {mail.subject: mail for mail in await session.scalars(select(Message))}
        assert await session.scalar(select(func.count(Attachment.id))) == 0
        assert await session.scalar(select(func.count()).where(JobRow.error.is_not(None))) == 0
    for subject in (f"Your order {order.number}", f"Credit note for your order {order.number}"):
        for text in (letters[subject].text, letters[subject].html or ""):
            assert "is not attached this time: you find it in your account" in text
            assert "is attached." not in text


async def test_a_paid_order_that_is_cancelled_is_refunded_once(
    stocked: Database, resources: Resources, cards: Sandbox
) -> None:
    order, payment = await bought(stocked)
    pay(await opened(stocked, resources.gateway, payment))
    answer = await resources.gateway.answer(
        attempts.Question(
            payment.id, payment.idempotency_key, await _session(stocked, payment), payment.request
        )
    )
    async with stocked.transaction() as session:
        await payments.record(session, payment.id, answer)
        await orders.cancel(session, order.id, "Changed my mind.")
    await work(stocked, resources)
    assert await _state(stocked, payment) == "refunded"
    async with stocked.transaction() as session:
        back = (await session.scalars(select(Refund))).one()
        assert (back.status, back.amount) == ("succeeded", 1380)
        assert back.provider_refund is not None
        subjects = set(await session.scalars(select(Message.subject)))
    assert f"Credit note for your order {order.number}" in subjects
    assert f"Your order {order.number} was cancelled" in subjects


async def _session(database: Database, payment: Payment) -> str | None:
    async with database.transaction() as session:
        return (await session.get_one(Payment, payment.id)).provider_session


async def test_a_hold_that_ran_out_closes_the_checkout_and_gives_the_goods_back(
    stocked: Database, resources: Resources
) -> None:
    order, payment = await bought(stocked)
    url = await opened(stocked, resources.gateway, payment)
    await _run_out(stocked, order)
    await work(stocked, resources)
    async with stocked.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == "cancelled"
        assert await session.scalar(select(func.sum(Stock.reserved))) == 0
    refused = httpx.post(url, data={"number": CARD, "email": "ann@example.com"})
    assert refused.status_code not in (302, 303)


async def test_someone_who_paid_in_the_last_second_keeps_the_order(
    stocked: Database, resources: Resources
) -> None:
    order, payment = await bought(stocked)
    pay(await opened(stocked, resources.gateway, payment))
    await _run_out(stocked, order)
    await work(stocked, resources)
    async with stocked.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == "paid"
        assert await session.scalar(select(func.count()).select_from(Refund)) == 0


async def _run_out(database: Database, order: Order) -> None:
    async with database.transaction() as session:
        await session.execute(update(StockHold).values(expires_at=now() - timedelta(seconds=1)))
        await enqueue(session, ExpireHold(order.id))


@pytest.fixture
def down(cards: Sandbox) -> Iterator[Callable[..., None]]:
    """Switches a fault at the card company on; it is off again after the test."""

    def switch(**fault: object) -> None:
        httpx.post(f"{cards.url}/api/faults", json={"cards": fault}).raise_for_status()

    yield switch
    switch()


@pytest.mark.parametrize(
    "fault", [{"error_status": 503}, {"drop_connection": True, "after_effect": True}, {"delay_ms": 2000}]
)
async def test_an_outage_of_the_card_company_leaves_jobs_waiting_and_money_and_goods_as_they_were(
    stocked: Database,
    resources: Resources,
    down: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, object],
) -> None:
    monkeypatch.setattr(resources.gateway._http, "_timeout", 0.5)
    order, _waiting = await bought(stocked)
    _other, unpaid = await bought(stocked, email="bob@example.com")
    _third, paid = await bought(stocked, email="cem@example.com")
    async with stocked.transaction() as session:
        await attempts.fail(session, unpaid.id, "Given up.")
        await payments.settle(session, paid.id, amount=1380, currency="EUR", provider_payment="pi_1")
        back = await refunds.refund(session, paid.id, 500, "A cup was broken.")
        await session.execute(delete(JobRow).where(JobRow.tag != "estore.refund_payment"))
        await enqueue(session, CloseCheckout(unpaid.id))
    await _run_out(stocked, order)
    down(**fault)
    await work(stocked, resources, rounds=1)
    async with stocked.transaction() as session:
        left = await session.execute(select(JobRow.tag, JobRow.dead_at, JobRow.error).order_by(JobRow.tag))
        waiting = [
            (tag, dead, str(error).startswith("The card company does not answer"))
            for tag, dead, error in left
        ]
        assert waiting == [
            ("estore.close_checkout", None, True),
            ("estore.expire_hold", None, True),
            ("estore.refund_payment", None, True),
        ]
        assert (await session.get_one(Order, order.id)).status == "placed"
        assert (await session.get_one(Refund, back.id)).status == "pending"
        assert await session.scalar(select(func.count()).select_from(MoneyTask)) == 0


async def _intent(resources: Resources, database: Database, payment: Payment) -> str:
    answer = await resources.gateway.answer(
        attempts.Question(
            payment.id, payment.idempotency_key, await _session(database, payment), payment.request
        )
    )
    assert answer.payment is not None
    return answer.payment


async def test_a_hold_whose_job_is_gone_is_found_and_ended(stocked: Database, resources: Resources) -> None:
    order, _payment = await bought(stocked)
    async with stocked.transaction() as session:
        await session.execute(update(StockHold).values(expires_at=now() - timedelta(minutes=6)))
        await session.execute(delete(JobRow).where(JobRow.tag == "estore.expire_hold"))
    for promised in (1, 0):
        async with stocked.transaction() as session:
            assert await reconciliation.revisit(session) == promised
    await work(stocked, resources)
    async with stocked.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == "cancelled"
        assert await reconciliation.revisit(session) == 0


async def refunding(database: Database, resources: Resources) -> tuple[Payment, Refund]:
    """A paid order, and a part of its money promised back."""
    _order, payment = await bought(database)
    pay(await opened(database, resources.gateway, payment))
    async with database.transaction() as session:
        intent = await _intent(resources, database, payment)
        await payments.settle(session, payment.id, amount=1380, currency="EUR", provider_payment=intent)
    async with database.transaction() as session:
        return payment, await refunds.refund(session, payment.id, 500, "A cup was broken.")


async def test_a_refund_is_made_once_also_when_its_key_is_forgotten(
    stocked: Database, resources: Resources, cards: Sandbox
) -> None:
    payment, back = await refunding(stocked, resources)
    intent = await _intent(resources, stocked, payment)
    first = await resources.gateway.refund(intent, 500, refund_id=back.id, idempotency_key="one")
    second = await resources.gateway.refund(intent, 500, refund_id=back.id, idempotency_key="two")
    assert (first, second) == (second, first)
    await work(stocked, resources)
    made = httpx.get(
        f"{cards.url}/v1/refunds",
        params={"payment_intent": intent},
        headers={"authorization": f"Bearer {cards.stripe_key}"},
    ).json()["data"]
    assert [(one["id"], one["amount"]) for one in made] == [(first[0], 500)]
    async with stocked.transaction() as session:
        kept = await session.get_one(Refund, back.id)
        assert (kept.status, kept.provider_refund) == ("succeeded", first[0])


async def test_a_refund_on_its_way_is_followed_until_it_has_arrived(
    stocked: Database, resources: Resources
) -> None:
    payment, back = await refunding(stocked, resources)
    made, _status = await resources.gateway.refund(
        await _intent(resources, stocked, payment),
        500,
        refund_id=back.id,
        idempotency_key=back.idempotency_key,
    )
    async with stocked.transaction() as session:
        await session.execute(delete(JobRow).where(JobRow.tag == "estore.refund_payment"))
        await refunds.record(session, back.id, made, "pending")
        kept = await session.get_one(Refund, back.id)
        assert (kept.status, kept.provider_refund) == ("pending", made)
        assert await refunds.waiting(session) == []
        kept.checked_at = now() - timedelta(hours=1)
        await enqueue(session, ReconcilePayments())
    await work(stocked, resources)
    async with stocked.transaction() as session:
        assert (await session.get_one(Refund, back.id)).status == "succeeded"
        assert (await session.get_one(Payment, payment.id)).refunded == 500


def told(refund: Refund, kind: str, status: str) -> ReceivedWebhook:
    facts = {
        "id": "re_7",
        "status": status,
        "amount": refund.amount,
        "metadata": {"refund_id": str(refund.id)},
    }
    body = json.dumps({"id": f"evt_{kind}", "type": kind, "data": {"object": facts}}).encode()
    return ReceivedWebhook(provider="stripe", external_id=f"evt_{kind}", body=body)


async def test_a_refund_that_came_back_is_told_to_a_colleague(
    stocked: Database, resources: Resources
) -> None:
    _payment, back = await refunding(stocked, resources)
    for kind, status in (("refund.created", "succeeded"), *[("refund.failed", "failed")] * 2):
        async with stocked.transaction() as session:
            await reconciliation.read_event(session, told(back, kind, status))
    async with stocked.transaction() as session:
        task = (await session.scalars(select(MoneyTask))).one()
        assert (task.kind, task.facts["amount"], task.source_key) == (
            "refund_failed",
            500,
            f"refund:{back.id}",
        )


async def test_late_good_news_of_a_refund_that_was_refused_pays_nothing_twice(
    stocked: Database, resources: Resources
) -> None:
    _payment, back = await refunding(stocked, resources)
    for kind, status in (("refund.failed", "failed"), ("refund.updated", "succeeded")):
        async with stocked.transaction() as session:
            await reconciliation.read_event(session, told(back, kind, status))
    async with stocked.transaction() as session:
        assert (await session.scalars(select(MoneyTask.kind))).one() == "refund_by_transfer"
        assert (await session.get_one(Refund, back.id)).status == "pending"
        await refunds.done(session, back.id)
        assert (await session.get_one(Refund, back.id)).status == "succeeded"


async def test_money_for_a_checkout_that_is_not_ours_becomes_one_task(
    stocked: Database, resources: Resources
) -> None:
    body = json.dumps(
        {
            "id": "evt_9",
            "type": "checkout.session.completed",
            "data": {
                "object": {
                    "id": "cs_9",
                    "payment_status": "paid",
                    "amount_total": 5000,
                    "currency": "eur",
                    "payment_intent": "pi_9",
                    "metadata": {},
                }
            },
        }
    ).encode()
    for _ in range(2):
        async with stocked.transaction() as session:
            await reconciliation.read_event(
                session, ReceivedWebhook(provider="stripe", external_id="evt_9", body=body)
            )
    async with stocked.transaction() as session:
        task = (await session.scalars(select(MoneyTask))).one()
        assert (task.kind, task.facts["amount"]) == ("unmatched", 5000)


def test_only_what_stripe_signed_is_an_event(settings: Settings) -> None:
    from sandbox.webhooks import sign_stripe

    secret = settings.stripe_webhook_secret.get_secret_value()
    body, moment = '{"id": "evt_1", "object": "event", "type": "x"}', int(time.time())
    assert verified_event(body.encode(), sign_stripe(secret, body, moment), settings) == "evt_1"
    for altered, signature in (
        (body + " ", sign_stripe(secret, body, moment)),
        (body, sign_stripe("whsec_other", body, moment)),
        (body, sign_stripe(secret, body, moment - 3600)),
        (body, ""),
        (body, "t=x,v1=y"),
        (body, "nonsense"),
    ):
        with pytest.raises(NotAllowed):
            verified_event(altered.encode(), signature, settings)
