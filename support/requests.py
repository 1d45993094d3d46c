"""Requests: what customers write on the site itself, in a ticket's form or in the chat."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations
from channels.base import Enclosure
from channels.conversations import Incoming, Received
from channels.models import Conversation
from channels.outbox import CHAT
from core.errors import Invalid, NotFound
from core.words import worded
from customers import identities
from customers.identities import Contact
from customers.merging import group
from customers.models import Customer, IdentityKind
from support import chats, tickets
from support.models import Ticket
from support.triage import triage

PORTAL = "portal"
MAX_LENGTH = 20_000


def checked(body: str) -> str:
    """What somebody wrote, as it is kept. Raises Invalid for nothing, and for too much."""
    body = body.replace("\x00", "").strip()
    if not body:
        raise Invalid("There is nothing to send yet.", {"body": "Write something first."})
    if len(body) > MAX_LENGTH:
        most = worded("At most %(most)s characters.", most=MAX_LENGTH)
        raise Invalid("That is longer than we can take.", {"body": most})
    return body


async def open_ticket(
    session: AsyncSession,
    customer_id: UUID,
    subject: str,
    body: str,
    *,
    key: str,
    files: Sequence[Enclosure] = (),
) -> Ticket:
    """A signed-in customer's new ticket; sent twice under one `key` it is one. Raises Invalid."""
    subject = " ".join(subject.replace("\x00", "").split())[:200]
    if not subject:
        raise Invalid("Say what it is about.", {"subject": "A few words are enough."})
    body = checked(body)
    external_id = await _once(session, customer_id, key)
    known = await _known(session, PORTAL, external_id)
    if known is not None and (ticket := await tickets.of_conversation(session, known)):
        return ticket
    conversation = Conversation(customer_id=customer_id, channel=PORTAL, subject=subject, account=PORTAL)
    session.add(conversation)
    await session.flush()
    await _receive(session, conversation, PORTAL, body, external_id, proven=True, files=files)
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    return ticket


async def answer(
    session: AsyncSession,
    customer_id: UUID,
    ticket: Ticket,
    body: str,
    *,
    key: str,
    files: Sequence[Enclosure] = (),
) -> Received:
    """A signed-in customer writes on in their ticket, which reopens when it was solved. Raises Invalid."""
    body = checked(body)
    external_id = await _once(session, customer_id, key)
    conversation = await session.get_one(Conversation, ticket.conversation_id)
    received = await _receive(session, conversation, PORTAL, body, external_id, proven=True, files=files)
    await triage(session, conversation.id)
    return received


async def begin_chat(
    session: AsyncSession, customer_id: UUID | None, *, name: str = "", email: str = "", locale: str = "en"
) -> Conversation:
    """A new chat: of the signed-in customer, else of a stranger, whose typed address is a claim and no more.

    Raises Invalid for what is no address.
    """
    contact = identities.email(email) if email.strip() else None
    if customer_id is None:
        visitor = Contact(IdentityKind.CHAT, secrets.token_hex(16))
        customer_id = await identities.resolve(
            session, visitor, proven=False, name=name.replace("\x00", ""), source="chat", locale=locale
        )
        if contact is not None:
            await identities.claim(session, customer_id, contact)
    conversation = Conversation(customer_id=customer_id, channel=CHAT, subject="", account=CHAT)
    session.add(conversation)
    await session.flush()
    return conversation


async def chat(
    session: AsyncSession,
    conversation_id: UUID,
    body: str,
    *,
    key: str,
    proven: bool = False,
    files: Sequence[Enclosure] = (),
) -> Received:
    """What a visitor writes in their chat. Raises NotFound for anything that is not a chat, Invalid."""
    body = checked(body)
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None or conversation.channel != CHAT:
        raise NotFound("That conversation is over. Begin a new one.")
    external_id = await _once(session, conversation_id, key)
    return await _receive(session, conversation, CHAT, body, external_id, proven=proven, files=files)


async def owned_conversation(session: AsyncSession, customer_id: UUID, conversation_id: UUID) -> Conversation:
    """A customer's own conversation. Raises NotFound for anybody else's, as for one that does not exist."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None or conversation.customer_id not in await group(session, customer_id):
        raise NotFound("That conversation does not exist.")
    return conversation


async def _once(session: AsyncSession, whose: UUID, key: str) -> str:
    """The external id of one press of a button; two presses at once wait for each other."""
    external_id = chats.external_id(whose, key)
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))"), {"key": external_id}
    )
    return external_id


async def _known(session: AsyncSession, channel: str, external_id: str) -> UUID | None:
    found = text(
        "SELECT conversation_id FROM message"
        " WHERE channel = :channel AND account = :channel AND external_id = :external_id"
    )
    known: UUID | None = await session.scalar(found, {"channel": channel, "external_id": external_id})
    return known


async def _receive(
    session: AsyncSession,
    conversation: Conversation,
    channel: str,
    body: str,
    external_id: str,
    *,
    proven: bool,
    files: Sequence[Enclosure] = (),
) -> Received:
    customer = await session.get_one(Customer, conversation.customer_id)
    return await conversations.receive(
        session,
        Incoming(
            channel=channel,
            account=channel,
            external_id=external_id,
            sender=None,
            proven=proven,
            sender_name=customer.name,
            subject=conversation.subject,
            text=body,
            conversation=conversation,
            files=files,
        ),
    )
