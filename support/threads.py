"""Threads: messages of every channel, notes and events, in the one order of their conversation."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Attachment, Blob, Direction, Message, MessageStatus
from core.errors import NotFound
from core.staff import Staff
from support.models import Note, TicketEvent

PAGE = 60


@dataclass(frozen=True)
class Item:
    """One message, note or event; `kind` is the channel of a message, "note" or "event"."""

    id: UUID
    seq: int
    kind: str
    at: datetime
    who: str
    text: str
    inbound: bool = False
    subject: str = ""
    has_html: bool = False
    status: str = ""
    reason: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    verified: bool = False
    automated: bool = False
    author: str = ""
    done: str = ""  # of an event, whose text is the detail
    release_at: datetime | None = None
    attachments: list[Attachment] = field(default_factory=list)


async def since(
    session: AsyncSession,
    conversation_id: UUID,
    seq: int = 0,
    *,
    notes: bool = True,
    channel: str | None = None,
    limit: int = 200,
) -> list[Item]:
    """What came after a sequence number, oldest first; of one `channel` only, if given.

    Customers read it with `notes=False`, which also leaves out events and what has not left us yet.
    """
    return await _read(
        session,
        conversation_id,
        after=seq,
        before=None,
        notes=notes,
        channel=channel,
        limit=limit,
        newest=False,
    )


async def latest(
    session: AsyncSession,
    conversation_id: UUID,
    *,
    before: int | None = None,
    notes: bool = True,
    channel: str | None = None,
    limit: int = PAGE,
) -> list[Item]:
    """The last items (those before `before`, if given), oldest of them first; see `since`."""
    return await _read(
        session,
        conversation_id,
        after=0,
        before=before,
        notes=notes,
        channel=channel,
        limit=limit,
        newest=True,
    )


async def _read(
    session: AsyncSession,
    conversation_id: UUID,
    *,
    after: int,
    before: int | None,
    notes: bool,
    channel: str | None,
    limit: int,
    newest: bool,
) -> list[Item]:
    messages = select(Message, Staff.name).join(Staff, Staff.id == Message.staff_id, isouter=True)
    messages = messages.where(Message.conversation_id == conversation_id, Message.seq > after)
    written = select(Note, Staff.name).join(Staff, Staff.id == Note.staff_id)
    written = written.where(Note.conversation_id == conversation_id, Note.seq > after)
    done = select(TicketEvent, Staff.name).join(Staff, Staff.id == TicketEvent.staff_id, isouter=True)
    done = done.where(TicketEvent.conversation_id == conversation_id, TicketEvent.seq > after)
    if not notes:
        messages = messages.where(Message.status != MessageStatus.HELD)
    if channel is not None:
        messages = messages.where(Message.channel == channel)
    if before is not None:
        messages = messages.where(Message.seq < before)
        written = written.where(Note.seq < before)
        done = done.where(TicketEvent.seq < before)
    by_message = Message.seq.desc() if newest else Message.seq
    found = (await session.execute(messages.order_by(by_message).limit(limit))).all()
    files = await _attachments(session, [message.id for message, _ in found])
    items = [_of_message(message, name, files[message.id]) for message, name in found]
    if notes:
        by_note = Note.seq.desc() if newest else Note.seq
        rows = await session.execute(written.order_by(by_note).limit(limit))
        items += [Item(note.id, note.seq, "note", note.created_at, name, note.body) for note, name in rows]
        by_event = TicketEvent.seq.desc() if newest else TicketEvent.seq
        acts = await session.execute(done.order_by(by_event).limit(limit))
        items += [
            Item(act.id, act.seq, "event", act.created_at, name or "", act.detail, done=act.kind)
            for act, name in acts
        ]
    items.sort(key=lambda item: item.seq)
    return items[-limit:] if newest else items[:limit]


async def _attachments(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Attachment]]:
    files: dict[UUID, list[Attachment]] = defaultdict(list)
    if ids:
        rows = await session.scalars(
            select(Attachment).where(Attachment.message_id.in_(ids)).order_by(Attachment.id)
        )
        for attachment in rows:
            files[attachment.message_id].append(attachment)
    return files


def _of_message(message: Message, staff_name: str | None, files: list[Attachment]) -> Item:
    inbound = message.direction == Direction.INBOUND
    recipients = [*message.recipients.get("to", []), *message.recipients.get("cc", [])]
    return Item(
        id=message.id,
        seq=message.seq or 0,
        kind=message.channel,
        at=message.created_at,
        who=staff_name or message.sender_name or message.sender,
        text=message.text,
        inbound=inbound,
        subject=message.subject,
        has_html=message.html is not None,
        status="" if inbound else message.status,
        reason=message.reason or "",
        sender=message.sender,
        recipients=tuple(str(address) for address in recipients),
        verified=message.verified,
        automated=message.automated,
        author=message.author,
        release_at=message.release_at,
        attachments=files,
    )


async def channels_of(session: AsyncSession, conversation_id: UUID) -> list[str]:
    """The channels that a conversation has run over, the latest first."""
    rows = await session.execute(
        select(Message.channel)
        .where(Message.conversation_id == conversation_id)
        .group_by(Message.channel)
        .order_by(func.max(Message.seq).desc())
    )
    return list(rows.scalars())


async def letter(session: AsyncSession, conversation_id: UUID, message_id: UUID) -> Message:
    """A message of this conversation. Raises NotFound for one of any other."""
    message = await session.get(Message, message_id)
    if message is None or message.conversation_id != conversation_id:
        raise NotFound("That message does not exist.")
    return message


async def file(session: AsyncSession, conversation_id: UUID, attachment_id: UUID) -> tuple[Attachment, Blob]:
    """A file of a message of this conversation, with its bytes. Raises NotFound for one of any other."""
    found = (
        await session.execute(
            select(Attachment, Blob)
            .join(Message, Message.id == Attachment.message_id)
            .join(Blob, Blob.sha256 == Attachment.sha256)
            .where(Attachment.id == attachment_id, Message.conversation_id == conversation_id)
        )
    ).first()
    if found is None:
        raise NotFound("That file does not exist.")
    attachment, blob = found
    return attachment, blob
