"""Broadcasts ready to be launched, and the audience for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, outcomes, segments
from campaigns import conditions as c
from campaigns.models import Broadcast, BroadcastRecipient
from channels.models import Message, MessageStatus
from core.settings import Settings
from customers import consent
from customers.models import Customer, Identity

EVERYONE = c.encode(c.AllOf())


async def audience(session: AsyncSession, number: int, *, consenting: bool = True) -> list[UUID]:
    """Customers with an e-mail address, a phone and, as a rule, consent on both channels."""
    people = [Customer(name=f"Ana {i}", locale="en") for i in range(number)]
    session.add_all(people)
    await session.flush()
    for i, one in enumerate(people):
        session.add(Identity(customer_id=one.id, kind="email", value=f"ana{i}@example.test"))
        session.add(Identity(customer_id=one.id, kind="phone", value=f"+4930555{i:04}"))
        if consenting:
            await consent.grant(session, one.id, "email", source="test")
            await consent.grant(session, one.id, "sms", source="test")
    await session.flush()
    return [one.id for one in people]


async def draft(
    session: AsyncSession,
    channel: str = "email",
    subject: str = "Hello {{ customer.first_name }}",
    body: str = "Dear {{ customer.name }}, [look](https://shop.test/kettles).",
    segment: dict[str, object] | None = None,
) -> Broadcast:
    """A draft to everyone, complete."""
    chosen = await segments.create(session, f"Segment {channel} {subject}", segment or EVERYONE)
    broadcast = await broadcasts.create(session, "Spring", channel)
    return await broadcasts.edit(
        session, broadcast.id, broadcast.version, segment_id=chosen.id, subject=subject, body=body
    )


async def launch(session: AsyncSession, settings: Settings, broadcast: Broadcast) -> Broadcast:
    return await broadcasts.launch(session, broadcast.id, broadcast.version)


async def ledger(session: AsyncSession, broadcast: Broadcast) -> list[BroadcastRecipient]:
    """The recipients as the database has them, in the order of their addresses."""
    return list(
        await session.scalars(
            select(BroadcastRecipient)
            .where(BroadcastRecipient.broadcast_id == broadcast.id)
            .order_by(BroadcastRecipient.address, BroadcastRecipient.customer_id)
            .execution_options(populate_existing=True)
        )
    )


async def messages(session: AsyncSession) -> Sequence[Message]:
    return (
        await session.scalars(select(Message).order_by(Message.id).execution_options(populate_existing=True))
    ).all()


async def deliver(
    session: AsyncSession, number: int, status: str = "sent", reason: str | None = None
) -> None:
    """Let so many queued messages become something, as delivery would record it."""
    rows = [row for row in await messages(session) if row.status == MessageStatus.QUEUED][:number]
    for row in rows:
        row.status, row.reason = status, reason
    await session.flush()
    await outcomes.record(
        session,
        [outcomes.Became(row.source_id, row.status, row.reason) for row in rows if row.source_id is not None],
    )


async def states(session: AsyncSession, broadcast_id: object) -> dict[str, int]:
    rows = await session.execute(
        select(BroadcastRecipient.state, func.count())
        .where(BroadcastRecipient.broadcast_id == broadcast_id)
        .group_by(BroadcastRecipient.state)
    )
    return {row[0]: row[1] for row in rows}
