"""Carts, orders and what is held for them; money in integer minor units of the row's currency."""

from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Sequence, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Facts, Instant, Key, Minor


class OrderStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class HoldStatus(StrEnum):
    HELD = "held"
    RELEASED = "released"
    COMMITTED = "committed"


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
