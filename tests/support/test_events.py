"""Events: what was done with a ticket stands in its thread, for colleagues only."""

from datetime import timedelta

from core.clock import now
from support import snoozes, threads, tickets
from support.models import Priority, TicketStatus
from support.triage import triage
from tests.support import talk


async def opened(session):
    conversation = await talk.begin(session, await talk.customer(session))
    await talk.say(session, conversation, "It leaks")
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    return conversation, ticket


async def told(session, conversation) -> list[tuple[str, str, str]]:
    items = await threads.latest(session, conversation.id)
    return [(item.done, item.who, item.text) for item in items if item.kind == "event"]


async def test_a_thread_tells_what_was_done_by_whom_in_its_one_order(session):
    conversation, ticket = await opened(session)
    mira, ole = await talk.agent(session), await talk.agent(session, "ole@halden.test", "Ole")
    until = now() + timedelta(days=1)
    await tickets.assign(session, ticket.id, ole.id, by=mira.id)
    await tickets.assign(session, ticket.id, ole.id, by=mira.id)  # nothing changed, nothing to tell
    await talk.say(session, conversation, "Still")
    await tickets.set_priority(session, ticket.id, Priority.HIGH, by=ole.id)
    await tickets.set_status(session, ticket.id, TicketStatus.PENDING, by=ole.id)
    await snoozes.snooze(session, ticket.id, until, by=ole.id)
    await snoozes.unsnooze(session, ticket.id, by=ole.id)
    await tickets.solve(session, ticket.id, by=ole.id)
    await tickets.assign(session, ticket.id, None, by=mira.id)
    assert await told(session, conversation) == [
        ("assigned", "Mira Agent", "Ole"),
        ("priority", "Ole", "high"),
        ("waits", "Ole", "pending"),
        ("snoozed", "Ole", until.isoformat()),
        ("woken", "Ole", ""),
        ("solved", "Ole", ""),
        ("released", "Mira Agent", ""),
    ]
    items = await threads.since(session, conversation.id, 0)
    assert [item.seq for item in items] == list(range(1, 10))
    assert [item.kind for item in items[:4]] == ["email", "event", "email", "event"]


async def test_a_message_that_reopens_is_told_by_nobody_s_hand_and_waits(session):
    conversation, ticket = await opened(session)
    await tickets.solve(session, ticket.id)
    written = await talk.say(session, conversation, "It leaks again")
    await triage(session, conversation.id)
    assert await told(session, conversation) == [("solved", "", ""), ("reopened", "", "")]
    assert ticket.waiting_since == written.created_at


async def test_a_customer_never_reads_what_was_done_with_their_ticket(session):
    conversation, ticket = await opened(session)
    await tickets.solve(session, ticket.id)
    assert [item.kind for item in await threads.latest(session, conversation.id, notes=False)] == ["email"]
    assert [item.kind for item in await threads.since(session, conversation.id, notes=False)] == ["email"]
