"""Chats: whose a conversation in a browser is, for as long as that can be said."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.outbox import CHAT
from customers import merging

_READABLE = text(f"""
WITH RECURSIVE {merging.PERSON.format(customer="(SELECT customer_id FROM conversation WHERE id = :conversation)")}
SELECT CASE WHEN cast(:reader AS uuid) IS NOT NULL THEN EXISTS (SELECT FROM person WHERE id = cast(:reader AS uuid))
    ELSE NOT EXISTS (
        SELECT FROM identity
        WHERE customer_id = ANY(ARRAY(SELECT id FROM person)) AND verified_at IS NOT NULL
    ) END
FROM conversation WHERE id = :conversation AND channel = '{CHAT}'
""")  # noqa: S608 - only constants and a part of our own are put in


async def readable(session: AsyncSession, conversation_id: UUID, customer_id: UUID | None) -> bool:
    """Whether the browser that holds this chat may go on in it; `customer_id` is who is signed in there.

    A signed-in customer's chat is one of their own records'. A stranger's is readable until its record turns out
    to be somebody who has proven an address: from then on it is that person's, who may be somebody else.
    """
    asked = {"conversation": conversation_id, "reader": customer_id}
    return bool(await session.scalar(_READABLE, asked))
