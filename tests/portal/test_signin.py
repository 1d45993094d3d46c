"""Signing in as a customer: by code, by link, and never by less."""

import re

import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from channels.models import Message
from core.clock import now
from core.database import Database
from customers import identities
from customers.models import Customer, Identity, SignIn, TimelineEntry
from portal import visits
from portal.models import VisitRow
from tests.portal.conftest import Browser, browser

ANN = "ann@example.test"


def store(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


async def newest_mail(app: Litestar) -> Message:
    async with store(app).transaction() as session:
        mail = await session.scalar(select(Message).order_by(Message.id.desc()).limit(1))
    assert mail is not None
    return mail


async def code_and_link(app: Litestar) -> tuple[str, str]:
    mail = await newest_mail(app)
    code = re.search(r"^\s+(\d{3} \d{3})$", mail.text, re.MULTILINE)
    link = re.search(r"http://127\.0\.0\.1:8000(/sign-in/link/\S+)", mail.text)
    assert code
    assert link
    return code[1], link[1]


async def count(app: Litestar, model: type) -> int:
    async with store(app).transaction() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_code_signs_in_the_browser_that_asked(app: Litestar, client: Browser) -> None:
    answer = await client.submit("/sign-in", {"email": " Ann@Example.test ", "next": "/account/history"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in/code?next=%2Faccount%2Fhistory",
    )
    assert ANN in (await client.get("/sign-in/code")).text
    mail = await newest_mail(app)
    assert (mail.recipients, mail.account, mail.subject) == (
        {"to": [ANN], "cc": []},
        "shop@halden.test",
        "Sign in at Halden Coffee Works",
    )
    code, _link = await code_and_link(app)
    answer = await client.submit("/sign-in/code", {"code": code, "next": "/account/history"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/history")
    assert (await client.get("/account")).status_code == 200
    async with store(app).transaction() as session:
        customer_id = await identities.owner(session, identities.email(ANN))
        kinds = list(
            await session.scalars(select(TimelineEntry.kind).where(TimelineEntry.customer_id == customer_id))
        )
    assert customer_id is not None
    assert kinds == ["customer.signed_in"]


async def test_the_preview_of_the_mail_shows_neither_code_nor_link(app: Litestar, client: Browser) -> None:
    from channels.happenings import preview

    await client.submit("/sign-in", {"email": ANN})
    mail = await newest_mail(app)
    code, link = await code_and_link(app)
    assert code not in preview(mail.text) + mail.subject
    assert link[:20] not in preview(mail.text)


async def test_signing_in_changes_the_cookie_and_ends_the_old_one(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    before = client.cookies[visits.COOKIE]
    code, _link = await code_and_link(app)
    await client.submit("/sign-in/code", {"code": code})
    assert client.cookies[visits.COOKIE] != before
    async with browser(app, before) as planted:
        assert (await planted.get("/account")).headers["location"] == "/sign-in?next=/account"


async def test_a_cookie_that_we_never_gave_out_is_not_taken_over(app: Litestar, client: Browser) -> None:
    client.cookies.set(visits.COOKIE, "planted-by-somebody")
    await client.submit("/sign-in", {"email": ANN})
    assert client.cookies.get(visits.COOKIE, domain="127.0.0.1") != "planted-by-somebody"


async def test_a_code_is_worth_nothing_in_another_browser(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    code, _link = await code_and_link(app)
    async with browser(app) as other:
        assert (await other.submit("/sign-in/code", {"code": code})).status_code == 422
        assert (await other.get("/account")).status_code == 303
    assert (await client.submit("/sign-in/code", {"code": code})).status_code == 303


async def test_five_wrong_codes_end_the_code(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    code, link = await code_and_link(app)
    wrong = "000000" if code != "000 000" else "000001"
    for _ in range(5):
        assert (await client.submit("/sign-in/code", {"code": wrong})).status_code == 422
    answer = await client.submit("/sign-in/code", {"code": code})
    assert answer.status_code == 422
    assert "That code is over" in answer.text
    assert (await client.get("/account")).status_code == 303
    # The mailbox itself still proves who they are.
    assert (await client.submit(link)).headers["location"] == "/account"


async def test_a_code_and_a_link_are_over_after_a_quarter_of_an_hour(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    code, link = await code_and_link(app)
    async with store(app).transaction() as session:
        await session.execute(update(SignIn).values(expires_at=now()))
    assert (await client.submit("/sign-in/code", {"code": code})).status_code == 422
    assert (await client.get(link)).status_code == 404
    assert (await client.submit(link)).status_code == 404
    assert (await client.get("/account")).status_code == 303


async def test_neither_works_twice(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    code, link = await code_and_link(app)
    await client.submit("/sign-in/code", {"code": code})
    async with browser(app) as other:
        assert (await other.get(link)).status_code == 404
        assert (await other.submit(link)).status_code == 404
    await client.submit("/sign-out")
    assert (await client.submit("/sign-in/code", {"code": code})).status_code == 422


async def test_looking_at_a_link_signs_nobody_in(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN, "next": "/account/profile"})
    _code, link = await code_and_link(app)
    async with browser(app) as scanner:
        for _ in range(3):
            answer = await scanner.get(link)
            assert (answer.status_code, "Sign in as ann@example.test" in answer.text) == (200, True)
            assert visits.COOKIE not in scanner.cookies
    async with browser(app) as phone:
        answer = await phone.submit(link.split("?")[0], {"next": "/account/profile"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/profile")
        assert (await phone.get("/account/profile")).status_code == 200
    # The link was followed elsewhere: this browser is still a stranger's.
    assert (await client.get("/account")).status_code == 303


async def test_a_link_is_used_up_once_when_followed_many_times_at_once(
    app: Litestar, client: Browser
) -> None:
    import asyncio

    await client.submit("/sign-in", {"email": ANN})
    _code, link = await code_and_link(app)
    answers = await asyncio.gather(*(client.submit(link) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 7
    assert await count(app, TimelineEntry) == 1


async def test_the_answer_is_the_same_for_known_and_unknown_addresses(app: Litestar, client: Browser) -> None:
    async with store(app).transaction() as session:
        await identities.verify(session, identities.email(ANN), by="link")
    known = await client.submit("/sign-in", {"email": ANN})
    known_page = (await client.get("/sign-in/code")).text.replace(ANN, "X")
    async with browser(app) as other:
        unknown = await other.submit("/sign-in", {"email": "new@example.test"})
        unknown_page = (await other.get("/sign-in/code")).text.replace("new@example.test", "X")
    token = re.compile(r'name="_csrf_token" value="[^"]*"')
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    assert token.sub("", known_page) == token.sub("", unknown_page)


async def test_a_stranger_becomes_a_customer_only_by_proving_the_address(
    app: Litestar, client: Browser
) -> None:
    await client.submit("/sign-in", {"email": ANN})
    async with store(app).transaction() as session:
        assert await identities.owner(session, identities.email(ANN)) is None
    code, _link = await code_and_link(app)
    await client.submit("/sign-in/code", {"code": code})
    async with store(app).transaction() as session:
        verified = await session.scalar(select(Identity).where(Identity.value == ANN))
    assert verified is not None
    assert (verified.verified_by, verified.verified_at is not None) == ("code", True)
    assert await count(app, Customer) == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/%0d%0aLocation:x\r\nSet-Cookie: a=b",
        "http:/evil.test",
        "account",
    ],
)
async def test_after_signing_in_nobody_is_led_away_from_here(
    app: Litestar, client: Browser, target: str
) -> None:
    answer = await client.submit("/sign-in", {"email": ANN, "next": target})
    assert answer.headers["location"] == "/sign-in/code"
    code, _link = await code_and_link(app)
    answer = await client.submit("/sign-in/code", {"code": code, "next": target})
    assert answer.headers["location"] == "/account"


async def test_asking_too_often_for_an_address_is_refused_with_the_wait_in_words(
    app: Litestar, client: Browser
) -> None:
    for _ in range(5):
        assert (await client.submit("/sign-in", {"email": ANN})).status_code == 303
    answer = await client.submit("/sign-in", {"email": ANN}, headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert await count(app, Message) == 5
    assert (await client.submit("/sign-in", {"email": "ben@example.test"})).status_code == 303


async def test_one_client_cannot_ask_for_everyone(app: Litestar, client: Browser) -> None:
    for number in range(20):
        answer = await client.submit("/sign-in", {"email": f"person{number}@example.test"})
        assert answer.status_code == 303
    headers = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    answer = await client.submit("/sign-in", {"email": "more@example.test"}, headers=headers)
    assert answer.status_code == 429
    assert await count(app, Message) == 20


async def test_a_form_without_its_token_is_refused_and_nothing_happens(
    app: Litestar, client: Browser
) -> None:
    answer = await client.post("/sign-in", data={"email": ANN})
    assert answer.status_code == 403
    assert (await count(app, Message), await count(app, SignIn), await count(app, VisitRow)) == (0, 0, 0)


async def test_what_is_not_an_address_is_said_beside_the_field(app: Litestar, client: Browser) -> None:
    answer = await client.submit("/sign-in", {"email": "ann at example"})
    assert answer.status_code == 422
    assert "Enter an address like name@example.com." in answer.text
    assert 'value="ann at example"' in answer.text
    assert await count(app, Message) == 0


async def test_signing_out_ends_the_visit_everywhere(app: Litestar, client: Browser) -> None:
    await client.submit("/sign-in", {"email": ANN})
    code, _link = await code_and_link(app)
    await client.submit("/sign-in/code", {"code": code})
    token = client.cookies[visits.COOKIE]
    assert (await client.get("/sign-out")).status_code in (404, 405)
    assert (await client.get("/account")).status_code == 200
    assert (await client.submit("/sign-out")).status_code == 303
    async with browser(app, token) as thief:
        assert (await thief.get("/account")).status_code == 303
