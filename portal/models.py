"""What the HTTP door keeps: visits, programs' tokens, and answers given once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Instant, Key


class VisitRow(Base):
    """What a browser's cookie stands for."""

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


class ApiToken(Base):
    """A program's key to the API; what it is made of is shown once and kept only as a hash."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    # The first characters, so that a person can tell their tokens apart.
    beginning: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiAnswer(Base):
    """What a POST with an Idempotency-Key was answered, committed together with what it did."""

    __tablename__ = "api_answer"
    __table_args__ = (Index(None, "created_at"),)

    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
