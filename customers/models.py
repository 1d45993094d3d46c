"""Who our customers are, what they allow, and what happened: every row here belongs to one customer."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from core.database import Base, CreatedAt, Facts, Instant, Key


class IdentityKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    CHAT = "chat"


class AddressKind(StrEnum):
    BILLING = "billing"
    DELIVERY = "delivery"


class SuppressionScope(StrEnum):
    MARKETING = "marketing"
    ALL = "all"


class Customer(Base):
    __tablename__ = "customer"
    __table_args__ = (
        Index(
            "ix_customer_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}
        ),
        Index(
            "ix_customer_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index("ix_customer_created_at", "created_at", "id"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, server_default="")
    company: Mapped[str] = mapped_column(Text, server_default="")
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    time_zone: Mapped[str] = mapped_column(Text, server_default="Europe/Berlin")
    # How they came to us: store, email, sms, chat, import, desk.
    source: Mapped[str] = mapped_column(Text, server_default="")
    attributes: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    # A merge is a redirect: the record stays, and points at the one that speaks for both.
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))


class Identity(Base):
    """A way to reach or recognise someone. Unverified, it is only a claim."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "value"),
        Index(
            "uq_identity_verified",
            "kind",
            "value",
            unique=True,
            postgresql_where=text("verified_at IS NOT NULL"),
        ),
        Index("ix_identity_kind_value", "kind", "value"),
        Index(
            "ix_identity_value_trgm",
            "value",
            postgresql_using="gin",
            postgresql_ops={"value": "gin_trgm_ops"},
        ),
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str] = mapped_column(Text)
    # Normalised: e-mail in lower case, phone as E.164.
    value: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None]
    # What proved it: link, code, dkim, staff.
    verified_by: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class Address(Base):
    __tablename__ = "address"
    __table_args__ = (Index(None, "customer_id"),)

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    company: Mapped[str] = mapped_column(Text, server_default="")
    street: Mapped[str] = mapped_column(Text)
    postcode: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)  # ISO 3166-1 alpha-2
    created_at: Mapped[CreatedAt]


class ConsentRecord(Base):
    """The ledger of what a customer allowed and withdrew; the newest line for a channel and topic counts."""

    __tablename__ = "consent_record"
    __table_args__ = (Index(None, "customer_id", "channel", "topic", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    channel: Mapped[str] = mapped_column(Text)  # email, sms, …
    topic: Mapped[str] = mapped_column(Text)
    granted: Mapped[bool]
    address: Mapped[str] = mapped_column(Text, server_default="")
    # Where it was said (checkout, preferences, unsubscribe link, STOP, import, desk) and in which words.
    source: Mapped[str] = mapped_column(Text)
    wording: Mapped[str] = mapped_column(Text, server_default="")
    actor: Mapped[str] = mapped_column(Text, server_default="customer")
    recorded_at: Mapped[CreatedAt]


class Suppression(Base):
    """An address that must not be written to, whoever it belongs to."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("channel", "address", "scope"),)

    id: Mapped[Key]
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class TimelineEntry(Base):
    """One thing that happened to one customer. Rows are only ever added; the database refuses anything else."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "source_key"),
        Index("ix_timeline_entry_history", "customer_id", "occurred_at", "id"),
        # Whom something happened to is read from the index alone: segments ask that of millions of rows.
        Index("ix_timeline_entry_kind", "kind", "occurred_at", postgresql_include=["customer_id"]),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default="1")
    # What it is about (an order, a conversation, a broadcast): the department that owns the kind knows its table.
    subject_id: Mapped[UUID | None]
    source_key: Mapped[str] = mapped_column(Text)
    payload: Mapped[Facts]
    occurred_at: Mapped[Instant]
    recorded_at: Mapped[CreatedAt]


APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
for _table in ("timeline_entry", "consent_record"):
    event.listen(Base.metadata.tables[_table], "after_create", DDL(APPEND_ONLY))  # type: ignore[no-untyped-call]  # the library has no types
    event.listen(Base.metadata.tables[_table], "after_create", DDL(GUARD.format(table=_table)))  # type: ignore[no-untyped-call]  # the library has no types


class CustomerTraits(Base):
    """What is derived from a customer's timeline; `throughline verify` rebuilds it and finds no difference."""

    __tablename__ = "customer_traits"
    __table_args__ = (
        CheckConstraint("orders >= 0", name="orders"),
        Index(None, "spend"),
        Index(None, "last_order_at"),
        Index(None, "orders"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    orders: Mapped[int] = mapped_column(server_default="0")
    spend: Mapped[int] = mapped_column(BigInteger, server_default="0")  # minor units, refunds taken off
    first_order_at: Mapped[Instant | None]
    last_order_at: Mapped[Instant | None]
    messages_in: Mapped[int] = mapped_column(server_default="0")
    last_message_in_at: Mapped[Instant | None]
    tickets: Mapped[int] = mapped_column(server_default="0")
    campaigns_sent: Mapped[int] = mapped_column(server_default="0")
    campaigns_clicked: Mapped[int] = mapped_column(server_default="0")
    last_click_at: Mapped[Instant | None]
    last_seen_at: Mapped[Instant | None]

    def facts(self) -> dict[str, Any]:
        return {column.key: getattr(self, column.key) for column in self.__table__.columns}


class SignIn(Base):
    """One wish to sign in: a code for the browser that asked, a link for the mailbox, whichever comes first."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("uq_sign_in_browser", "browser_hash", unique=True, postgresql_where=text("used_at IS NULL")),
        Index(None, "expires_at"),
        CheckConstraint("attempts <= 5", name="attempts"),
    )

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(Text)
    # What the browser keeps, hashed; the code is hashed together with it, so that six digits alone are no secret.
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    link_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
