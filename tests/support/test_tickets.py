import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Conversation, MessageStatus
from core.clock import now
from core.database import Database
from core.errors import Conflict, Invalid, NotFound
from core.jobs import JobRow
from core.settings import settings
from core.staff import Role, hire
from customers import merging, timeline
from support import cycles, snoozes, tickets
from support.models import Priority, Ticket, TicketCycle, TicketStatus
from support.triage import reconsider, triage
from tests.support import talk


async def kinds(session: AsyncSession, customer_id: UUID) -> list[str]:
    return [entry.kind for entry in reversed(await timeline.history(session, customer_id))]


async def opened(session: AsyncSession) -> Any:
    conversation = await talk.begin(session, await talk.customer(session))
    first = await talk.say(session, conversation, "The steam wand is blocked")
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    return conversation, first, ticket


async def test_the_first_message_opens_a_ticket_with_its_clocks(session):
    conversation, first, ticket = await opened(session)
    assert (ticket.status, ticket.priority, ticket.cycle) == ("new", "normal", 1)
    assert ticket.subject == "No steam"
    assert ticket.number >= 1001
    assert ticket.waiting_since == first.created_at
    cycle = await session.get(TicketCycle, (ticket.id, 1))
    assert cycle.first_response_due_at == settings().hours.after(first.created_at, timedelta(hours=8))
    assert cycle.first_response_at is None
    assert await kinds(session, conversation.customer_id) == ["ticket.opened"]


async def test_triage_said_twice_changes_nothing(session):
    conversation, _, ticket = await opened(session)
    assert await triage(session, conversation.id) is None
    assert await session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert await kinds(session, conversation.customer_id) == ["ticket.opened"]
    assert ticket.status == "new"


async def test_a_conversation_that_only_we_wrote_in_is_no_ticket(session):
    conversation = await talk.begin(session, await talk.customer(session))
    await talk.say(session, conversation, "Your order is on its way", by="automation")
    assert await triage(session, conversation.id) is None
    assert await tickets.of_conversation(session, conversation.id) is None


async def test_a_person_who_writes_again_reopens_a_solved_ticket_in_a_new_cycle(session):
    conversation, _, ticket = await opened(session)
    await tickets.solve(session, ticket.id)
    assert ticket.waiting_since is None
    again = await talk.say(session, conversation, "It is blocked again")
    reopened = await triage(session, conversation.id)
    assert reopened is not None
    assert reopened.id == ticket.id
    assert (ticket.status, ticket.cycle) == ("open", 2)
    assert reopened.waiting_since == again.created_at
    second = await session.get(TicketCycle, (ticket.id, 2))
    assert second.started_at == again.created_at
    assert second.first_response_at is None
    assert await kinds(session, conversation.customer_id) == [
        "ticket.opened",
        "ticket.solved",
        "ticket.reopened",
    ]


async def test_automated_mail_never_reopens(session):
    conversation, _, ticket = await opened(session)
    await tickets.solve(session, ticket.id)
    await talk.say(session, conversation, "I am out of the office", automated=True)
    assert await triage(session, conversation.id) is None
    assert (ticket.status, ticket.cycle, ticket.waiting_since) == ("solved", 1, None)
    assert await kinds(session, conversation.customer_id) == ["ticket.opened", "ticket.solved"]


async def test_automated_mail_is_never_waited_for_nor_hidden(session):
    conversation = await talk.begin(session, await talk.customer(session))
    await talk.say(session, conversation, "Delivery report", automated=True)
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert (ticket.status, ticket.priority, ticket.waiting_since) == ("new", "low", None)


async def test_only_a_person_s_answer_is_a_first_response(session):
    conversation, _, ticket = await opened(session)
    colleague = await talk.agent(session)
    await talk.say(session, conversation, "We have your message", by="automation")
    await triage(session, conversation.id)
    cycle = await session.get(TicketCycle, (ticket.id, 1))
    assert cycle.first_response_at is None
    assert ticket.waiting_since is not None

    answer = await talk.say(session, conversation, "Unscrew the tip", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    assert cycle.first_response_at == answer.created_at
    assert (ticket.waiting_since, ticket.status, ticket.assignee_id) == (None, "open", colleague.id)

    await talk.say(session, conversation, "And soak it", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    assert cycle.first_response_at == answer.created_at


async def test_an_answer_that_did_not_arrive_leaves_the_customer_waiting(session):
    conversation, first, ticket = await opened(session)
    colleague = await talk.agent(session)
    answer = await talk.say(session, conversation, "Unscrew the tip", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    await tickets.set_status(session, ticket.id, TicketStatus.PENDING)
    assert ticket.waiting_since is None
    answer.status = MessageStatus.FAILED
    await session.flush()
    await reconsider(session, conversation.id, answer.id)
    assert (ticket.status, ticket.waiting_since) == ("open", first.created_at)
    cycle = await session.get(TicketCycle, (ticket.id, 1))
    assert cycle.first_response_at is None


async def test_a_ticket_solved_with_an_answer_that_did_not_arrive_is_opened_again_once(session):
    conversation, first, ticket = await opened(session)
    colleague = await talk.agent(session)
    answer = await talk.say(session, conversation, "Unscrew the tip", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    await tickets.solve(session, ticket.id)
    answer.status = MessageStatus.FAILED
    await session.flush()
    await reconsider(session, conversation.id, answer.id)
    await reconsider(session, conversation.id, answer.id)
    assert (ticket.status, ticket.cycle, ticket.waiting_since) == ("open", 2, first.created_at)


async def test_a_ticket_stays_solved_when_another_answer_arrived(session):
    conversation, _, ticket = await opened(session)
    colleague = await talk.agent(session)
    lost = await talk.say(session, conversation, "Unscrew the tip", by="staff", staff=colleague)
    await talk.say(session, conversation, "Once more by mail", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    await tickets.solve(session, ticket.id)
    lost.status = MessageStatus.FAILED
    await session.flush()
    await reconsider(session, conversation.id, lost.id)
    assert (ticket.status, ticket.cycle, ticket.waiting_since) == ("solved", 1, None)


async def test_triage_that_comes_after_the_answer_does_not_make_the_customer_wait_again(session):
    conversation, _, ticket = await opened(session)
    colleague = await talk.agent(session)
    await talk.say(session, conversation, "One more thing")
    await talk.say(session, conversation, "Both answered", by="staff", staff=colleague)
    await triage(session, conversation.id)
    assert ticket.waiting_since is None


async def test_solving_over_an_unread_message_is_refused_and_changes_nothing(session):
    conversation, first, ticket = await opened(session)
    await talk.say(session, conversation, "Wait, there is more")
    with pytest.raises(Conflict):
        await tickets.solve(session, ticket.id, seen_seq=first.seq)
    assert (ticket.status, ticket.solved_at) == ("new", None)
    assert await kinds(session, conversation.customer_id) == ["ticket.opened"]


async def test_a_solved_ticket_is_reopened_by_hand_and_solved_again(session):
    conversation, _, ticket = await opened(session)
    await tickets.solve(session, ticket.id)
    await tickets.solve(session, ticket.id)
    await tickets.reopen(session, ticket.id)
    assert (ticket.status, ticket.cycle) == ("open", 2)
    await triage(session, conversation.id)
    assert ticket.waiting_since is None
    await tickets.solve(session, ticket.id)
    assert await kinds(session, conversation.customer_id) == [
        "ticket.opened",
        "ticket.solved",
        "ticket.reopened",
        "ticket.solved",
    ]


async def test_a_ticket_goes_only_to_someone_who_answers_customers(session):
    _, _, ticket = await opened(session)
    marketer = await hire(session, "max@halden.test", "Max", [Role.MARKETER], "a long password")
    with pytest.raises(Invalid):
        await tickets.assign(session, ticket.id, marketer.id)
    assert ticket.assignee_id is None
    colleague = await talk.agent(session)
    await tickets.assign(session, ticket.id, colleague.id)
    assert ticket.assignee_id == colleague.id
    assert "ticket.assigned" in await kinds(session, ticket.customer_id)
    assert "ticket.assigned" not in timeline.shared_kinds()


async def test_a_snoozed_ticket_comes_back_when_the_customer_writes(session):
    conversation, _, ticket = await opened(session)
    colleague = await talk.agent(session)
    await talk.say(session, conversation, "Try this", by="staff", staff=colleague)
    await tickets.answered(session, conversation.id, colleague.id)
    await tickets.set_status(session, ticket.id, TicketStatus.PENDING)
    await snoozes.snooze(session, ticket.id, now() + timedelta(days=1))
    wake = await session.scalar(select(JobRow).where(JobRow.tag == "support.wake"))
    assert wake.due_at == ticket.snoozed_until
    await talk.say(session, conversation, "It did not help")
    await triage(session, conversation.id)
    assert (ticket.snoozed_until, ticket.status) == (None, "open")


async def test_waking_leaves_alone_what_was_snoozed_for_longer(session):
    _, _, ticket = await opened(session)
    until = now() + timedelta(days=2)
    await snoozes.snooze(session, ticket.id, until)
    await snoozes.wake(session, ticket.id)
    assert ticket.snoozed_until == until
    ticket.snoozed_until = now() - timedelta(seconds=1)
    await snoozes.wake(session, ticket.id)
    assert ticket.snoozed_until is None
    with pytest.raises(Invalid):
        await snoozes.snooze(session, ticket.id, now())


def test_what_is_promised_on_a_friday_evening_is_due_on_monday(monkeypatch):
    friday = datetime.fromisoformat("2026-11-27T18:00:00+01:00")
    told = settings().model_copy(update={"time_zone": "Europe/Berlin", "closed_on": "11-30"})
    monkeypatch.setattr(cycles, "settings", lambda: told)
    cycle = TicketCycle(started_at=friday)
    cycles.promise(cycle, Priority.HIGH)
    # Monday is closed.
    assert cycle.first_response_due_at == datetime.fromisoformat("2026-12-01T13:00:00+01:00")
    assert cycle.solution_due_at == datetime.fromisoformat("2026-12-02T17:00:00+01:00")


async def test_priority_moves_what_was_promised(session):
    _, first, ticket = await opened(session)
    await tickets.set_priority(session, ticket.id, Priority.URGENT)
    cycle = await session.get(TicketCycle, (ticket.id, 1))
    assert cycle.first_response_due_at == settings().hours.after(first.created_at, timedelta(hours=1))


async def test_a_customer_finds_their_tickets_after_a_merge_and_nobody_else_s(session):
    _, _, ticket = await opened(session)
    other = await talk.customer(session, "ben@example.com", "Ben")
    with pytest.raises(NotFound):
        await tickets.owned(session, other, ticket.id)
    await merging.merge(session, ticket.customer_id, other)
    assert (await tickets.owned(session, other, ticket.id)).id == ticket.id
    assert [found.id for found in await tickets.of_customer(session, other)] == [ticket.id]
    await merging.unmerge(session, ticket.customer_id)
    with pytest.raises(NotFound):
        await tickets.owned(session, other, ticket.id)


async def test_two_who_ask_for_the_next_ticket_at_once_get_two(database: Database):
    async with database.transaction() as session:
        one, two = await talk.agent(session), await talk.agent(session, "ole@halden.test", "Ole")
        numbers = []
        for i in range(2):
            conversation = await talk.begin(session, await talk.customer(session, f"c{i}@example.com"))
            await talk.say(session, conversation, "Hello", minutes=10 - i)
            ticket = await triage(session, conversation.id)
            assert ticket is not None
            numbers.append(ticket.number)
    async with database.transaction() as first, database.transaction() as second:
        a = await tickets.pick_next(first, one.id)
        b = await tickets.pick_next(second, two.id)
        assert a is not None
        assert b is not None
        assert [a.number, b.number] == [numbers[1], numbers[0]]  # the longest wait first
    async with database.transaction() as session:
        mine = await tickets.pick_next(session, one.id)
        assert mine is not None
        assert mine.number == numbers[1]


async def test_solving_waits_for_who_is_writing_instead_of_deadlocking(database: Database):
    async with database.transaction() as session:
        conversation, _, ticket = await opened(session)

    async def solve() -> None:
        async with database.transaction() as session:
            await tickets.solve(session, ticket.id)

    async with database.transaction() as session:
        # As an answer does it: the conversation first, then its ticket.
        await session.get(Conversation, conversation.id, with_for_update=True)
        solving = asyncio.create_task(solve())
        async with database.transaction() as other, asyncio.timeout(10):
            while not await other.scalar(
                select(func.count()).select_from(text("pg_locks WHERE NOT granted"))
            ):
                await asyncio.sleep(0.01)
        await tickets.answered(session, conversation.id, None)
    await solving
    async with database.transaction() as session:
        assert (await tickets.find(session, ticket.id)).status == TicketStatus.SOLVED


async def test_a_ticket_wakes_by_the_database_s_clock_and_never_sleeps_for_ever(session, monkeypatch):
    _, _, ticket = await opened(session)
    until = now() + timedelta(hours=2)
    await snoozes.snooze(session, ticket.id, until)
    await session.execute(delete(JobRow))
    await snoozes.wake(session, ticket.id)  # too early, whatever the reason: it is promised anew
    assert ticket.snoozed_until == until
    assert [job.due_at for job in await session.scalars(select(JobRow))] == [until]

    # Well before this transaction began, which is when it is now to the database.
    ticket.snoozed_until = now() - timedelta(minutes=30)
    await session.flush()
    monkeypatch.setattr(tickets, "now", lambda: now() - timedelta(hours=1))  # our own clock is behind
    await snoozes.wake(session, ticket.id)
    assert ticket.snoozed_until is None
