"""Links to files: for who may have the file, for a few minutes, only ever to be saved."""

import re
from datetime import timedelta

import pytest
import time_machine
from litestar import Litestar
from sqlalchemy import text

from core.clock import now
from core.staff import Role
from portal.files import Elsewhere
from tests.portal.conftest import Browser, browser, employed
from tests.portal.test_uploads import FILE


async def link_to_a_file(client: Browser) -> str:
    sent = await client.submit("/chat", {"body": "This leaks.", "key": "k1"}, files=FILE)
    assert sent.status_code == 303, sent.text
    found = re.search(r'href="(/chat/attachments/[^"]+)"', (await client.get("/chat")).text)
    assert found is not None
    return found[1]


async def test_a_link_to_a_file_downloads_it_and_runs_out(app: Litestar, client: Browser) -> None:
    offered = await client.get(await link_to_a_file(client))
    link = offered.headers["location"]
    assert offered.status_code == 303
    assert link.startswith("/files/")
    async with browser(app) as anybody:
        saved = await anybody.get(link)
        assert (saved.status_code, saved.content) == (200, b"\x89PNG")
        assert saved.headers["content-disposition"].startswith('attachment; filename="hum.png"')
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["x-content-type-options"] == "nosniff"
        assert saved.headers["cache-control"] == "private, no-store"
        assert "sandbox" in saved.headers["content-security-policy"]
        for changed in (link[:-2], link + "a", "/files/abc", link.replace("/files/", "/files/I")):
            assert (await anybody.get(changed)).status_code == 404
        with time_machine.travel(now() + timedelta(minutes=6), tick=False):
            late = await anybody.get(link)
        assert late.status_code == 404
        assert "This link has run out" in late.text


STATES = {
    "infected": "holds a virus",
    "pending": "being checked",
    "too large": "too large to be checked for viruses",
}


@pytest.mark.parametrize("state", STATES)
async def test_a_file_that_is_not_clean_is_named_and_not_given(
    app: Litestar, client: Browser, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    place = await link_to_a_file(client)
    link = (await client.get(place)).headers["location"]
    async with app.state.database.transaction() as session:
        await session.execute(text("UPDATE blob SET scanned = :state, found = 'Eicar'"), {"state": state})
    page = (await client.get("/chat")).text
    assert place not in page
    assert STATES[state] in page
    if state == "infected":
        for each in (place, link):
            refused = await client.get(each)
            assert refused.status_code == 403
            assert b"\x89PNG" not in refused.content


async def test_an_origin_of_its_own_has_files_and_nothing_else(
    app: Litestar, client: Browser, settings
) -> None:
    place = await link_to_a_file(client)
    told = settings.model_copy(update={"files_url": "http://files.example.net"})
    inner = app.asgi_handler
    app.asgi_handler = Elsewhere(inner, told)
    try:
        link = (await client.get(place)).headers["location"]
        assert (await client.get(link)).status_code == 404
        there = {"host": "files.example.net"}
        assert (await client.get(link, headers=there)).content == b"\x89PNG"
        for path in ("/", "/chat", "/desk", place):
            assert (await client.get(path, headers=there)).status_code == 404
    finally:
        app.asgi_handler = inner


async def test_an_admin_sees_which_files_hold_a_virus_and_who_sent_them(
    app: Litestar, client: Browser
) -> None:
    await link_to_a_file(client)
    async with app.state.database.transaction() as session:
        await session.execute(
            text("UPDATE blob SET scanned = 'infected', found = 'Eicar', scanned_at = now()")
        )
    async with browser(app, await employed(app, Role.ADMIN)) as admin:
        page = (await admin.get("/desk/operations")).text
    assert re.search(r'<a href="/desk/inbox/[^"]+">hum.png</a>.*Eicar', page)


async def test_an_admin_is_told_what_was_too_large_and_lets_it_be_checked_again(
    app: Litestar, client: Browser
) -> None:
    await link_to_a_file(client)
    async with app.state.database.transaction() as session:
        await session.execute(text("UPDATE blob SET scanned = 'too large', scanned_at = now()"))
    async with browser(app, await employed(app, Role.AGENT, email="tom@halden.test")) as agent:
        assert (await agent.submit("/desk/operations/files/check")).status_code == 403
    async with browser(app, await employed(app, Role.ADMIN)) as admin:
        page = (await admin.get("/desk/operations")).text
        assert "StreamMaxLength" in page
        assert re.search(r'<a href="/desk/inbox/[^"]+">hum.png</a>', page)
        assert (await admin.submit("/desk/operations/files/check")).status_code == 303
        assert "StreamMaxLength" not in (await admin.get("/desk/operations")).text
    async with app.state.database.transaction() as session:
        assert await session.scalar(text("SELECT scanned FROM blob")) == "pending"
        waits = "SELECT count(*) FROM job WHERE tag = 'channels.see_to_file'"
        assert await session.scalar(text(waits)) == 1
        # Nobody answers it.
        await session.execute(
            text("UPDATE job SET error = 'TransientError: <b>away</b>', due_at = now() + interval '1 hour'")
        )
    async with browser(app, await employed(app, Role.ADMIN, email="second@halden.test")) as admin:
        page = (await admin.get("/desk/operations")).text
    assert "1 file waits" in page
    assert "&lt;b&gt;away&lt;/b&gt;" in page
