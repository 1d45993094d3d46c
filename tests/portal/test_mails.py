"""A mail in quarantine is shown to an admin with a word on what is in it, before its raw bytes are saved."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import select, update

from channels.adapters.email.arrivals import store
from channels.models import ReceivedMail
from core.staff import Role
from tests.core.scanner import EICAR, running_scanner
from tests.portal.conftest import Browser, browser, employed


@pytest.fixture
async def admin(app: Litestar) -> AsyncIterator[Browser]:
    async with browser(app, await employed(app, Role.ADMIN)) as client:
        yield client


def odd_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann <ann@example.test>", "support@halden.test"
    mail["Subject"], mail["X-Odd"] = "<b>Invoice</b>", "</pre><script>alert(1)</script>"
    mail.set_content("See the file.")
    mail.add_attachment(EICAR, maintype="text", subtype="html", filename="<i>free</i>.html")
    mail.set_boundary("=_one")
    return mail.as_bytes()


async def quarantined(app: Litestar) -> UUID:
    async with app.state.database.transaction() as session:
        await store(session, {"support@halden.test"}, "ann@example.test", ["support@halden.test"], odd_mail())
        await session.execute(update(ReceivedMail).values(quarantined="Forged reply? <u>"))
        mail_id: UUID = await session.scalar(select(ReceivedMail.id))
    return mail_id


@pytest.fixture
def told(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the application be told of a scanner."""
    own = app.dependencies["settings"].dependency()  # type: ignore[union-attr]  # the library declares less than it has
    return lambda clamd: monkeypatch.setitem(own.__dict__, "clamd", clamd)


async def test_a_mail_nobody_checked_says_so_before_it_can_be_saved(app: Litestar, admin: Browser) -> None:
    mail_id = await quarantined(app)
    assert f"/desk/operations/mails/{mail_id}/raw" not in (await admin.get("/desk/operations")).text
    page = (await admin.get(f"/desk/operations/mails/{mail_id}")).text
    assert "Nobody has checked what is in it" in page
    assert f'href="/desk/operations/mails/{mail_id}/raw"' in page
    assert "_i_free__i_.html" in page or "&lt;i&gt;free" in page
    for written in ("<b>Invoice", "<script>alert", "<i>free", "? <u>"):
        assert written not in page
    saved = await admin.get(f"/desk/operations/mails/{mail_id}/raw")
    assert saved.content == odd_mail()
    assert saved.headers["content-disposition"] == f'attachment; filename="mail-{mail_id}.txt"'
    assert saved.headers["content-type"].startswith("text/plain")
    assert saved.headers["x-content-type-options"] == "nosniff"


async def test_the_scanner_is_asked_and_its_word_or_silence_is_shown(
    app: Litestar, admin: Browser, told: Any
) -> None:
    mail_id = await quarantined(app)
    async with running_scanner() as scanner:
        told(scanner.address)
        # It looks into mails, as clamd does; this one answers for it.
        scanner.says = b"stream: Eicar-Test-Signature FOUND"
        page = (await admin.get(f"/desk/operations/mails/{mail_id}")).text
        assert "It holds a virus: Eicar-Test-Signature" in page
        scanner.says = b"stream: OK"
        page = (await admin.get(f"/desk/operations/mails/{mail_id}")).text
        assert "The virus scanner found nothing in it" in page
        scanner.says = b"INSTREAM size limit exceeded. ERROR"
        page = (await admin.get(f"/desk/operations/mails/{mail_id}")).text
        assert "It is too large to be checked for viruses" in page
    page = (await admin.get(f"/desk/operations/mails/{mail_id}")).text
    assert "It could not be checked for viruses" in page


async def test_agents_and_strangers_get_neither_the_page_nor_the_bytes(
    app: Litestar, client: Browser
) -> None:
    mail_id = await quarantined(app)
    async with browser(app, await employed(app, Role.AGENT)) as agent:
        for who, codes in ((agent, {403}), (client, {303, 401, 403, 404})):
            for path in (f"/desk/operations/mails/{mail_id}", f"/desk/operations/mails/{mail_id}/raw"):
                answer = await who.get(path)
                assert answer.status_code in codes
                assert b"See the file" not in answer.content
