"""How often the busiest pages ask the database: exactly so often, however much stands on them."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

from litestar import Litestar
from sqlalchemy import event

from channels.models import Attachment, Blob
from core.database import Database
from customers import timeline
from customers.timeline import Entry
from estore import demo
from estore.happenings import OrderShipped
from support import notes, tickets
from support.triage import triage
from tests.portal.conftest import Browser
from tests.support import talk

# Who asks is one statement of each.
LIST = 2
THREAD = 2
SINCE = 2
CUSTOMER = 3
# A kept page asks who it is for, if anybody; a cart, a checkout and an order ask that and one thing more.
KEPT = 1
SHOP = 2
# Placing an order: who asks, twelve in a transaction and seven in another, beginnings and ends not counted.
PLACE = 18
# A word in a chat.
SAID = 2


@contextmanager
def asked(app: Litestar) -> Iterator[list[str]]:
    """The statements that the application sends within the block."""
    engine = app.state.database.engine.sync_engine
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def statements(app: Litestar, browser: Browser, path: str) -> int:
    with asked(app) as found:
        answer = await browser.get(path)
    assert answer.status_code == 200
    return len(found)


async def thread(app: Litestar, name: str, messages: int) -> UUID:
    """A ticket in whose thread so much was said, by both sides, each with a file; with notes, and given away."""
    database: Database = app.state.database
    async with database.transaction() as session:
        mira = await talk.agent(session, f"{name.lower()}@halden.test", f"{name}'s agent")
        conversation = await talk.begin(
            session, await talk.customer(session, f"{name.lower()}@example.com", name), subject=name
        )
        for number in range(messages):
            by = "staff" if number % 3 == 2 else "customer"
            said = await talk.say(session, conversation, f"Word {number}", by=by, staff=mira)
            content = f"{name} {number}".encode()
            digest = sha256(content).hexdigest()
            session.add(Blob(sha256=digest, content=content))
            await session.flush()
            kept = {"sha256": digest, "filename": f"{number}.txt", "content_type": "text/plain"}
            session.add(Attachment(message_id=said.id, size=len(content), **kept))
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        await tickets.assign(session, ticket.id, mira.id, by=mira.id)
        for number in range(messages // 3):
            await notes.write(session, conversation.id, mira, f"Note {number}")
    return conversation.id


async def test_the_list_of_tickets_asks_as_often_for_one_as_for_eight(app: Litestar, agent_client: Browser):
    await thread(app, "Ana", 1)
    assert await statements(app, agent_client, "/desk/inbox") == LIST
    for name in ("Ben", "Cem", "Dora", "Emil", "Fay", "Gus", "Hal"):
        await thread(app, name, 4)
    assert await statements(app, agent_client, "/desk/inbox") == LIST
    assert await statements(app, agent_client, "/desk/inbox/list?view=waiting") == LIST


async def test_a_thread_asks_as_often_with_three_messages_as_with_thirty(
    app: Litestar, agent_client: Browser
):
    short, long = await thread(app, "Ana", 3), await thread(app, "Ben", 30)
    for conversation_id in (short, long):
        path = f"/desk/inbox/{conversation_id}"
        assert await statements(app, agent_client, path) == THREAD
        assert await statements(app, agent_client, f"{path}/since?seq=0") == SINCE
        assert await statements(app, agent_client, f"{path}/since?seq=2") == SINCE
    page = (await agent_client.get(f"/desk/inbox/{long}")).text
    assert page.count('class="attachment"') == 30
    assert page.count("data-seq=") == 30 + 10 + 1  # and ten notes, and who got it


async def test_a_customers_page_asks_as_often_for_a_long_line_as_for_a_short_one(
    app: Litestar, agent_client: Browser
):
    database: Database = app.state.database
    async with database.transaction() as session:
        ana = await talk.customer(session)
    path = f"/desk/customers/{ana}"
    assert await statements(app, agent_client, path) == CUSTOMER
    async with database.transaction() as session:
        await timeline.append_many(
            session,
            [Entry(ana, OrderShipped(f"B-{n}", "DHL", f"{n:012}"), source_key=f"b:{n}") for n in range(100)],
        )
    assert await statements(app, agent_client, path) == CUSTOMER
    assert (await agent_client.get(path)).text.count('class="entry"') == 40


async def test_the_way_from_the_cart_to_the_thanks_asks_as_often_for_one_thing_as_for_three(
    app: Litestar, client: Browser
):
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    async with asyncio.timeout(20):
        while not app.state.changes.sure:
            await asyncio.sleep(0.01)
    for number, more in enumerate(("DAW-1K", "KVE-CR")):
        for sku, slug in (
            ("DAW-250", "dawn-blend"),
            (more, "dawn-blend" if number == 0 else "kvern-grinder"),
        ):
            put = await client.submit("/cart/add", {"slug": slug, "sku": sku, "quantity": 1})
            assert put.status_code == 303
            for path in ("/c/beans", "/search?q=kettle", "/p/dawn-blend", "/"):
                await client.get(path)
                assert await statements(app, client, path) == KEPT
            for path in ("/cart", "/checkout"):
                assert await statements(app, client, path) == SHOP
        page = await client.get("/checkout")
        total = re.search(r'name="total" value="(\d+)"', page.text)
        assert total is not None
        typed = {
            "email": f"ann{number}@example.com", "name": "Ann Berg", "street": "Weg 1", "postcode": "10115",
            "city": "Berlin", "country": "DE", "shipping": "standard", "payment": "bank_transfer",
            "total": total[1],
        }  # fmt: skip
        with asked(app) as found:
            placed = await client.submit("/checkout", typed)
        assert placed.status_code == 303
        # The goods are held one after the other.
        assert len(found) == PLACE + 1
        assert await statements(app, client, placed.headers["location"]) == SHOP


async def test_a_word_in_a_chat_asks_as_often_after_thirty_as_after_one(app: Litestar, client: Browser):
    htmx = {"hx-request": "true"}
    await client.submit("/chat", {"body": "Word 0", "key": "0"}, headers=htmx)
    for number in range(1, 30):
        with asked(app) as found:
            form = {"body": f"Word {number}", "key": f"{number}", "begun": "true"}
            answer = await client.submit("/chat", form, headers=htmx)
        assert answer.status_code == 200
        # What stands around every page is read again now and then.
        assert len([one for one in found if "category" not in one]) == SAID
