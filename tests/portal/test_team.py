"""The desk's door, and who may do what behind it."""

import asyncio
import re

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from core.database import Database
from core.staff import Role, Staff, disable, find, hire
from portal import visits
from portal.models import VisitRow
from tests.portal.conftest import PASSWORD, Browser, browser

ADA = "ada@halden.test"


def store(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


async def hired(app: Litestar, *roles: Role, email: str = ADA, name: str = "Ada Lund") -> Staff:
    async with store(app).transaction() as session:
        return await hire(session, email, name, list(roles), PASSWORD)


async def test_the_right_password_opens_the_desk_under_a_new_cookie(app: Litestar, client: Browser) -> None:
    await hired(app, Role.AGENT)
    client.cookies.set(visits.COOKIE, "planted")
    answer = await client.submit(
        "/desk/sign-in",
        {"email": " Ada@halden.test ", "password": PASSWORD, "next": "/desk/settings/profile"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/settings/profile")
    token = answer.cookies[visits.COOKIE]
    assert token != "planted"
    async with browser(app, token) as signed_in:
        assert ADA in (await signed_in.get("/desk/settings/profile")).text
    async with browser(app, "planted") as planted:
        answer = await planted.get("/desk/settings/profile")
        assert answer.headers["location"] == "/desk/sign-in?next=/desk/settings/profile"


@pytest.mark.parametrize(
    ("email", "password"), [(ADA, "another password"), ("nobody@halden.test", PASSWORD), (ADA, "x" * 5000)]
)
async def test_a_wrong_pair_is_refused_without_saying_which_was_wrong(
    app: Litestar, client: Browser, email: str, password: str
) -> None:
    await hired(app, Role.AGENT)
    answer = await client.submit("/desk/sign-in", {"email": email, "password": password})
    assert answer.status_code == 403
    assert "That e-mail address and password do not match." in answer.text
    async with store(app).transaction() as session:
        assert await session.scalar(select(func.count()).select_from(VisitRow)) == 0


async def test_guessing_passwords_is_stopped_whatever_the_address_says(
    app: Litestar, client: Browser
) -> None:
    await hired(app, Role.AGENT)
    for number in range(10):
        await client.submit("/desk/sign-in", {"email": ADA, "password": f"wrong number {number}"})
    headers = {"x-forwarded-for": "203.0.113.77"}
    answer = await client.submit("/desk/sign-in", {"email": ADA, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 429
    assert "Try again in" in answer.text


async def test_a_colleague_who_left_cannot_come_in(app: Litestar, client: Browser) -> None:
    await hired(app, Role.ADMIN, email="owner@halden.test")
    ada = await hired(app, Role.AGENT)
    async with store(app).transaction() as session:
        await disable(session, ada.id)
    answer = await client.submit("/desk/sign-in", {"email": ADA, "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "target", ["https://evil.test/desk", "//evil.test", "/account", "/desk\\@evil.test", "/deskevil"]
)
async def test_after_signing_in_one_stays_at_the_desk(app: Litestar, client: Browser, target: str) -> None:
    await hired(app, Role.AGENT)
    answer = await client.submit("/desk/sign-in", {"email": ADA, "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")


ADMIN_ONLY = [
    ("GET", "/desk/settings"),
    ("GET", "/desk/settings/team"),
    ("POST", "/desk/settings/team"),
    ("GET", "/desk/operations"),
    ("GET", "/desk/operations/now"),
    ("POST", "/desk/operations/jobs/retry"),
    ("POST", "/desk/operations/jobs/1/retry"),
    ("POST", "/desk/operations/jobs/1/discard"),
    ("POST", "/desk/settings/payment-methods/card"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
async def test_what_only_admins_may_do_is_refused_to_others(
    agent_client: Browser, client: Browser, method: str, path: str
) -> None:
    ask = (lambda browser: browser.get(path)) if method == "GET" else (lambda browser: browser.submit(path))
    refused = await ask(agent_client)
    assert (refused.status_code, "Your role does not include this" in refused.text) == (403, True)
    stranger = await ask(client)
    assert stranger.status_code == 303
    assert stranger.headers["location"].startswith("/desk/sign-in")


async def test_each_role_sees_its_own_part_of_today(
    admin_client: Browser, agent_client: Browser, marketer_client: Browser, merchandiser_client: Browser
) -> None:
    pages = {
        name: (await browser.get("/desk")).text
        for name, browser in {
            "admin": admin_client,
            "agent": agent_client,
            "marketer": marketer_client,
            "merchandiser": merchandiser_client,
        }.items()
    }
    parts = {
        "Nobody waits for an answer.": ["agent"],
        "All campaigns": ["marketer"],
        "To pack": ["agent", "merchandiser"],
        "Good to see you, ": ["marketer", "merchandiser"],
    }
    for words, roles in parts.items():
        admin = [] if words.startswith("Good") else ["admin"]
        assert [name for name, page in pages.items() if words in page] == [*admin, *roles]


async def test_an_admin_adds_a_colleague_who_can_then_sign_in(app: Litestar, admin_client: Browser) -> None:
    answer = await admin_client.submit(
        "/desk/settings/team",
        {"email": "New@halden.test", "name": "New Person", "roles": ["agent", "marketer"]},
    )
    assert answer.status_code == 303
    shown = await admin_client.get(answer.headers["location"])
    issued = re.search(r'id="issued-password">([^<]+)<', shown.text)
    assert issued
    # A reload shows it no more, and adds nobody.
    assert issued[1] not in (await admin_client.get(answer.headers["location"])).text
    async with browser(app) as other:
        answer = await other.submit("/desk/sign-in", {"email": "new@halden.test", "password": issued[1]})
        assert answer.status_code == 303
    async with store(app).transaction() as session:
        found = await find(session, "new@halden.test")
    assert found is not None
    assert found.roles == ["agent", "marketer"]


@pytest.mark.parametrize(
    "form",
    [
        {"email": "not an address", "name": "X", "roles": ["agent"]},
        {"email": "owner@halden.test", "name": "X", "roles": ["agent"]},
        {"email": "new@halden.test", "name": "X", "roles": ["emperor"]},
        {"email": "new@halden.test", "name": "X"},
    ],
)
async def test_a_colleague_who_cannot_be_added_is_not(
    app: Litestar, admin_client: Browser, form: dict[str, object]
) -> None:
    assert (await admin_client.submit("/desk/settings/team", form)).status_code == 422
    async with store(app).transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Staff)) == 1


async def test_a_disabled_colleague_is_out_at_once(app: Litestar, admin_client: Browser) -> None:
    ada = await hired(app, Role.AGENT, email="other@halden.test")
    async with browser(app) as hers:
        await hers.submit("/desk/sign-in", {"email": "other@halden.test", "password": PASSWORD})
        assert (await hers.get("/desk")).status_code == 200
        assert (await admin_client.submit(f"/desk/settings/team/{ada.id}/disable")).status_code == 303
        assert (await hers.get("/desk")).headers["location"] == "/desk/sign-in?next=/desk"
        # Taken back, the old session stays over.
        assert (await admin_client.submit(f"/desk/settings/team/{ada.id}/enable")).status_code == 303
        assert (await hers.get("/desk")).status_code == 303


async def test_new_roles_count_from_the_next_request_on(app: Litestar, admin_client: Browser) -> None:
    ada = await hired(app, Role.AGENT, email="other@halden.test")
    async with browser(app) as hers:
        await hers.submit("/desk/sign-in", {"email": "other@halden.test", "password": PASSWORD})
        assert (await hers.get("/desk/operations")).status_code == 403
        await admin_client.submit(f"/desk/settings/team/{ada.id}/roles", {"roles": ["admin"]})
        assert (await hers.get("/desk/operations")).status_code == 200


async def test_the_last_admin_stays(app: Litestar, admin_client: Browser) -> None:
    async with store(app).transaction() as session:
        owner = await find(session, "owner@halden.test")
    assert owner is not None
    for path, form in ((f"{owner.id}/disable", {}), (f"{owner.id}/roles", {"roles": ["agent"]})):
        assert (await admin_client.submit(f"/desk/settings/team/{path}", form)).status_code == 409
    assert (await admin_client.get("/desk/settings/team")).status_code == 200


async def test_two_admins_cannot_remove_each_other_at_once(app: Litestar) -> None:
    one = await hired(app, Role.ADMIN, email="one@halden.test")
    two = await hired(app, Role.ADMIN, email="two@halden.test")

    async def leave(staff: Staff) -> None:
        async with store(app).transaction() as session:
            await disable(session, staff.id)

    results = await asyncio.gather(leave(one), leave(two), return_exceptions=True)
    assert [type(result).__name__ for result in results if result is not None] == ["Conflict"]


async def test_a_reset_password_ends_the_sessions_and_replaces_the_old_one(
    app: Litestar, admin_client: Browser
) -> None:
    ada = await hired(app, Role.AGENT, email="other@halden.test")
    async with browser(app) as hers:
        await hers.submit("/desk/sign-in", {"email": "other@halden.test", "password": PASSWORD})
        answer = await admin_client.submit(f"/desk/settings/team/{ada.id}/password")
        issued = re.search(
            r'id="issued-password">([^<]+)<', (await admin_client.get(answer.headers["location"])).text
        )
        assert issued
        assert (await hers.get("/desk")).status_code == 303
        old = await hers.submit("/desk/sign-in", {"email": "other@halden.test", "password": PASSWORD})
        new = await hers.submit("/desk/sign-in", {"email": "other@halden.test", "password": issued[1]})
        assert (old.status_code, new.status_code) == (403, 303)


async def test_changing_ones_own_password_ends_every_other_session(app: Litestar, client: Browser) -> None:
    await hired(app, Role.AGENT)
    async with browser(app) as phone:
        for one in (client, phone):
            await one.submit("/desk/sign-in", {"email": ADA, "password": PASSWORD})
        form = {"current": PASSWORD, "password": "a whole new sentence", "again": "a whole new sentence"}
        wrong = [
            {"current": "not it at all"},
            {"again": "something else"},
            {"password": "short", "again": "short"},
        ]
        for change in wrong:
            answer = await client.submit("/desk/settings/profile", form | change)
            assert answer.status_code == 422
            assert (await phone.get("/desk")).status_code == 200
        assert (await client.submit("/desk/settings/profile", form)).status_code == 200
        assert (await client.get("/desk")).status_code == 200
        assert (await phone.get("/desk")).status_code == 303


async def test_signing_out_of_the_desk_leaves_the_shop_alone(app: Litestar, client: Browser) -> None:
    await hired(app, Role.AGENT)
    await client.submit("/desk/sign-in", {"email": ADA, "password": PASSWORD})
    assert (await client.submit("/desk/sign-out")).headers["location"] == "/desk/sign-in"
    assert (await client.get("/desk")).status_code == 303


async def test_a_desk_form_without_its_token_changes_nothing(app: Litestar, admin_client: Browser) -> None:
    ada = await hired(app, Role.AGENT, email="other@halden.test")
    answer = await admin_client.post(f"/desk/settings/team/{ada.id}/disable")
    assert answer.status_code == 403
    async with store(app).transaction() as session:
        assert await find(session, "other@halden.test") is not None
