"""Outreach: a colleague writes first."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers
from channels.models import Conversation
from core.errors import Invalid
from core.settings import settings
from core.staff import Staff
from customers import identities, merging
from customers.models import IdentityKind

_KINDS = {"email": IdentityKind.EMAIL, "sms": IdentityKind.PHONE}


async def ways(session: AsyncSession, customer_id: UUID) -> dict[str, str]:
    """The channels a customer can be written to on, and the address there."""
    found = {}
    for channel, kind in _KINDS.items():
        if address := await identities.address_for(session, customer_id, kind):
            found[channel] = address
    return found


async def write(
    session: AsyncSession, customer_id: UUID, staff: Staff, channel: str, subject: str, body: str
) -> tuple[UUID, UUID]:
    """Begin a conversation with a first message; ids of both. Raises NotFound, Invalid."""
    root = await merging.survivor(session, customer_id)
    if channel not in await ways(session, root):
        raise Invalid("This customer cannot be reached there.", {"channel": "Choose another way."})
    subject = " ".join(subject.replace("\x00", "").split())[:200]
    if channel == "email" and not subject:
        raise Invalid("An e-mail needs a subject.", {"subject": "Say what it is about."})
    if not body.strip():
        raise Invalid("There is nothing to send yet.", {"body": "Write something first."})
    conversation = Conversation(
        customer_id=root,
        channel=channel,
        subject=subject if channel == "email" else "",
        account=settings().support_address if channel == "email" else settings().twilio_number,
        last_seq=0,
    )
    session.add(conversation)
    await session.flush()
    return conversation.id, await answers.reply(session, conversation.id, staff, body, channel, 0)
