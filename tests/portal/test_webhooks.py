import asyncio
import json
import time
from typing import cast
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete, func, select
from twilio.request_validator import RequestValidator

from core.jobs import JobRow
from core.leases import lease
from core.webhooks import ReceivedWebhook
from customers.models import TimelineEntry
from estore import attempts, checkout, demo, invoices, methods, orders
from estore.books import Payment, Refund
from sandbox.webhooks import sign_stripe
from tests.estore.shopping import fill, wish
from workers import runner
from workers.handlers import load
from workers.resources import Resources

URL = "http://127.0.0.1:8000/webhooks/twilio"
FORM = {
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "From": "+4915112345678",
    "To": "+4930555010",
    "Body": "Hi é",
}


def signature(form: dict[str, str], token: str = "t" * 32, url: str = URL) -> dict[str, str]:
    signed = RequestValidator(token).compute_signature(url, form)
    return {"X-Twilio-Signature": signed, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def rows(app):
    async def count() -> tuple[int, int]:
        async with app.state.database.transaction() as session:
            kept = await session.scalar(select(func.count()).select_from(ReceivedWebhook))
            jobs = await session.scalar(
                select(func.count()).select_from(JobRow).where(JobRow.tag == "core.process_webhook")
            )
        return kept, jobs

    return count


async def test_a_signed_text_is_kept_before_it_is_answered(client, rows):
    response = await client.post("/webhooks/twilio", content=urlencode(FORM), headers=signature(FORM))
    assert response.status_code == 204
    assert await rows() == (1, 1)


async def test_the_same_webhook_fifty_times_at_once_is_kept_once(client, rows):
    body, headers = urlencode(FORM), signature(FORM)
    responses = await asyncio.gather(
        *(client.post("/webhooks/twilio", content=body, headers=headers) for _ in range(50))
    )
    assert {response.status_code for response in responses} == {204}
    assert await rows() == (1, 1)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (FORM, {}),
        (FORM, {"X-Twilio-Signature": ""}),
        (FORM, signature(FORM, token="another")),
        (FORM, signature(FORM, url="http://evil.test/webhooks/twilio")),
        (FORM | {"Body": "altered"}, signature(FORM)),
        (FORM | {"Extra": "x"}, signature(FORM)),
    ],
)
async def test_a_forged_text_leaves_not_one_row(client, rows, form, headers):
    response = await client.post("/webhooks/twilio", content=urlencode(form), headers=headers)
    assert response.status_code == 403
    assert await rows() == (0, 0)


async def test_the_host_that_a_caller_names_is_not_believed(client, rows):
    headers = signature(FORM, url="http://evil.test/webhooks/twilio") | {"Host": "evil.test"}
    response = await client.post("/webhooks/twilio", content=urlencode(FORM), headers=headers)
    assert response.status_code == 403
    assert await rows() == (0, 0)


@pytest.mark.parametrize("body", [b"\xff\xfe=\x00", b"a" * 100, b"&".join(b"a=1" for _ in range(500))])
async def test_a_broken_body_is_refused(client, rows, body):
    response = await client.post("/webhooks/twilio", content=body, headers={"X-Twilio-Signature": "x"})
    assert response.status_code == 403
    assert await rows() == (0, 0)


async def test_a_body_beyond_the_limit_is_refused(client, rows):
    body = b"a" * (1024 * 1024 + 1)
    response = await client.post("/webhooks/twilio", content=body, headers={"X-Twilio-Signature": "x"})
    assert response.status_code == 413
    assert await rows() == (0, 0)


STRIPE = "/webhooks/stripe"
SECRET = "whsec_throughline"


@pytest.fixture
async def paid(app):
    """A payment under way, and the body of the event that tells of its money."""
    async with app.state.database.transaction() as session:
        await demo.load(session)
        order = await checkout.place(session, wish(await fill(session, "DAW-250")))
        invoice = (await orders.details(session, order)).invoice
        assert invoice is not None
        await invoices.finalise(session, invoice.id)
        card = await methods.enabled(session, "card")
        payment = await attempts.begin(
            session, invoice.id, card, success_url="http://a", cancel_url="http://a"
        )
        await session.execute(delete(JobRow))
    session_facts = {
        "id": "cs_1",
        "object": "checkout.session",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": payment.amount,
        "currency": "eur",
        "metadata": {"payment_id": str(payment.id)},
    }
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": session_facts},
    }
    return payment, json.dumps(event)


async def test_the_same_payment_told_fifty_times_at_once_is_one_payment(app, client, rows, paid):
    payment, body = paid
    signed = {"Stripe-Signature": sign_stripe(SECRET, body, int(time.time()))}
    responses = await asyncio.gather(*(client.post(STRIPE, content=body, headers=signed) for _ in range(50)))
    assert {response.status_code for response in responses} == {204}
    assert await rows() == (1, 1)
    database = app.state.database
    load()
    async with database.transaction() as session:
        leased = await lease(session, "default", 50)
    assert [one.tag for one in leased] == ["core.process_webhook"]
    no_resources = cast(Resources, None)
    # The broker may carry a message more than once as well.
    await asyncio.gather(*(runner.run(database, no_resources, leased[0]) for _ in range(5)))
    late = await client.post(STRIPE, content=body, headers=signed)
    assert late.status_code == 204
    assert await rows() == (1, 0)
    async with database.transaction() as session:
        kept = (await session.scalars(select(Payment))).one()
        assert (kept.id, kept.status, kept.provider_payment) == (payment.id, "succeeded", "pi_1")
        told = await session.scalars(select(TimelineEntry.kind).order_by(TimelineEntry.kind))
        assert list(told) == ["invoice.issued", "invoice.paid", "order.placed", "payment.succeeded"]
        assert await session.scalar(select(func.count()).select_from(Refund)) == 0
        webhook = (await session.scalars(select(ReceivedWebhook))).one()
        assert (webhook.quarantined, webhook.processed_at is not None) == (None, True)


async def test_a_forged_payment_leaves_not_one_row(app, client, rows, paid):
    _payment, body = paid
    moment = int(time.time())
    good = sign_stripe(SECRET, body, moment)
    forgeries = {
        "unsigned": None,
        "empty": "",
        "nonsense": "t=x,v1=y",
        "no digest": f"t={moment},v1=",
        "another key": sign_stripe("whsec_other", body, moment),
        "another body": sign_stripe(SECRET, body.replace("cs_1", "cs_2"), moment),
        "another moment": good.replace(str(moment), str(moment + 1)),
        "too long ago": sign_stripe(SECRET, body, moment - 3600),
        "another scheme": good.replace("v1=", "v0="),
    }
    for forgery, signature in forgeries.items():
        headers = {} if signature is None else {"Stripe-Signature": signature}
        response = await client.post(STRIPE, content=body, headers=headers)
        assert response.status_code == 403, forgery
    altered = body.replace('"paid"', '"paid" ')
    response = await client.post(STRIPE, content=altered, headers={"Stripe-Signature": good})
    assert response.status_code == 403
    assert await rows() == (0, 0)
    async with app.state.database.transaction() as session:
        assert (await session.scalars(select(Payment.status))).one() == "pending"


async def test_an_unknown_provider_is_not_found(client, rows):
    assert (await client.post("/webhooks/nobody", content=b"{}")).status_code == 404
    assert await rows() == (0, 0)


async def test_a_report_keeps_the_message_that_its_address_names(client, app):
    url = f"{URL}?message=0192d3b4-0000-7000-8000-000000000000"
    form = {"MessageSid": "SM2", "MessageStatus": "delivered"}
    response = await client.post(
        url.removeprefix("http://127.0.0.1:8000"), content=urlencode(form), headers=signature(form, url=url)
    )
    assert response.status_code == 204
    async with app.state.database.transaction() as session:
        kept = await session.scalar(select(ReceivedWebhook.external_id))
    assert kept == "SM2:delivered:0192d3b4-0000-7000-8000-000000000000"
