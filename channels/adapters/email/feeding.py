"""Feeding: mails from files take the very path of mails that come in; for imports and replays."""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.adapters.email.arrivals import digest, keep
from channels.adapters.email.checking import Names, find_out
from channels.adapters.email.envelopes import remembered
from channels.adapters.email.parsing import ParsedMail, head
from channels.adapters.email.reading import Outcome, Reading, ReadMail, read_mail
from channels.models import Attachment, Message, ReceivedMail
from core.database import Database
from core.settings import Settings
from customers.models import Customer

KNOWN = Reading(Outcome.DUPLICATE, "The same mail was taken before.")


@dataclass(frozen=True)
class Fed:
    """What became of one mail; `customer` and what follows is empty where no message stands for it."""

    source: str
    message_id: str
    outcome: Outcome
    reason: str = ""
    customer: str = ""
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    sender: str = ""
    subject: str = ""
    text: str = ""
    attachments: list[dict[str, str | int]] = field(default_factory=list)


async def feed(
    database: Database,
    settings: Settings,
    source: str,
    raw: bytes,
    mailbox: str | None = None,
    names: Names | None = None,
) -> Fed:
    """Keep one mail and read it, in a transaction of its own; what became of it.

    It goes to the mailboxes of ours that its headers name, else to `mailbox` (by default the support address).
    A mail that was taken before is a duplicate, by whichever way it came. Its signatures are looked at where
    `names` can be asked for their keys: else the outcome depends on nothing but the mail and what is here.
    """
    said = head(raw)
    found_out = await find_out(raw, settings, names) if names is not None else ""
    async with database.transaction() as session:
        envelope = await remembered(session, said, settings, mailbox)
        ids = await keep(
            session, envelope.mailboxes, envelope.mail_from, envelope.rcpt_to, raw, found_out=found_out
        )
        readings = [await read_mail(session, ReadMail(mail_id), settings, from_file=True) for mail_id in ids]
        reading = next((each for each in readings if each is not None), KNOWN)
        if reading.outcome is Outcome.QUARANTINED:
            return _kept_out(source, said, reading)
        message_id = await session.scalar(
            select(ReceivedMail.message_id)
            .where(ReceivedMail.digest == digest(raw), ReceivedMail.message_id.is_not(None))
            .limit(1)
        )
        message = await session.get(Message, message_id) if message_id else None
        if message is None:
            return _kept_out(source, said, reading)
        return await _let_in(session, source, said, reading, message)


def left_out(source: str, raw: bytes, why: str) -> Fed:
    """Of what could not be taken: nothing is kept of it, and it may be fed again."""
    said = head(raw)
    return Fed(source, said.message_id, Outcome.NOT_TAKEN, why, sender=said.sender, subject=said.subject)


def _kept_out(source: str, said: ParsedMail, reading: Reading) -> Fed:
    """Of a mail that no message stands for: in quarantine, or a report that was recorded."""
    parsed = reading.parsed or said
    return Fed(
        source,
        said.message_id,
        reading.outcome,
        reading.reason,
        sender=parsed.sender,
        subject=parsed.subject,
        text=parsed.text,
        attachments=[
            _attachment(
                each.filename, each.content_type, len(each.content), hashlib.sha256(each.content).hexdigest()
            )
            for each in parsed.files
        ],
    )


async def _let_in(
    session: AsyncSession, source: str, said: ParsedMail, reading: Reading, message: Message
) -> Fed:
    customer = await session.get_one(Customer, message.customer_id)
    files = await session.scalars(
        select(Attachment).where(Attachment.message_id == message.id).order_by(Attachment.id)
    )
    return Fed(
        source,
        said.message_id,
        reading.outcome,
        reading.reason,
        customer=customer.name or message.sender,
        customer_id=message.customer_id,
        conversation_id=message.conversation_id,
        sender=message.sender,
        subject=message.subject,
        text=message.text,
        attachments=[_attachment(each.filename, each.content_type, each.size, each.sha256) for each in files],
    )


def _attachment(filename: str, content_type: str, size: int, sha256: str) -> dict[str, str | int]:
    return {"filename": filename, "content_type": content_type, "size": size, "sha256": sha256}
