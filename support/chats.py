"""Chats: whose a conversation in a browser is, for as long as that can be said."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Conversation
from channels.outbox import CHAT
from customers import identities
from customers.merging import group


async def readable(session: AsyncSession, conversation_id: UUID, customer_id: UUID | None) -> bool:
    """Whether the browser that holds this chat may go on in it; `customer_id` is who is signed in there.

    A signed-in customer's chat is one of their own records'. A stranger's is readable until its record turns out
    to be somebody who has proven an address: from then on it is that person's, who may be somebody else.
    """
    conversation = await session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None or conversation.channel != CHAT:
        return False
    if customer_id is not None:
        return conversation.customer_id in await group(session, customer_id)
    return not await identities.has_proven(session, conversation.customer_id)
