"""What the store sells, what was ordered, and the money for it: integer minor units of the row's currency."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Facts, Instant, Key, Minor


class OrderStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


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


class HoldStatus(StrEnum):
    HELD = "held"
    RELEASED = "released"
    COMMITTED = "committed"


class Category(Base):
    __tablename__ = "category"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    picture: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(server_default="0")
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_search", "search", postgresql_using="gin"),
        Index(
            "ix_product_document_trgm",
            "document",
            postgresql_using="gin",
            postgresql_ops={"document": "gin_trgm_ops"},
        ),
        Index(None, "category_id", "position"),
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    tagline: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    # [[label, value], …] in the order that they are shown in.
    specification: Mapped[list[list[str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    # {locale: {"name": …, "tagline": …, "description": …}}
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    category_id: Mapped[UUID] = mapped_column(ForeignKey("category.id"))
    picture: Mapped[str] = mapped_column(Text, server_default="")
    tax_category: Mapped[str] = mapped_column(Text, server_default="standard")
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[CreatedAt]
    # Everything a search may find, in plain lower-case letters; written by `search.index`.
    document: Mapped[str] = mapped_column(Text, server_default="")
    search: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple'::regconfig, document)", persisted=True), deferred=True
    )


class Sku(Base):
    """One thing that can be bought: a variant of a product, with its price including VAT."""

    __tablename__ = "sku"
    __table_args__ = (CheckConstraint("price >= 0", name="price"), Index(None, "product_id", "position"))

    id: Mapped[Key]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    code: Mapped[str] = mapped_column(Text, unique=True)
    # {"Size": "1 kg"}; empty where there is nothing to choose.
    options: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # Empty where the product's picture does.
    picture: Mapped[str] = mapped_column(Text, server_default="")
    price: Mapped[Minor]
    currency: Mapped[str] = mapped_column(Text, server_default="EUR")
    weight: Mapped[int] = mapped_column(server_default="0")  # grams
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=text("true"))

    @property
    def label(self) -> str:
        return ", ".join(str(value) for value in self.options.values())


class Stock(Base):
    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved"),)

    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")


class TaxRate(Base):
    """VAT of a country for a category of goods: 0.1900 is 19 %."""

    __tablename__ = "tax_rate"

    country: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))


class ShippingMethod(Base):
    __tablename__ = "shipping_method"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    promise: Mapped[str] = mapped_column(Text, server_default="")
    # Like a product's: {"de": {"name": …, "promise": …}}.
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    price: Mapped[Minor]
    # Goods worth this much or more travel free.
    free_from: Mapped[int | None]
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(server_default="0")


class PaymentMethod(Base):
    __tablename__ = "payment_method"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    # card (the gateway), transfer (wait for the money), later (goods first: on delivery, on account)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")
    # Like a product's: {"de": {"name": …, "detail": …}}.
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # What a person needs to pay this way: account_holder, iban, bic, bank.
    instructions: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # How long the money may take; goods are held as long.
    days_to_pay: Mapped[int] = mapped_column(server_default="0")
    for_companies: Mapped[bool] = mapped_column(server_default=text("false"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int] = mapped_column(server_default="0")


class Seller(Base):
    """Who sells, as it must stand on an invoice. One row."""

    __tablename__ = "seller"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    facts: Mapped[Facts]


class Cart(Base):
    __tablename__ = "cart"
    __table_args__ = (Index(None, "customer_id", postgresql_where=text("customer_id IS NOT NULL")),)

    id: Mapped[Key]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    currency: Mapped[str] = mapped_column(Text, server_default="EUR")
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]
    # A cart is done when an order was made of it, or when its lines moved to another cart.
    order_id: Mapped[UUID | None]
    merged_into_id: Mapped[UUID | None]


class CartLine(Base):
    __tablename__ = "cart_line"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),)

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"), primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    quantity: Mapped[int]
    added_at: Mapped[CreatedAt]


ORDER_NUMBERS = Sequence("order_number", start=10001, metadata=Base.metadata)


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "customer_id", "placed_at"),
        Index(None, "status", "placed_at"),
        Index(None, "placed_at", "id"),
        CheckConstraint("total = goods - discount + shipping", name="total"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    cart_id: Mapped[UUID | None] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, server_default="")
    # As they were when the order was placed: name, company, street, postcode, city, country.
    delivery_address: Mapped[Facts]
    billing_address: Mapped[Facts]
    currency: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    goods: Mapped[Minor]
    discount: Mapped[Minor] = mapped_column(server_default="0")
    shipping: Mapped[Minor]
    total: Mapped[Minor]
    # [{"rate": "0.19", "net": …, "tax": …, "gross": …}]: shares of shipping included.
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    shipping_code: Mapped[str] = mapped_column(Text)
    shipping_name: Mapped[str] = mapped_column(Text)
    payment_code: Mapped[str] = mapped_column(Text)
    instructions: Mapped[str] = mapped_column(Text, server_default="")
    carrier: Mapped[str] = mapped_column(Text, server_default="")
    tracking: Mapped[str] = mapped_column(Text, server_default="")
    placed_at: Mapped[Instant]
    paid_at: Mapped[Instant | None]
    packed_at: Mapped[Instant | None]
    shipped_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    cancel_reason: Mapped[str] = mapped_column(Text, server_default="")


class OrderLine(Base):
    __tablename__ = "order_line"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[Key]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"))
    sku_code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")
    picture: Mapped[str] = mapped_column(Text, server_default="")
    slug: Mapped[str] = mapped_column(Text, server_default="")
    quantity: Mapped[int]
    unit_price: Mapped[Minor]
    discount: Mapped[Minor] = mapped_column(server_default="0")
    total: Mapped[Minor]
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))


class StockHold(Base):
    __tablename__ = "stock_hold"
    __table_args__ = (
        UniqueConstraint("order_id", "sku_id"),
        Index(None, "expires_at", postgresql_where=text("status = 'held'")),
    )

    id: Mapped[Key]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("sku.id"))
    quantity: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    # None: held until the order is packed or cancelled.
    expires_at: Mapped[Instant | None]


class InvoiceSeries(Base):
    """The counter of a series: locked for a moment by whoever finalises, so that no number is skipped."""

    __tablename__ = "invoice_series"

    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last_number: Mapped[int] = mapped_column(server_default="0")


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
        return f"{self.series}-{self.number:06d}" if self.number is not None else ""


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


class Review(Base):
    """What someone who received a product says of it: one for each person and product."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("customer_id", "product_id"),
        # Whoever shows a product asks for its shown reviews, newest first; a list asks for its ratings alone.
        Index("ix_review_shown", "product_id", "created_at", postgresql_where=text("hidden_at IS NULL")),
        Index("ix_review_ratings", "product_id", "rating", postgresql_where=text("hidden_at IS NULL")),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    id: Mapped[Key]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    # The delivered order that it rests on.
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    rating: Mapped[int]
    body: Mapped[str] = mapped_column(Text, server_default="")
    # As shown to everyone: "Anna K."
    author: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    created_at: Mapped[CreatedAt]
    # Taken off the page by a colleague; counted no more.
    hidden_at: Mapped[Instant | None]
