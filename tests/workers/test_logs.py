"""What people do leaves lines in the logs, and nothing of theirs, nor of our secrets, stands in them."""

import asyncio
import json
import re
import smtplib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from channels import endpoints
from channels.models import Message
from core.database import Database
from core.jobs import JobRow
from core.settings import Settings
from core.staff import Role, hire
from customers.models import Customer
from estore import demo
from portal import tokens
from sandbox.webhooks import sign_stripe
from tests.chaos.processes import Processes
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port

ANN = "ann.berg@example.org"
PASSWORD = "correct horse battery staple"
FILLED = {
    "email": ANN, "name": "Annelise Bergström", "street": "Sonnenallee 177b", "postcode": "12059", "city": "Berlin",
    "country": "DE", "shipping": "standard", "payment": "bank_transfer",
}  # fmt: skip
PHONE, TEXT = "+4915112345678", "Where is my grinder from Fjell"
CHAT = "Does the Kvern fit under my shelf"
KEY = "url-key-of-this-test"
# A card number has no place with us at all; somebody types it anyway.
CARD = "4242 4242 4242 4242"
SECRETS = {
    "secret_key": SecretStr("sk-of-this-test-0123456789abcdefghij"),
    "stripe_api_key": SecretStr("sk_test_of_this_test_0123456789"),
    "stripe_webhook_secret": SecretStr("whsec_of_this_test_0123456789"),
    "twilio_auth_token": SecretStr("twilio-token-of-this-test-01234567"),
    "smtp_relay_password": SecretStr("smtp-password-of-this-test"),
}


@pytest.fixture
async def running(settings: Settings, database: Database, tmp_path: Path) -> AsyncIterator[Settings]:
    """Web, relay, worker and listener as processes; their output goes to `tmp_path/log`."""
    async with database.transaction() as session:
        await demo.load(session)
        await hire(session, "ada.lund@example.org", "Ada Lund", [Role.ADMIN], PASSWORD)
    port = free_port()
    chosen = settings.model_copy(
        update={**SECRETS, "port": port, "public_url": f"http://127.0.0.1:{port}", "smtp_port": free_port()}
    )
    with Processes(chosen, tmp_path / "log", module="core.cli") as processes:
        processes.start("web", "relay", "worker", "listen")

        def ready() -> bool:
            try:
                greeted = smtplib.SMTP("127.0.0.1", chosen.smtp_port, timeout=5).noop()[0] == 250
                return (
                    greeted and httpx.get(f"{chosen.public_url}/health/ready", timeout=5).status_code == 200
                )
            except (OSError, httpx.HTTPError, smtplib.SMTPException):
                return False

        await until_true(ready, 120)
        yield chosen
        for process in processes.running:
            process.terminate()
        for process in processes.running:
            await asyncio.to_thread(process.wait, 60)


async def until_done(database: Database) -> None:
    """Wait until nothing is due."""
    async with asyncio.timeout(60):
        while True:
            async with database.transaction() as session:
                due = select(func.count()).where(JobRow.dead_at.is_(None), JobRow.due_at <= func.now())
                if not await session.scalar(due):
                    return
            await asyncio.sleep(0.2)


async def test_nothing_of_people_and_no_secret_reaches_the_logs(
    running: Settings, database: Database, tmp_path: Path
) -> None:
    typed = [
        ANN,
        PASSWORD,
        PHONE,
        TEXT,
        CHAT,
        KEY,
        CARD,
        CARD.replace(" ", ""),
        "Bergström",
        "Sonnenallee",
        "ada.lund@",
    ]
    async with database.transaction() as session:
        _token, secret = await tokens.create(session, "A program", tokens.SCOPES)
        _other, wrong = await tokens.create(session, "Another", ["orders:read"])
        # Another program that is to be told, and cannot be called.
        _endpoint, signing_secret = await endpoints.add(
            session, "The accounts", f"http://127.0.0.1:9/hook?key={KEY}", ["*"], private=True
        )
    typed += [secret, wrong, signing_secret]

    async with httpx.AsyncClient(base_url=running.public_url, timeout=30) as site:

        async def submit(path: str, **form: str) -> httpx.Response:
            if "csrftoken" not in site.cookies:
                await site.get("/health/live")
            return await site.post(path, data={"_csrf_token": site.cookies["csrftoken"], **form})

        # A checkout, and the ways in which one goes wrong.
        assert (await submit("/cart/add", slug="dawn-blend", sku="DAW-250")).status_code == 303
        assert (await submit("/checkout", **{**FILLED, "email": f"{ANN} {CARD}"})).status_code == 422
        ordered = await submit("/checkout", **FILLED)
        assert ordered.status_code == 303
        link = ordered.headers["location"]
        assert (await site.get(link)).status_code == 200
        typed.append(link.partition("token=")[2])
        # A question in the chat, and one to the search.
        said = await submit(
            "/chat", body=CHAT, name="Annelise Bergström", email=ANN, key="first-of-this-test"
        )
        assert said.status_code == 303
        assert (await site.get("/chat")).text.count(CHAT) == 1
        assert (await site.get("/search", params={"q": f"{CHAT} {PHONE}"})).status_code == 200
        # A sign-in by code, once with a wrong one.
        assert (await submit("/sign-in", email=ANN)).status_code == 303
        async with database.transaction() as session:
            mail = await session.scalar(
                select(Message)
                .where(Message.subject.like("Sign in at%"))
                .order_by(Message.id.desc())
                .limit(1)
            )
        assert mail is not None
        code = re.search(r"^\s+(\d{3} \d{3})$", mail.text, re.MULTILINE)
        signing = re.search(r"/sign-in/link/([^\s?]+)", mail.text)
        assert code
        assert signing
        assert (
            await submit("/sign-in/code", code="000 000" if code[1] != "000 000" else "000 001")
        ).status_code == 422
        assert (await submit("/sign-in/code", code=code[1])).status_code == 303
        assert (await site.get(f"/sign-in/link/{signing[1]}")).status_code in {200, 404}
        typed += [code[1], signing[1], site.cookies["throughline"], site.cookies["csrftoken"]]
        # At the desk, once with a wrong password.
        assert (await submit("/desk/sign-in", email="ada.lund@example.org", password=CARD)).status_code == 403
        assert (
            await submit("/desk/sign-in", email="ada.lund@example.org", password=PASSWORD)
        ).status_code == 303
        typed.append(site.cookies["throughline"])
        # What no route takes.
        assert (await site.get(f"/nothing/{ANN}?card={CARD}")).status_code == 404

    async with httpx.AsyncClient(base_url=running.public_url, timeout=30) as program:
        bearer = {"authorization": f"Bearer {secret}"}
        assert (
            await program.get("/api/v1/customers", params={"email": ANN}, headers=bearer)
        ).status_code == 200
        body = {"name": "Annelise Bergström", "email": ANN, "phone": PHONE, "no such field": CARD}
        assert (await program.post("/api/v1/customers", json=body, headers=bearer)).status_code < 500
        for token in (wrong, "tl_nonsense_of_this_test"):
            answer = await program.get("/api/v1/customers", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code in {401, 403}

        form = {
            "MessageSid": "SM1",
            "SmsStatus": "received",
            "From": PHONE,
            "To": "+4930555010",
            "Body": TEXT,
        }
        url = f"{running.public_url}/webhooks/twilio"
        signature = RequestValidator(running.twilio_auth_token.get_secret_value()).compute_signature(
            url, form
        )
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        for given, status in ((headers, 204), ({**headers, "X-Twilio-Signature": "x"}, 403)):
            answer = await program.post("/webhooks/twilio", content=urlencode(form), headers=given)
            assert answer.status_code == status
        # A webhook that cannot be read: its reason is kept, and not told.
        fact = {"customer_email": ANN, "customer_details": {"name": "Annelise Bergström"}}
        event = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": fact}})
        signed = sign_stripe(running.stripe_webhook_secret.get_secret_value(), event, int(time.time()))
        answer = await program.post("/webhooks/stripe", content=event, headers={"stripe-signature": signed})
        assert answer.status_code == 204

    def send_mail() -> None:
        with smtplib.SMTP("127.0.0.1", running.smtp_port) as server:
            mail = f"From: Annelise Bergström <{ANN}>\r\nTo: support@halden.test\r\nSubject: {CARD}\r\n\r\n{TEXT}\r\n"
            server.sendmail(ANN, ["support@halden.test"], mail.encode())
            assert server.docmd("RCPT", f"TO:<{ANN}>")[0] >= 500

    await asyncio.to_thread(send_mail)
    # Jobs that break over what somebody typed.
    broken = json.dumps({"job": "core.process_webhook", "webhook_id": ANN, "provider": "stripe"})
    async with database.transaction() as session:
        session.add(JobRow(queue="default", tag="core.process_webhook", payload=broken))
        session.add(JobRow(queue="default", tag="tried.out", payload=broken))
    await until_done(database)

    log = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    events = {line["event"] for line in lines}
    assert {"request", "job failed"} <= events
    assert {line["route"] for line in lines if line["event"] == "request"} >= {
        "/checkout", "/chat", "/search", "/sign-in/code", "/desk/sign-in", "/api/v1/customers",
        "/webhooks/{name}", "unmatched",
    }  # fmt: skip
    assert all(line["request_id"] for line in lines if line["event"] == "request")
    failed = [line for line in lines if line["event"] == "job failed"]
    assert {line["job"] for line in failed} >= {"channels.call_endpoint", "core.process_webhook", "tried.out"}
    assert all(line["job"] and line["job_id"] and line["attempt"] for line in failed)

    secrets = [value.get_secret_value() for value in SECRETS.values()]
    async with database.transaction() as session:
        people = await session.scalars(select(Customer.name))
        typed += [name for name in people if name]
    found = [word for word in {*typed, *secrets} if word in log]
    assert found == []
    assert not re.search(r"[\w.+-]+@(?!\w*/)[\w-]+\.\w+", log)
