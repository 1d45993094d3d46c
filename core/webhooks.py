"""Webhooks from providers: kept raw, once, before anything reads them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Key
from core.jobs import Job, enqueue


class ReceivedWebhook(Base):
    __tablename__ = "received_webhook"
    __table_args__ = (UniqueConstraint("provider", "external_id"),)

    id: Mapped[Key]
    provider: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[CreatedAt]
    processed_at: Mapped[datetime | None]
    # Why it could not be read; such a row is in quarantine until it is replayed.
    quarantined: Mapped[str | None] = mapped_column(Text)


class ProcessWebhook(Job, tag="core.process_webhook", frozen=True):
    webhook_id: UUID
    provider: str


async def store(session: AsyncSession, provider: str, external_id: str, body: bytes) -> bool:
    """Keep a verified webhook and promise its processing; False, and nothing done, when it is known already."""
    webhook_id = await session.scalar(
        insert(ReceivedWebhook)
        .values(provider=provider, external_id=external_id, body=body)
        .on_conflict_do_nothing()
        .returning(ReceivedWebhook.id)
    )
    if webhook_id is None:
        return False
    await enqueue(session, ProcessWebhook(webhook_id, provider))
    return True
