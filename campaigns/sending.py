"""Broadcasts under way: prepared, queued, recorded, paused, cancelled; ledger and messages move together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import audience, personal, tokens
from campaigns.content import Compiled, render
from campaigns.happenings import CampaignSent
from campaigns.jobs import PrepareBroadcast, QueueRecipients
from campaigns.models import OPEN, Broadcast, BroadcastRecipient, BroadcastState, RecipientState
from campaigns.templates import sentence
from channels.models import Message, MessageStatus
from channels.outbox import SENT_TOGETHER, DeliverBulk, Outgoing, queue
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.jobs import enqueue, enqueue_many
from core.nudges import nudge
from core.settings import Settings
from customers.consent import Recipient, may_contact_all
from customers.timeline import Entry, append_many

SOURCE = "broadcast"
# So many messages of one broadcast wait for delivery at a time: a pause then has little to hold back.
WINDOW = 2000
CHUNK = 400
PAUSED = "paused"
CANCELLED = "cancelled"


@dataclass(frozen=True)
class Became:
    """What delivery says of a message: `status` as in channels, `at` when it went, `subject` as it went."""

    recipient_id: UUID
    status: str
    reason: str | None = None
    at: datetime | None = None
    subject: str = ""


def account(settings: Settings, channel: str) -> str:
    """Our side of the channel."""
    return settings.shop_address if channel == "email" else settings.twilio_number


async def locked(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """The broadcast, its state kept from others until the transaction ends. Raises NotFound."""
    broadcast = await session.scalar(
        select(Broadcast)
        .where(Broadcast.id == broadcast_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if broadcast is None:
        raise NotFound("That campaign does not exist.")
    return broadcast


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
    await _go_on(session, broadcast.id)


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
        await _go_on(session, broadcast_id)
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
    for (row, _), message_id in zip(outgoing, ids, strict=True):
        row.state, row.message_id = RecipientState.QUEUED, message_id
    await session.flush()


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


# A sent message may still bounce; nothing else leaves a final state.
RECORD = text("""
UPDATE broadcast_recipient AS r SET
    state = CASE WHEN r.state IN ('queued', 'held', 'unknown') OR said.state = 'failed' THEN said.state
        ELSE r.state END,
    reason = CASE WHEN r.state IN ('queued', 'held', 'unknown') OR said.state = 'failed' THEN said.reason
        ELSE r.reason END,
    sent_at = CASE WHEN said.state = 'sent' THEN coalesce(r.sent_at, said.at, now()) ELSE r.sent_at END,
    delivered_at = CASE WHEN said.delivered THEN coalesce(r.delivered_at, now()) ELSE r.delivered_at END
FROM unnest(
    cast(:ids AS uuid[]), cast(:states AS text[]), cast(:reasons AS text[]), cast(:delivered AS boolean[]),
    cast(:moments AS timestamptz[])
) AS said (id, state, reason, delivered, at)
WHERE r.id = said.id AND r.state IN ('queued', 'held', 'unknown', 'sent')
RETURNING r.id, r.broadcast_id, r.customer_id, r.state
""")


async def record(session: AsyncSession, said: Sequence[Became]) -> None:
    """Bring the ledger up to what delivery recorded in this same transaction, and the timelines with it."""
    known = sorted((each for each in said if each.status in STATES), key=lambda each: each.recipient_id)
    if not known:
        return
    rows = (
        await session.execute(
            RECORD,
            {
                "ids": [each.recipient_id for each in known],
                "states": [_state(each) for each in known],
                "reasons": [each.reason for each in known],
                "delivered": [each.status == MessageStatus.DELIVERED for each in known],
                "moments": [each.at for each in known],
            },
        )
    ).all()
    touched = {row.broadcast_id for row in rows}
    broadcasts = {
        each.id: each for each in await session.scalars(select(Broadcast).where(Broadcast.id.in_(touched)))
    }
    subjects = {each.recipient_id: each.subject for each in known}
    await append_many(
        session,
        [
            Entry(
                row.customer_id,
                CampaignSent(
                    broadcasts[row.broadcast_id].name,
                    broadcasts[row.broadcast_id].channel,
                    subjects[row.id],
                ),
                source_key=f"broadcast:{row.id}",
                subject_id=row.broadcast_id,
            )
            for row in rows
            if row.state == RecipientState.SENT
        ],
    )
    if any(each.status == MessageStatus.QUEUED for each in known):
        await _hold_back(session, sorted(touched))
    for broadcast_id in sorted(touched):
        await _go_on(session, broadcast_id)


async def _hold_back(session: AsyncSession, broadcast_ids: Sequence[UUID]) -> None:
    """What delivery wants to try again was on its way when the pause or the end came: stop it now."""
    found = await session.execute(
        select(Broadcast.id, Broadcast.state)
        .where(Broadcast.id.in_(broadcast_ids))
        .order_by(Broadcast.id)
        .with_for_update(read=True)
    )
    for broadcast_id, state in found.all():
        if state == BroadcastState.PAUSED:
            await _stop(session, broadcast_id, MessageStatus.HELD, PAUSED, RecipientState.HELD)
        elif state == BroadcastState.CANCELLED:
            await _stop(session, broadcast_id, MessageStatus.FAILED, CANCELLED, RecipientState.SUPPRESSED)


STATES = {
    MessageStatus.SENT: RecipientState.SENT,
    MessageStatus.DELIVERED: RecipientState.SENT,
    MessageStatus.FAILED: RecipientState.FAILED,
    MessageStatus.HELD: RecipientState.HELD,
    MessageStatus.QUEUED: RecipientState.QUEUED,
    MessageStatus.UNKNOWN: RecipientState.UNKNOWN,
}


def _state(each: Became) -> str:
    if each.status == MessageStatus.FAILED and (each.reason or "").startswith(("suppressed", "no consent")):
        return RecipientState.SUPPRESSED
    return STATES[MessageStatus(each.status)]


async def _go_on(session: AsyncSession, broadcast_id: UUID) -> None:
    await enqueue(session, QueueRecipients(broadcast_id), key=f"campaigns.queue:{broadcast_id}")
    nudge(session, "campaigns", str(broadcast_id))


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


async def pause(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Stop at once: what is queued and not yet on its way is held. Raises Conflict if nothing is."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state not in (BroadcastState.PREPARING, BroadcastState.SENDING):
        raise Conflict("This campaign is not being sent.")
    broadcast.state = BroadcastState.PAUSED
    await _stop(session, broadcast_id, MessageStatus.HELD, PAUSED, RecipientState.HELD)
    nudge(session, "campaigns", str(broadcast_id))
    return broadcast


async def resume(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Go on where the pause stopped it. Raises Conflict when it is not paused."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state != BroadcastState.PAUSED:
        raise Conflict("This campaign is not paused.")
    if broadcast.audience is None:
        broadcast.state = BroadcastState.PREPARING
        await enqueue(session, PrepareBroadcast(broadcast_id))
        return broadcast
    broadcast.state = BroadcastState.SENDING
    released = list(
        await session.scalars(
            update(Message)
            .where(Message.id.in_(_messages(broadcast_id)), Message.status == MessageStatus.HELD)
            .where(Message.reason == PAUSED)
            .values(status=MessageStatus.QUEUED, reason=None, release_at=None)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
    )
    await _mark(session, released, RecipientState.QUEUED, None)
    await enqueue_many(
        session,
        [
            DeliverBulk(broadcast.channel, list(ids))
            for ids in batched(sorted(released), SENT_TOGETHER, strict=False)
        ],
    )
    await _go_on(session, broadcast_id)
    return broadcast


async def cancel(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Send no more of it: whoever has not got it yet will not. Raises Conflict when nothing is under way."""
    broadcast = await locked(session, broadcast_id)
    if broadcast.state in (BroadcastState.DRAFT, BroadcastState.FINISHED, BroadcastState.CANCELLED):
        raise Conflict("There is nothing to cancel here.")
    broadcast.state, broadcast.finished_at = BroadcastState.CANCELLED, now()
    await _stop(session, broadcast_id, MessageStatus.FAILED, CANCELLED, RecipientState.SUPPRESSED)
    await session.execute(
        update(BroadcastRecipient)
        .where(
            BroadcastRecipient.broadcast_id == broadcast_id,
            BroadcastRecipient.state == RecipientState.PENDING,
        )
        .values(state=RecipientState.SUPPRESSED, reason=CANCELLED)
        .execution_options(synchronize_session=False)
    )
    nudge(session, "campaigns", str(broadcast_id))
    return broadcast


def _messages(broadcast_id: UUID) -> Any:
    """The messages of a broadcast that may not have left yet."""
    return select(BroadcastRecipient.message_id).where(
        BroadcastRecipient.broadcast_id == broadcast_id,
        BroadcastRecipient.state.in_([RecipientState.QUEUED, RecipientState.HELD]),
        BroadcastRecipient.message_id.is_not(None),
    )


async def _stop(
    session: AsyncSession, broadcast_id: UUID, status: MessageStatus, reason: str, state: RecipientState
) -> None:
    """Delivery claims by state, under a row lock: a message is stopped here or is on its way, never both."""
    stopped = list(
        await session.scalars(
            update(Message)
            .where(
                Message.id.in_(_messages(broadcast_id)),
                Message.status.in_([MessageStatus.QUEUED, MessageStatus.HELD]),
            )
            .values(status=status, reason=reason, release_at=None)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
    )
    await _mark(session, stopped, state, reason)


async def _mark(
    session: AsyncSession, message_ids: Sequence[UUID], state: RecipientState, reason: str | None
) -> None:
    if message_ids:
        await session.execute(
            update(BroadcastRecipient)
            .where(BroadcastRecipient.message_id.in_(message_ids))
            .values(state=state, reason=reason)
            .execution_options(synchronize_session=False)
        )
