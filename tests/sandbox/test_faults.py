"""Faults that are switched on, and a process that stops and starts."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
import stripe
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.conftest import World
from tests.sandbox.receiver import run_receiver
from tests.sandbox.stand_in import ROOT, run_sandbox, sandbox_environment

OURS = "+4930901820"


def switch(world: World, **faults: dict[str, object]) -> None:
    world.http.post("/api/faults", json=faults).raise_for_status()


def send(world: World, address: str) -> None:
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        smtp.sendmail("a@halden.example", [address], b"Subject: x\r\n\r\nx\r\n")


def count(world: World, address: str) -> int:
    return len(world.http.get("/api/mail", params={"to": address}).json())


def test_mail_is_refused_for_now_or_for_good_and_not_kept(world: World) -> None:
    switch(world, mail={"error_status": 451, "count": 1})
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(world, "later@fault.example")
    assert refused.value.smtp_code == 451
    send(world, "later@fault.example")
    assert count(world, "later@fault.example") == 1
    switch(world, mail={"error_status": 550, "smtp_stage": "rcpt"})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(world, "never@fault.example")
    assert count(world, "never@fault.example") == 0


def test_a_mail_connection_drops_before_or_after_the_mail_is_kept(world: World) -> None:
    switch(world, mail={"drop_connection": True, "count": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(world, "before@fault.example")
    assert count(world, "before@fault.example") == 0
    switch(world, mail={"drop_connection": True, "after_effect": True, "count": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(world, "after@fault.example")
    assert count(world, "after@fault.example") == 1


def test_a_slow_company_answers_late(world: World) -> None:
    switch(world, mail={"delay_ms": 200}, cards={"delay_ms": 200})
    start = time.monotonic()
    send(world, "slow@fault.example")
    assert time.monotonic() - start >= 0.2
    start = time.monotonic()
    world.cards.v1.balance.retrieve()
    assert time.monotonic() - start >= 0.2


def test_requests_fail_as_often_as_asked_and_then_work_again(world: World) -> None:
    switch(world, phone={"error_status": 503, "count": 2}, cards={"error_status": 500, "count": 1})
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            world.phone.messages.create(to="+4915200000001", from_=OURS, body="x")
        assert refused.value.status == 503
    assert world.phone.messages.create(to="+4915200000001", from_=OURS, body="x").sid
    with pytest.raises(stripe.APIError):
        world.cards.v1.balance.retrieve()
    assert world.cards.v1.balance.retrieve().object == "balance"
    assert world.http.get("/api/faults").json()["phone"]["error_status"] == 0


def test_a_fault_strikes_only_as_often_as_is_likely(world: World) -> None:
    switch(world, cards={"error_status": 500, "probability": 0})
    assert world.cards.v1.balance.retrieve().object == "balance"
    switch(world, cards={"error_status": 503, "probability": 0.5})
    auth = (world.sandbox.stripe_key, "")
    statuses = {world.http.get("/v1/balance", auth=auth).status_code for _ in range(60)}
    assert statuses == {200, 503}


def test_an_answer_is_lost_after_the_text_was_taken(world: World) -> None:
    switch(world, phone={"drop_connection": True, "after_effect": True, "count": 1})
    with pytest.raises(Exception, match=r"[Cc]onnection"):
        world.phone.messages.create(to="+4915200000002", from_=OURS, body="x")
    assert len(world.http.get("/api/phone", params={"to": "+4915200000002"}).json()) == 1


def order_of(world: World, path: str, calls: int) -> list[str]:
    found = world.receiver.wait_for(lambda call: call.path == path, calls)
    return [dict(parse_qsl(call.body))["MessageStatus"] for call in found]


def test_webhooks_are_lost_doubled_or_out_of_order(world: World) -> None:
    def text(path: str) -> None:
        callback = world.receiver.url + path
        world.phone.messages.create(to="+4915200000003", from_=OURS, body="x", status_callback=callback)

    switch(world, phone={"lose": True, "count": 2})
    text("/lost")
    assert order_of(world, "/lost", 1) == ["delivered"]
    switch(world, phone={"double": True})
    text("/double")
    assert sorted(order_of(world, "/double", 6)) == ["delivered"] * 2 + ["queued"] * 2 + ["sent"] * 2
    switch(world, phone={"out_of_order": True})
    text("/reversed")
    assert order_of(world, "/reversed", 3) == ["delivered", "sent", "queued"]
    states = {each["state"] for each in world.http.get("/api/webhooks", params={"stand_in": "phone"}).json()}
    assert "lost" in states


def test_a_call_can_be_repeated_many_times(world: World) -> None:
    world.http.post("/api/phone/answer", json={"from": "+4915200000004", "to": OURS, "body": "again"})
    world.receiver.wait_for(lambda call: "4915200000004" in call.body)
    call = next(each for each in world.http.get("/api/webhooks").json() if "4915200000004" in each["about"])
    world.http.post(f"/api/webhooks/{call['id']}/again", params={"times": 50}).raise_for_status()
    found = world.receiver.wait_for(lambda call: "4915200000004" in call.body, 51)
    assert len({each.body for each in found}) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail": {"lose": True}},
        {"cards": {"error_status": 200}},
        {"cards": {"colour": 1}},
        {"cards": {"probability": 2}},
        {"cards": {"count": 0}},
        {"bank": {}},
        {"cards": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(world: World, wrong: dict[str, object]) -> None:
    before = world.http.get("/api/faults").json()
    answer = world.http.post("/api/faults", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.http.get("/api/faults").json() == before


def test_the_page_switches_and_clears(world: World) -> None:
    form = {"stand_in": "cards", "delay_ms": "5", "lose": "on", "probability": "1", "count": ""}
    assert world.http.post("/faults", data=form).status_code == 303
    assert world.http.get("/api/faults").json()["cards"]["lose"] is True
    assert world.http.post("/faults", data=form | {"probability": "often"}).status_code == 422
    assert world.http.post("/faults/clear").status_code == 303
    assert world.http.get("/api/faults").json()["cards"]["lose"] is False


def test_everything_survives_a_restart_even_the_events_not_yet_taken(tmp_path: Path) -> None:
    with run_receiver() as receiver:
        environment = sandbox_environment(tmp_path, stripe_webhook_url=receiver.url + "/stripe")
        receiver.answers += [503] * 1000
        with run_sandbox(tmp_path, environment=environment) as sandbox:
            cards = stripe.StripeClient(sandbox.stripe_key, base_addresses={"api": sandbox.url})
            paid = cards.v1.payment_intents.create(
                {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True},
                {"idempotency_key": "before"},
            )
            with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
                smtp.sendmail("a@b.example", ["stay@x.example"], b"Subject: x\r\n\r\nx\r\n")
            receiver.wait_for(lambda call: "payment_intent.succeeded" in call.body)
            sandbox.process.send_signal(signal.SIGKILL)
            sandbox.process.wait()
        receiver.answers.clear()
        with run_sandbox(tmp_path, environment=environment) as sandbox:
            cards = stripe.StripeClient(sandbox.stripe_key, base_addresses={"api": sandbox.url})
            assert (
                httpx.get(sandbox.url + "/api/mail", params={"to": "stay@x.example"}).json()[0]["subject"]
                == "x"
            )
            again = cards.v1.payment_intents.create(
                {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True},
                {"idempotency_key": "before"},
            )
            assert again.id == paid.id
            taken = receiver.wait_for(
                lambda call: call.answered == 200 and paid.id in call.body, 3, seconds=15
            )
            event = json.loads(taken[0].body)
            assert cards.v1.events.retrieve(event["id"]).type == event["type"]


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    return subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_refuses_to_start_with_a_sentence(tmp_path: Path) -> None:
    environment = sandbox_environment(tmp_path)
    missing = start({name: value for name, value in environment.items() if name != "SANDBOX_STRIPE_KEY"})
    assert missing.returncode == 2
    assert "SANDBOX_STRIPE_KEY" in missing.stderr
    assert "SANDBOX_TWILIO_SID" not in missing.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for name in ("SANDBOX_HTTP_PORT", "SANDBOX_SMTP_PORT"):
            refused = start(environment | {name: str(taken.getsockname()[1])})
            assert refused.returncode == 2
            assert name in refused.stderr
            assert "Traceback" not in refused.stderr
    wrong = start(environment | {"SANDBOX_HTTP_PORT": "eighty"})
    assert (wrong.returncode, "between 1 and 65535" in wrong.stderr) == (2, True)


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    with run_sandbox(tmp_path) as sandbox, socket.create_connection(("127.0.0.1", sandbox.smtp_port)) as idle:
        idle.recv(100)
        sandbox.process.terminate()
        assert sandbox.process.wait(timeout=5) == 0
        output = sandbox.process.stdout.read() if sandbox.process.stdout else ""
        assert output == f"The sandbox is open at {sandbox.url}, mail on 127.0.0.1:{sandbox.smtp_port}.\n"
