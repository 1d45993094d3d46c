"""What is kept of the desk's pages: the same words for the same facts, and nobody's own in anybody else's."""

import re
from functools import partial
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import text

from core.database import Database
from core.staff import Role
from portal import written
from portal.written import Kept, Part, Reader
from support.triage import triage
from tests.portal.conftest import Browser, browser, employed
from tests.support import talk


async def conversation(app: Litestar, said: str) -> Any:
    database: Database = app.state.database
    async with database.transaction() as session:
        begun = await talk.begin(session, await talk.customer(session), subject="Steam")
        await talk.say(session, begun, said)
        await triage(session, begun.id)
    return begun.id


def own(page: str) -> list[str]:
    return sorted(set(re.findall(r'name="_csrf_token" value="([^"]*)"', page)))


async def test_each_colleague_gets_their_own_name_token_and_conversation(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(written, "MOMENT", 10**9)
    one, other = await conversation(app, "No steam"), await conversation(app, "No water")
    anas = await employed(app, Role.AGENT, email="ana@halden.test", name="Ana")
    bens = await employed(app, Role.AGENT, email="ben@halden.test", name="Ben")
    async with browser(app, anas) as ana, browser(app, bens) as ben:
        for who, name in ((ana, "Ana"), (ben, "Ben")):
            await who.get("/desk/inbox")  # from now on it brings its token
            for path in ("/desk/inbox", f"/desk/inbox/{one}", f"/desk/inbox/{other}", f"/desk/inbox/{one}"):
                first, second = (await who.get(path)).text, (await who.get(path)).text
                assert first == second
                assert own(first) == [who.cookies["csrftoken"]]
                assert f"{name}, your menu" in first
                assert written._MARK not in first
                current = re.findall(r'id="row-([^"]*)" aria-current="true"', first)
                assert current == ([path.rpartition("/")[2]] if path != "/desk/inbox" else [])
        assert ana.cookies["csrftoken"] != ben.cookies["csrftoken"]


async def test_what_changed_stands_on_the_next_page(app: Litestar, agent_client: Browser):
    thread = await conversation(app, "No steam")
    database: Database = app.state.database
    changes = [
        ("UPDATE message SET text = 'No steam at all'", "No steam at all", ["", f"/{thread}", "/list"]),
        (
            "UPDATE customer SET name = 'Ana Maria'",
            "Ana Maria",
            ["", f"/{thread}", f"/{thread}/context", "/list"],
        ),
        (
            "UPDATE ticket SET snoozed_until = now() + interval '1 day'",
            "Wake now",
            [f"/{thread}", f"/{thread}/head"],
        ),
        ("UPDATE conversation SET subject = 'Steam wand'", "Steam wand", [f"/{thread}", f"/{thread}/head"]),
    ]
    for statement, words, paths in changes:
        for path in paths:
            assert words.lower() not in (await agent_client.get(f"/desk/inbox{path}")).text.lower()
        async with database.transaction() as session:
            await session.execute(text(statement))
        for path in paths:
            assert words.lower() in (await agent_client.get(f"/desk/inbox{path}")).text.lower()


async def test_a_colleague_who_may_see_less_of_a_customer_gets_less(
    app: Litestar, agent_client: Browser, marketer_client: Browser
):
    database: Database = app.state.database
    async with database.transaction() as session:
        customer = await talk.customer(session)
    path = f"/desk/customers/{customer}"
    for _ in range(2):
        assert f'href="{path}/write"' in (await agent_client.get(path)).text
        assert f'href="{path}/write"' not in (await marketer_client.get(path)).text


def test_a_part_is_made_once_for_the_same_facts_and_parts_with_one_boundary_moved_are_two(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(written, "KEPT", Kept())
    made = []

    class Templates:
        def get_template(self, name: str) -> Any:
            return self

        def render(self, context: dict[str, Any]) -> str:
            made.append(context["words"])
            return str(context["words"])

    environment: Any = Templates()
    nobody = Reader(None, [])
    tellings: list[tuple[object, ...]] = [("ab", "c"), ("a", "bc"), ("ab", "c"), ("abc",), ("ab", "c", None)]
    for told in tellings:
        part = Part("p.html", told, partial(dict, words=told))
        assert written.write(environment, part, nobody) == str(told)
    assert made == [("ab", "c"), ("a", "bc"), ("abc",), ("ab", "c", None)]


def test_what_is_kept_stays_below_its_bound_and_the_least_asked_for_goes_first():
    kept = Kept(most=10_000)
    for number in range(20):
        kept.keep(b"%d" % number, "x" * 1000)
        assert kept.get(b"0") is not None
        assert kept.size <= 10_000
    assert [number for number in range(20) if kept.get(b"%d" % number)] == [0, *range(13, 20)]
    kept.keep(b"large", "x" * 2000)
    assert kept.get(b"large") is None
