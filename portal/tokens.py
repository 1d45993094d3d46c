"""Tokens: which program may do what through the API."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Invalid, NotFound
from core.words import mark, worded
from portal.models import ApiToken

PREFIX = "tl_"
LONGEST_NAME = 100
# Writing at every call would make each of them a write to one hot row.
USE_NOTED_EVERY = timedelta(minutes=1)

# What a token may be allowed, in the words that the desk shows beside each.
SCOPES = {
    "customers:read": mark("Read customers, their identities and consent"),
    "customers:write": mark("Create and change customers, identities and consent"),
    "timeline:read": mark("Read the timeline"),
    "timeline:write": mark("Append to the timeline"),
    "conversations:read": mark("Read conversations"),
    "conversations:write": mark("Reply in conversations"),
    "tickets:read": mark("Read tickets"),
    "tickets:write": mark("Open and change tickets"),
    "catalogue:read": mark("Read products and stock"),
    "catalogue:write": mark("Change products and stock"),
    "orders:read": mark("Read orders"),
    "orders:write": mark("Change orders"),
    "invoices:read": mark("Read invoices and payments"),
    "invoices:write": mark("Record payments"),
    "campaigns:read": mark("Read segments and campaigns"),
    "campaigns:write": mark("Change segments and campaigns"),
    "messages:write": mark("Send transactional messages"),
    "leads:write": mark("Hand in leads"),
    "webhooks:read": mark("Read webhook endpoints and their log"),
    "webhooks:write": mark("Change webhook endpoints and replay their log"),
}


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


async def create(
    session: AsyncSession, name: str, scopes: Collection[str], *, created_by: UUID | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("Give the token a name.", {"name": "Say what it is for, in at most 100 characters."})
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown or not scopes:
        sentence = (
            worded("There is no scope %(scope)s.", scope=unknown[0])
            if unknown
            else "Choose at least one scope."
        )
        raise Invalid("A token needs to be allowed something that exists.", {"scopes": sentence})
    # 256 bits: nothing that could be guessed, so a plain hash keeps it.
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        beginning=secret[: len(PREFIX) + 6],
        token_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        created_by=created_by,
    )
    session.add(token)
    await session.flush()
    return token, secret


async def find(session: AsyncSession, secret: str) -> ApiToken | None:
    """The token that is not revoked; its use is noted, to the minute."""
    token = await session.scalar(
        select(ApiToken).where(ApiToken.token_hash == _hash(secret), ApiToken.revoked_at.is_(None))
    )
    at = now()
    if token is not None and (token.last_used_at is None or token.last_used_at < at - USE_NOTED_EVERY):
        await session.execute(
            update(ApiToken)
            .where(ApiToken.id == token.id)
            .values(last_used_at=func.greatest(ApiToken.last_used_at, at))
        )
    return token


async def revoke(session: AsyncSession, token_id: UUID) -> ApiToken:
    """From the commit on it opens nothing; revoking twice changes nothing. Raises NotFound."""
    token = await session.get(ApiToken, token_id, with_for_update=True)
    if token is None:
        raise NotFound("That token does not exist.")
    token.revoked_at = token.revoked_at or now()
    return token


async def listed(session: AsyncSession) -> list[ApiToken]:
    """Every token, those that still open something first, the newest first."""
    return list(
        await session.scalars(
            select(ApiToken).order_by(ApiToken.revoked_at.is_not(None), ApiToken.created_at.desc())
        )
    )
