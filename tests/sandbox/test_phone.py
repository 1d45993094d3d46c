"""The phone stand-in, spoken to by the real twilio library."""

import re
from urllib.parse import parse_qsl

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from tests.sandbox.conftest import World
from tests.sandbox.phone_client import connect_phone
from tests.sandbox.receiver import Received

OURS = "+4930901820"


def is_signed(world: World, call: Received) -> bool:
    form = dict(parse_qsl(call.body, keep_blank_values=True))
    url = world.receiver.url + call.path
    validator = RequestValidator(world.sandbox.twilio_token)
    assert not RequestValidator("another token").validate(url, form, call.headers["X-Twilio-Signature"])
    assert not validator.validate(url, form | {"Body": "altered"}, call.headers["X-Twilio-Signature"])
    return bool(validator.validate(url, form, call.headers["X-Twilio-Signature"]))


def statuses(calls: list[Received]) -> list[str]:
    return [dict(parse_qsl(call.body))["MessageStatus"] for call in calls]


def test_a_text_is_reported_queued_sent_and_delivered_with_signed_callbacks(world: World) -> None:
    callback = world.receiver.url + "/status/one?x=1"
    message = world.phone.messages.create(
        to="+4915100000001", from_=OURS, body="Hallo Grüße", status_callback=callback
    )
    assert re.fullmatch(r"SM[0-9a-f]{32}", message.sid or "")
    assert (message.status, message.direction, message.error_code) == ("queued", "outbound-api", None)
    calls = world.receiver.wait_for(lambda call: call.path == "/status/one?x=1", 3)
    assert statuses(calls) == ["queued", "sent", "delivered"]
    assert all(is_signed(world, call) for call in calls)
    assert {dict(parse_qsl(call.body))["MessageSid"] for call in calls} == {message.sid}
    assert world.phone.messages(message.sid or "").fetch().status == "delivered"
    assert [each.sid for each in world.phone.messages.list(to="+4915100000001")] == [message.sid]
    (found,) = world.http.get("/api/phone", params={"to": "+4915100000001"}).json()
    assert (found["body"], found["from"]) == ("Hallo Grüße", OURS)


def test_a_callback_is_repeated_until_it_is_taken(world: World) -> None:
    world.receiver.answers += [500, 503]
    world.phone.messages.create(
        to="+4915100000002", from_=OURS, body="x", status_callback=world.receiver.url + "/status/two"
    )
    calls = world.receiver.wait_for(lambda call: call.path == "/status/two" and call.answered == 200, 3)
    assert sorted(statuses(calls)) == ["delivered", "queued", "sent"]


def test_an_unreachable_phone_is_reported_as_failed(world: World) -> None:
    message = world.phone.messages.create(
        to="+4915112340000", from_=OURS, body="x", status_callback=world.receiver.url + "/status/dead"
    )
    calls = world.receiver.wait_for(lambda call: call.path == "/status/dead", 3)
    assert statuses(calls) == ["queued", "sent", "failed"]
    assert dict(parse_qsl(calls[2].body))["ErrorCode"] == "30003"
    assert world.phone.messages(message.sid or "").fetch().error_code == 30003


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "12345", "from_": OURS, "body": "x"}, 21211),
        ({"to": "+4915100000003", "from_": "nonsense number", "body": "x"}, 21212),
        ({"to": "+4915100000003", "body": "x"}, 21603),
        ({"to": "+4915100000003", "from_": OURS}, 21602),
        ({"to": "+4915100000003", "from_": OURS, "body": "x" * 1601}, 21617),
    ],
)
def test_a_wrong_message_is_refused_as_twilio_does(world: World, fields: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        world.phone.messages.create(**fields)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert world.http.get("/api/phone", params={"to": "+4915100000003"}).json() == []


def test_a_wrong_token_is_refused(world: World) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        connect_phone(world.sandbox, "wrong").messages.create(to="+4915100000003", from_=OURS, body="x")
    assert (refusal.value.status, refusal.value.code) == (401, 20003)
    assert world.http.get("/api/phone", params={"to": "+4915100000003"}).json() == []


def test_an_answer_from_the_phone_reaches_the_webhook_signed(world: World) -> None:
    page = world.http.post("/phone/+4915100000004", data={"to": OURS, "body": "Where is it? 🙂"})
    assert page.status_code == 303
    (call,) = world.receiver.wait_for(lambda call: "4915100000004" in call.body)
    assert call.path == "/webhooks/twilio"
    assert is_signed(world, call)
    form = dict(parse_qsl(call.body))
    assert form["MessageSid"] == form["SmsSid"]
    assert {name: form[name] for name in ("From", "To", "Body", "NumMedia", "SmsStatus", "AccountSid")} == {
        "From": "+4915100000004",
        "To": OURS,
        "Body": "Where is it? 🙂",
        "NumMedia": "0",
        "SmsStatus": "received",
        "AccountSid": world.sandbox.twilio_sid,
    }
    shown = world.http.get("/phone/+4915100000004").text
    assert "Where is it? 🙂" in shown


def test_after_stop_the_company_refuses_until_start(world: World) -> None:
    person = "+4915100000005"
    world.http.post(
        "/api/phone/answer", json={"from": person, "to": OURS, "body": " stop "}
    ).raise_for_status()
    with pytest.raises(TwilioRestException) as refusal:
        world.phone.messages.create(to=person, from_=OURS, body="Sale!")
    assert refusal.value.code == 21610
    world.http.post(
        "/api/phone/answer", json={"from": person, "to": OURS, "body": "START"}
    ).raise_for_status()
    assert world.phone.messages.create(to=person, from_=OURS, body="Sale!").sid


def test_a_wrong_answer_is_told_and_sends_nothing(world: World) -> None:
    page = world.http.post("/phone/+4915100000006", data={"to": OURS, "body": "   "})
    assert page.status_code == 422
    assert "nothing was sent" in page.text
    bad = world.http.post("/api/phone/answer", json={"from": "me", "to": OURS, "body": "x"})
    assert bad.status_code == 400
    assert world.http.get("/api/phone", params={"from": "+4915100000006"}).json() == []
