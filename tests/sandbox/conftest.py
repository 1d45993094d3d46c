"""A running sandbox with a receiver for its webhooks and a listener for its mail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import stripe
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from twilio.rest import Client

from tests.sandbox.phone_client import connect_phone
from tests.sandbox.receiver import Receiver, run_receiver
from tests.sandbox.stand_in import Sandbox, find_free_port, run_sandbox


@dataclass(slots=True)
class Listener:
    """Mail that reached "us"; `refusal` is the answer when it should not be taken."""

    port: int
    mails: list[Envelope] = field(default_factory=list)
    refusal: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusal:
            return self.refusal
        self.mails.append(envelope)
        return "250 OK"


@dataclass(frozen=True, slots=True)
class World:
    sandbox: Sandbox
    receiver: Receiver
    listener: Listener
    http: httpx.Client
    cards: stripe.StripeClient
    phone: Client


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    listener = Listener(find_free_port())
    controller = Controller(listener, hostname="127.0.0.1", port=listener.port)
    controller.start()
    data: Path = tmp_path_factory.mktemp("sandbox")
    with (
        run_receiver() as receiver,
        run_sandbox(
            data,
            inbound_smtp=f"127.0.0.1:{listener.port}",
            stripe_webhook_url=receiver.url + "/webhooks/stripe",
            twilio_webhook_url=receiver.url + "/webhooks/twilio",
        ) as sandbox,
        httpx.Client(base_url=sandbox.url) as http,
    ):
        cards = stripe.StripeClient(
            sandbox.stripe_key, base_addresses={"api": sandbox.url}, max_network_retries=0
        )
        yield World(sandbox, receiver, listener, http, cards, connect_phone(sandbox))
    controller.stop()


@pytest.fixture
def world(running: World) -> Iterator[World]:
    """The sandbox without faults; what tests sent before stays, so use addresses of your own."""
    yield running
    running.http.delete("/api/faults").raise_for_status()
    running.receiver.answers.clear()
    running.listener.refusal = ""
