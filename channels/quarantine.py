"""Quarantine: mail that was kept but not let in, for a colleague to judge. Webhooks have theirs in `core`."""

import asyncio
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from channels.adapters.email.isolation import Reader
from channels.adapters.email.parsing import ParsedMail
from channels.adapters.email.reading import ReadMail
from channels.models import ReceivedMail
from core.clock import now
from core.errors import NotFound
from core.jobs import enqueue
from core.nudges import nudge
from core.operations import DISMISSED


async def waiting(session: AsyncSession, limit: int = 100) -> list[ReceivedMail]:
    """Mail in quarantine, the newest first, without its raw bytes."""
    return list(
        await session.scalars(
            select(ReceivedMail)
            .where(ReceivedMail.quarantined.is_not(None), ReceivedMail.processed_at.is_(None))
            .order_by(ReceivedMail.received_at.desc(), ReceivedMail.id.desc())
            .limit(limit)
            .options(defer(ReceivedMail.raw))
        )
    )


async def find(session: AsyncSession, received_mail_id: UUID) -> ReceivedMail:
    """One mail with its raw bytes, whatever became of it. Raises NotFound."""
    mail = await session.get(ReceivedMail, received_mail_id)
    if mail is None:
        raise NotFound("That mail does not exist.")
    return mail


async def read(raw: bytes) -> ParsedMail:
    """What a mail says, as far as that can be read: in a process of its own, which ends with it."""
    return await asyncio.to_thread(_read, raw)


def _read(raw: bytes) -> ParsedMail:
    reader = Reader()
    try:
        return reader.parse(raw)
    finally:
        reader.stop()


async def replay(session: AsyncSession, received_mail_id: UUID, *, alone: bool = False) -> None:
    """Read a mail again, as if it had just come; `alone` lets it in as a new, unproven thread.

    Raises NotFound when it does not wait any more.
    """
    mail = await _waits(session, received_mail_id)
    if "=temperror" in (mail.found_out or ""):
        mail.found_out = None  # the DNS may answer now
    # A key of its own: the decision must not be lost to a mere replay that still waits.
    await enqueue(session, ReadMail(mail.id, alone), key=f"mail:{mail.id}" + (":alone" if alone else ""))


async def dismiss(session: AsyncSession, received_mail_id: UUID, by: str) -> None:
    """Leave a mail out for good; its bytes and the reason stay. Raises NotFound when it waits no more."""
    mail = await _waits(session, received_mail_id)
    mail.processed_at = now()
    mail.quarantined = f"{mail.quarantined}{DISMISSED}{by})"
    nudge(session, "quarantine")


async def restore(session: AsyncSession, received_mail_id: UUID) -> None:
    """Let a dismissed mail wait again. Raises NotFound."""
    mail = await session.get(ReceivedMail, received_mail_id, with_for_update=True)
    if mail is None or mail.processed_at is None or DISMISSED not in (mail.quarantined or ""):
        raise NotFound("That mail was not dismissed.")
    mail.processed_at = None
    mail.quarantined = (mail.quarantined or "").rpartition(DISMISSED)[0]
    nudge(session, "quarantine")


async def _waits(session: AsyncSession, received_mail_id: UUID) -> ReceivedMail:
    mail = await session.get(ReceivedMail, received_mail_id, with_for_update=True)
    if mail is None or mail.quarantined is None or mail.processed_at is not None:
        raise NotFound("That mail is not in quarantine any more.")
    return mail
