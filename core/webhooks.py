"""Webhooks from providers: kept raw, once, before anything reads them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from core.database import Base, CreatedAt, Key
from core.jobs import TOPIC, Job, promised, promising
from core.nudges import nudge


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


# Kept and promised in one statement: it is all that an acknowledgement waits for.
_STORE = text(f"""
WITH kept AS (
    INSERT INTO received_webhook (id, provider, external_id, body) VALUES (:id, :provider, :external_id, :body)
    ON CONFLICT DO NOTHING RETURNING id
)
{promising("kept")}""")  # noqa: S608 - only a part of our own is put in


async def store(session: AsyncSession, provider: str, external_id: str, body: bytes) -> bool:
    """Keep a verified webhook and promise its processing; False, and nothing done, when it is known already.

    One statement, so that it needs no transaction around it.
    """
    job = ProcessWebhook(uuid7(), provider)
    values = {"id": job.webhook_id, "provider": provider, "external_id": external_id, "body": body}
    if await session.scalar(_STORE, {**values, **promised(job)}) is None:
        return False
    nudge(session, TOPIC)
    return True
