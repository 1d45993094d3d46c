"""Every page, with something on it, in every state that it can have."""

import smtplib

import httpx
import pytest

from tests.sandbox.conftest import World
from tests.sandbox.test_cards import SESSION
from tests.sandbox.test_mail import write_mail


@pytest.fixture(scope="module")
def paths(running: World) -> list[str]:
    world = running
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        smtp.send_message(write_mail("pages@all.example"))
    mail = world.http.get("/api/mail", params={"to": "pages@all.example"}).json()[0]["id"]
    world.phone.messages.create(to="+4915300000000", from_="+4930901820", body="x")
    world.http.post("/api/phone/answer", json={"from": "+4915300000001", "to": "+4930901820", "body": "x"})
    bare = {key: value for key, value in SESSION.items() if key not in ("customer_email", "cancel_url")}
    states = [world.cards.v1.checkout.sessions.create(each) for each in (SESSION, bare, bare, bare)]  # type: ignore[arg-type]  # declared more narrowly than it takes
    for session, card in zip(
        states, ("4242424242424242", "4000000000000002", "4000002500003155"), strict=False
    ):
        world.http.post(f"/api/cards/sessions/{session.id}/pay", json={"card": card})
    world.cards.v1.checkout.sessions.expire(states[3].id)
    paid = world.cards.v1.checkout.sessions.retrieve(states[0].id)
    world.cards.v1.refunds.create({"payment_intent": str(paid.payment_intent), "amount": 100})
    return [
        *(
            "/",
            "/mail",
            "/mail?q=all",
            "/mail?q=nobody",
            "/mail/pages@all.example",
            "/mail/empty@all.example",
        ),
        *(f"/mail/message/{mail}", "/mail/write?from=a%40b.example", "/phone", "/phone?number=abc"),
        *(
            "/phone/+4915300000000",
            "/phone/+4915300000001",
            "/phone/+4915300000002",
            "/cards",
            "/calls",
            "/faults",
        ),
        *(f"/checkout/{session.id}" for session in states),
        f"/checkout/{states[2].id}/authenticate",
    ]


def test_every_page_renders_under_a_strict_policy(world: World, paths: list[str]) -> None:
    for path in paths:
        page = world.http.get(path)
        assert (path, page.status_code) == (path, 200)
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http:" not in policy
        assert ' style="' not in page.text
        assert "<title>" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/mail/message/999999999",
        "/mail/message/99999999999999999999999",
        "/checkout/cs_none",
        "/phone/12",
        "/nothing",
    ],
)
def test_what_is_not_there_is_said_to_be_missing(world: World, path: str) -> None:
    assert world.http.get(path).status_code == 404


def test_another_name_for_this_machine_is_not_answered(world: World) -> None:
    assert httpx.get(world.sandbox.url + "/mail", headers={"Host": "evil.example"}).status_code == 421
