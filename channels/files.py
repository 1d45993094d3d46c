"""Files that people send: once per content, checked for viruses, and carried out of the database where wanted.

Every file is first a row, in the transaction of the message that brings it: nothing is lost between the two. A job
of its own asks the scanner and carries the bytes to the storage, outside of any transaction.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, delete, func, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only
from uuid_utils.compat import uuid7

from channels import reservations
from channels.base import Enclosure, Kept, Outcome, Submission, later, refused
from channels.jobs import SeeToFile
from channels.models import Attachment, Blob, Scanned
from core import scanning
from core.clock import now
from core.errors import Conflict, DomainError, NotAllowed, NotFound, TransientError
from core.jobs import JobRow, enqueue_many
from core.settings import Settings, settings
from core.storage import Storage
from core.words import mark, worded

UNSCANNED = (Scanned.UNCHECKED, Scanned.PENDING)
# How many the sweep promises at a time.
SWEPT = 1000


# What may be large is taken out of its array row by row, never through a table in between.
_KEEP = """
INSERT INTO blob (sha256, content, scanned)
SELECT sha256, (cast(:contents AS bytea[]))[place], cast(:scanned AS text)
FROM unnest(cast(:kept AS text[])) WITH ORDINALITY AS new (sha256, place)
ON CONFLICT DO NOTHING RETURNING sha256
"""
KEEP = text(_KEEP)
ATTACH = text(f"""
WITH new AS ({_KEEP}), attached AS (
    INSERT INTO attachment (id, message_id, sha256, filename, content_type, size, content_id)
    SELECT id, message_id, sha256, filename, content_type, size, content_id FROM unnest(
        cast(:ids AS uuid[]), cast(:messages AS uuid[]), cast(:digests AS text[]), cast(:names AS text[]),
        cast(:types AS text[]), cast(:sizes AS int[]), cast(:content_ids AS text[])
    ) AS brought (id, message_id, sha256, filename, content_type, size, content_id)
)
SELECT sha256 FROM new
""")  # noqa: S608 - only a part of our own is put in


async def keep(session: AsyncSession, contents: Mapping[str, bytes]) -> None:
    """Store contents under their SHA-256 (hexadecimal); what is there already is stored once."""
    await _keep(session, KEEP, contents, {})


async def attach(session: AsyncSession, brought: Sequence[tuple[UUID, Enclosure]]) -> None:
    """Store the files that messages brought, each by the id of its message, and name them in these."""
    if not brought:
        return
    digests = [hashlib.sha256(file.content).hexdigest() for _, file in brought]
    contents = {digest: file.content for digest, (_, file) in zip(digests, brought, strict=True)}
    columns = {
        "ids": [uuid7() for _ in brought],
        "messages": [message_id for message_id, _ in brought],
        "digests": digests,
        "names": [file.filename for _, file in brought],
        "types": [file.content_type for _, file in brought],
        "sizes": [len(file.content) for _, file in brought],
        "content_ids": [file.content_id for _, file in brought],
    }
    await _keep(session, ATTACH, contents, columns)


async def _keep(
    session: AsyncSession, statement: TextClause, contents: Mapping[str, bytes], more: Mapping[str, Any]
) -> None:
    told = settings()
    scanned = Scanned.PENDING if told.clamd else Scanned.UNCHECKED
    # One order for everyone, so that nobody waits for whoever waits for them.
    kept = sorted(contents)
    rows = {"kept": kept, "contents": [contents[each] for each in kept], "scanned": str(scanned)}
    new = await session.scalars(statement, {**rows, **more})
    if told.clamd or told.file_storage:
        await promise(session, list(new))


async def sweep(session: AsyncSession, told: Settings) -> None:
    """See that for any file a job is due that does what is to be done: also for those of before a scanner or a
    storage was set, and for those whose job has waited for either in vain.
    """
    if not told.clamd:
        # Nobody will look at it any more: it is as what came before there was a scanner.
        await set_back(session, (Scanned.PENDING, Scanned.TOO_LARGE), Scanned.UNCHECKED)
    undone = []
    if told.clamd:
        undone.append(Blob.scanned.in_(UNSCANNED))
    if told.file_storage:
        undone.append(Blob.content.is_not(None))
    if not undone:
        return
    chosen = select(Blob.sha256).where(or_(*undone)).order_by(Blob.created_at).limit(SWEPT)
    digests = list(await session.scalars(chosen))
    # One job a file, however long an outage lasts.
    await session.execute(delete(JobRow).where(SEES_TO_ONE, DIGEST.in_(digests), JobRow.dead_at.is_not(None)))
    waits = await session.scalars(
        update(JobRow)
        .where(SEES_TO_ONE, DIGEST.in_(digests), JobRow.dead_at.is_(None))
        .values(due_at=func.least(JobRow.due_at, func.now()))
        .returning(DIGEST)
        .execution_options(synchronize_session=False)
    )
    promised = set(waits)
    await promise(session, [digest for digest in digests if digest not in promised])


# The jobs of files, and which file each sees to.
SEES_TO_ONE = JobRow.tag == str(SeeToFile.__struct_config__.tag)
DIGEST = func.substring(JobRow.payload, '"sha256":"([0-9a-f]+)"')


async def set_back(session: AsyncSession, states: Sequence[Scanned], to: Scanned) -> list[str]:
    """Put files of these states into another, as if nobody had looked at them; their digests."""
    return list(
        await session.scalars(
            update(Blob)
            .where(Blob.scanned.in_(states))
            .values(scanned=to, scanned_at=None)
            .returning(Blob.sha256)
            .execution_options(synchronize_session=False)
        )
    )


async def promise(session: AsyncSession, digests: Sequence[str]) -> None:
    """Promise that each of these files is seen to."""
    jobs = [SeeToFile(digest) for digest in digests]
    await enqueue_many(session, jobs, keys=[f"file:{digest}" for digest in digests])


@dataclass(frozen=True)
class Task:
    """A file for which something is to be done, and the name that it gets in the storage, if it is to go there."""

    file: Kept
    name: str | None


async def unseen(session: AsyncSession, sha256: str, told: Settings) -> Task | None:
    """What is to be done for a file still, None when all is done."""
    blob = await session.get(Blob, sha256)
    if blob is None:
        return None
    unscanned = bool(told.clamd) and blob.scanned in UNSCANNED
    unstored = bool(told.file_storage) and blob.content is not None
    if not unscanned and not unstored:
        return None
    return Task(kept(blob), await reservations.reserve(session, sha256) if unstored else None)


def kept(blob: Blob) -> Kept:
    return Kept(blob.sha256, blob.content, blob.name, blob.scanned, blob.found)


async def see_to(task: Task, storage: Storage | None, clamd: str) -> Kept:
    """Check a file and carry it to the storage, as far as there are such; what it is then, to be recorded.

    No transaction is open meanwhile. Raises TransientError when the scanner or the storage is away.
    """
    file = task.file
    content = await read(file, storage)
    file = await _scan(file, content, clamd)
    if storage is not None and task.name is not None:
        await storage.put(task.name, content)
        file = replace(file, content=None, name=task.name)
    return file


async def _scan(file: Kept, content: bytes, clamd: str) -> Kept:
    if not clamd or file.scanned not in UNSCANNED:
        return file
    try:
        found = await scanning.scan(clamd, content)
    except scanning.TooLarge:
        return replace(file, scanned=Scanned.TOO_LARGE)
    return replace(file, scanned=Scanned.INFECTED if found else Scanned.CLEAN, found=found)


async def record(session: AsyncSession, file: Kept) -> None:
    """Write down what `see_to` did, as far as nobody has written it down before."""
    blob = await session.get_one(Blob, file.sha256, with_for_update=True)
    if blob.scanned in UNSCANNED and file.scanned not in UNSCANNED:
        blob.scanned, blob.found, blob.scanned_at = file.scanned, file.found, now()
    if file.name is not None and blob.content is not None and await reservations.take(session, file.name):
        blob.name, blob.content = file.name, None


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


async def look_through(raw: bytes, told: Settings) -> Kept:
    """What the scanner says of a whole mail, as of a file that is kept nowhere; see `check`.

    Raises TransientError when it is away.
    """
    file = Kept(hashlib.sha256(raw).hexdigest(), raw, None, Scanned.UNCHECKED)
    return await _scan(file, raw, told.clamd)


async def check_all(session: AsyncSession, message_id: UUID, told: Settings) -> None:
    """`check` every file of a message: what holds them all is given to nobody who may not have one of them."""
    found = await session.scalars(
        select(Blob)
        .options(load_only(Blob.sha256, Blob.name, Blob.scanned, Blob.found))
        .join(Attachment, Attachment.sha256 == Blob.sha256)
        .where(Attachment.message_id == message_id)
    )
    for blob in found:
        check(Kept(blob.sha256, None, blob.name, blob.scanned, blob.found), told)


def check(file: Kept, told: Settings) -> None:
    """Raise NotAllowed for a file with a virus, Conflict for one that a scanner is still to look at."""
    if file.scanned == Scanned.INFECTED:
        raise NotAllowed(
            worded(
                "This file holds a virus (%(virus)s). It is kept, but not given to anybody.",
                virus=file.found or "?",
            )
        )
    if told.clamd and file.scanned == Scanned.TOO_LARGE:
        raise NotAllowed(
            mark(
                "This file is too large to be checked for viruses. It is kept, but not given to anybody before an"
                " admin has raised the scanner's limit."
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
