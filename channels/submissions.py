"""Submissions: messages complete, as a channel needs them: with their files and the thread that they answer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Enclosure, Submission
from channels.files import kept
from channels.models import Attachment, Blob, Message


async def complete(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> list[Submission]:
    """A submission for each row; `rows` are those of delivery's WAITING."""
    files = await _files(session, [row["id"] for row in rows if row["enclosed"]])
    chains = await _references(session, rows)
    return [
        Submission(
            message_id=row["id"],
            account=row["account"],
            sender_name=row["sender_name"],
            to=tuple(row["recipients"]["to"]),
            cc=tuple(row["recipients"].get("cc", ())),
            subject=row["subject"],
            text=row["text"],
            html=row["html"],
            headers=row["headers"],
            author=row["author"],
            conversation_id=row["conversation_id"],
            rfc_message_id=row["rfc_message_id"],
            references=chains.get(row["id"], ()),
            files=tuple(files.get(row["id"], ())),
            claimed_at=row["moment"],
            wary=row["stopped_by"] is not None,
        )
        for row in rows
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


async def _references(
    session: AsyncSession, rows: Sequence[Mapping[str, Any]]
) -> dict[UUID, tuple[str, ...]]:
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
