"""Replays: what was signed for one call must not serve for another."""

import hashlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core.errors import NotAllowed

NOTE = text("""
INSERT INTO received_webhook (id, provider, external_id, body, processed_at)
VALUES (:id, :provider, :external_id, :digest, now())
ON CONFLICT DO NOTHING RETURNING id
""")
KNOWN = text("SELECT body FROM received_webhook WHERE provider = :provider AND external_id = :external_id")


async def note(session: AsyncSession, provider: str, external_id: str, content: bytes) -> bool:
    """Note a verified webhook whose content is kept elsewhere, in this transaction; False when it is known already.

    Raises NotAllowed when it brought another content before: somebody uses its signature again.
    """
    named = {"provider": provider, "external_id": external_id}
    digest = hashlib.sha256(content).digest()
    if await session.scalar(NOTE, {**named, "id": uuid7(), "digest": digest}) is not None:
        return True
    if await session.scalar(KNOWN, named) != digest:
        raise NotAllowed("This signature was used before.")
    return False
