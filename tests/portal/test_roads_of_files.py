"""Whichever way a file comes or goes, it is kept by its digest, waits for the scanner, and is only ever saved."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any

import pytest
from litestar import Litestar
from pydantic import SecretStr
from sqlalchemy import select, text, update

from channels.adapters.email.arrivals import store
from channels.adapters.email.reading import ReadMail, read_mail
from channels.jobs import SeeToFile
from channels.models import Attachment, Blob, Conversation, Message, ReceivedMail
from core.jobs import JobRow, decode
from core.settings import Settings
from core.settings import settings as process_settings
from tests.chaos.providers import Mailgun
from tests.portal.conftest import Browser, browser
from tests.portal.test_customer_talk import known
from tests.portal.test_inbox import Case, case

__all__ = ["case"]

# What a browser would run if it were let: named and declared as that where the road allows it.
CONTENT = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


async def by_ticket(app: Litestar, client: Browser, agent: Browser, case: Case) -> None:
    _, token = await known(app, "ben@example.com", "Ben Otto")
    async with browser(app, token) as ben:
        posted = {"subject": "It hums", "body": "Listen.", "key": "k1"}
        files = {"files": ("hum.png", CONTENT, "image/svg+xml")}
        assert (await ben.submit("/account/tickets/new", posted, files=files)).status_code == 303


async def by_chat(app: Litestar, client: Browser, agent: Browser, case: Case) -> None:
    files = {"files": ("hum.png", CONTENT, "text/html")}
    sent = await client.submit("/chat", {"body": "It leaks.", "key": "k1"}, files=files)
    assert sent.status_code == 303


async def by_desk(app: Litestar, client: Browser, agent: Browser, case: Case) -> None:
    form = {"road": "email", "body": "See this.", "last_seen_seq": case.conversation.last_seq}
    files = {"attachment": ("page\u202egnp.svg", CONTENT, "image/svg+xml")}
    assert (await agent.submit(f"{case.url}/answer", form, files=files)).status_code == 303


def letter() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann <ann@example.test>", "support@halden.test"
    mail["Subject"], mail["Message-ID"] = "A picture", "<svg@example.test>"
    mail.set_content("See this.")
    mail.add_attachment(CONTENT, maintype="image", subtype="svg+xml", filename="../../page.svg")
    return mail.as_bytes()


async def let_in(app: Litestar) -> None:
    async with app.state.database.transaction() as session:
        mail_id = await session.scalar(select(ReceivedMail.id))
        await read_mail(session, ReadMail(mail_id), process_settings())


async def by_mail(app: Litestar, client: Browser, agent: Browser, case: Case) -> None:
    async with app.state.database.transaction() as session:
        await store(session, {"support@halden.test"}, "ann@example.test", ["support@halden.test"], letter())
    await let_in(app)


async def by_provider(app: Litestar, client: Browser, agent: Browser, case: Case) -> None:
    own: Any = app.dependencies["settings"].dependency()  # type: ignore[union-attr]  # the library declares less than it has
    before = own.mailgun_signing_key
    own.__dict__["mailgun_signing_key"] = SecretStr(Mailgun.key)
    try:
        post = Mailgun().post(letter(), "ann@example.test", int(time.time()), whole=True)
        taken = await client.post(post.path, content=post.content, headers=dict(post.headers))
        assert taken.status_code == 200, taken.text
    finally:
        own.__dict__["mailgun_signing_key"] = before
    await let_in(app)


Road = Callable[[Litestar, Browser, Browser, Case], Awaitable[None]]


@pytest.mark.parametrize("road", [by_ticket, by_chat, by_desk, by_mail, by_provider])
async def test_a_file_waits_for_the_scanner_and_is_then_saved_and_never_shown(
    app: Litestar,
    client: Browser,
    agent_client: Browser,
    case: Case,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    road: Road,
) -> None:
    monkeypatch.setenv("THROUGHLINE_CLAMD", "127.0.0.1:9")
    process_settings.cache_clear()
    own: Any = app.dependencies["settings"].dependency()  # type: ignore[union-attr]  # the library declares less than it has
    monkeypatch.setitem(own.__dict__, "clamd", "127.0.0.1:9")
    await road(app, client, agent_client, case)
    digest = hashlib.sha256(CONTENT).hexdigest()
    async with app.state.database.transaction() as session:
        [blob] = await session.scalars(select(Blob))
        [attachment] = await session.scalars(select(Attachment))
        message = await session.get_one(Message, attachment.message_id)
        conversation = await session.get_one(Conversation, message.conversation_id)
        jobs = await session.scalars(select(JobRow).where(JobRow.tag == "channels.see_to_file"))
        promised = [decode(row.tag, row.payload) for row in jobs]
        assert (blob.sha256, blob.scanned, attachment.sha256) == (digest, "pending", digest)
        assert promised == [SeeToFile(digest)]
        for sign in "/\\\u202e":
            assert sign not in attachment.filename
    here = f"/desk/inbox/{conversation.id}"
    place = f"{here}/attachments/{attachment.id}"
    page = (await agent_client.get(here)).text
    assert "being checked" in page
    assert place not in page
    assert (await agent_client.get(place)).status_code == 409
    async with app.state.database.transaction() as session:
        await session.execute(update(Blob).values(scanned="clean"))
    offered = await agent_client.get(place)
    assert offered.status_code == 303
    saved = await client.get(offered.headers["location"])
    assert saved.content == CONTENT
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in saved.headers["content-security-policy"]
    # What is found later is given to nobody, also by a link of before.
    async with app.state.database.transaction() as session:
        await session.execute(text("UPDATE blob SET scanned = 'infected', found = 'Eicar'"))
    assert (await client.get(offered.headers["location"])).status_code == 403


async def test_the_api_takes_no_files(client: Browser) -> None:
    described = (await client.get("/api/openapi.json")).text
    assert "multipart/form-data" not in described
    assert "octet-stream" not in described
