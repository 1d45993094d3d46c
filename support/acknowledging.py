"""The one answer that a machine gives: "we have your message". Once a day to a sender, never to a machine.

Nor to somebody who may not have written at all: anybody can put a customer's address into From.
"""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations, outbox
from channels.models import Direction, Message
from core.clock import now
from core.errors import Invalid
from core.rendering import gettext as _
from core.rendering import speaking
from core.settings import settings
from customers import identities
from customers.models import Customer
from support.models import Acknowledgement, Ticket

PAUSE = timedelta(hours=24)
# The other roads are conversations already: a text message that only says "got it" costs money and patience.
CHANNELS = ("email",)


async def acknowledge(session: AsyncSession, ticket: Ticket) -> bool:
    """Tell whoever wrote last that a person will answer; False when they heard it lately or are a machine.

    Nor is a sender told who is not proven, where the address is a customer's or the relay says it is forged.
    """
    message = await session.scalar(
        select(Message)
        .where(Message.conversation_id == ticket.conversation_id, Message.direction == Direction.INBOUND)
        .order_by(Message.seq.desc())
        .limit(1)
    )
    if message is None or message.automated or message.channel not in CHANNELS or not message.sender:
        return False
    if message.sender.lower().endswith("@" + settings().mail_domain):
        return False  # our own addresses: two of them must never talk to each other
    if not message.verified and await _is_another(session, message):
        return False
    at = now()
    # an old mailbox is let in, or a relay was down: "we have it" comes too late to be of use
    if message.written_at is not None and message.written_at < at - PAUSE:
        return False
    due = insert(Acknowledgement).values(channel=message.channel, address=message.sender.lower(), sent_at=at)
    first_today = await session.scalar(
        due.on_conflict_do_update(
            index_elements=[Acknowledgement.channel, Acknowledgement.address],
            set_={"sent_at": func.now()},
            where=Acknowledgement.sent_at <= at - PAUSE,
        ).returning(Acknowledgement.address)
    )
    if first_today is None:
        return False
    company = settings().company_name
    subject = message.subject or ticket.subject
    locale = await session.scalar(select(Customer.locale).where(Customer.id == ticket.customer_id))
    with speaking(locale or "en"):
        words = [
            _("Thank you for writing to %(company)s.") % {"company": company},
            _("Your message has reached us as ticket %(number)s. A person reads it and answers you here.")
            % {"number": ticket.number},
            _("If something changes, simply reply to this e-mail."),
        ]
    await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=ticket.customer_id,
                channel=message.channel,
                to=message.sender,
                account=message.account,
                sender_name=company,
                subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
                text="\n\n".join(words),
                author="automation",
                conversation_id=ticket.conversation_id,
                in_reply_to_id=message.id,
                headers={"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
                source_kind="acknowledgement",
                source_id=ticket.id,
            )
        ],
    )
    return True


async def _is_another(session: AsyncSession, message: Message) -> bool:
    """Whether our answer would reach somebody who most likely did not write what came in their name."""
    if message.headers == conversations.REFUTED:
        return True
    try:
        contact = identities.email(message.sender)
    except Invalid:
        return True
    return await identities.owner(session, contact) is not None
