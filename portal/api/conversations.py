"""Conversations over the API: what passed between us and a customer, and answers to it."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers
from channels.models import Conversation, Direction, Message, MessageStatus
from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from customers import merging
from portal.api.answers import once
from portal.api.authors import Colleague, agent
from portal.api.fields import WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program
from support import tickets

READ = program("conversations:read")


class ConversationOut(msgspec.Struct):
    """A thread with one customer; messages of several channels may stand in it."""

    id: UUID
    customer_id: UUID
    channel: str
    subject: str
    last_seq: int
    created_at: Moment
    last_message_at: Moment
    closed_at: Moment | None


class MessageOut(msgspec.Struct):
    """A message; `seq` is its place in the conversation, counted together with notes."""

    id: UUID
    conversation_id: UUID | None
    seq: int | None
    direction: Direction
    channel: str
    status: MessageStatus
    author: str
    sender: str
    sender_name: str
    recipients: dict[str, list[str]]
    subject: str
    text: str
    verified: bool
    automated: bool
    reason: str | None
    created_at: Moment
    sent_at: Moment | None
    delivered_at: Moment | None


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    """An answer, in the name of an agent, to whoever wrote last on that channel."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=WORDS, examples=["It left today."])]
    channel: Literal["email", "sms", "chat"]
    author: Colleague
    last_seen_seq: Annotated[
        int,
        Meta(
            ge=0, le=2**62, description="`last_seq` as you read it: nobody answers what they have not seen."
        ),
    ]


def _show(conversation: Conversation) -> ConversationOut:
    return msgspec.convert(conversation, ConversationOut, from_attributes=True)


def show_message(message: Message) -> MessageOut:
    return msgspec.convert(message, MessageOut, from_attributes=True)


async def _get(session: AsyncSession, conversation_id: UUID) -> Conversation:
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound(_("That conversation does not exist."))
    return conversation


@get("/conversations", guards=[READ])
async def list_conversations(
    database: NamedDependency[Database],
    customer_id: FromQuery[UUID | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[ConversationOut]:
    """Conversations, the one that somebody wrote in last first."""
    query = select(Conversation)
    async with database.transaction() as session:
        if customer_id is not None:
            query = query.where(Conversation.customer_id.in_(await merging.group(session, customer_id)))
        return await paged(
            session, query, [Conversation.last_message_at, Conversation.id], _show, cursor, limit
        )


@get("/conversations/{conversation_id:uuid}", guards=[READ])
async def get_conversation(
    conversation_id: FromPath[UUID], database: NamedDependency[Database]
) -> ConversationOut:
    """One conversation."""
    async with database.transaction() as session:
        return _show(await _get(session, conversation_id))


@get("/conversations/{conversation_id:uuid}/messages", guards=[READ])
async def list_messages(
    conversation_id: FromPath[UUID],
    database: NamedDependency[Database],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[MessageOut]:
    """What was said, the oldest first. Notes are between colleagues and not among it."""
    async with database.transaction() as session:
        await _get(session, conversation_id)
        query = select(Message).where(Message.conversation_id == conversation_id, Message.seq.is_not(None))
        return await paged(session, query, [Message.seq], show_message, cursor, limit, newest_first=False)


@post("/conversations/{conversation_id:uuid}/replies", guards=[program("conversations:write")])
async def reply(
    conversation_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[Reply],
    database: NamedDependency[Database],
) -> Response[MessageOut]:
    """Answer. It leaves after the same ten seconds in which an agent could take it back."""

    async def act(session: AsyncSession) -> MessageOut:
        await _get(session, conversation_id)
        author = await agent(session, data.author, "author")
        message_id = await answers.reply(
            session, conversation_id, author, data.text, data.channel, data.last_seen_seq
        )
        await tickets.answered(session, conversation_id, author.id)
        return show_message(await session.get_one(Message, message_id))

    return await once(request, database, act)


handlers = [list_conversations, get_conversation, list_messages, reply]
