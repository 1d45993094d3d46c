"""Seeing an order or invoice without signing in: with a link that we made for exactly that one."""

import hashlib
import secrets
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from estore.books import Invoice, InvoiceLink, InvoiceStatus

ORDER_LINK_LIFE = 90 * 24 * 3600


def order_token(order_id: UUID, secret: str) -> str:
    """What the link to one order carries."""
    return str(URLSafeTimedSerializer(secret, salt="estore.order").dumps(order_id.hex))


def opens(token: str, order_id: UUID, secret: str) -> bool:
    """Whether a token was made for this order, by us, within the last 90 days."""
    try:
        named = URLSafeTimedSerializer(secret, salt="estore.order").loads(token, max_age=ORDER_LINK_LIFE)
    except BadSignature:
        return False
    return bool(named == order_id.hex)


async def make_link(session: AsyncSession, invoice_id: UUID) -> str:
    """A new token (256 bits) that opens one invoice; only its hash is kept, it is seen this once."""
    token = secrets.token_urlsafe(32)
    session.add(InvoiceLink(token_hash=_hash(token), invoice_id=invoice_id))
    await session.flush()
    return token


async def open_link(session: AsyncSession, token: str) -> Invoice:
    """The invoice that a token opens; opening it changes nothing. Raises NotFound."""
    invoice = await session.scalar(
        select(Invoice)
        .join(InvoiceLink, InvoiceLink.invoice_id == Invoice.id)
        .where(
            InvoiceLink.token_hash == _hash(token),
            InvoiceLink.revoked_at.is_(None),
            Invoice.status != InvoiceStatus.DRAFT,
        )
    )
    if invoice is None:
        raise NotFound("This link does not open anything. Use the newest one that we sent, or sign in.")
    return invoice


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
