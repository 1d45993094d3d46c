"""Segments, broadcasts, who receives them, and what they click."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Facts, Instant, Key, Minor


class BroadcastState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class RecipientState(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    HELD = "held"
    UNKNOWN = "unknown"


# A recipient in one of these may still change by our own doing; a broadcast is finished when none is left.
OPEN = (RecipientState.PENDING, RecipientState.QUEUED, RecipientState.HELD)


class Segment(Base):
    """A portrait of customers, by conditions; who is in is asked anew each time."""

    __tablename__ = "segment"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    definition: Mapped[Facts]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Broadcast(Base):
    """One message to a segment, once. `compiled` is what was approved at the launch."""

    __tablename__ = "broadcast"
    __table_args__ = (
        Index(None, "created_at", "id"),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    segment_id: Mapped[UUID | None] = mapped_column(ForeignKey("segment.id"))
    # What the marketer writes: Markdown or HTML for mail, plain text for SMS, with values in {{ }}.
    format: Mapped[str] = mapped_column(Text, server_default="markdown")
    subject: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text, server_default=BroadcastState.DRAFT)
    # Raised by every edit, so that a colleague's newer words are not overwritten or launched unseen.
    version: Mapped[int] = mapped_column(server_default="1")
    scheduled_at: Mapped[Instant | None]
    compiled: Mapped[Facts | None] = mapped_column(JSONB(none_as_null=True))
    # How many the frozen audience is; None until it is frozen.
    audience: Mapped[int | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    launched_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[CreatedAt]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BroadcastRecipient(Base):
    """The recipient ledger: everyone in the frozen audience, and what became of the message to them."""

    __tablename__ = "broadcast_recipient"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "customer_id", "channel"),
        # Two records that share an address get one message.
        Index(
            "uq_broadcast_recipient_address",
            "broadcast_id",
            "channel",
            "address",
            unique=True,
            postgresql_where=text("address <> ''"),
        ),
        Index(None, "broadcast_id", "state", "id"),
        Index(None, "customer_id", "human_click_at", postgresql_where=text("human_click_at IS NOT NULL")),
    )

    id: Mapped[Key]
    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("broadcast.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)  # empty: none known, or another recipient has the same
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    sent_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]
    human_click_at: Mapped[Instant | None]  # the last click that a person made
    unsubscribed_at: Mapped[Instant | None]


class Link(Base):
    """Where a link of a broadcast leads; the only place that a click can be sent to."""

    __tablename__ = "campaign_link"
    __table_args__ = (UniqueConstraint("broadcast_id", "position"),)

    id: Mapped[Key]
    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("broadcast.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    url: Mapped[str] = mapped_column(Text)


class Click(Base):
    """A request for a link, raw, by whatever made it; `human` is judged a moment later, None until then."""

    __tablename__ = "campaign_click"
    __table_args__ = (Index(None, "recipient_id", "at"), Index(None, "link_id"))

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("broadcast_recipient.id"))
    link_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_link.id"))
    at: Mapped[CreatedAt]
    method: Mapped[str] = mapped_column(Text)
    agent: Mapped[str] = mapped_column(Text)  # class of the user agent: browser, scanner, prefetch, tool
    human: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")  # why it is not taken for a person's


class AttributedOrder(Base):
    """An order credited to a broadcast: placed within days after a person's click on it."""

    __tablename__ = "attributed_order"
    __table_args__ = (UniqueConstraint("customer_id", "order_id"), Index(None, "broadcast_id"))

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[UUID]
    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("broadcast.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("broadcast_recipient.id"))
    amount: Mapped[Minor]
    currency: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[Instant]
