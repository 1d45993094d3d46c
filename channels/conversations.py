"""Conversations: the one place where a message comes in and joins a thread."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels import outbox, threads
from channels.base import Enclosure
from channels.happenings import MessageReceived, preview
from channels.models import (
    Attachment,
    Conversation,
    Direction,
    Message,
    MessageReference,
    MessageStatus,
    table,
)
from core import metrics
from core.clock import now
from core.errors import Invalid, NotFound
from core.nudges import nudge
from customers import identities, timeline
from customers.identities import Contact
from customers.models import IdentityKind

# Kept with a message of which we were told that its sender is forged.
REFUTED = {"Authentication-Results": "dmarc=fail"}


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message that came in, whatever the channel. `external_id` is unique per channel and account."""

    channel: str
    account: str
    external_id: str
    sender: Contact | None
    proven: bool
    # The relay that we trust says that somebody else wrote it (DMARC failed).
    refuted: bool = False
    sender_name: str = ""
    sender_address: str = ""
    subject: str = ""
    text: str = ""
    html: str | None = None
    recipients: dict[str, list[str]] = field(default_factory=dict)
    files: Sequence[Enclosure] = ()
    automated: bool = False
    written_at: datetime | None = None
    rfc_message_id: str = ""
    references: Sequence[str] = ()
    # Threads that a signed reply address names.
    named: Sequence[UUID] = ()
    # The thread itself, when the channel knows it (a chat).
    conversation: Conversation | None = None
    # Let it open a thread of its own, whatever it names.
    alone: bool = False


@dataclass(frozen=True)
class Received:
    message_id: UUID
    conversation_id: UUID
    customer_id: UUID
    seq: int
    # False when the same message had been let in before.
    new: bool = True
    # Why it deserves a second look, though it was let in.
    flag: str | None = None

    @property
    def opened(self) -> bool:
        """Whether the thread began with it."""
        return self.seq == 1


async def receive(session: AsyncSession, incoming: Incoming) -> Received:
    """Let a message in: its customer, its thread, its place there, the timeline, the open pages.

    Said twice (same channel, account and external id), it is one message. Raises QuarantinedError when it
    names a thread that its sender may not stand in.
    """
    known = await session.scalar(
        select(Message).where(
            Message.channel == incoming.channel,
            Message.account == incoming.account,
            Message.external_id == incoming.external_id,
        )
    )
    if known is not None and known.conversation_id is not None:
        return Received(known.id, known.conversation_id, known.customer_id, known.seq or 0, False)
    conversation = incoming.conversation or await _thread(session, incoming)
    metrics.count(session, metrics.MESSAGES, incoming.channel, str(MessageStatus.RECEIVED))
    seq = await next_seq(session, conversation.id)
    message_id = uuid7()
    flag = await _remember_ids(session, incoming, conversation.id, message_id)
    await session.execute(
        insert(table(Message)).values(
            id=message_id,
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            seq=seq,
            direction=str(Direction.INBOUND),
            channel=incoming.channel,
            status=str(MessageStatus.RECEIVED),
            account=incoming.account,
            sender=incoming.sender_address or (incoming.sender.value if incoming.sender else ""),
            sender_name=incoming.sender_name,
            recipients=incoming.recipients or {"to": [incoming.account], "cc": []},
            subject=incoming.subject,
            text=incoming.text,
            html=incoming.html,
            author="automation" if incoming.automated else "customer",
            verified=incoming.proven,
            headers=REFUTED if incoming.refuted and not incoming.proven else {},
            automated=incoming.automated,
            written_at=incoming.written_at,
            rfc_message_id=incoming.rfc_message_id or None,
            external_id=incoming.external_id,
            reason=flag,
        )
    )
    # The ids that were waiting for it: the message exists only now.
    if incoming.rfc_message_id and flag is None:
        await session.execute(
            update(MessageReference)
            .where(MessageReference.rfc_message_id == incoming.rfc_message_id)
            .where(MessageReference.conversation_id == conversation.id)
            .values(message_id=message_id)
        )
    await _keep_files(session, message_id, incoming.files)
    changes: dict[str, Any] = {"last_message_at": now()}
    if not incoming.automated:
        changes["closed_at"] = None
    await session.execute(update(Conversation).where(Conversation.id == conversation.id).values(**changes))
    await timeline.append(
        session,
        conversation.customer_id,
        MessageReceived(
            message_id=str(message_id),
            channel=incoming.channel,
            subject=incoming.subject,
            preview=preview(incoming.text),
            automated=incoming.automated,
            conversation_id=str(conversation.id),
        ),
        source_key=f"message:{message_id}",
        subject_id=conversation.id,
    )
    nudge(session, "inbox", str(conversation.id))
    nudge(session, f"conversation:{conversation.id}", str(seq))
    return Received(message_id, conversation.id, conversation.customer_id, seq, flag=flag)


async def next_seq(session: AsyncSession, conversation_id: UUID) -> int:
    """The next place in a conversation, taken under its row lock. Raises NotFound."""
    seq = await session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(last_seq=Conversation.last_seq + 1)
        .returning(Conversation.last_seq)
        .execution_options(synchronize_session=False)
    )
    if seq is None:
        raise NotFound("That conversation does not exist.")
    return seq


async def _thread(session: AsyncSession, incoming: Incoming) -> Conversation:
    if incoming.sender is None:
        raise Invalid("Nobody is named as its sender.")
    # Two messages from one sender at once: the second finds the thread that the first opened.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 1))"),
        {"who": f"{incoming.channel}:{incoming.sender.value}"},
    )
    customer_id = await identities.resolve(
        session, incoming.sender, proven=incoming.proven, name=incoming.sender_name, source=incoming.channel
    )
    if incoming.proven and incoming.sender.kind == IdentityKind.EMAIL:
        customer_id = await identities.verify(session, incoming.sender, by="dkim")
    found = None
    if incoming.channel == "sms":
        found = await threads.find_by_number(session, customer_id, incoming.sender.value)
    elif not incoming.alone:
        found = await threads.find_by_reference(
            session,
            incoming.sender,
            incoming.proven,
            incoming.named,
            # Its own id first: an answer to it may have come before it.
            [incoming.rfc_message_id, *incoming.references],
        )
    if found is not None:
        return found
    conversation = Conversation(
        customer_id=customer_id,
        channel=incoming.channel,
        subject=incoming.subject,
        account=incoming.account,
    )
    session.add(conversation)
    await session.flush()
    return conversation


async def _remember_ids(
    session: AsyncSession, incoming: Incoming, conversation_id: UUID, message_id: UUID
) -> str | None:
    """Note every Message-ID that the mail names; a sentence when its own stood for another message before."""
    if incoming.channel != "email":
        return None
    flag = None
    if incoming.rfc_message_id and await session.scalar(
        select(MessageReference.message_id).where(MessageReference.rfc_message_id == incoming.rfc_message_id)
    ):
        flag = "Another message with other content came under the same Message-ID."
    names = {each for each in (*incoming.references, incoming.rfc_message_id) if each}
    if names:
        await session.execute(
            postgresql.insert(table(MessageReference)).on_conflict_do_nothing(),
            [{"rfc_message_id": name, "conversation_id": conversation_id} for name in sorted(names)],
        )
    return flag


async def _keep_files(session: AsyncSession, message_id: UUID, files: Sequence[Enclosure]) -> None:
    if not files:
        return
    contents = {hashlib.sha256(file.content).hexdigest(): file.content for file in files}
    await outbox.keep_blobs(session, contents)
    await session.execute(
        insert(table(Attachment)),
        [
            {
                "id": uuid7(),
                "message_id": message_id,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "filename": file.filename,
                "content_type": file.content_type,
                "size": len(file.content),
                "content_id": file.content_id,
            }
            for file in files
        ],
    )
