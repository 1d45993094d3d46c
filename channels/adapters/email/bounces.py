"""Bounces: the report of a mail system that it could not deliver one of ours (RFC 3464)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.adapters.email.parsing import ParsedMail, clean, own_id
from channels.announcements import LIGHT, MESSAGE, announce
from channels.models import Direction, MessageReference, MessageStatus
from customers.consent import suppress
from customers.models import SuppressionScope

_OPEN = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN, MessageStatus.SENDING)
MAX_REPORT = 20_000
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True)
class Bounce:
    """Which mail of ours failed, with which enhanced status code (RFC 3463) and in which words."""

    rfc_message_id: str
    status: str
    words: str

    @property
    def is_final(self) -> bool:
        return self.status.startswith("5")

    @property
    def is_address(self) -> bool:
        """Whether the address itself is at fault, not the mail or the mailbox's state."""
        return self.status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


def find(mail: ParsedMail) -> Bounce | None:
    """The bounce that a report tells of; None for any other mail, and for reports of success or delay."""
    if mail.content_type != "multipart/report":
        return None
    report, returned = "", ""
    for file in mail.files:
        if file.content_type == "message/delivery-status":
            report = clean(file.content[:MAX_REPORT].decode("utf-8", "replace"))
        elif file.content_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            returned = own_id(file.content)
    fields = message_from_bytes(re.sub(rb"\n\s*\n", b"\n", report.encode()).strip(), policy=policy.compat32)
    status = _STATUS.search(str(fields.get("status", "")))
    if str(fields.get("action", "")).strip().lower() != "failed" or status is None or not returned:
        return None
    words = " ".join(str(fields.get("diagnostic-code", "")).split())[:200]
    return Bounce(returned, status[0], words)


async def record(session: AsyncSession, bounce: Bounce) -> bool:
    """Mark our mail as failed, and its address as unreachable when that is why; False when it is not ours.

    Only those who were handed the mail know its Message-ID, so a report that names it is believed.
    """
    if not bounce.is_final:
        return False
    named = select(MessageReference.message_id).where(
        MessageReference.rfc_message_id == bounce.rfc_message_id
    )
    result = await session.execute(
        update(MESSAGE)
        .where(
            MESSAGE.c.id == named.scalar_subquery(),
            MESSAGE.c.direction == Direction.OUTBOUND,
            MESSAGE.c.status.in_(_OPEN),
        )
        .values(status=str(MessageStatus.FAILED), reason=f"Bounced: {bounce.status} {bounce.words}".strip())
        .returning(*LIGHT)
    )
    rows = list(result.mappings())
    await announce(session, rows)
    for row in rows if bounce.is_address else ():
        [address, *others] = row["recipients"]["to"]
        if not others and not row["recipients"].get("cc"):
            await suppress(
                session, "email", address, reason=f"bounced {bounce.status}", scope=SuppressionScope.ALL
            )
    return bool(rows)
