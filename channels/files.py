"""Files that people send: once per content, checked for viruses, and carried out of the database where wanted.

Every file is first a row, in the transaction of the message that brings it: nothing is lost between the two. A job
of its own asks the scanner and carries the bytes to the storage, outside of any transaction.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import null, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Kept, Outcome, Submission, later, refused
from channels.jobs import SeeToFile
from channels.models import Attachment, Blob, Message, Scanned, table
from core import scanning
from core.clock import now
from core.errors import Conflict, DomainError, NotAllowed, NotFound, TransientError
from core.jobs import enqueue_many
from core.settings import Settings, settings
from core.storage import Storage, mint_name
from core.words import mark, worded

UNSCANNED = (Scanned.UNCHECKED, Scanned.PENDING)
# How many the sweep promises at a time.
SWEPT = 1000


async def keep(session: AsyncSession, contents: Mapping[str, bytes]) -> None:
    """Store contents under their SHA-256 (hexadecimal); what is there already is stored once."""
    told = settings()
    scanned = Scanned.PENDING if told.clamd else Scanned.UNCHECKED
    rows = [
        {"sha256": digest, "content": contents[digest], "scanned": str(scanned)}
        for digest in sorted(contents)
    ]
    new = await session.scalars(
        insert(table(Blob)).on_conflict_do_nothing().returning(table(Blob).c.sha256), rows
    )
    if told.clamd or told.file_storage:
        await _promise(session, list(new))


async def sweep(session: AsyncSession, told: Settings) -> None:
    """Promise what is still to be done for any file: also for those of before a scanner or a storage was set."""
    undone = []
    if told.clamd:
        undone.append(Blob.scanned.in_(UNSCANNED))
    if told.file_storage:
        undone.append(Blob.content.is_not(None))
    if undone:
        chosen = select(Blob.sha256).where(or_(*undone)).order_by(Blob.created_at).limit(SWEPT)
        await _promise(session, list(await session.scalars(chosen)))


async def _promise(session: AsyncSession, digests: Sequence[str]) -> None:
    jobs = [SeeToFile(digest) for digest in digests]
    await enqueue_many(session, jobs, keys=[f"file:{digest}" for digest in digests])


async def unseen(session: AsyncSession, sha256: str, told: Settings) -> Kept | None:
    """A file for which something is to be done still, None when all is done."""
    blob = await session.get(Blob, sha256)
    if blob is None:
        return None
    unscanned = bool(told.clamd) and blob.scanned in UNSCANNED
    unstored = bool(told.file_storage) and blob.content is not None
    return kept(blob) if unscanned or unstored else None


def kept(blob: Blob) -> Kept:
    return Kept(blob.sha256, blob.content, blob.name, blob.scanned, blob.found)


async def see_to(file: Kept, storage: Storage | None, clamd: str) -> Kept:
    """Check a file and carry it to the storage, as far as there are such; what it is then, to be recorded.

    No transaction is open meanwhile. Raises TransientError when the scanner or the storage is away.
    """
    content = await read(file, storage)
    file = await _scan(file, content, clamd)
    if storage is not None and file.content is not None:
        name = mint_name()
        await storage.put(name, content)
        file = replace(file, content=None, name=name)
    return file


async def _scan(file: Kept, content: bytes, clamd: str) -> Kept:
    if not clamd or file.scanned not in UNSCANNED:
        return file
    found = await scanning.scan(clamd, content)
    return replace(file, scanned=Scanned.INFECTED if found else Scanned.CLEAN, found=found)


async def record(session: AsyncSession, file: Kept) -> bool:
    """Write down what `see_to` did; False when another had stored it meanwhile, and `file.name` is superfluous."""
    blob = await session.get_one(Blob, file.sha256, with_for_update=True)
    if blob.scanned in UNSCANNED and file.scanned not in UNSCANNED:
        blob.scanned, blob.found, blob.scanned_at = file.scanned, file.found, now()
    if file.name is not None and blob.content is not None:
        blob.name, blob.content = file.name, None
    return blob.name == file.name


async def read(file: Kept, storage: Storage | None) -> bytes:
    """The bytes of a file, the very ones that came. Raises NotFound, TransientError, Conflict where they changed."""
    content = file.content
    if content is None:
        if storage is None or file.name is None:
            raise NotFound("That file lies in a storage that is not set up here.")
        content = await storage.get(file.name)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise Conflict("That file is damaged: it is not what was sent.")
    return content


def check(file: Kept, told: Settings) -> None:
    """Raise NotAllowed for a file with a virus, Conflict for one that a scanner is still to look at."""
    if file.scanned == Scanned.INFECTED:
        raise NotAllowed(
            worded(
                "This file holds a virus (%(virus)s). It is kept, but not given to anybody.",
                virus=file.found or "?",
            )
        )
    if told.clamd and file.scanned != Scanned.CLEAN:
        raise Conflict(mark("This file is still being checked for viruses. Try again in a minute."))


async def enclosed(submission: Submission, storage: Storage | None, told: Settings) -> Submission | Outcome:
    """A submission with the bytes of its files, or why it does not leave: nothing that a scanner has not passed."""
    files = []
    for file in submission.files:
        try:
            if file.kept is not None:
                content = await read(file.kept, storage)
                # It need not wait for the job that will write down the same.
                check(await _scan(file.kept, content, told.clamd), told)
                file = replace(file, content=content, kept=None)
            files.append(file)
        except TransientError as error:
            return later(error.message)
        except DomainError as error:
            return refused(f"“{file.filename}” was not sent. {error.message}")
    return replace(submission, files=tuple(files))


async def of_attachment(
    session: AsyncSession, attachment_id: UUID, *, whole: bool = False
) -> tuple[Attachment, Kept]:
    """A file by the id of what names it, with its bytes if `whole`. Raises NotFound; whoever calls asks who may."""
    content = Blob.content if whole else null()
    row = (
        await session.execute(
            select(Attachment, Blob.sha256, content, Blob.name, Blob.scanned, Blob.found)
            .join(Blob, Blob.sha256 == Attachment.sha256)
            .where(Attachment.id == attachment_id)
        )
    ).first()
    if row is None:
        raise NotFound("That file does not exist.")
    attachment, sha256, bytes_, name, scanned, found = row
    return attachment, Kept(sha256, bytes_, name, scanned, found)


@dataclass(frozen=True)
class Infected:
    """A file with a virus, and the message that brought it."""

    filename: str
    found: str
    scanned_at: datetime
    sender: str
    conversation_id: UUID | None


async def infected(session: AsyncSession, limit: int) -> list[Infected]:
    """The files in which a scanner found something, the newest first."""
    rows = await session.execute(
        select(Attachment.filename, Blob.found, Blob.scanned_at, Message.sender, Message.conversation_id)
        .join(Blob, Blob.sha256 == Attachment.sha256)
        .join(Message, Message.id == Attachment.message_id)
        .where(Blob.scanned == "infected")
        .order_by(Blob.scanned_at.desc(), Attachment.id.desc())
        .limit(limit)
    )
    return [
        Infected(filename, found or "", scanned_at or now(), sender, conversation_id)
        for filename, found, scanned_at, sender, conversation_id in rows
    ]
