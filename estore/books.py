"""The books: invoices, payments on them and refunds; money in integer minor units of the currency of the row."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Facts, Instant, Key, Minor


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class PaymentStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"
    # The gateway was asked and we do not know what it did; nothing new is begun until we do.
    UNKNOWN = "unknown"


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class InvoiceSeries(Base):
    """The counter of a series: locked for a moment by whoever finalises, so that no number is skipped."""

    __tablename__ = "invoice_series"

    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last_number: Mapped[int] = mapped_column(server_default="0")


def labelled(series: str, number: int | None) -> str:
    """An invoice's number as people read it: RE-2026-000017; empty for a draft."""
    return f"{series}-{number:06d}" if number is not None else ""


class Invoice(Base):
    """An invoice or a credit note: numbered from the moment it is finalised, and never changed after."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("(number IS NULL) = (status = 'draft')", name="numbered"),
        Index(None, "customer_id", "created_at"),
        Index(None, "order_id"),
        Index(None, "status", "due_on"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text, server_default=InvoiceKind.INVOICE)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    credits_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoice.id"))
    series: Mapped[str] = mapped_column(Text, server_default="")
    number: Mapped[int | None]
    status: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    total: Mapped[Minor]
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    seller: Mapped[Facts]
    buyer: Mapped[Facts]
    email: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="")
    days_to_pay: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    paid_at: Mapped[Instant | None]
    voided_at: Mapped[Instant | None]

    @property
    def label(self) -> str:
        """The number as people read it: RE-2026-000017."""
        return labelled(self.series, self.number)


class InvoiceLine(Base):
    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[Key]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")
    quantity: Mapped[int]
    unit_price: Mapped[Minor]
    discount: Mapped[Minor] = mapped_column(server_default="0")
    total: Mapped[Minor]
    # Shipping may be taxed at the rates of the goods it carries: then the rates stand in the VAT table only.
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(6, 4))


class InvoiceLink(Base):
    """A way to one invoice without signing in. Only the hash of its token is kept."""

    __tablename__ = "invoice_link"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), index=True)
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[Instant | None]


class Payment(Base):
    """One attempt to pay one invoice."""

    __tablename__ = "payment"
    __table_args__ = (
        Index(
            "uq_payment_open",
            "invoice_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'unknown')"),
        ),
        Index(
            "uq_payment_provider",
            "provider_session",
            unique=True,
            postgresql_where=text("provider_session IS NOT NULL"),
        ),
        Index("ix_payment_intent", "provider_payment", postgresql_where=text("provider_payment IS NOT NULL")),
        Index("ix_payment_waiting", "checked_at", postgresql_where=text("status IN ('pending', 'unknown')")),
        # Money by the day that it arrived.
        Index(
            "ix_payment_arrived",
            "settled_at",
            "id",
            postgresql_where=text("status IN ('succeeded', 'refunded')"),
        ),
        Index(None, "customer_id"),
        Index(None, "invoice_id"),
        CheckConstraint("amount > 0 AND refunded BETWEEN 0 AND amount", name="amount"),
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    method: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    amount: Mapped[Minor]
    refunded: Mapped[Minor] = mapped_column(server_default="0")
    currency: Mapped[str] = mapped_column(Text)
    # What a person writes on a bank transfer.
    reference: Mapped[str] = mapped_column(Text, server_default="")
    # Kept before the gateway is asked, and sent with every question about this attempt.
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True)
    # Exactly what the gateway is asked, so that asking again asks the same.
    request: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    provider_session: Mapped[str | None] = mapped_column(Text)
    provider_payment: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    expires_at: Mapped[Instant | None]
    created_at: Mapped[CreatedAt]
    checked_at: Mapped[CreatedAt]
    settled_at: Mapped[Instant | None]


class Refund(Base):
    __tablename__ = "refund"
    __table_args__ = (
        Index(None, "payment_id"),
        Index("ix_refund_waiting", "checked_at", postgresql_where=text("status = 'pending'")),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    credit_note_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoice.id"))
    amount: Mapped[Minor]
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True)
    provider_refund: Mapped[str | None] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]
    # When the gateway was last asked how it stands.
    checked_at: Mapped[CreatedAt]
    settled_at: Mapped[Instant | None]


class MoneyTask(Base):
    """Money that does not fit what we know: for a colleague to look at, never lost."""

    __tablename__ = "money_task"
    __table_args__ = (
        UniqueConstraint("kind", "source_key"),
        Index(None, "created_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)  # unmatched, mismatch, refund_by_transfer, refund_failed
    source_key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    facts: Mapped[Facts]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    created_at: Mapped[CreatedAt]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
