"""The desk's home and figures: exact numbers on known data, and lists that hold exactly what was counted."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import update
from uuid_utils.compat import uuid7

import campaigns.overview
import customers.figures
import estore.figures
import support.figures
from campaigns.models import AttributedOrder, Broadcast, BroadcastRecipient
from core import days
from core.clock import now
from core.database import Database
from core.days import Span
from core.settings import Settings
from customers.models import Customer, TimelineEntry
from estore import checkout, demo
from estore.books import Payment
from estore.models import Order
from support.models import Ticket, TicketCycle
from support.triage import triage
from tests.estore.shopping import fill, wish
from tests.portal.conftest import Browser
from tests.support import talk


def at(span: Span, days_ago: int, hour: int = 12) -> datetime:
    """An hour of a day of the company's zone, so many days before the span's last."""
    day = span.last - timedelta(days=days_ago)
    return datetime.combine(day, time(hour), span.zone).astimezone(UTC)


@dataclass
class Told:
    """What the figures are asked about: three orders, two payments, two rounds of tickets, two campaigns."""

    database: Database
    span: Span
    conversation_id: UUID
    first: str
    early: UUID


@pytest.fixture
async def told(app: Litestar, settings: Settings) -> Told:
    """Orders 1, 1 and 8 days ago (13.80 each), the two older ones paid, the last of them given back."""
    database: Database = app.state.database
    span = days.latest(14, settings.zone)
    numbers = []
    async with database.transaction() as session:
        await demo.load(session)
        for place, ago in enumerate((1, 1, 8)):
            order = await checkout.place(
                session, wish(await fill(session, "DAW-250"), payment="bank_transfer")
            )
            numbers.append(order.number)
            await session.execute(
                update(Order).where(Order.id == order.id).values(placed_at=at(span, ago, 10 + place))
            )
            if place:
                await session.execute(
                    update(Payment)
                    .where(Payment.order_id == order.id)
                    .values(status="refunded" if place == 2 else "succeeded", settled_at=at(span, ago, 12))
                )
        conversation = await talk.begin(session, await talk.customer(session))
        await talk.say(session, conversation, "The steam wand is blocked")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        # The first round began three days ago, was answered late and solved; the second began yesterday.
        await session.execute(
            update(TicketCycle)
            .where(TicketCycle.ticket_id == ticket.id)
            .values(
                started_at=at(span, 3, 9),
                first_response_at=at(span, 3, 11),
                first_response_due_at=at(span, 3, 10),
                solved_at=at(span, 2, 9),
            )
        )
        session.add(
            TicketCycle(
                ticket_id=ticket.id,
                cycle=2,
                started_at=at(span, 1, 9),
                started_seq=1,
                first_response_due_at=at(span, 0, 23),
                solution_due_at=at(span, 0, 23),
            )
        )
        await session.execute(update(Ticket).where(Ticket.id == ticket.id).values(cycle=2, status="open"))
        early = Customer(name="Early Bird", created_at=at(span, 5))
        session.add(early)
        await session.flush()
    return Told(database, span, conversation.id, numbers[0], early.id)


def test_a_span_is_whole_days_of_the_zone_also_when_clocks_change(settings: Settings) -> None:
    span = Span(datetime(2026, 10, 25).date(), datetime(2026, 10, 25).date(), settings.zone)
    assert span.ends_at - span.starts_at == timedelta(hours=25)
    assert days.latest(7, settings.zone).length == 7
    assert [part.length for part in days.latest(90, settings.zone).parts] == [6] + [7] * 12
    year = days.latest(365, settings.zone)
    assert [part.length for part in year.parts] == [8] + [7] * 51
    assert year.parts[0].first == year.first
    assert year.before.last == year.first - timedelta(days=1)
    assert days.chosen({"from": "2026-02-03"}, settings.zone) == Span(
        datetime(2026, 2, 3).date(), datetime(2026, 2, 3).date(), settings.zone
    )
    for wrong in ({}, {"from": "x"}, {"from": "2026-02-03", "to": "2026-02-01"}, {"to": "9999-12-31"}):
        assert days.chosen(wrong, settings.zone) is None


async def test_orders_and_money_count_on_the_day_that_they_came(told: Told) -> None:
    async with told.database.transaction() as session:
        orders = await estore.figures.orders(session, told.span.parts, "EUR")
        money = await estore.figures.money(session, told.span.parts, "EUR")
    assert [one.number for one in orders] == [0] * 5 + [1] + [0] * 6 + [2, 0]
    assert orders[12].amount == 2 * 1380
    assert [one.number for one in money] == [0] * 5 + [1] + [0] * 6 + [1, 0]
    # What was given back later had arrived all the same.
    assert money[5].amount == 1380


async def test_rounds_of_tickets_count_when_they_begin_and_when_they_are_solved(told: Told) -> None:
    async with told.database.transaction() as session:
        rounds = await support.figures.tally(session, told.span.parts)
        open_now = await support.figures.unsolved(session)
        levels = support.figures.at_the_end(rounds, open_now)
        counts = {
            kind: await support.figures.count(session, kind, told.span) for kind in support.figures.KINDS
        }
        listed = {
            kind: [row.at for row in await support.figures.rounds(session, kind, told.span)]
            for kind in support.figures.KINDS
        }
    assert rounds[10] == support.figures.Rounds(1, 0, 1, 1, timedelta(hours=2))
    assert rounds[11] == support.figures.Rounds(solved=1)
    assert rounds[12] == support.figures.Rounds(opened=1)
    assert open_now == 1
    assert levels == [0] * 10 + [1, 0, 1, 1]
    assert counts == {"opened": 2, "answered": 1, "late": 1, "solved": 1, "unsolved": 1}
    assert {kind: len(rows) for kind, rows in listed.items()} == counts


async def test_what_campaigns_did_adds_up_to_what_each_did(told: Told) -> None:
    async with told.database.transaction() as session:
        one = Broadcast(name="Spring", channel="email", topic="news", state="finished")
        two = Broadcast(name="Summer", channel="sms", topic="news", state="sending")
        session.add_all([one, two])
        await session.flush()
        recipient = BroadcastRecipient(
            broadcast_id=one.id, customer_id=told.early, channel="email", address="a@b.test", state="sent"
        )
        session.add(recipient)
        for broadcast, kind, ago in (
            (one, "campaign.sent", 2), (two, "campaign.sent", 2), (one, "campaign.clicked", 1),
            (one, "campaign.sent", 20),
        ):  # fmt: skip
            session.add(
                TimelineEntry(
                    customer_id=told.early, kind=kind, subject_id=broadcast.id,
                    source_key=f"test:{broadcast.id}:{ago}", payload={}, occurred_at=at(told.span, ago),
                )
            )  # fmt: skip
        await session.flush()
        session.add(
            AttributedOrder(
                customer_id=told.early, order_id=uuid7(), broadcast_id=one.id, recipient_id=recipient.id,
                amount=2500, currency="EUR", placed_at=at(told.span, 1),
            )
        )  # fmt: skip
        await session.flush()
        sent = await campaigns.overview.tally(session, told.span.parts, "EUR")
        shares = await campaigns.overview.shares(session, told.span, "EUR")
    assert [(one.sent, one.clicked, one.bought, one.revenue) for one in sent[-3:]] == [
        (2, 0, 0, 0), (0, 1, 1, 2500), (0, 0, 0, 0),
    ]  # fmt: skip
    assert [(one.name, one.sent, one.clicked, one.bought, one.revenue) for one in shares] == [
        ("Spring", 1, 1, 1, 2500), ("Summer", 1, 0, 0, 0),
    ]  # fmt: skip


async def test_new_customers_are_counted_without_those_merged_into_another(told: Told) -> None:
    async with told.database.transaction() as session:
        session.add(Customer(name="Twin", created_at=at(told.span, 5), merged_into_id=told.early))
        await session.flush()
        came = await customers.figures.came(session, told.span.parts)
    assert came[8] == 1


def behind(text: str, title: str) -> list[tuple[str, str]]:
    """The links and values of a chart's table."""
    table = re.search(rf'<caption class="unseen">{title}</caption>(.*?)</table>', text, re.DOTALL)
    assert table, title
    return [
        (unescape(href), said) for href, said in re.findall(r'<a href="([^"]+)">([^<]+)</a>', table.group(1))
    ]


async def test_every_bar_of_the_home_leads_to_a_list_with_as_many(agent_client: Browser, told: Told) -> None:
    home = await agent_client.get("/desk")
    assert home.status_code == 200
    for title, row in (
        ("Orders", 'data-row data-href="/desk/store/orders/'),
        ("Money in", "data-row data-href"),
    ):
        points = behind(home.text, title)
        assert len(points) == 14
        for href, said in [points[0], points[1], points[8]]:
            listed = (await agent_client.get(href)).text
            if title == "Orders":
                assert listed.count(row) == int(said), href
            elif said == "€0":
                assert listed.count(row) == 0
            else:
                assert listed.count(row) == 1
                assert "€13.80" in listed
    levels = behind(home.text, r"Not solved at the day(?:&#39;|')s end")
    for href, said in levels[:5]:
        assert (await agent_client.get(href)).text.count("<tr data-row") == int(said), href


async def test_the_home_says_who_waits_the_longest(agent_client: Browser, told: Told) -> None:
    async with told.database.transaction() as session:
        since = now() - timedelta(hours=2, minutes=14, seconds=20)
        await session.execute(update(Ticket).values(waiting_since=since))
    home = (await agent_client.get("/desk")).text
    assert "1 person waits for our answer" in home
    assert "Ana Lopes the longest: 2 hours 14 minutes" in home
    assert f"/desk/inbox/{told.conversation_id}?view=waiting" in home
    waiting = (await agent_client.get("/desk/inbox?view=waiting")).text
    assert waiting.count('id="row-') == 1


async def test_figures_show_each_role_its_own(
    client: Browser,
    agent_client: Browser,
    marketer_client: Browser,
    merchandiser_client: Browser,
    told: Told,
) -> None:
    for path in ("/desk/figures", "/desk/figures/store/csv", "/desk/figures/tickets", "/desk/money/payments"):
        assert (await client.get(path)).status_code == 303, path
    seen = {
        name: set(re.findall(r'<section class="figures-part" id="(\w+)"', (await one.get("/desk/figures")).text))
        for name, one in (
            ("agent", agent_client), ("marketer", marketer_client), ("merchandiser", merchandiser_client),
        )
    }  # fmt: skip
    assert seen == {
        "agent": {"store", "answers", "customers"},
        "marketer": {"campaigns", "customers"},
        "merchandiser": {"store", "customers"},
    }
    for one, path in (
        (marketer_client, "/desk/figures/store/csv"),
        (marketer_client, "/desk/figures/tickets"),
        (marketer_client, "/desk/money/payments"),
        (merchandiser_client, "/desk/figures/answers/csv"),
        (agent_client, "/desk/figures/campaigns"),
        (agent_client, "/desk/figures/campaigns/csv"),
    ):
        assert (await one.get(path)).status_code == 403, path
    assert (await agent_client.get("/desk/figures/nothing/csv")).status_code == 404


@pytest.mark.parametrize("length", [7, 30, 90, 365])
async def test_figures_of_each_range_agree_with_the_lists_behind_them(
    agent_client: Browser, told: Told, length: int
) -> None:
    shown = (await agent_client.get(f"/desk/figures?days={length}")).text
    ordered = 2 if length == 7 else 3
    for figure, number, row in (
        ("orders", ordered, '<tr data-row data-href="/desk/store/orders/'),
        ("opened", 2, '<tr data-row data-href="/desk/inbox/'),
    ):
        value = re.search(
            rf'id="figure-{figure}".*?<a class="figure-value" href="([^"]+)">(\d+)', shown, re.DOTALL
        )
        assert value, figure
        assert int(value.group(2)) == number
        assert (await agent_client.get(unescape(value.group(1)))).text.count(row) == number
    came = re.search(
        r'id="figure-customers".*?<a class="figure-value" href="([^"]+)">(\d+)', shown, re.DOTALL
    )
    assert came
    listed = (await agent_client.get(unescape(came.group(1)))).text
    assert listed.count("<tr data-row") == int(came.group(2))
    assert "Early Bird" in listed


async def test_a_table_is_downloaded_as_csv_with_a_line_for_each_day(
    agent_client: Browser, told: Told
) -> None:
    answer = await agent_client.get("/desk/figures/store/csv?days=7")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0] == "From,To,Orders,Ordered for,Payments,Money in"
    yesterday = told.span.last - timedelta(days=1)
    assert lines[6] == f"{yesterday},{yesterday},2,27.60,1,13.80"
    assert lines[7] == f"{told.span.last},{told.span.last},0,0.00,0,0.00"
    assert len(lines) == 8


async def test_a_wrong_range_is_the_usual_one(agent_client: Browser, told: Told) -> None:
    for path in (
        "/desk/figures?days=12",
        "/desk/figures/tickets?which=x&from=2&to=1",
        "/desk/store/orders?from=%00",
    ):
        assert (await agent_client.get(path)).status_code == 200, path
    assert 'aria-current="true">30 days' in (await agent_client.get("/desk/figures?days=99999")).text
