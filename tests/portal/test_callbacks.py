"""What is told before somebody writes, and asking to be called back."""

from collections.abc import Iterator

import pytest
import time_machine
from litestar import Litestar
from sqlalchemy import func, select

from channels.models import Conversation, Message
from core.database import Database
from core.settings import Settings
from core.staff import Role
from customers.models import Identity
from portal.customer.help import presence
from support.models import Ticket
from tests.portal.conftest import Browser, browser, employed, links, signed_in
from tests.support import talk

ASKED = {"phone": "030 555 0177", "name": "Ann Berg", "when": "afternoon", "about": "The grinder hums."}


@pytest.fixture
def monday() -> Iterator[None]:
    with time_machine.travel("2026-11-23T11:00:00+01:00", tick=False):
        yield


def store(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


async def test_who_answers_and_when_is_told_before_anybody_writes(
    app: Litestar, client: Browser, monday: None
) -> None:
    await employed(app, Role.MERCHANDISER, name="Nobody Vik")
    await employed(app, Role.AGENT, email="tomas@halden.test", name="Tomas Reiter")
    for path in ("/chat", "/help", "/help/contact", "/help/call"):
        text = (await client.get(path)).text
        assert "We are here until 17:00." in text, path
        assert "Tomas" in text, path
        # Who does not answer is not named, and nobody by their family name.
        assert "Nobody" not in text, path
        assert "Reiter" not in text, path
    assert "Mon–Fri 09:00–17:00" in (await client.get("/help/contact")).text
    german = await client.get("/help/contact", headers={"accept-language": "de"})
    assert "Wir sind bis 17:00 Uhr für Sie da." in german.text
    with time_machine.travel("2026-11-21T11:00:00+01:00", tick=False):
        assert "We are back on Monday at 09:00." in (await client.get("/chat")).text
    with time_machine.travel("2026-11-23T07:00:00+01:00", tick=False):
        assert "We are back at 09:00." in (await client.get("/chat")).text


async def test_a_stranger_who_leaves_a_number_has_a_conversation_with_it(
    app: Litestar, client: Browser
) -> None:
    assert "/help/call" in links(await client.get("/help/contact"))
    answer = await client.submit("/help/call", dict(ASKED))
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat")
    chat = (await client.get("/chat")).text
    assert "Thank you. One of us calls you" in chat
    assert "Please call me back on +49 30 5550177. In the afternoon." in chat
    async with store(app).transaction() as session:
        conversation = (await session.scalars(select(Conversation))).one()
        said = (await session.scalars(select(Message))).one()
        identity = await session.scalar(select(Identity).where(Identity.kind == "phone"))
    assert (conversation.channel, conversation.subject) == ("chat", "Call back: +49 30 5550177")
    assert said.text == "Please call me back on +49 30 5550177. In the afternoon.\n\nThe grinder hums."
    # A typed number is a claim.
    assert identity is not None
    assert (identity.value, identity.verified_at, identity.customer_id) == (
        "+49305550177", None, conversation.customer_id,
    )  # fmt: skip
    # Asked again it joins what this browser is in already.
    await client.submit("/help/call", {**ASKED, "about": ""})
    async with store(app).transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 1


async def test_whoever_is_signed_in_gets_a_ticket(app: Litestar, settings: Settings) -> None:
    async with store(app).transaction() as session:
        customer_id = await talk.customer(session, "ann@example.com", "Ann Berg")
    async with browser(app, await signed_in(app, customer_id=customer_id)) as ann:
        answer = await ann.submit("/help/call", dict(ASKED))
        async with store(app).transaction() as session:
            ticket = (await session.scalars(select(Ticket))).one()
        assert answer.headers["location"] == f"/account/tickets/{ticket.id}"
        assert (ticket.customer_id, ticket.subject) == (customer_id, "Call back: +49 30 5550177")


@pytest.mark.parametrize("phone", ["", "12", "call me", "+49 30 555 0177 0177 0177 0177"])
async def test_what_is_no_number_is_said_beside_the_field_and_begins_nothing(
    app: Litestar, client: Browser, phone: str
) -> None:
    answer = await client.submit("/help/call", {**ASKED, "phone": phone})
    assert answer.status_code == 422
    assert "Enter a number like +49 30 555010." in answer.text
    assert "The grinder hums.</textarea>" in answer.text
    async with store(app).transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 0


def test_who_never_closes_says_so_and_a_long_break_names_the_day(settings: Settings, monday: None) -> None:
    always = settings.model_copy(update={"opening_hours": "Mon-Sun 00:00-24:00"})
    assert presence(always)["there"] == "We are here day and night."
    away = ", ".join(f"11-{day}" for day in range(23, 31))
    told = presence(
        settings.model_copy(update={"opening_hours": "Mon-Fri 09:00-12:00 13:00-17:00", "closed_on": away})
    )
    assert told["there"] == "We are back on Tue 1 Dec at 09:00."
    assert told["opening_hours"] == "Mon–Fri 09:00–12:00 13:00–17:00"
