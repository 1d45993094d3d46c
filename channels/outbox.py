"""The outbox: the one way to have a message sent. Queue it here; `channels.delivery` takes it from there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.models import Direction, Message, MessageStatus
from core.jobs import Job, enqueue_many
from customers.consent import NEWS, Purpose

SENT_TOGETHER = 200


class Deliver(Job, tag="channels.deliver"):
    """Send these queued messages of one channel."""

    queue = "delivery"
    channel: str
    message_ids: list[UUID]


class DeliverBulk(Deliver, tag="channels.deliver_bulk"):
    """The same for marketing, on a lane of its own so that receipts and answers never wait behind it."""

    queue = "bulk"


@dataclass(frozen=True, kw_only=True)
class File:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message to one customer on one channel. `to` is the plain address; `account` is our side of it."""

    customer_id: UUID
    channel: str
    to: str
    account: str
    text: str
    subject: str = ""
    html: str | None = None
    sender_name: str = ""
    cc: Sequence[str] = ()
    purpose: Purpose = "transactional"
    topic: str = NEWS
    author: str = "automation"
    staff_id: UUID | None = None
    conversation_id: UUID | None = None
    seq: int | None = None
    in_reply_to_id: UUID | None = None
    headers: dict[str, str] = field(default_factory=dict)
    source_kind: str | None = None
    source_id: UUID | None = None
    files: Sequence[File] = ()
    release_at: datetime | None = None


async def queue(session: AsyncSession, messages: Sequence[Outgoing]) -> list[UUID]:
    """Queue messages in the caller's transaction; their ids, in order. They leave after the commit, or `release_at`."""
    raise NotImplementedError
