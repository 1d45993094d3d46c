"""Reading: from a mail that is kept raw to a message in a conversation, or to quarantine with the reason."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations
from channels.adapters.email import automation, bounces, complaints
from channels.adapters.email.authentication import is_judged, is_proven, is_refuted
from channels.adapters.email.isolation import parse_apart
from channels.adapters.email.parsing import ParsedMail
from channels.models import ReceivedMail
from channels.tokens import conversation_named, message_returned
from core import locks
from core.clock import now
from core.errors import DomainError, Invalid, TransientError
from core.jobs import Job, enqueue
from core.locks import Realm
from core.nudges import nudge
from core.settings import Settings
from customers import identities

log = structlog.get_logger()

LONG_AGO = timedelta(days=1)
# No mail is older; clocks that were never set are.
EPOCH = datetime(1982, 1, 1, tzinfo=UTC)


class ReadMail(Job, tag="channels.read_mail", frozen=True):
    """Read a kept mail; `alone`, a colleague's decision, lets it open a thread of its own in any case."""

    received_mail_id: UUID
    alone: bool = False


class CheckMail(Job, tag="channels.check_mail", frozen=True):
    """Find out who signed a kept mail, of whom nobody else says it, and let it be read then."""

    received_mail_id: UUID
    alone: bool = False


class Outcome(StrEnum):
    """What became of a mail that came in."""

    NEW_THREAD = "new thread"
    JOINED = "joined"
    AUTOMATED = "automated"  # let in as well; no person wrote it
    FLAGGED = "flagged"  # let in as well; its Message-ID stood for another mail before
    DUPLICATE = "duplicate"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    QUARANTINED = "quarantined"
    NOT_TAKEN = "not taken"  # of a file that cannot be read: nothing is kept of it


@dataclass(frozen=True)
class Kept:
    """A kept mail that waits to be read; its bytes only where they are few."""

    id: UUID
    mailbox: str
    digest: str
    mail_from: str
    rcpt_to: list[str]
    vouched_by: str | None
    found_out: str | None
    raw: bytes | None


@dataclass(frozen=True)
class Reading:
    """What became of a kept mail, why, and what it says; `parsed` is None where nothing was read anew."""

    outcome: Outcome
    reason: str = ""
    parsed: ParsedMail | None = None


async def read_mail(
    session: AsyncSession,
    job: ReadMail,
    settings: Settings,
    parsed: ParsedMail | None = None,
    *,
    from_file: bool = False,
) -> Reading | None:
    """Let a kept mail in, once; what cannot be read or trusted stays in quarantine with the reason.

    None when it has been read before, or is to be checked first. What it says may be known already (`parsed`). One
    from a file that was written long ago stands on the timeline where it belongs.
    """
    mail = await session.get(ReceivedMail, job.received_mail_id, with_for_update=True)
    if mail is None or mail.processed_at is not None:
        return None
    # One mail to several of our mailboxes is one message: its copies are read one after another.
    await locks.hold(session, [(Realm.CONTENT, mail.digest)])
    twin = await session.scalar(
        select(ReceivedMail.message_id)
        .where(ReceivedMail.digest == mail.digest, ReceivedMail.message_id.is_not(None))
        .limit(1)
    )
    if twin is not None:
        mail.message_id, mail.processed_at, mail.quarantined = twin, now(), None
        return Reading(Outcome.DUPLICATE, "It came to another mailbox of ours, too.")
    try:
        async with session.begin_nested():
            if parsed is None:
                parsed = await parse_apart(mail.raw)
            if is_unchecked(mail, parsed, settings):
                await enqueue(session, CheckMail(mail.id, job.alone))
                return None
            reading = await _let_in(session, mail, parsed, settings, alone=job.alone, from_file=from_file)
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
        mail.processed_at, mail.quarantined = now(), None
        return reading
    nudge(session, "quarantine")
    return Reading(Outcome.QUARANTINED, mail.quarantined, parsed)


async def _let_in(
    session: AsyncSession,
    mail: ReceivedMail,
    parsed: ParsedMail,
    settings: Settings,
    *,
    alone: bool,
    from_file: bool,
) -> Reading:
    """Record a report on our own mail, or let a message in; `mail.message_id` names it then."""
    complaint = complaints.find(parsed)
    if complaint is not None and await complaints.record(session, complaint):
        return Reading(Outcome.COMPLAINT, complaints.COMPLAINED, parsed)
    bounce = bounces.find(parsed, came_back(mail, settings))
    if bounce is not None and await bounces.record(session, bounce):
        return Reading(Outcome.BOUNCE, f"{bounce.status} {bounce.words}".strip(), parsed)
    incoming = understand(mail, parsed, settings, alone=alone)
    if from_file and parsed.written_at is not None and EPOCH < parsed.written_at < now() - LONG_AGO:
        incoming = replace(incoming, happened_at=parsed.written_at)
    received = await conversations.receive(session, incoming)
    mail.message_id = received.message_id
    if complaint is not None:
        return Reading(Outcome.COMPLAINT, "It names no mail of ours: let in to be read.", parsed)
    if bounce is not None:
        return Reading(Outcome.BOUNCE, "It names no mail of ours: let in to be read.", parsed)
    if received.flag:
        return Reading(Outcome.FLAGGED, received.flag, parsed)
    if incoming.automated:
        why = automation.why_automated(parsed, mail.mail_from, settings.mail_domain)
        return Reading(Outcome.AUTOMATED, why, parsed)
    return Reading(Outcome.NEW_THREAD if received.opened else Outcome.JOINED, "", parsed)


def understand(
    mail: ReceivedMail | Kept, parsed: ParsedMail, settings: Settings, *, alone: bool = False
) -> conversations.Incoming:
    """What a kept mail says, as a message. Raises Invalid for what names no sender or cannot be parsed."""
    if parsed.broken:
        raise Invalid(f"It is not a readable mail: {parsed.broken}")
    # A mail without From is answered to whoever handed it in; none of these is proven.
    named = [parsed.sender, *parsed.others(), mail.mail_from.strip("<> ")]
    address = next((each for each in named if each), "")
    if not address:
        raise Invalid("It names no sender.")
    try:
        sender = identities.email(address)
    except Invalid:
        raise Invalid("Its sender's address is not one that mail can reach.") from None
    if sender.value == mail.mailbox:
        raise Invalid("It came from ourselves.")
    trusted = _trusted(mail, settings)
    return conversations.Incoming(
        channel="email",
        account=mail.mailbox,
        external_id=mail.digest,
        sender=sender,
        sender_address=address,
        sender_name=parsed.sender_name,
        proven=is_proven(parsed, trusted, mail.found_out or ""),
        refuted=is_refuted(parsed, trusted),
        subject=parsed.subject,
        text=parsed.text,
        html=parsed.html,
        recipients={"to": list(parsed.to), "cc": list(parsed.cc)},
        files=parsed.files,
        automated=bool(automation.why_automated(parsed, mail.mail_from, settings.mail_domain)),
        written_at=parsed.written_at,
        rfc_message_id=parsed.message_id,
        references=parsed.references,
        named=_named(parsed, mail, settings),
        alone=alone,
        kept_as=mail.id if isinstance(mail, Kept) else None,
    )


def is_unchecked(mail: ReceivedMail | Kept, parsed: ParsedMail, settings: Settings) -> bool:
    """Whether a mail is signed, and neither a relay that we trust nor we ourselves have looked at that."""
    return (
        mail.found_out is None
        and settings.check_signatures
        and parsed.senders == 1
        and bool(parsed.values("dkim-signature"))
        and not is_judged(parsed, _trusted(mail, settings))
    )


def _trusted(mail: ReceivedMail | Kept, settings: Settings) -> str | None:
    return settings.trusted_authserv_id if mail.vouched_by is None else mail.vouched_by


def came_back(mail: ReceivedMail | Kept, settings: Settings) -> UUID | None:
    """The message of ours to whose own address a mail was sent."""
    returned = (message_returned(settings, str(address)) for address in mail.rcpt_to)
    return next((each for each in returned if each is not None), None)


def _named(parsed: ParsedMail, mail: ReceivedMail | Kept, settings: Settings) -> list[UUID]:
    """The threads that signed reply addresses name, wherever relays put the address."""
    addresses = [*parsed.addressed(), *(str(address) for address in mail.rcpt_to)]
    found = [conversation_named(settings, address) for address in addresses]
    return list(dict.fromkeys(each for each in found if each is not None))
