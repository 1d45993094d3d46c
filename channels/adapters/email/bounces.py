"""Bounces: the report of a mail system that it could not deliver one of ours (RFC 3464, and older habits)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import Message
from uuid import UUID

from flufl.bounce import all_failures
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels import copies
from channels.adapters.email.characters import clean
from channels.adapters.email.parsing import ParsedMail, own_id
from channels.announcements import LIGHT, MESSAGE, announce
from channels.models import Direction, MessageReference, MessageStatus
from customers import consent
from customers.models import SuppressionScope

_OPEN = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN, MessageStatus.SENDING)
MAX_REPORT = 20_000
# Some of the detectors take the square of a line's length.
MAX_GUESSED = 10_000
MAX_GUESSED_LINE = 300
_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers")
_STATUS = re.compile(r"(?<![.\d])([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_CODE = re.compile(r"\b5[05]\d[ \-]")
_UNKNOWN = re.compile(
    r"no such (?:user|mailbox|recipient|address|person)|user unknown|unknown user|unknown (?:local )?(?:user|recipient)"
    r"|unrouteable address|does(?:n't| not) exist|no mail ?box (?:here|available)|mailbox (?:unavailable|not found)"
    r"|unrouteable mail domain|couldn't find any host|address rejected|(?:user|recipient)(?: address)? not found"
    r"|not (?:a|our) (?:known|valid|current) (?:user|customer|address|mailbox|recipient)|not an active address"
    r"|(?:account|mailbox|user|address)(?: has been| is)?(?: \w+)? (?:disabled|deactivated|discontinued|closed)"
    r"|(?:deactivated|disabled|invalid|bad)[ _](?:mailbox|recipient|user|account)|no such domain at this location",
    re.IGNORECASE,
)
# The mailbox is there: it is full, or what was sent, or who sent it, was not wanted.
_OTHERWISE = re.compile(
    r"(?P<full>quota|full\b|too many messages|over(?:size| limit)|(?:disk|storage|space|size)\b.{0,30}(?:limit|exceed))"
    r"|\b(?:sender|spam|junk|spf|dkim|dmarc|blacklist|block(?:ed|list)|relay(?:ing)?|policy|reputation|greylist)",
    re.IGNORECASE,
)
# It takes nothing for now, whatever the code says: Gmail says 5.2.1 of a mailbox that gets too much at once.
_PASSING = re.compile(r"temporar|\brate\b|too (?:quickly|fast)|try (?:again )?later", re.IGNORECASE)
_LATER = re.compile(r"(?:^|[;:])\s*4[235]\d[ \-]")
_OWN_ID = re.compile(r"^[ >]*Message-ID:\s*<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE)
_NO_SUCH_ADDRESS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
_REPORTERS = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "mailerdaemon", "mail_daemon")


@dataclass(frozen=True)
class Bounce:
    """Which mail of ours failed, at which address, with which status code (RFC 3463) and in which words.

    `address` is empty where the report does not say it. `message_id` is known where it came back to an address of
    the mail's own.
    """

    rfc_message_id: str
    status: str
    words: str
    address: str = ""
    message_id: UUID | None = None

    @property
    def is_address(self) -> bool:
        """Whether the address itself is at fault, not the mail or the mailbox's state."""
        return self.status in _NO_SUCH_ADDRESS


def find(mail: ParsedMail, came_back: UUID | None = None) -> Bounce | None:
    """The bounce that a report tells of; None for any other mail, and for reports of success or delay.

    `came_back` is the message whose own address it was sent to.
    """
    reports = [
        file
        for file in mail.files
        if file.content_type.startswith("message/") and "-status" in file.content_type
    ]
    bounce = None
    if reports:
        bounce = _stated(mail, clean(reports[0].content[:MAX_REPORT].decode("utf-8", "replace")))
    elif came_back or _is_by_mail_system(mail):
        bounce = _guessed(mail)
    return replace(bounce, message_id=came_back) if bounce is not None else None


def _stated(mail: ParsedMail, report: str) -> Bounce | None:
    """The first failure that a report in standard form states."""
    for fields in _recipients(report):
        status = _STATUS.search(str(fields.get("status", "")))
        if str(fields.get("action", "")).partition("(")[0].strip().lower() != "failed":
            continue
        words = " ".join(str(fields.get("diagnostic-code", "")).split())[:200]
        named = str(fields.get("original-recipient") or fields.get("final-recipient") or "")
        return Bounce(_returned(mail), _meant(status[1] if status else "", words), words, _address(named))
    return None


def _recipients(report: str) -> Iterator[Message]:
    """The fields about each recipient; some systems put them right below those about the mail."""
    for block in re.split(r"\n\s*\n", report.replace("\r\n", "\n").strip())[:50]:
        fields = message_from_bytes(block.strip().encode(), policy=policy.compat32)
        if "action" in fields:
            yield fields


def _address(named: str) -> str:
    return named.rpartition(";")[2].strip().strip("<>").lower()[:320]


def enclosed_id(mail: ParsedMail) -> str:
    """The Message-ID of the mail, or of the head of one, that a report encloses; empty when there is none."""
    ids = (own_id(file.content) for file in mail.files if file.content_type in _RETURNED)
    return next(filter(None, ids), "")


def _returned(mail: ParsedMail) -> str:
    """The Message-ID of the mail that came back: enclosed, quoted in the text, or answered."""
    if found := enclosed_id(mail):
        return found
    quoted = _OWN_ID.findall(mail.text[:200_000])
    return next(iter(quoted or mail.references[-1:]), "")


def _is_by_mail_system(mail: ParsedMail) -> bool:
    local = mail.sender.lower().partition("@")[0].partition("+")[0]
    return local in _REPORTERS or bool(mail.first("x-failed-recipients"))


def _guessed(mail: ParsedMail) -> Bounce | None:
    """The failure that a report in no standard form tells of."""
    said = "\n".join(line[:MAX_GUESSED_LINE] for line in mail.text[:MAX_GUESSED].splitlines())
    report = Message(policy=policy.compat32)
    for name, value in mail.headers:
        if name in ("from", "to", "subject", "x-failed-recipients"):
            report[name] = value.encode("ascii", "replace").decode()
    report["Content-Type"] = "text/plain"
    report.set_payload(said.encode("ascii", "replace").decode())
    temporary: frozenset[bytes] = frozenset()
    permanent: frozenset[bytes] = frozenset()
    with suppress(Exception):  # its detectors were not written for what strangers send
        temporary, permanent = all_failures(report)
    if temporary or not permanent:
        return None
    [first, *_] = sorted(permanent)
    above = re.split(r"(?im)^-{3,}.*(?:copy|original|returned).*$|^--- below this line", said, maxsplit=1)[0]
    reasons = [
        line.strip()
        for line in above.splitlines()
        if _STATUS.search(line) or _CODE.search(line) or _UNKNOWN.search(line)
    ]
    words = " ".join(" ".join(reasons[:2]).split())[:200]
    return Bounce(_returned(mail), _meant("", words), words, first.decode("ascii", "replace").lower())


def _meant(code: str, words: str) -> str:
    """The enhanced code, or what the words say where it is missing or says nothing; 5.0.0 when they do neither."""
    if not code or code.startswith("5.0."):  # "other"
        stated = _STATUS.search(words)
        code = stated[1] if stated and not stated[1].startswith("5.0.") else code or "5.0.0"
    if code.startswith("5.0.") and _LATER.search(words):
        return "4.0.0"
    if _PASSING.search(words):
        return "5.2.0" if code in _NO_SUCH_ADDRESS else code
    otherwise = _OTHERWISE.search(words)
    if otherwise is None:
        return "5.1.1" if code.startswith("5.0.") and _UNKNOWN.search(words) else code
    if code in _NO_SUCH_ADDRESS and otherwise["full"]:
        return "5.2.2"
    return code


async def record(session: AsyncSession, bounce: Bounce) -> bool:
    """Note that our mail failed, or a copy of it, and close an address that does not exist; False when it is not ours.

    Only those who were handed the mail know its Message-ID and its own address, so a report that names one is believed.
    """
    named = select(MessageReference.message_id).where(
        MessageReference.rfc_message_id == bounce.rfc_message_id
    )
    found = await session.execute(
        select(MESSAGE.c.id, MESSAGE.c.recipients).where(
            MESSAGE.c.id == (bounce.message_id or named.scalar_subquery()),
            MESSAGE.c.direction == Direction.OUTBOUND,
        )
    )
    row = found.first()
    if row is None:
        return False
    to = row.recipients["to"]
    written_to = [*to, *row.recipients.get("cc", ()), *row.recipients.get("bcc", ())]
    failed = [each for each in written_to if each.lower() == bounce.address]
    why = f"Bounced: {bounce.status} {bounce.words}".strip()
    if failed and failed[0] not in to:
        # Whom it was for has it.
        await copies.come_back(session, row.id, failed[0], why)
    else:
        changed = await session.execute(
            update(MESSAGE)
            .where(MESSAGE.c.id == row.id, MESSAGE.c.status.in_(_OPEN))
            .values(status=str(MessageStatus.FAILED), reason=why)
            .returning(*LIGHT)
        )
        await announce(session, list(changed.mappings()))
    if bounce.is_address:
        # A mailbox behind an alias is named as itself: then only a single address can be meant.
        for address in failed or (written_to if len(written_to) == 1 else []):
            await consent.suppress(
                session, "email", address, reason=f"bounced {bounce.status}", scope=SuppressionScope.ALL
            )
    return True
