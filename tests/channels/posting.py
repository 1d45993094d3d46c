"""Queueing messages, doing what is due as workers do, and reading what became of it."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select, text

from channels import outbox
from channels.models import Message
from core.leases import lease
from customers.models import TimelineEntry
from workers import runner


def mail(customer_id, **changes) -> outbox.Outgoing:
    letter = outbox.Outgoing(
        customer_id=customer_id,
        channel="email",
        to="ann@example.test",
        account="support@halden.test",
        subject="Your kettle",
        text="It is on its way.",
    )
    return replace(letter, **changes)


async def queue(database, *letters) -> Any:
    async with database.transaction() as session:
        return await outbox.queue(session, letters)


async def run_due(database, resources, queues=("delivery", "bulk")) -> int:
    """Run what is due now, as workers do; how many jobs that were."""
    count = 0
    for name in queues:
        async with database.transaction() as session:
            leases = await lease(session, name, 100)
        for each in leases:
            await runner.run(database, resources, each)
            count += 1
    return count


async def make_all_due(database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now(), leased_until = NULL"))
        await session.execute(text("UPDATE message SET release_at = now() WHERE release_at IS NOT NULL"))
        await session.execute(text("UPDATE missed_copy SET release_at = now() WHERE release_at IS NOT NULL"))
        await session.execute(text("UPDATE obstacle SET until = now()"))


def end_pauses(resources) -> None:
    """Let relays that are set aside be tried again."""
    for pool in resources.channels.channel("email")._pools:
        pool._aside_until = 0.0


async def read(database, message_id) -> Any:
    async with database.transaction() as session:
        return await session.get_one(Message, message_id)


async def kinds(database) -> list[str]:
    async with database.transaction() as session:
        return list(
            await session.scalars(
                select(TimelineEntry.kind)
                .where(TimelineEntry.kind.startswith("message."))
                .order_by(TimelineEntry.id)
            )
        )
