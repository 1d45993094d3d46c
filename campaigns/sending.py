"""Sending a broadcast: its audience frozen, its messages queued a windowful at a time, until nobody is left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import audience, personal, tokens
from campaigns.content import Compiled, render
from campaigns.controls import go_on, locked
from campaigns.jobs import PrepareBroadcast
from campaigns.models import OPEN, Broadcast, BroadcastRecipient, BroadcastState, RecipientState
from campaigns.templates import sentence
from channels.outbox import Outgoing, queue
from core.clock import now
from core.errors import Invalid
from core.jobs import enqueue
from core.nudges import nudge
from core.settings import Settings
from customers.consent import Recipient, may_contact_all

SOURCE = "broadcast"
# So many messages of one broadcast wait for delivery at a time: a pause then has little to hold back.
WINDOW = 2000
CHUNK = 400


QUEUED = text(f"""
UPDATE broadcast_recipient AS r SET state = '{RecipientState.QUEUED}', message_id = new.message_id
FROM unnest(cast(:ids AS uuid[]), cast(:message_ids AS uuid[])) AS new (id, message_id) WHERE r.id = new.id
""")  # noqa: S608 - only a word of our own is put in


def account(settings: Settings, channel: str) -> str:
    """Our side of the channel."""
    return settings.shop_address if channel == "email" else settings.twilio_number


async def prepare(session: AsyncSession, broadcast_id: UUID) -> None:
    """Freeze the audience of a broadcast whose time has come, and begin to queue; promise it anew when it has not."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state == BroadcastState.SCHEDULED:
        # Jobs fall due by the database's clock, which ours may be behind.
        asked = select(func.coalesce(Broadcast.scheduled_at <= func.now(), True))
        if not await session.scalar(asked.where(Broadcast.id == broadcast_id)):
            await enqueue(session, PrepareBroadcast(broadcast_id), due_at=broadcast.scheduled_at)
            return
    elif broadcast.state != BroadcastState.PREPARING:
        return
    broadcast.audience = await audience.freeze(session, broadcast)
    broadcast.state = BroadcastState.SENDING
    await go_on(session, broadcast.id)


async def queue_recipients(session: AsyncSession, settings: Settings, broadcast_id: UUID) -> None:
    """Queue messages for the next of the audience, as far as the window is open; finish when nobody is left.

    A recipient's ledger row and message are written in the same transaction, so nobody is queued twice.
    """
    broadcast = await locked(session, broadcast_id)
    if broadcast.state != BroadcastState.SENDING:
        return
    waiting = await session.scalar(
        select(func.count()).where(
            BroadcastRecipient.broadcast_id == broadcast_id, BroadcastRecipient.state == RecipientState.QUEUED
        )
    )
    room = min(CHUNK, WINDOW - (waiting or 0))
    if room <= 0:
        return  # recording what was sent opens the window and brings this job back
    rows = list(
        await session.scalars(
            select(BroadcastRecipient)
            .where(
                BroadcastRecipient.broadcast_id == broadcast_id,
                BroadcastRecipient.state == RecipientState.PENDING,
            )
            .order_by(BroadcastRecipient.id)
            .limit(room)
            .with_for_update(key_share=True)
        )
    )
    if rows:
        await _queue(session, settings, broadcast, rows)
        await go_on(session, broadcast_id)
    else:
        await _finish(session, broadcast)


async def _queue(
    session: AsyncSession, settings: Settings, broadcast: Broadcast, rows: list[BroadcastRecipient]
) -> None:
    content = msgspec.convert(broadcast.compiled, Compiled)
    asked = [Recipient(row.customer_id, row.channel, row.address) for row in rows]
    verdicts = await may_contact_all(session, asked, "marketing", broadcast.topic)
    people = await personal.people(session, [row.customer_id for row in rows])
    chosen: list[tuple[BroadcastRecipient, _Addressee]] = []
    for row, verdict in zip(rows, verdicts, strict=True):
        if not verdict.allowed and verdict.retry_at is None:
            row.state, row.reason = RecipientState.SUPPRESSED, verdict.reason
        else:
            chosen.append((row, _Addressee(row.id, row.channel, row.address, people[row.customer_id])))
    # Milliseconds each: other jobs of this process go on meanwhile.
    made = await asyncio.to_thread(
        _messages_for, settings, broadcast.topic, content, [addressee for _, addressee in chosen]
    )
    outgoing: list[tuple[BroadcastRecipient, Outgoing]] = []
    for (row, _), message in zip(chosen, made, strict=True):
        if isinstance(message, Outgoing):
            outgoing.append((row, message))
        else:
            row.state, row.reason = RecipientState.FAILED, sentence(message)
    try:
        ids = await queue(session, [message for _, message in outgoing])
    except Invalid:
        # One address that cannot be written to must not keep the others from their mail.
        ids, outgoing = await _one_by_one(session, outgoing)
    await session.flush()  # those that are not sent, and why
    queued = {"ids": [row.id for row, _ in outgoing], "message_ids": ids}
    await session.execute(QUEUED, queued)


async def _one_by_one(
    session: AsyncSession, outgoing: list[tuple[BroadcastRecipient, Outgoing]]
) -> tuple[list[UUID], list[tuple[BroadcastRecipient, Outgoing]]]:
    ids: list[UUID] = []
    queued: list[tuple[BroadcastRecipient, Outgoing]] = []
    for row, message in outgoing:
        try:
            ids += await queue(session, [message])
        except Invalid as error:
            row.state, row.reason = RecipientState.FAILED, "; ".join(error.fields.values()) or error.message
        else:
            queued.append((row, message))
    return ids, queued


@dataclass(frozen=True)
class _Addressee:
    """A row of the ledger as a message needs it: plain facts, for a thread without a session."""

    recipient_id: UUID
    channel: str
    address: str
    person: personal.Person


def _messages_for(
    settings: Settings, topic: str, content: Compiled, addressees: Sequence[_Addressee]
) -> list[Outgoing | Invalid]:
    """The message to each, in order, or why there can be none."""
    made: list[Outgoing | Invalid] = []
    for to in addressees:
        try:
            made.append(_message(settings, topic, content, to))
        except Invalid as error:
            made.append(error)
    return made


def _message(settings: Settings, topic: str, content: Compiled, to: _Addressee) -> Outgoing:
    made = render(content, personal.values(settings, content, to.person, to.recipient_id))
    headers = {}
    if to.channel == "email":
        way_out = tokens.address(settings, "unsubscribe", tokens.Named(to.recipient_id))
        headers = {
            "List-Unsubscribe": f"<{way_out}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{topic}.{settings.mail_domain}>",
        }
    return Outgoing(
        customer_id=to.person.customer_id,
        channel=to.channel,
        to=to.address,
        account=account(settings, to.channel),
        sender_name=settings.company_name,
        subject=made.subject,
        text=made.text,
        html=made.html,
        purpose="marketing",
        topic=topic,
        headers=headers,
        source_kind=SOURCE,
        source_id=to.recipient_id,
    )


async def _finish(session: AsyncSession, broadcast: Broadcast) -> None:
    """Finished only when no row is open; the job that asks this comes after everything that was recorded."""
    still_open = await session.scalar(
        select(BroadcastRecipient.id)
        .where(BroadcastRecipient.broadcast_id == broadcast.id, BroadcastRecipient.state.in_(OPEN))
        .limit(1)
    )
    if still_open is None:
        broadcast.state, broadcast.finished_at = BroadcastState.FINISHED, now()
        nudge(session, "campaigns", str(broadcast.id))
