"""Reckoning: what came in, what went out, and what is still under way, by our database and everybody's mailboxes."""

import asyncio
import re
import time
from collections import Counter, defaultdict

from sqlalchemy import func, select

from channels.models import DeliveryAttempt, Message, ReceivedMail
from channels.registry import LANES
from core.database import Database
from core.jobs import JobRow
from support.models import Ticket
from tests.channels import sink
from tests.chaos.outside import Plan


async def unsettled(database: Database, expected: int) -> str:
    """What is still under way; empty when everything came in and nothing waits to go out."""
    async with database.transaction() as session:
        came = await session.scalar(select(func.count()).where(Message.direction == "inbound"))
        going = await session.scalar(
            select(func.count()).where(
                Message.direction == "outbound",
                Message.status.in_(["queued", "sending", "held"])
                | ((Message.status == "unknown") & Message.release_at.is_not(None)),
            )
        )
        due = await session.scalar(
            select(func.count()).where(JobRow.dead_at.is_(None), JobRow.due_at <= func.now())
        )
    return f"{came} came in, {going} go out, {due} jobs" if (came != expected or going or due) else ""


async def until_everybody_has_theirs(database: Database, everybody: sink.Sink) -> None:
    async with database.transaction() as session:
        sent = set(await session.scalars(select(Message.rfc_message_id).where(Message.status == "sent")))
    end = time.monotonic() + 20
    while time.monotonic() < end and sent - {message_id(raw) for _, _, raw in everybody.mails}:
        await asyncio.sleep(0.5)


def message_id(raw: bytes) -> str:
    found = re.search(rb"(?im)^message-id:\s*<([^>]+)>", raw)
    assert found is not None, raw
    return found[1].decode()


async def look_at_what_came_in(database: Database, plan: Plan, told: str) -> None:
    """Every letter is one message in a thread and a ticket of its own, every answer to us stands in its thread."""
    async with database.transaction() as session:
        rows = (
            await session.execute(
                select(
                    Message.subject, Message.conversation_id, Message.rfc_message_id, Message.reason
                ).where(Message.direction == "inbound")
            )
        ).all()
        kept = (
            await session.execute(
                select(
                    func.count(), func.count(ReceivedMail.processed_at), func.count(ReceivedMail.quarantined)
                )
            )
        ).one()
        tickets = list(await session.scalars(select(Ticket.conversation_id)))
    counted = Counter(row.rfc_message_id for row in rows)
    letters = [f"letter-{number}@people.test" for number in range(plan.first)]
    replies = [f"answer-{number}@people.test" for number in range(plan.answered)]
    assert counted == Counter(letters + replies), told
    assert {row.reason for row in rows} == {None}
    assert tuple(kept) == (plan.all, plan.all, 0)
    threads = {row.rfc_message_id: row.conversation_id for row in rows}
    assert len({threads[name] for name in letters}) == plan.first
    for number in range(plan.answered):
        assert threads[replies[number]] == threads[letters[number]], number
    assert Counter(tickets) == Counter(threads[name] for name in letters)


async def look_at_what_went_out(
    database: Database, everybody: sink.Sink, plan: Plan, queued: tuple[int, int], kills: int, told: str
) -> str:
    """Each message is at its recipients' once; what we do not know of may be there again. How much that was.

    `queued` is how many receipts, and how many mails of a campaign; `kills` how often workers were killed.
    """
    notices, marketing = queued
    async with database.transaction() as session:
        sent = (
            await session.execute(
                select(
                    Message.id, Message.rfc_message_id, Message.purpose, Message.status, Message.recipients,
                    Message.author,
                ).where(Message.direction == "outbound")
            )
        ).all()  # fmt: skip
        tries = await session.execute(
            select(DeliveryAttempt.message_id, func.count())
            .where(DeliveryAttempt.outcome == "unknown")
            .group_by(DeliveryAttempt.message_id)
        )
        unknown = {message_id: times for message_id, times in tries}
    copies: dict[str, list[list[str]]] = defaultdict(list)
    for _, recipients, raw in everybody.mails:
        copies[message_id(raw)].append(recipients)
    assert copies.keys() <= {row.rfc_message_id for row in sent}
    counted = Counter((row.purpose, row.author) for row in sent)
    assert (counted["marketing", "automation"], counted["transactional", "staff"]) == (
        marketing,
        plan.answered,
    )
    # Receipts, and "we have your message", which nobody gets twice a day.
    acknowledged = counted["transactional", "automation"] - notices
    assert 0 < acknowledged <= 2 * plan.people
    for row in sent:
        got = copies[row.rfc_message_id]
        assert all(recipients == row.recipients["to"] for recipients in got)
        if row.purpose == "marketing":
            assert row.status in ("sent", "unknown")
            assert len(got) == 1 or (not got and row.status == "unknown"), (row, told)
        else:
            assert row.status == "sent", (row, told)
            assert 1 <= len(got) <= 1 + unknown.get(row.id, 0), (row, len(got), told)
    assert sum(unknown.values()) <= sum(LANES.values()) * kills
    return (
        f"{len(sent)} messages, {sum(map(len, copies.values())) - len(copies)} second copies, "
        f"{sum(unknown.values())} attempts unknown"
    )
