"""Answers: what staff write in a conversation, to whom it goes, and how it is taken back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels import outbox
from channels.models import Conversation, Direction, Message, MessageStatus
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.nudges import nudge
from core.settings import settings
from core.staff import Staff
from customers import identities
from customers.models import IdentityKind

UNDO_WINDOW = timedelta(seconds=10)
AUTO_REPLY_EVERY = timedelta(hours=24)


@dataclass(frozen=True)
class Recipients:
    """Who an answer goes to, from which of our addresses; shown before it is sent."""

    account: str
    to: str
    cc: tuple[str, ...] = ()
    in_reply_to_id: UUID | None = None
    # Who else gets it, and nobody is told.
    bcc: tuple[str, ...] = ()


class Heard(Protocol):
    """What came in last on a road, as far as an answer to it needs."""

    @property
    def id(self) -> UUID: ...
    @property
    def account(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> dict[str, Any]: ...


async def recipients_for(session: AsyncSession, conversation_id: UUID, channel: str) -> Recipients:
    """Who an answer on this channel would go to; see `recipients`.

    Raises NotFound for an unknown conversation, Invalid when the customer cannot be reached there.
    """
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("That conversation does not exist.")
    last = await session.scalar(
        select(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.channel == channel,
            Message.direction == Direction.INBOUND,
        )
        .order_by(Message.automated, Message.seq.desc())
        .limit(1)
    )
    known: dict[str, str] = {}
    if last is None and channel != outbox.CHAT:
        address = await identities.address_for(session, conversation.customer_id, _kind(channel))
        known = {_kind(channel): address} if address is not None else {}
    return recipients(conversation.channel, channel, last, known)


def _kind(channel: str) -> IdentityKind:
    return IdentityKind.EMAIL if channel == "email" else IdentityKind.PHONE


def recipients(began: str, channel: str, last: Heard | None, known: Mapping[str, str]) -> Recipients:
    """Who an answer on this channel would go to: the person who wrote last there, else a machine that did,
    else the customer's own address.

    `began` is the channel that the conversation began on, `last` what came in last on this one (a person's before
    a machine's), `known` the customer's first address of each kind of identity. Raises Invalid when the customer
    cannot be reached there.
    """
    if channel == outbox.CHAT:
        if began != outbox.CHAT:
            raise Invalid("This conversation is not a chat.", {"channel": "Choose another way to answer."})
        return Recipients(outbox.CHAT, "visitor")
    if last is not None:
        ours = last.account.lower()
        others = [*last.recipients.get("to", ()), *last.recipients.get("cc", ())]
        cc = tuple(
            dict.fromkeys(
                address
                for address in others
                if channel == "email"
                and outbox.is_sendable(address)
                and not _is_ours(address, ours)
                and address.lower() != last.sender.lower()
            )
        )
        return Recipients(last.account, last.sender, cc, last.id)
    if (address := known.get(_kind(channel))) is None:
        raise Invalid(
            "This customer cannot be reached there.", {"channel": "We know no such address of theirs."}
        )
    account = settings().support_address if channel == "email" else settings().twilio_number
    return Recipients(account, address)


def _is_ours(address: str, account: str) -> bool:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" == account or domain == settings().mail_domain.lower()


async def reply(
    session: AsyncSession,
    conversation_id: UUID,
    staff: Staff,
    body: str,
    channel: str,
    last_seen_seq: int,
    *,
    files: Sequence[outbox.File] = (),
    without: Collection[str] = (),
    to: Recipients | None = None,
    subject: str | None = None,
    below: str = "",
    release_at: datetime | None = None,
    undo_window: timedelta = UNDO_WINDOW,
) -> UUID:
    """Answer in a conversation; the message's id. It is held for the undo window, or until `release_at`, and then
    leaves by itself.

    It goes `to` them, or to those of `recipients_for`; nobody named in `without` gets a copy. What stands `below`
    (who signs it, what it answers) leaves with it; `subject` stands in place of the conversation's.

    Raises Conflict when messages stand there that the writer has not seen, Invalid for an empty text.
    """
    if not body.strip():
        raise Invalid("There is nothing to send yet.", {"text": "Write something first."})
    conversation = await session.get(Conversation, conversation_id, with_for_update=True)
    if conversation is None:
        raise NotFound("That conversation does not exist.")
    unseen = await session.scalar(
        select(func.count()).where(Message.conversation_id == conversation_id, Message.seq > last_seen_seq)
    )
    if unseen:
        count = "One new message" if unseen == 1 else f"{unseen} new messages"
        raise Conflict(f"{count} arrived while you wrote. Your text is kept: read them, then send it.")
    recipients = to or await recipients_for(session, conversation_id, channel)
    if subject is None:
        subject = outbox.one_line(conversation.subject)
        if subject and not subject.lower().startswith("re:"):
            subject = f"Re: {subject}"
    moment = now()
    [message_id] = await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=conversation.customer_id,
                channel=channel,
                to=recipients.to,
                cc=[address for address in recipients.cc if address not in without],
                bcc=recipients.bcc,
                account=recipients.account,
                subject=subject if channel == "email" else "",
                text=body.rstrip() + below if below else body,
                sender_name=staff.name,
                author="staff",
                staff_id=staff.id,
                conversation_id=conversation_id,
                in_reply_to_id=recipients.in_reply_to_id,
                files=files,
                release_at=_release(channel, moment, undo_window, release_at),
            )
        ],
    )
    return message_id


def _release(channel: str, moment: datetime, window: timedelta, at: datetime | None) -> datetime | None:
    if channel == outbox.CHAT:
        return None
    return at or (moment + window if window else None)


async def undo(session: AsyncSession, message_id: UUID, staff: Staff) -> str:
    """Take back an answer that is still held, and return its text for another try.

    It stays in the thread as not sent. Raises Conflict when it is on its way already.
    """
    row = (
        await session.execute(
            update(Message)
            .where(
                Message.id == message_id,
                Message.status == MessageStatus.HELD,
                Message.author == "staff",
                Message.release_at > func.now(),
            )
            .values(release_at=None, reason=f"Taken back by {staff.name}.")
            .returning(Message.text, Message.conversation_id, Message.seq)
            .execution_options(synchronize_session=False)
        )
    ).first()
    if row is None:
        raise Conflict("That message is on its way already.")
    nudge(session, f"conversation:{row.conversation_id}", str(row.seq))
    return str(row.text)


async def may_auto_reply(session: AsyncSession, message: Message) -> bool:
    """Whether an automatic answer to this message is decent: a person wrote it, and got none for a day."""
    if message.automated or message.direction != Direction.INBOUND:
        return False
    already = await session.scalar(
        select(Message.id)
        .where(
            Message.customer_id == message.customer_id,
            Message.direction == Direction.OUTBOUND,
            Message.headers["Auto-Submitted"].astext.startswith("auto-replied"),
            Message.recipients["to"].contains([message.sender]),
            Message.created_at > now() - AUTO_REPLY_EVERY,
        )
        .limit(1)
    )
    return already is None
