"""Complaints: a mail provider reports that a reader called one of our mails junk (ARF, RFC 5965)."""

from dataclasses import dataclass
from email import message_from_bytes, policy

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.adapters.email.bounces import MAX_REPORT, enclosed_id
from channels.adapters.email.parsing import ParsedMail
from channels.announcements import MESSAGE
from channels.happenings import MessageComplained
from channels.models import Direction, MessageReference
from customers.consent import suppress
from customers.models import SuppressionScope
from customers.timeline import append

COMPLAINED = "called our mail junk"
# `not-spam` says the contrary; `auth-failure` and `virus` tell of the mail, not of what its reader wants.
_MEANT = {"abuse", "fraud", "opt-out", "opt-out-list", "other"}


@dataclass(frozen=True)
class Complaint:
    """Which mail of ours was complained about, and by whom; both are empty where the report hides them."""

    rfc_message_id: str
    by: frozenset[str] = frozenset()


def find(mail: ParsedMail) -> Complaint | None:
    """The complaint that a feedback report is; None for any other mail, and for reports that mean no harm."""
    reports = [file for file in mail.files if file.content_type == "message/feedback-report"]
    if not reports:
        return None
    fields = message_from_bytes(reports[0].content[:MAX_REPORT].strip(), policy=policy.compat32)
    if str(fields.get("feedback-type", "")).strip().lower() not in _MEANT:
        return None
    by = (str(each).strip().strip("<>").lower() for each in fields.get_all("original-rcpt-to", []))
    return Complaint(enclosed_id(mail), frozenset(by))


async def record(session: AsyncSession, complaint: Complaint) -> bool:
    """Send no more news to whoever complained; False when the report names no mail of ours.

    Only those who were handed a mail know its Message-ID, so a report that names it is believed.
    """
    row = (
        (
            await session.execute(
                select(MESSAGE)
                .join(MessageReference, MessageReference.message_id == MESSAGE.c.id)
                .where(
                    MessageReference.rfc_message_id == complaint.rfc_message_id,
                    MESSAGE.c.direction == Direction.OUTBOUND,
                )
            )
        )
        .mappings()
        .first()
    )
    if row is None or not complaint.rfc_message_id:
        return False
    readers = [address for kind in ("to", "cc", "bcc") for address in row["recipients"].get(kind, ())]
    # Any of them may have, unless it says who.
    for address in [each for each in readers if each.lower() in complaint.by] or readers:
        await suppress(session, "email", address, reason=COMPLAINED, scope=SuppressionScope.MARKETING)
    await append(
        session,
        row["customer_id"],
        MessageComplained(
            message_id=str(row["id"]),
            channel="email",
            subject=row["subject"],
            conversation_id=str(row["conversation_id"] or ""),
        ),
        source_key=f"complaint:{row['id']}",
        subject_id=row["conversation_id"] or row["id"],
    )
    return True
