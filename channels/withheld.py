"""Withheld: files that are given to nobody: with a virus, too large for the scanner, or waiting for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import distinct, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import files
from channels.models import Attachment, Blob, Message, Scanned
from core.clock import now
from core.jobs import JobRow


@dataclass(frozen=True)
class Withheld:
    """A file, what was found in it, if anything, and the message that brought it."""

    filename: str
    size: int
    found: str
    scanned_at: datetime
    sender: str
    conversation_id: UUID | None


async def infected(session: AsyncSession, limit: int) -> list[Withheld]:
    """The files in which a scanner found something, the newest first."""
    return await _of(session, Scanned.INFECTED, limit)


async def too_large(session: AsyncSession, limit: int) -> list[Withheld]:
    """The files that the scanner does not look at, the newest first."""
    return await _of(session, Scanned.TOO_LARGE, limit)


async def _of(session: AsyncSession, state: Scanned, limit: int) -> list[Withheld]:
    rows = await session.execute(
        select(
            Attachment.filename,
            Attachment.size,
            func.coalesce(Blob.found, ""),
            func.coalesce(Blob.scanned_at, now()),
            Message.sender,
            Message.conversation_id,
        )
        .join(Blob, Blob.sha256 == Attachment.sha256)
        .join(Message, Message.id == Attachment.message_id)
        # Written out: PostgreSQL then sees that its small index will do.
        .where(Blob.scanned == literal(str(state), literal_execute=True))
        .order_by(Blob.scanned_at.desc(), Attachment.id.desc())
        .limit(limit)
    )
    return [Withheld(*row) for row in rows]


async def check_again(session: AsyncSession) -> int:
    """Let the scanner look once more at what was too large for it; how many files that are."""
    digests = await files.set_back(session, [Scanned.TOO_LARGE], Scanned.PENDING)
    await files.promise(session, digests)
    return len(digests)


@dataclass(frozen=True)
class Waiting:
    """How many files wait for a scanner or a storage that is away, since when the oldest does, and what was said."""

    number: int
    since: datetime
    reason: str


async def waiting(session: AsyncSession) -> Waiting | None:
    """The files that could not be seen to, and will be tried again; None when there are none."""
    number, since, reason = (
        await session.execute(
            select(func.count(distinct(Blob.sha256)), func.min(Blob.created_at), func.max(JobRow.error))
            .join(JobRow, files.DIGEST == Blob.sha256)
            .where(files.SEES_TO_ONE, JobRow.dead_at.is_(None), JobRow.error.is_not(None))
        )
    ).one()
    return Waiting(number, since, reason or "") if number else None
