"""The outbox: the one way to have a message sent. Queue it here; `channels.delivery` takes it from there."""

import hashlib
import re
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels import files
from channels.happenings import MessageSent, preview
from channels.jobs import SENT_TOGETHER, Deliver, DeliverBulk
from channels.models import (
    Attachment,
    Conversation,
    Direction,
    MessageStatus,
    table,
)
from core.clock import now
from core.errors import Invalid, NotFound
from core.jobs import enqueue_many
from core.nudges import nudge
from customers.consent import NEWS, Purpose
from customers.timeline import Entry, append_many

CHAT = "chat"

# What no header and no address may contain: with a line break in it, it would become a second header.
_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s<>,;:\"\\()\[\]@]+@[^\s<>,;:\"\\()@]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,76}")
# Headers that composing writes itself.
_OURS = {
    "bcc", "cc", "content-transfer-encoding", "content-type", "date", "from", "in-reply-to", "message-id",
    "mime-version", "references", "return-path", "sender", "subject", "to",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class File:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message to one customer on one channel. `to` is the plain address; `account` is our side of it."""

    customer_id: UUID
    channel: str
    to: str
    account: str
    text: str
    subject: str = ""
    html: str | None = None
    sender_name: str = ""
    cc: Sequence[str] = ()
    # Who else gets it, and nobody is told.
    bcc: Sequence[str] = ()
    purpose: Purpose = "transactional"
    topic: str = NEWS
    author: str = "automation"
    staff_id: UUID | None = None
    conversation_id: UUID | None = None
    seq: int | None = None
    in_reply_to_id: UUID | None = None
    headers: dict[str, str] = field(default_factory=dict)
    source_kind: str | None = None
    source_id: UUID | None = None
    files: Sequence[File] = ()
    release_at: datetime | None = None


_TYPES = {
    "id": "uuid", "customer_id": "uuid", "conversation_id": "uuid", "seq": "bigint", "direction": "text",
    "channel": "text", "status": "text", "purpose": "text", "topic": "text", "account": "text", "sender": "text",
    "sender_name": "text", "recipients": "jsonb", "subject": "text", "text": "text", "html": "text",
    "headers": "jsonb", "author": "text", "staff_id": "uuid", "source_kind": "text", "source_id": "uuid",
    "rfc_message_id": "text", "in_reply_to_id": "uuid", "release_at": "timestamptz", "sent_at": "timestamptz",
    "delivered_at": "timestamptz",
}  # fmt: skip
COLUMNS = tuple(_TYPES)
_NAMES = ", ".join(COLUMNS)
_VALUES = ", ".join(f"cast({name} AS jsonb)" if kind == "jsonb" else name for name, kind in _TYPES.items())
_ARRAYS = ", ".join(
    f"cast(:{name} AS {'text' if kind == 'jsonb' else kind}[])" for name, kind in _TYPES.items()
)
# However many there are, one statement of a text that never changes; their ids are known to threads from then on.
INSERT = text(f"""
WITH added AS (
    INSERT INTO message ({_NAMES}) SELECT {_VALUES} FROM unnest({_ARRAYS}) AS new ({_NAMES})
    RETURNING id, conversation_id, rfc_message_id
)
INSERT INTO message_reference (rfc_message_id, conversation_id, message_id)
SELECT rfc_message_id, conversation_id, id FROM added WHERE rfc_message_id IS NOT NULL
""")  # noqa: S608 - only names of our own are put in; values are bound
ROWS = 500


async def queue(session: AsyncSession, messages: Sequence[Outgoing]) -> list[UUID]:
    """Queue messages in the caller's transaction; their ids, in order.

    They leave after the commit, or from `release_at` on. Raises Invalid for an address or header that could
    not be sent safely, NotFound for an unknown conversation; nothing is queued then.
    """
    if not messages:
        return []
    for message in messages:
        _check(message)
    moment = now()
    seqs = await _number(session, messages, moment)
    rows = [_row(message, seq, moment) for message, seq in zip(messages, seqs, strict=True)]
    await session.flush()  # whoever they are about may be new
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        await session.execute(INSERT, {name: [row[name] for row in part] for name in COLUMNS})
    await _attach(session, messages, rows)
    await _promise(session, rows)
    await _tell(session, rows)
    return [row["id"] for row in rows]


def is_sendable(address: str) -> bool:
    """Whether a mail can be sent to this address safely."""
    return bool(_ADDRESS.fullmatch(address)) and len(address) <= 254 and not _BREAKS.search(address)


def one_line(words: str) -> str:
    """Words fit for a header: what came in may hold anything."""
    return " ".join(_BREAKS.sub(" ", words).split())


def mint_message_id(message_id: UUID, domain: str) -> str:
    """A Message-ID of ours, without angle brackets; nobody guesses it who has not seen the mail."""
    return f"{message_id.hex}.{secrets.token_hex(8)}@{domain}"


def _check(message: Outgoing) -> None:
    lines = {
        "to": message.to,
        "account": message.account,
        "subject": message.subject,
        "sender_name": message.sender_name,
        "channel": message.channel,
        **{f"cc {address}": address for address in (*message.cc, *message.bcc)},
        **{f"header {name}": value for name, value in message.headers.items()},
        **{f"file {file.filename}": file.filename + file.content_type for file in message.files},
    }
    for name, value in lines.items():
        if _BREAKS.search(value):
            raise Invalid("A message cannot be sent like this.", {name: "Line breaks are not allowed here."})
    for name in message.headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise Invalid("A message cannot be sent like this.", {"headers": f"{name!r} cannot be set."})
    if message.channel == "email":
        for address in (message.to, message.account, *message.cc, *message.bcc):
            if not is_sendable(address):
                raise Invalid("A message cannot be sent like this.", {"to": "That is not an e-mail address."})
    elif not message.to:
        raise Invalid("A message cannot be sent like this.", {"to": "Say who it is for."})
    if message.channel == CHAT and message.conversation_id is None:
        raise Invalid("A chat message belongs to a conversation.")


async def _number(session: AsyncSession, messages: Sequence[Outgoing], moment: datetime) -> list[int | None]:
    """The place of each message in its conversation, taken under the conversation's row lock."""
    seqs = [message.seq for message in messages]
    waiting: dict[UUID, list[int]] = defaultdict(list)
    for i, message in enumerate(messages):
        if message.conversation_id is not None and message.seq is None:
            waiting[message.conversation_id].append(i)
    if not waiting:
        return seqs
    found = await session.execute(
        select(Conversation.id, Conversation.last_seq)
        .where(Conversation.id.in_(waiting))
        .order_by(Conversation.id)
        .with_for_update()
    )
    last: dict[UUID, int] = {conversation_id: seq for conversation_id, seq in found}
    if len(last) < len(waiting):
        raise NotFound("That conversation does not exist.")
    for conversation_id, places in sorted(waiting.items()):
        for offset, i in enumerate(places, 1):
            seqs[i] = last[conversation_id] + offset
        await session.execute(
            update(Conversation)
            .where(Conversation.id == conversation_id)
            .values(last_seq=last[conversation_id] + len(places), last_message_at=moment)
        )
    return seqs


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _row(message: Outgoing, seq: int | None, moment: datetime) -> dict[str, Any]:
    message_id = uuid7()
    later = message.release_at is not None and message.release_at > moment
    status = MessageStatus.HELD if later else MessageStatus.QUEUED
    at_once = message.channel == CHAT
    if at_once:
        status = MessageStatus.DELIVERED
    rfc_message_id = None
    if message.channel == "email":
        rfc_message_id = mint_message_id(message_id, message.account.rpartition("@")[2])
    return {
        "id": message_id,
        "customer_id": message.customer_id,
        "conversation_id": message.conversation_id,
        "seq": seq,
        "direction": str(Direction.OUTBOUND),
        "channel": message.channel,
        "status": str(status),
        "purpose": message.purpose,
        "topic": message.topic,
        "account": message.account,
        "sender": message.account,
        "sender_name": message.sender_name,
        "recipients": _json(
            {"to": [message.to], "cc": list(message.cc)} | ({"bcc": list(message.bcc)} if message.bcc else {})
        ),
        "subject": message.subject,
        "text": message.text.replace("\x00", ""),
        "html": message.html.replace("\x00", "") if message.html is not None else None,
        "headers": _json(message.headers),
        "author": message.author,
        "staff_id": message.staff_id,
        "source_kind": message.source_kind,
        "source_id": message.source_id,
        "rfc_message_id": rfc_message_id,
        "in_reply_to_id": message.in_reply_to_id,
        "release_at": message.release_at if not at_once else None,
        "sent_at": moment if at_once else None,
        "delivered_at": moment if at_once else None,
    }


async def _attach(session: AsyncSession, messages: Sequence[Outgoing], rows: list[dict[str, Any]]) -> None:
    attachments: list[dict[str, Any]] = []
    contents: dict[str, bytes] = {}
    for message, row in zip(messages, rows, strict=True):
        for file in message.files:
            digest = hashlib.sha256(file.content).hexdigest()
            contents[digest] = file.content
            attachments.append(
                {
                    "id": uuid7(),
                    "message_id": row["id"],
                    "sha256": digest,
                    "filename": file.filename,
                    "content_type": file.content_type,
                    "size": len(file.content),
                }
            )
    if attachments:
        await files.keep(session, contents)
        await session.execute(insert(table(Attachment)), attachments)


async def _promise(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Enqueue the delivery of what does not arrive by being stored, many at a time."""
    groups: dict[tuple[type[Deliver], str, datetime | None], list[UUID]] = defaultdict(list)
    for row in rows:
        if row["channel"] != CHAT:
            kind = DeliverBulk if row["purpose"] == "marketing" else Deliver
            due = row["release_at"] if row["status"] == MessageStatus.HELD else None
            groups[kind, row["channel"], due].append(row["id"])
    for (kind, channel, due), ids in groups.items():
        jobs = [kind(channel, ids[i : i + SENT_TOGETHER]) for i in range(0, len(ids), SENT_TOGETHER)]
        await enqueue_many(session, jobs, due_at=due)


async def _tell(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["conversation_id"] is not None:
            nudge(session, f"conversation:{row['conversation_id']}", str(row["seq"]))
            nudge(session, "inbox", str(row["conversation_id"]))
    await append_many(session, [sent(row) for row in rows if row["channel"] == CHAT])


def sent(row: Any) -> Entry:
    """The timeline entry of a message that went out; `row` maps the columns of Message."""
    return Entry(
        row["customer_id"],
        MessageSent(
            message_id=str(row["id"]),
            channel=row["channel"],
            subject=row["subject"],
            preview=preview(row["text"]),
            author=row["author"],
            conversation_id=str(row["conversation_id"] or ""),
        ),
        source_key=f"message:{row['id']}",
        subject_id=row["conversation_id"] or row["id"],
    )
