from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import MessageStatus
from core import teams
from core.clock import now
from core.errors import NotFound
from customers import identities, merging
from customers.models import Customer
from support import search, snoozes, tickets, views
from support.triage import triage
from tests.support import talk


async def filled(session: AsyncSession) -> Any:
    """Five tickets: one mine, one solved, one snoozed, two nobody's."""
    mira = await talk.agent(session)
    made: list[Any] = []
    for i, name in enumerate(["Ana Lopes", "Ben Ito", "Cem Aydin", "Dora Nagy", "Emil Holm"]):
        customer_id = await talk.customer(session, f"{name.split()[0].lower()}@example.com", name)
        conversation = await talk.begin(session, customer_id, subject=f"Question {i}")
        await talk.say(session, conversation, f"\n First line {i}\nsecond", minutes=i)
        made.append(await triage(session, conversation.id))
    await tickets.assign(session, made[0].id, mira.id)
    await tickets.solve(session, made[1].id)
    await snoozes.snooze(session, made[2].id, now() + timedelta(days=1))
    return mira, made


async def test_a_row_shows_what_was_said_and_nothing_that_was_taken_back(session):
    mira = await talk.agent(session)
    conversation = await talk.begin(session, await talk.customer(session))
    asked = await talk.say(session, conversation, "No steam")
    await triage(session, conversation.id)
    answer = await talk.say(session, conversation, "Soak it", by="staff", staff=mira)
    row = await views.row(session, conversation.id)
    assert row is not None
    assert (row.last_text, row.last_inbound, row.last_failed) == ("Soak it", False, False)
    answer.status = MessageStatus.FAILED
    await session.flush()
    row = await views.row(session, conversation.id)
    assert row is not None
    assert (row.last_text, row.last_inbound, row.last_failed) == ("Soak it", False, True)
    answer.status, answer.channel = MessageStatus.HELD, "sms"
    await session.flush()
    row = await views.row(session, conversation.id)
    assert row is not None
    assert (row.last_text, row.last_inbound, row.last_failed) == ("No steam", True, False)
    assert (row.last_message_at, row.channels) == (asked.created_at, ["email"])


async def test_each_view_counts_and_lists_the_same_tickets(session):
    mira, made = await filled(session)
    counts = await views.counts(session, mira.id)
    assert counts == {"mine": 1, "unassigned": 2, "teams": 0, "open": 3, "waiting": 3, "snoozed": 1}
    for view, count in counts.items():
        assert len(await views.listing(session, view, mira.id)) == count
    assert [row.number for row in await views.listing(session, "open", mira.id)] == [
        made[4].number,
        made[3].number,
        made[0].number,
    ]
    assert [row.number for row in await views.listing(session, "waiting", mira.id)] == [
        made[0].number,
        made[3].number,
        made[4].number,
    ]
    assert [row.number for row in await views.listing(session, "solved", mira.id)] == [made[1].number]
    with pytest.raises(NotFound):
        await views.listing(session, "x; DROP TABLE ticket", mira.id)


async def test_pages_follow_each_other_by_cursor(session):
    mira, _ = await filled(session)
    for view in ("open", "waiting"):
        whole = [row.number for row in await views.listing(session, view, mira.id)]
        paged: list[int] = []
        after = None
        while page := await views.listing(session, view, mira.id, after=after, limit=1):
            paged += [row.number for row in page]
            after = page[-1].cursor
        assert paged == whole


async def test_a_row_says_who_what_and_where(session):
    _, made = await filled(session)
    row: Any = await views.row(session, made[0].conversation_id)
    assert (row.customer, row.assignee, row.channels, row.last_inbound) == (
        "Ana Lopes",
        "Mira Agent",
        ["email"],
        True,
    )
    assert tickets.first_line(row.last_text) == "First line 0"
    await merging.merge(session, made[0].customer_id, made[4].customer_id)
    row = await views.row(session, made[0].conversation_id)
    assert row.customer == "Emil Holm"


async def test_people_are_found_by_name_mail_and_phone_with_typing_errors(session):
    _, made = await filled(session)
    dora = made[3].customer_id
    await identities.claim(session, dora, identities.phone("+49 151 2345678"))
    for query in ("dora", "Nagi Dora", "dora@example", "0151 23456", "+49151", "Dora Nayg"):
        found = await search.people(session, query)
        assert found[0].id == dora, query
    assert await search.people(session, "d") == []
    assert await search.people(session, "100%") == []
    winner = Customer(name="Theodora Nagy", source="desk")
    session.add(winner)
    await session.flush()
    await merging.merge(session, dora, winner.id)
    assert [person.id for person in await search.people(session, "dora@example")] == [winner.id]


async def test_tickets_are_found_by_number_and_subject(session):
    _, made = await filled(session)
    for query in (str(made[2].number), f"#{made[2].number}", "question 2"):
        assert (await search.tickets(session, query))[0].id == made[2].id
    assert await search.tickets(session, "99999999999999999999") == []


async def test_a_row_shows_what_people_said_last_and_not_our_automatic_answer(session):
    mira = await talk.agent(session)
    conversation = await talk.begin(session, await talk.customer(session), subject="Grinder")
    await talk.say(session, conversation, "Which grinder do you suggest?")
    await talk.say(session, conversation, "Thank you for writing.", by="automation", automated=True)
    await triage(session, conversation.id)
    [row] = await views.listing(session, "open", mira.id)
    assert (row.last_text, row.last_inbound) == ("Which grinder do you suggest?", True)


async def test_what_one_team_answers_for_is_a_view_of_its_own(session):
    mira = await talk.agent(session)
    billing = await teams.form(session, "Billing", [mira.id])
    repairs = await teams.form(session, "Adhoc", [])
    for number in range(3):
        conversation = await talk.begin(session, await talk.customer(session, f"c{number}@example.com", "C"))
        await talk.say(session, conversation, "Hello")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        ticket.team_id = billing.id if number else repairs.id
    await session.flush()
    listed = await views.listing(session, views.of_team(billing.id), mira.id)
    assert len(listed) == 2
    counts = views.read_counts(await views.counting(session, mira.id))
    # one's own first
    assert counts.teams == [(billing.id, "Billing", 2), (repairs.id, "Adhoc", 1)]
    assert views.known(views.of_team(billing.id))
    assert not views.known("t; DROP TABLE ticket")
