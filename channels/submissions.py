"""Submissions: messages complete, as a channel needs them: with their files and the thread that they answer."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Enclosure, Submission
from channels.files import kept
from channels.models import Attachment, Blob, Message

# What `complete` reads of a message, and who it is for; the moment is by the database's clock.
LETTER = """
message.id, message.customer_id, message.channel, message.account, message.sender_name,
    cast(message.recipients AS text) AS recipients, message.recipients -> 'to' ->> 0 AS addressee, message.subject,
    message.text, message.html, cast(message.headers AS text) AS headers, message.author, message.conversation_id,
    message.seq, message.rfc_message_id, message.in_reply_to_id, now() AS moment,
    EXISTS (SELECT FROM attachment WHERE message_id = message.id) AS enclosed
"""


class _Addressed(msgspec.Struct):
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()


_addressed = msgspec.json.Decoder(_Addressed).decode
_headers = msgspec.json.Decoder(dict[str, str]).decode


async def complete(session: AsyncSession, rows: Sequence[RowMapping]) -> list[Submission]:
    """A submission for each row; `rows` map LETTER and what stands before them."""
    files = await _files(session, [row["id"] for row in rows if row["enclosed"]])
    chains = await _references(session, rows)
    addressed = [_addressed(row["recipients"]) for row in rows]
    return [
        Submission(
            message_id=row["id"],
            account=row["account"],
            sender_name=row["sender_name"],
            to=to.to,
            cc=to.cc,
            bcc=to.bcc,
            subject=row["subject"],
            text=row["text"],
            html=row["html"],
            headers=_headers(row["headers"]),
            author=row["author"],
            conversation_id=row["conversation_id"],
            rfc_message_id=row["rfc_message_id"],
            references=chains.get(row["id"], ()),
            files=tuple(files.get(row["id"], ())),
            claimed_at=row["moment"],
            wary=row["stopped_by"] is not None,
        )
        for row, to in zip(rows, addressed, strict=True)
    ]


async def _files(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Enclosure]]:
    files: dict[UUID, list[Enclosure]] = defaultdict(list)
    if not ids:
        return files
    found = await session.execute(
        select(
            Attachment.message_id,
            Attachment.filename,
            Attachment.content_type,
            Attachment.content_id,
            Blob,
        )
        .join(Blob, Blob.sha256 == Attachment.sha256)
        .where(Attachment.message_id.in_(ids))
        .order_by(Attachment.id)
    )
    for message_id, filename, content_type, content_id, blob in found:
        files[message_id].append(Enclosure(filename, content_type, b"", content_id, kept(blob)))
    return files


async def _references(session: AsyncSession, rows: Sequence[RowMapping]) -> dict[UUID, tuple[str, ...]]:
    """The Message-IDs of each message's thread before it, the one it answers last."""
    threads = {row["conversation_id"] for row in rows if row["conversation_id"] is not None}
    if not threads:
        return {}
    earlier: dict[UUID, list[tuple[int, UUID, str]]] = defaultdict(list)
    found = await session.execute(
        select(Message.conversation_id, Message.seq, Message.id, Message.rfc_message_id)
        .where(Message.conversation_id.in_(threads), Message.rfc_message_id.is_not(None))
        .order_by(Message.seq)
    )
    for conversation_id, seq, message_id, rfc_message_id in found:
        if conversation_id is not None and rfc_message_id is not None:
            earlier[conversation_id].append((seq or 0, message_id, rfc_message_id))
    chains = {}
    for row in rows:
        before = [each for each in earlier[row["conversation_id"]] if each[0] < (row["seq"] or 0)]
        before.sort(key=lambda each: (each[1] == row["in_reply_to_id"], each[0]))
        chains[row["id"]] = tuple(each[2] for each in before)
    return chains
