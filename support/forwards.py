"""Forwards: an e-mail shown to somebody else, in a conversation of its own; and one that failed, sent again.

What a third person is asked never stands in the customer's thread, and what they answer does not end up there.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers, outbox
from channels.answers import Recipients
from channels.models import Attachment, Conversation, Message, MessageStatus
from core.clock import now
from core.errors import Conflict, Invalid
from core.rendering import gettext as _
from core.rendering import moment
from core.settings import settings
from core.staff import Staff
from customers import identities
from support import events, recipients, roads, signatures, threads, tickets
from support.events import Done


async def enclosed(session: AsyncSession, message_id: UUID) -> list[Attachment]:
    """The files of a message, in its order."""
    return list(
        await session.scalars(
            select(Attachment).where(Attachment.message_id == message_id).order_by(Attachment.id)
        )
    )


async def forward(
    session: AsyncSession,
    conversation_id: UUID,
    message_id: UUID,
    staff: Staff,
    to: str,
    words: str,
    *,
    copies: str = "",
    files: Collection[UUID] = (),
) -> tuple[UUID, UUID]:
    """Send what a mail says, with these of its files, to somebody else; ids of the new conversation and message.

    Raises NotFound for a message of another conversation, Invalid for an address that cannot be written to.
    """
    mail = await threads.letter(session, conversation_id, message_id)
    told = recipients.addresses(to)
    if len(told) != 1:
        raise Invalid("Say to whom.", {"to": "One address; others get a copy."})
    cc = recipients.addresses(copies, "copies")
    for address in (*told, *cc):
        if address.lower().endswith("@" + settings().mail_domain.lower()):
            raise Invalid("That is an address of ours.", {"to": "Give the ticket to a colleague instead."})
        await _must_be_open(session, address)
    contact = identities.email(told[0])
    other = await identities.owner(session, contact) or await identities.resolve(
        session, contact, proven=False, source="desk"
    )
    began = await session.get_one(Conversation, conversation_id)
    account = began.account if began.channel == "email" and began.account else settings().support_address
    subject = outbox.one_line(mail.subject or began.subject)
    subject = (subject if subject.lower().startswith(("fwd:", "fw:")) else f"Fwd: {subject}").strip()[:200]
    side = Conversation(customer_id=other, channel="email", subject=subject, account=account, last_seq=0)
    session.add(side)
    await session.flush()
    await events.tell(session, other, side.id, Done.BEGAN, by=staff.id, detail=f"\n{conversation_id}")
    signature = await signatures.under(session, staff.id, conversation_id)
    signed = f"\n\n-- \n{signature}" if words.strip() and signature else ""
    below = f"{signed}\n\n{_as_forwarded(mail)}"
    sent = await answers.reply(
        session,
        side.id,
        staff,
        words if words.strip() else below.strip(),
        "email",
        side.last_seq + 1,
        to=Recipients(account, told[0], cc),
        subject=subject,
        below=below if words.strip() else "",
    )
    await _take_along(session, mail.id, sent, files)
    detail = f"{told[0]}\n{side.id}"
    await events.tell(session, began.customer_id, began.id, Done.FORWARDED, by=staff.id, detail=detail)
    return side.id, sent


async def again(
    session: AsyncSession, conversation_id: UUID, message_id: UUID, staff: Staff, to: str
) -> UUID:
    """Send an answer that failed once more, to the same address or a better one; the new message's id.

    Raises Conflict for one that did not fail, or is on its way to that address again; Invalid for an address that
    nothing is sent to.
    """
    # Two colleagues, or two presses of the button, come one after the other.
    await session.get(Conversation, conversation_id, with_for_update=True)
    failed = await threads.letter(session, conversation_id, message_id)
    if failed.status != MessageStatus.FAILED or failed.channel != "email":
        raise Conflict("That message did not fail: it need not be sent again.")
    told = recipients.addresses(to)
    if len(told) != 1:
        raise Invalid("Say to whom.", {"to": "One address."})
    await _must_be_open(session, told[0])
    if await _was_sent_again(session, failed, told[0]):
        raise Conflict("That message was sent there again already.")
    [sent] = await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=failed.customer_id,
                channel="email",
                to=told[0],
                cc=failed.recipients.get("cc", ()),
                bcc=failed.recipients.get("bcc", ()),
                account=failed.account,
                subject=failed.subject,
                text=failed.text,
                html=failed.html,
                sender_name=staff.name,
                author="staff",
                staff_id=staff.id,
                conversation_id=conversation_id,
                in_reply_to_id=failed.in_reply_to_id,
                release_at=now() + answers.UNDO_WINDOW,
            )
        ],
    )
    await _take_along(session, failed.id, sent, None)
    await tickets.answered(session, conversation_id, staff.id)
    return sent


async def _was_sent_again(session: AsyncSession, failed: Message, to: str) -> bool:
    """Whether the same words went to this address since, or are about to: neither taken back nor failed again."""
    found = await session.scalar(
        select(Message.id)
        .where(
            Message.conversation_id == failed.conversation_id,
            Message.seq > failed.seq,
            Message.author == "staff",
            Message.channel == failed.channel,
            Message.text == failed.text,
            Message.recipients["to"].contains([to]),
            Message.status != MessageStatus.FAILED,
            or_(Message.status != MessageStatus.HELD, Message.release_at.is_not(None)),
        )
        .limit(1)
    )
    return found is not None


def _as_forwarded(mail: Message) -> str:
    sender = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
    head = [
        "---------- Forwarded message ----------",
        f"From: {sender}",
        f"Date: {moment(mail.written_at or mail.created_at)}",
        f"Subject: {mail.subject}",
        f"To: {', '.join(mail.recipients.get('to', ()))}",
    ]
    return "\n".join(head) + f"\n\n{mail.text.strip()}"


async def _must_be_open(session: AsyncSession, address: str) -> None:
    if why := (await roads.closed(session, {"email": address})).get("email"):
        said = _("Nothing is sent to %(address)s: %(why)s") % {"address": address, "why": why}
        raise Invalid(said, {"to": said})


async def _take_along(
    session: AsyncSession, of: UUID, to: UUID, chosen: Collection[UUID] | None
) -> Sequence[Attachment]:
    """Let a message carry the files of another, by the bytes that are kept of them already."""
    taken = [
        Attachment(
            message_id=to,
            sha256=file.sha256,
            filename=file.filename,
            content_type=file.content_type,
            size=file.size,
        )
        for file in await enclosed(session, of)
        if chosen is None or file.id in chosen
    ]
    session.add_all(taken)
    await session.flush()
    return taken
