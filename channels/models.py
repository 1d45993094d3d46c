"""Conversations and messages: what passed between us and a customer, on whichever channel."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Facts, Instant, Key


def table(model: type[Base]) -> Table:
    """A model's table, for bulk statements that need no objects."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageStatus(StrEnum):
    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"
    UNKNOWN = "unknown"


class Conversation(Base):
    """A thread with one customer; messages of several channels may stand in it."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index(None, "customer_id", "last_message_at"),
        Index(None, "last_message_at", "id"),
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    # The channel it began on; an answer takes the channel of the message it answers.
    channel: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, server_default="")
    # Our address or number that was written to.
    account: Mapped[str] = mapped_column(Text, server_default="")
    # Counts messages and notes; clients resume from the last number they saw.
    last_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[CreatedAt]
    last_message_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]


# The words of a message, as they are looked for: of whatever language, so without any's endings taken off.
SAID = """to_tsvector('simple'::regconfig, "left"((subject || ' '::text) || text, 50000))"""


class Message(Base):
    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index(
            "uq_message_external",
            "channel",
            "account",
            "external_id",
            unique=True,
            postgresql_where=sql("external_id IS NOT NULL"),
        ),
        Index(None, "customer_id", "created_at"),
        # What is said in threads; what goes out to thousands is not looked for.
        Index(
            "ix_message_words",
            sql(SAID),
            postgresql_using="gin",
            postgresql_where=sql("conversation_id IS NOT NULL"),
        ),
        Index("ix_message_source", "source_kind", "source_id", postgresql_where=sql("source_id IS NOT NULL")),
        # None by status: it changes twice as a message leaves, and each change would be one of every index.
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    # Receipts, reminders and campaigns stand on the timeline without a thread until somebody answers them.
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text, server_default="transactional")
    topic: Mapped[str] = mapped_column(Text, server_default="")
    # Our side of the channel: mailbox address, phone number, chat.
    account: Mapped[str] = mapped_column(Text, server_default="")
    sender: Mapped[str] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(Text, server_default="")
    # {"to": [...], "cc": [...]}: plain addresses.
    recipients: Mapped[Facts]
    subject: Mapped[str] = mapped_column(Text, server_default="")
    text: Mapped[str] = mapped_column(Text, server_default="")
    html: Mapped[str | None] = mapped_column(Text)  # outbound: ours; inbound: raw, cleaned when shown
    # Extra headers of an outgoing mail (List-Unsubscribe, Auto-Submitted …); checked for line breaks. Of a mail
    # that came in: Authentication-Results, when the relay that we trust said that its sender is forged.
    headers: Mapped[Facts] = mapped_column(server_default=sql("'{}'"))
    # Who said it: "customer", "staff", "automation"; bots never count as a first response.
    author: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    verified: Mapped[bool] = mapped_column(server_default=sql("false"))  # the sender was proven
    automated: Mapped[bool] = mapped_column(server_default=sql("false"))  # RFC 3834 and the like
    # What made us send it, e.g. ("broadcast", recipient id) or ("invoice", invoice id).
    source_kind: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[UUID | None]
    rfc_message_id: Mapped[str | None] = mapped_column(Text)  # without angle brackets
    in_reply_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    external_id: Mapped[str | None] = mapped_column(Text)  # the provider's id, unique per channel account
    # Held until (undo window, send later, quiet hours) and why it is held or failed.
    release_at: Mapped[Instant | None]
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    # What an incoming mail says of itself: nobody's word but its author's.
    written_at: Mapped[Instant | None]
    sent_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]


class MessageReference(Base):
    """Every Message-ID that a thread knows of, also of mail that we never received."""

    __tablename__ = "message_reference"

    rfc_message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    # A thread, or (for a receipt or campaign that is not in one) the message itself.
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))


class DeliveryAttempt(Base):
    """One try at handing a message to a provider."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[Key]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    # The job that made it: what a crash left as `sending` is taken up by the same job's next attempt.
    job_id: Mapped[int] = mapped_column(BigInteger)
    job_attempt: Mapped[int]
    started_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    outcome: Mapped[str] = mapped_column(Text)  # sending, sent, failed, queued, stopped, unknown
    detail: Mapped[str] = mapped_column(Text, server_default="")


class MissedCopy(Base):
    """Who was to get a copy of a message that went out, and did not: never will, or is tried again by themselves."""

    __tablename__ = "missed_copy"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    # Tries after the first, counted as they begin.
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    # When it is tried again; none any more is NULL.
    release_at: Mapped[Instant | None]


class Obstacle(Base):
    """What keeps messages waiting: a domain that takes none now, a sender or road refused, a server set aside."""

    __tablename__ = "obstacle"

    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    # domain, sender, road; server, for people to read
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    # How often in a row it was met; fewer, once something gets through again.
    tries: Mapped[int]
    since: Mapped[datetime]
    # Once this is past, a few messages try.
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class Scanned(StrEnum):
    """Whether a file holds a virus, as far as anybody was asked."""

    UNCHECKED = "unchecked"  # there was no scanner
    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    TOO_LARGE = "too large"  # for the scanner, which looked at none of it, or not at all of it


class Blob(Base):
    """The bytes of attachments, stored once per content: here, or under a random name in the storage."""

    __tablename__ = "blob"
    __table_args__ = (
        CheckConstraint("content IS NOT NULL OR name IS NOT NULL", "somewhere"),
        Index("ix_blob_pending", "created_at", postgresql_where=sql("scanned IN ('unchecked', 'pending')")),
        Index("ix_blob_here", "created_at", postgresql_where=sql("content IS NOT NULL")),
        Index("ix_blob_withheld", "scanned_at", postgresql_where=sql("scanned IN ('infected', 'too large')")),
    )

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: Mapped[str | None] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]
    scanned: Mapped[str] = mapped_column(Text, server_default="unchecked")  # Scanned
    scanned_at: Mapped[Instant | None]
    # What the scanner found, in its words.
    found: Mapped[str | None] = mapped_column(Text)


class ReservedName(Base):
    """A name in the storage under which a content is being put, for as long as no row names it."""

    __tablename__ = "reserved_name"
    __table_args__ = (
        Index("uq_reserved_name_sha256", "sha256", unique=True, postgresql_where=sql("NOT forsaken")),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    reserved_at: Mapped[CreatedAt]
    # Nobody takes it any more: what lies there, if anything, is to be removed.
    forsaken: Mapped[bool] = mapped_column(server_default=sql("false"))


class Attachment(Base):
    __tablename__ = "attachment"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[Key]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    filename: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    content_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class ReceivedMail(Base):
    """Raw mail, committed before the sender hears 250; unreadable, it stays in quarantine to be replayed."""

    __tablename__ = "received_mail"
    __table_args__ = (
        UniqueConstraint("digest", "mailbox"),
        Index(
            "ix_received_mail_quarantined",
            "received_at",
            postgresql_where=sql("quarantined IS NOT NULL AND processed_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    mailbox: Mapped[str] = mapped_column(Text)
    # SHA-256 of the content, Message-ID included: the same id with other content is another mail.
    digest: Mapped[str] = mapped_column(Text)
    mail_from: Mapped[str] = mapped_column(Text)
    rcpt_to: Mapped[list[Any]] = mapped_column(JSONB)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    # Whose Authentication-Results count for it: NULL the relay's of the settings, empty nobody's.
    vouched_by: Mapped[str | None] = mapped_column(Text)
    # What we found out of its signatures ourselves (RFC 8601): NULL when nobody looked yet, or a relay did.
    found_out: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[CreatedAt]
    processed_at: Mapped[Instant | None]
    quarantined: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))


class Mailbox(Base):
    """An address of ours that a team answers for; what comes to it is taken in."""

    __tablename__ = "mailbox"
    __table_args__ = (Index(None, "team_id"),)

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))


class FetchedFolder(Base):
    """How far a folder on another mail server has been fetched."""

    __tablename__ = "fetched_folder"

    name: Mapped[str] = mapped_column(Text, primary_key=True)  # user@host:port/folder
    # The server's numbering: under another one the same uid is another mail (RFC 9051, 2.3.1.1).
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fetched_at: Mapped[Instant | None]
    trouble: Mapped[str | None] = mapped_column(Text)
    # Uids up to `last_uid` that the server does not hand over, for whatever reason: they are asked for again.
    set_aside: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
