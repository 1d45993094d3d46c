"""Callbacks: a customer leaves a number, and one of us calls."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Conversation
from core.errors import Invalid
from customers import identities
from support import requests
from support.models import Ticket

LONGEST = 2000


async def ask(
    session: AsyncSession,
    customer_id: UUID | None,
    *,
    phone: str,
    subject: str,
    body: str,
    name: str = "",
    locale: str = "en",
    chat_id: UUID | None = None,
    key: str = "",
) -> Conversation | Ticket:
    """A conversation with the number in it, which stays a claim: a ticket of a signed-in customer, else a chat.

    `chat_id` is the chat that the stranger is in already; `subject` and `body` are what we read, in the customer's
    words. Raises Invalid for what is no number, or too long.
    """
    contact = identities.phone(phone)
    if len(body) > LONGEST:
        raise Invalid("That is longer than we can take.", {"about": "A few sentences are enough."})
    if customer_id is not None:
        await identities.claim(session, customer_id, contact)
        return await requests.open_ticket(session, customer_id, subject, body, key=key)
    conversation = (
        await session.get_one(Conversation, chat_id)
        if chat_id is not None
        else await requests.begin_chat(session, None, name=name[:100], locale=locale)
    )
    conversation.subject = conversation.subject or subject
    await identities.claim(session, conversation.customer_id, contact)
    await requests.chat(session, conversation.id, body, key=key)
    return conversation
