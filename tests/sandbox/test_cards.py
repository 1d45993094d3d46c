"""The card stand-in, spoken to by the real stripe library."""

import json
import threading
import time
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.conftest import World
from tests.sandbox.receiver import Received

SESSION: Any = {
    "mode": "payment",
    "line_items": [
        {
            "price_data": {
                "currency": "eur",
                "unit_amount": 2499,
                "product_data": {"name": "Kettle & <cup>", "description": "Black"},
            },
            "quantity": 2,
        },
        {
            "price_data": {"currency": "eur", "unit_amount": 490, "product_data": {"name": "Delivery"}},
            "quantity": 1,
        },
    ],
    "success_url": "http://127.0.0.1:9/orders/7?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://127.0.0.1:9/cart",
    "client_reference_id": "order-7",
    "metadata": {"order": "7"},
    "payment_intent_data": {"metadata": {"payment": "p7"}},
    "customer_email": "anna@pay.example",
}
EVERY_CARD = "4242 4242 4242 4242"


def was_replayed(answer: stripe.StripeObject) -> bool:
    assert answer.last_response is not None
    return answer.last_response.headers.get("Idempotent-Replayed") == "true"


def events_about(world: World, id_: str, count: int) -> list[stripe.Event]:
    """Events about an object, in the order received, each with its signature checked by the library."""

    def about(call: Received) -> bool:
        return call.path == "/webhooks/stripe" and json.loads(call.body)["data"]["object"]["id"] == id_

    secret = world.sandbox.stripe_webhook_secret
    return [
        stripe.Webhook.construct_event(call.body, call.headers["Stripe-Signature"], secret)
        for call in world.receiver.wait_for(about, count)
    ]


def test_a_checkout_paid_on_the_page_succeeds_and_says_so_with_signed_events(world: World) -> None:
    session = world.cards.v1.checkout.sessions.create(SESSION)
    assert (session.amount_total, session.currency, session.status, session.payment_status) == (
        5488,
        "eur",
        "open",
        "unpaid",
    )
    assert session.id.startswith("cs_test_")
    assert session.payment_intent is None
    page = httpx.get(session.url or "")
    assert page.status_code == 200
    assert "Kettle &amp; &lt;cup&gt;" in page.text
    assert "€54.88" in page.text
    paid = httpx.post(
        session.url or "", data={"email": "anna@pay.example", "number": EVERY_CARD, "name": "Anna"}
    )
    assert paid.status_code == 303
    assert paid.headers["location"] == f"http://127.0.0.1:9/orders/7?session={session.id}"
    (event,) = events_about(world, session.id, 1)
    told = event.data.object
    assert event.type == "checkout.session.completed"
    assert event.api_version == stripe.api_version
    assert (told["payment_status"], told["status"], told["client_reference_id"]) == (
        "paid",
        "complete",
        "order-7",
    )
    intent = world.cards.v1.payment_intents.retrieve(told["payment_intent"], {"expand": ["latest_charge"]})
    assert (intent.status, intent.amount_received, intent.metadata["payment"]) == ("succeeded", 5488, "p7")
    assert intent.latest_charge.paid  # type: ignore[union-attr]  # expanded, so it is the object
    types = [each.type for each in events_about(world, intent.id, 1)]
    assert types == ["payment_intent.succeeded"]
    again = httpx.post(
        f"{world.sandbox.url}/checkout/{session.id}", data={"email": "a@b.c", "number": EVERY_CARD}
    )
    assert again.status_code == 402
    assert world.cards.v1.charges.list({"payment_intent": intent.id}).data[0].id == intent.latest_charge.id  # type: ignore[union-attr]  # expanded, so it is the object
    assert len(world.cards.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_declined_card_leaves_the_session_open_for_another(world: World) -> None:
    session = world.cards.v1.checkout.sessions.create(SESSION)
    refused = httpx.post(session.url or "", data={"email": "a@b.example", "number": "4000000000000002"})
    assert refused.status_code == 402
    assert "Your card was declined." in refused.text
    session = world.cards.v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("open", "unpaid")
    intent_id = str(session.payment_intent)
    (event,) = events_about(world, intent_id, 1)
    assert event.type == "payment_intent.payment_failed"
    assert event.data.object["last_payment_error"]["decline_code"] == "generic_decline"
    world.http.post(f"/api/cards/sessions/{session.id}/pay", json={"card": EVERY_CARD}).raise_for_status()
    assert world.cards.v1.payment_intents.retrieve(intent_id).status == "succeeded"


@pytest.mark.parametrize("number", ["", "1234", "4242424242424241", "4242 4242 4242 424x"])
def test_what_is_no_card_charges_nothing(world: World, number: str) -> None:
    session = world.cards.v1.checkout.sessions.create(SESSION)
    refused = httpx.post(session.url or "", data={"email": "a@b.example", "number": number})
    assert refused.status_code == 402
    assert "not valid" in refused.text
    assert world.cards.v1.checkout.sessions.retrieve(session.id).payment_intent is None


def test_three_d_secure_can_be_failed_and_then_completed(world: World) -> None:
    session = world.cards.v1.checkout.sessions.create(SESSION)
    form = {"email": "a@b.example", "number": "4000 0025 0000 3155"}
    asked = httpx.post(session.url or "", data=form)
    bank = f"{world.sandbox.url}/checkout/{session.id}/authenticate"
    assert (asked.status_code, asked.headers["location"]) == (303, f"/checkout/{session.id}/authenticate")
    assert "complete the payment" in httpx.get(bank).text
    failed = httpx.post(bank, data={"answer": "fail"})
    assert failed.status_code == 402
    assert "could not confirm" in failed.text
    assert httpx.post(bank, data={"answer": "complete"}).status_code == 402
    httpx.post(session.url or "", data=form)
    done = httpx.post(bank, data={"answer": "complete"})
    assert done.headers["location"] == f"http://127.0.0.1:9/orders/7?session={session.id}"
    intent = str(world.cards.v1.checkout.sessions.retrieve(session.id).payment_intent)
    assert [each.type for each in events_about(world, intent, 4)] == [
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]


def test_leaving_abandons_and_expiring_closes(world: World) -> None:
    session = world.cards.v1.checkout.sessions.create(SESSION)
    assert 'href="http://127.0.0.1:9/cart"' in httpx.get(session.url or "").text
    expired = world.cards.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert [event.type for event in events_about(world, session.id, 1)] == ["checkout.session.expired"]
    pay = world.http.post(f"/api/cards/sessions/{session.id}/pay", json={})
    assert pay.status_code == 402
    with pytest.raises(stripe.InvalidRequestError):
        world.cards.v1.checkout.sessions.expire(session.id)


def test_a_refund_never_exceeds_what_was_charged(world: World) -> None:
    intent = world.cards.v1.payment_intents.create(
        {"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert intent.status == "succeeded"
    refund = world.cards.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 400, "metadata": {"r": "1"}}
    )
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 400, intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        world.cards.v1.refunds.create({"charge": str(intent.latest_charge), "amount": 601})
    world.cards.v1.refunds.create({"charge": str(intent.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.cards.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    charge = world.cards.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    assert [each.amount for each in world.cards.v1.refunds.list({"payment_intent": intent.id}).data] == [
        600,
        400,
    ]
    told = [event.type for event in events_about(world, charge.id, 3)]
    assert told.count("charge.refunded") == 2
    assert [event.type for event in events_about(world, refund.id, 1)] == ["refund.created"]


def test_payment_intents_decline_confirm_and_cancel(world: World) -> None:
    intents = world.cards.v1.payment_intents
    with pytest.raises(stripe.CardError) as declined:
        intents.create(
            {"amount": 500, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    waiting = intents.create({"amount": 500, "currency": "eur", "metadata": {"a": "b"}})
    assert waiting.status == "requires_payment_method"
    action = intents.confirm(
        waiting.id,
        {"payment_method": "pm_card_authenticationRequired", "return_url": "http://127.0.0.1:9/back"},
    )
    assert action.status == "requires_action"
    bank = action.next_action.redirect_to_url.url  # type: ignore[union-attr]  # expanded, so it is the object
    back = httpx.post(str(bank), data={"answer": "complete"}).headers["location"]
    assert back == f"http://127.0.0.1:9/back?payment_intent={waiting.id}&redirect_status=succeeded"
    with pytest.raises(stripe.InvalidRequestError) as late:
        intents.cancel(waiting.id)
    assert late.value.code == "payment_intent_unexpected_state"
    other = intents.create({"amount": 500, "currency": "eur"})
    assert intents.cancel(other.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    assert [each.id for each in intents.list({"limit": 2}).data] == [other.id, waiting.id]


def test_the_same_key_gives_the_same_answer_and_another_request_is_refused(world: World) -> None:
    key: Any = {"idempotency_key": "order-7-attempt-1"}
    first = world.cards.v1.checkout.sessions.create(SESSION, key)
    second = world.cards.v1.checkout.sessions.create(SESSION, key)
    assert first.id == second.id
    assert not was_replayed(first)
    assert was_replayed(second)
    with pytest.raises(stripe.IdempotencyError) as refused:
        world.cards.v1.checkout.sessions.create(SESSION | {"client_reference_id": "order-8"}, key)
    assert refused.value.http_status == 400
    mistake: Any = {"idempotency_key": "mistake"}
    with pytest.raises(stripe.InvalidRequestError):
        world.cards.v1.payment_intents.create({"amount": 0, "currency": "eur"}, mistake)
    assert world.cards.v1.payment_intents.create({"amount": 99, "currency": "eur"}, mistake).id


def test_a_decline_is_replayed_without_asking_the_bank_again(world: World) -> None:
    key: Any = {"idempotency_key": "declined-once"}
    asked: Any = {
        "amount": 800,
        "currency": "eur",
        "payment_method": "pm_card_chargeDeclined",
        "confirm": True,
    }
    intents = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            world.cards.v1.payment_intents.create(asked, key)
        intents.append(declined.value.json_body["error"]["payment_intent"]["id"])  # type: ignore[index]  # the error's body is a mapping here
    assert intents[0] == intents[1]
    assert len(world.cards.v1.charges.list({"payment_intent": intents[0]}).data) == 1


def test_one_key_used_at_once_makes_one_object(world: World) -> None:
    before = {each.id for each in world.cards.v1.payment_intents.list({"limit": 100}).data}
    world.http.post("/api/faults", json={"cards": {"delay_ms": 1000, "count": 1}}).raise_for_status()
    statuses: list[int] = []
    together = threading.Barrier(8)

    def create() -> None:
        together.wait()
        answer = world.http.post(
            "/v1/payment_intents",
            data={"amount": "700", "currency": "eur"},
            headers={"Authorization": f"Bearer {world.sandbox.stripe_key}", "Idempotency-Key": "at-once"},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7
    after = {each.id for each in world.cards.v1.payment_intents.list({"limit": 100}).data}
    assert len(after - before) == 1


def test_an_answer_lost_on_the_way_back_is_found_again_by_its_key(world: World) -> None:
    fault = {"drop_connection": True, "after_effect": True, "count": 1}
    world.http.post("/api/faults", json={"cards": fault}).raise_for_status()
    key: Any = {"idempotency_key": "lost-answer"}
    with pytest.raises(stripe.APIConnectionError):
        world.cards.v1.payment_intents.create({"amount": 700, "currency": "eur"}, key)
    found = world.cards.v1.payment_intents.create({"amount": 700, "currency": "eur"}, key)
    assert was_replayed(found)


def test_a_wrong_key_is_refused(world: World) -> None:
    stranger = stripe.StripeClient("sk_test_wrong_0000", base_addresses={"api": world.sandbox.url})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        stranger.v1.balance.retrieve()
    assert httpx.get(world.sandbox.url + "/v1/balance").status_code == 401
    basic = httpx.get(world.sandbox.url + "/v1/balance", auth=(world.sandbox.stripe_key, ""))
    assert basic.json()["object"] == "balance"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"colour": "red"}, "colour"),
        ({"mode": "subscription"}, "mode"),
        ({"expires_at": int(time.time()) + 60}, "expires_at"),
        ({"customer": "cus_nobody", "customer_email": ""}, "customer"),
        (
            {
                "line_items": [
                    {"price_data": {"currency": "eur", "unit_amount": 1, "product_data": {"name": "x"}}}
                ]
            },
            "line_items",
        ),
        (
            {
                "line_items": [
                    {"price_data": {"currency": "eur", "unit_amount": "2.5", "product_data": {"name": "x"}}}
                ]
            },
            "line_items[0][price_data][unit_amount]",
        ),
    ],
)
def test_a_wrong_session_is_refused_and_named(world: World, change: dict[str, Any], param: str) -> None:
    before = world.cards.v1.checkout.sessions.list({"limit": 1}).data
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.cards.v1.checkout.sessions.create(SESSION | change)
    assert refused.value.param == param
    assert world.cards.v1.checkout.sessions.list({"limit": 1}).data == before


def test_customers_and_events_can_be_read_back(world: World) -> None:
    customer = world.cards.v1.customers.create({"email": "anna@c.example", "metadata": {"id": "9"}})
    assert world.cards.v1.customers.retrieve(customer.id).metadata["id"] == "9"  # type: ignore[index]  # the error's body is a mapping here
    wanted: Any = {key: value for key, value in SESSION.items() if key != "customer_email"}
    session = world.cards.v1.checkout.sessions.create(wanted | {"customer": customer.id})
    assert "anna@c.example" in httpx.get(session.url or "").text
    event = world.cards.v1.events.list({"type": "customer.created", "limit": 1}).data[0]
    assert event.data.object["id"] == customer.id
    assert world.cards.v1.events.retrieve(event.id).id == event.id
    pages = list(world.cards.v1.events.list({"limit": 3}).auto_paging_iter())
    assert len({each.id for each in pages}) == len(pages)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        world.cards.v1.customers.retrieve("cus_nobody")
