"""A customer at the desk: the portrait, the line with its filters, what unfolds, and the list."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import select

from campaigns import conditions as c
from campaigns import segments
from channels import happenings
from core.clock import now
from core.database import Database
from core.settings import Settings
from customers import consent, identities, merging, timeline, traits
from customers.models import Customer, TimelineEntry
from estore import demo
from support import notes
from support.triage import triage
from tests.estore.shopping import place
from tests.portal.conftest import Browser
from tests.support import talk


@dataclass
class Person:
    database: Database
    id: UUID
    other: UUID
    number: str

    @property
    def url(self) -> str:
        return f"/desk/customers/{self.id}"


@pytest.fixture
async def ana(app: Litestar) -> Person:
    """Ana has proven her address, allows news, has ordered once, written an e-mail and a text message."""
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
        customer_id = await talk.customer(session, "ann@example.com", "Ann Berg")
        await identities.verify(
            session, identities.email("ann@example.com"), by="link", customer_id=customer_id
        )
        await consent.grant(session, customer_id, "email", source="checkout", wording="Yes, write to me.")
        order = await place(session)
        assert order.customer_id != customer_id
        await merging.merge(session, order.customer_id, customer_id)
        conversation = await talk.begin(session, customer_id)
        message = await talk.say(session, conversation, "The steam wand is blocked")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        for channel, key in (("email", f"message:{message.id}"), ("sms", "message:none")):
            await timeline.append(
                session,
                customer_id,
                happenings.MessageReceived(
                    message_id=str(message.id), channel=channel, subject=f"By {channel}", preview="The steam",
                    conversation_id=str(conversation.id),
                ),
                source_key=key,
                subject_id=conversation.id,
            )  # fmt: skip
        other = await talk.customer(session, "bo@example.com", "Bo Other")
        await notes.write(session, conversation.id, await talk.agent(session), "Knows a lot about grinders.")
        await traits.refresh(session, [customer_id])
    return Person(database, customer_id, other, order.number)


def sentences(text: str) -> list[str]:
    return [
        unescape(re.sub(r"<[^>]+>", "", found)).strip()
        for found in re.findall(r'<p class="entry-sentence">(.*?)</p>', text, re.DOTALL)
    ]


async def test_the_portrait_says_who_someone_is(agent_client: Browser, ana: Person) -> None:
    shown = (await agent_client.get(ana.url)).text
    for words in ("Ann Berg", "ann@example.com", "News by E-mail", "allowed", ana.number, "The line"):
        assert words in shown, words
    assert f'href="{ana.url}?family=orders#line">1</a>' in shown


async def test_the_line_is_kept_to_a_family_and_to_a_road(agent_client: Browser, ana: Person) -> None:
    everything = sentences((await agent_client.get(ana.url)).text)
    assert {"Wrote: By email", "Wrote: By sms", "Mira Agent wrote a note"} <= set(everything)
    orders = sentences((await agent_client.get(f"{ana.url}?family=orders")).text)
    assert [one[:7] for one in orders] == ["Ordered"]
    road = (await agent_client.get(f"{ana.url}?family=messages&channel=sms")).text
    assert sentences(road) == ["Wrote: By sms"]
    assert (
        re.findall(r'chip-choice" href="([^"]+)"[^>]*aria-current', road)
        == [f"{ana.url}?family=messages&amp;channel=sms"] * 2
    )
    assert sentences((await agent_client.get(f"{ana.url}?family=nothing&channel=nothing")).text) == everything


async def test_the_line_is_read_page_by_page(agent_client: Browser, ana: Person) -> None:
    async with ana.database.transaction() as session:
        session.add_all(
            TimelineEntry(
                customer_id=ana.other, kind="customer.signed_in", source_key=f"s:{n}", payload={},
                occurred_at=now() - timedelta(days=n),
            )
            for n in range(90)
        )  # fmt: skip
    url = f"/desk/customers/{ana.other}"
    seen: list[str] = []
    pages = 0
    while url:
        text = (await agent_client.get(url)).text
        seen += re.findall(r'id="entry-([^"]+)"', text)
        more = re.search(r'href="([^"]+&amp;before=[^"]+)"', text)
        url = unescape(more.group(1)) if more else ""
        pages += 1
    assert (pages, len(seen), len(set(seen))) == (3, 90, 90)


async def test_an_entry_unfolds_in_place_for_those_who_may_open_the_thing(
    agent_client: Browser, marketer_client: Browser, merchandiser_client: Browser, ana: Person
) -> None:
    async with ana.database.transaction() as session:
        rows = await timeline.history(session, ana.id)
    by_kind = {row.kind: row for row in rows}
    unfolded = {
        "message.received": "The steam wand is blocked",
        "note.written": "Knows a lot about grinders.",
        "order.placed": "€13.80",
        "ticket.opened": "No steam",
        "consent.granted": "Yes, write to me.",
    }
    full = next(row for row in rows if row.kind == "message.received" and row.source_key != "message:none")
    by_kind["message.received"] = full
    for kind, words in unfolded.items():
        here = f"{ana.url}/line/{by_kind[kind].id}"
        answer = await agent_client.get(here)
        assert answer.status_code == 200, kind
        assert words in unescape(answer.text), kind
        marketer = (await marketer_client.get(here)).status_code
        storekeeper = (await merchandiser_client.get(here)).status_code
        assert (marketer, storekeeper) == {
            "order.placed": (403, 200),
            "consent.granted": (200, 200),
        }.get(kind, (403, 403)), kind
    # Another customer's entry is not on this line.
    assert (await agent_client.get(f"/desk/customers/{ana.other}/line/{full.id}")).status_code == 404


async def test_the_page_says_in_which_segments_someone_is_and_why(
    agent_client: Browser, settings: Settings, ana: Person
) -> None:
    async with ana.database.transaction() as session:
        bought = c.AllOf((c.TraitCompare("orders", "at_least", 1), c.HasConsent("email")))
        buyers = await segments.create(session, "Buyers", c.encode(bought))
        await segments.create(session, "Nobody", c.encode(c.Not(c.AllOf())))
        assert [one.id for one in await segments.memberships(session, ana.id)] == [buyers.id]
    told = (await agent_client.get(f"{ana.url}/segments")).text
    assert "Buyers" in told
    assert told.count(">yes<") == 3  # both conditions, and all of them together
    assert "Nobody" not in told


async def test_strangers_and_the_wrong_roles_do_not_get_in(
    client: Browser, marketer_client: Browser, ana: Person
) -> None:
    for path in ("/desk/customers", ana.url, f"{ana.url}/line", f"{ana.url}/segments", f"{ana.url}/edit"):
        assert (await client.get(path)).status_code == 303, path
    assert (await marketer_client.get(ana.url)).status_code == 200
    assert (await marketer_client.get(f"{ana.url}/edit")).status_code == 403
    refused = await marketer_client.submit(f"{ana.url}/edit", {"name": "Mine"})
    assert refused.status_code == 403
    async with ana.database.transaction() as session:
        assert await session.scalar(select(Customer.name).where(Customer.id == ana.id)) == "Ann Berg"


async def test_an_agent_sets_a_record_right(agent_client: Browser, ana: Person) -> None:
    wrong = await agent_client.submit(f"{ana.url}/edit", {"name": "Ann", "phone": "12"})
    assert wrong.status_code == 422
    right = await agent_client.submit(
        f"{ana.url}/edit",
        {"name": "Ann Berg-Lund", "company": "Lund AB", "phone": "030 5550123", "locale": "de"},
    )
    assert (right.status_code, right.headers["location"]) == (303, ana.url)
    async with ana.database.transaction() as session:
        customer = await session.get_one(Customer, ana.id)
        assert (customer.name, customer.company, customer.locale) == ("Ann Berg-Lund", "Lund AB", "de")
        phones = [one for one in await identities.contacts(session, ana.id) if one.kind == "phone"]
    assert [(one.value, one.verified_at) for one in phones] == [("+49305550123", None)]


async def test_the_list_is_filtered_ordered_and_read_page_by_page(agent_client: Browser, ana: Person) -> None:
    async with ana.database.transaction() as session:
        people = [
            Customer(name=f"Person {n:03}", created_at=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n))
            for n in range(120)
        ]
        session.add_all(people)
    url, seen = "/desk/customers", []
    while url:
        text = (await agent_client.get(url)).text
        seen += re.findall(r'data-href="/desk/customers/([^"]+)"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = unescape(following.group(1)) if following else ""
    assert len(seen) == len(set(seen)) == 122
    bought = (await agent_client.get("/desk/customers?group=bought&order=orders")).text
    assert re.findall(r'data-href="/desk/customers/([^"]+)"', bought) == [str(ana.id)]
    some = (await agent_client.get("/desk/customers?from=2020-01-02&to=2020-01-11")).text
    assert some.count("<tr data-row") == 10
    assert "10 came" in some
    for wrong in (
        "order=x&group=y&after=z_z",
        "order=spend&after=99999999999999999999999_" + "0" * 32,
        "after=2020_x",
    ):
        assert (await agent_client.get(f"/desk/customers?{wrong}")).status_code == 200, wrong
