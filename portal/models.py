"""Visits: what a browser's cookie stands for, kept on our side."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Instant


class VisitRow(Base):
    __tablename__ = "visit"
    __table_args__ = (Index(None, "expires_at"), Index(None, "customer_id"), Index(None, "staff_id"))

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    staff_epoch: Mapped[int | None]
    # The cart and the chat of this browser; they end with a sign-out.
    cart_id: Mapped[UUID | None]
    cart_count: Mapped[int] = mapped_column(server_default="0")
    chat_id: Mapped[UUID | None]
    locale: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Instant]
