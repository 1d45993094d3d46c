"""Files that customers send along: taken, shown to whom they belong, and never run."""

import re

from litestar import Litestar
from sqlalchemy import func, select

from channels.models import Attachment, Message
from core.database import Database
from tests.portal.conftest import Browser, browser
from tests.portal.test_customer_talk import known

FILE = {"files": ("hum.png", b"\x89PNG", "text/html")}


async def counted(app: Litestar) -> tuple[int, int]:
    database: Database = app.state.database
    async with database.transaction() as session:
        messages = await session.scalar(select(func.count()).select_from(Message)) or 0
        return messages, await session.scalar(select(func.count()).select_from(Attachment)) or 0


async def test_a_file_of_a_ticket_is_saved_by_its_owner_and_by_nobody_else(app: Litestar) -> None:
    _, token = await known(app, "ana@example.com", "Ana Lopes")
    _, other = await known(app, "ben@example.com", "Ben Otto")
    async with browser(app, token) as ana, browser(app, other) as ben:
        posted = {"subject": "It hums", "body": "Listen.", "key": "k1"}
        opened = await ana.submit("/account/tickets/new", posted, files=FILE)
        assert opened.status_code == 303
        page = await ana.get(opened.headers["location"])
        found = re.search(r'href="(/account/tickets/[^"]+/attachments/[^"]+)"', page.text)
        assert found is not None
        offered = await ana.get(found[1])
        assert offered.status_code == 303
        saved = await ana.get(offered.headers["location"])
        assert saved.content == b"\x89PNG"
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["content-disposition"].startswith('attachment; filename="hum.png"')
        assert (await ben.get(found[1])).status_code == 404


async def test_a_file_that_could_run_is_refused_in_words_and_nothing_is_sent(app: Litestar) -> None:
    _, token = await known(app, "ana@example.com", "Ana Lopes")
    before = await counted(app)
    async with browser(app, token) as ana:
        posted = {"subject": "It hums", "body": "Listen to it.", "key": "k1"}
        files = {"files": ("hum.html", b"<script>", "image/png")}
        refused = await ana.submit("/account/tickets/new", posted, files=files)
    assert refused.status_code == 422
    assert "We take pictures, films, sounds, PDF, text and office files." in refused.text
    assert "Listen to it." in refused.text
    assert await counted(app) == before


async def test_a_file_of_a_chat_is_for_the_browser_that_sent_it(app: Litestar, client: Browser) -> None:
    sent = await client.submit("/chat", {"body": "This leaks.", "key": "k1"}, files=FILE)
    assert sent.status_code == 303, sent.text
    found = re.search(r'href="(/chat/attachments/[^"]+)"', (await client.get("/chat")).text)
    assert found is not None
    offered = await client.get(found[1])
    assert (await client.get(offered.headers["location"])).content == b"\x89PNG"
    async with browser(app) as stranger:
        assert (await stranger.get(found[1])).status_code == 404
