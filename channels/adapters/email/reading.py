"""Reading: from a mail that is kept raw to a message in a conversation, or to quarantine with the reason."""

from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations
from channels.adapters.email import automation, bounces
from channels.adapters.email.authentication import is_proven
from channels.adapters.email.isolation import parse_apart
from channels.adapters.email.parsing import ParsedMail
from channels.models import ReceivedMail
from channels.tokens import conversation_named
from core.clock import now
from core.errors import DomainError, Invalid, TransientError
from core.jobs import Job
from core.nudges import nudge
from core.settings import Settings
from customers import identities

log = structlog.get_logger()


class ReadMail(Job, tag="channels.read_mail", frozen=True):
    """Read a kept mail; `alone`, a colleague's decision, lets it open a thread of its own in any case."""

    received_mail_id: UUID
    alone: bool = False


async def read_mail(session: AsyncSession, job: ReadMail, settings: Settings) -> None:
    """Let a kept mail in, once; what cannot be read or trusted stays in quarantine with the reason."""
    mail = await session.get(ReceivedMail, job.received_mail_id, with_for_update=True)
    if mail is None or mail.processed_at is not None:
        return
    # One mail to several of our mailboxes is one message: its copies are read one after another.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 2))"), {"digest": mail.digest}
    )
    twin = await session.scalar(
        select(ReceivedMail.message_id)
        .where(ReceivedMail.digest == mail.digest, ReceivedMail.message_id.is_not(None))
        .limit(1)
    )
    if twin is not None:
        mail.message_id, mail.processed_at, mail.quarantined = twin, now(), None
        return
    try:
        async with session.begin_nested():
            parsed = await parse_apart(mail.raw)
            bounce = bounces.find(parsed)
            if bounce is not None and await bounces.record(session, bounce):
                mail.processed_at, mail.quarantined = now(), None
                return
            incoming = understand(mail, parsed, settings, alone=job.alone)
            received = await conversations.receive(session, incoming)
    except (TransientError, OperationalError, InterfaceError, OSError):
        raise
    except DomainError as error:
        mail.quarantined = error.message[:500]
    except Exception as error:
        if isinstance(error, DBAPIError) and str(getattr(error.orig, "sqlstate", "")).startswith("40"):
            raise  # a deadlock: the next try will do
        log.warning("mail cannot be read", received_mail_id=str(mail.id), exc_info=True)
        mail.quarantined = f"It cannot be read: {type(error).__name__}."
    else:
        mail.message_id, mail.processed_at, mail.quarantined = received.message_id, now(), None
        return
    nudge(session, "quarantine")


def understand(
    mail: ReceivedMail, parsed: ParsedMail, settings: Settings, *, alone: bool = False
) -> conversations.Incoming:
    """What a kept mail says, as a message. Raises Invalid for what names no sender or cannot be parsed."""
    if parsed.broken:
        raise Invalid(f"It is not a readable mail: {parsed.broken}")
    if not parsed.sender:
        raise Invalid("It names no sender.")
    try:
        sender = identities.email(parsed.sender)
    except Invalid:
        raise Invalid("Its sender's address is not one that mail can reach.") from None
    if sender.value == mail.mailbox:
        raise Invalid("It came from ourselves.")
    return conversations.Incoming(
        channel="email",
        account=mail.mailbox,
        external_id=mail.digest,
        sender=sender,
        sender_address=parsed.sender,
        sender_name=parsed.sender_name,
        proven=is_proven(parsed, settings.trusted_authserv_id),
        subject=parsed.subject,
        text=parsed.text,
        html=parsed.html,
        recipients={"to": list(parsed.to), "cc": list(parsed.cc)},
        files=parsed.files,
        automated=bool(automation.why_automated(parsed, mail.mail_from, settings.mail_domain)),
        rfc_message_id=parsed.message_id,
        references=parsed.references,
        named=_named(parsed, mail, settings),
        alone=alone,
    )


def _named(parsed: ParsedMail, mail: ReceivedMail, settings: Settings) -> list[UUID]:
    """The threads that signed reply addresses name, wherever relays put the address."""
    addresses = [*parsed.addressed(), *(str(address) for address in mail.rcpt_to)]
    found = [conversation_named(settings, address) for address in addresses]
    return list(dict.fromkeys(each for each in found if each is not None))
