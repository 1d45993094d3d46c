"""What a message knows of the person it goes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tokens
from campaigns.content import Compiled
from campaigns.layout import WORDS
from core.errors import NotFound
from core.settings import Settings
from customers.models import Customer, CustomerTraits


@dataclass(frozen=True)
class Person:
    """`spend` is in minor units of the company's currency."""

    customer_id: UUID
    name: str
    company: str
    locale: str
    spend: int
    orders: int


async def people(session: AsyncSession, customer_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """These customers as messages know them, by id."""
    rows = await session.execute(
        select(
            Customer.id,
            Customer.name,
            Customer.company,
            Customer.locale,
            func.coalesce(CustomerTraits.spend, 0),
            func.coalesce(CustomerTraits.orders, 0),
        )
        .outerjoin(CustomerTraits, CustomerTraits.customer_id == Customer.id)
        .where(Customer.id.in_(customer_ids))
    )
    return {row[0]: Person(*row) for row in rows}


async def person(session: AsyncSession, customer_id: UUID) -> Person:
    """Raises NotFound."""
    found = (await people(session, [customer_id])).get(customer_id)
    if found is None:
        raise NotFound("That customer does not exist.")
    return found


def values(
    settings: Settings, compiled: Compiled, to: Person, recipient_id: UUID | None = None
) -> dict[str, Any]:
    """The values for one recipient; without a ledger row, as in previews and tests, links are plain."""
    theirs = {
        "name": to.name,
        "first_name": to.name.split()[0] if to.name.split() else "",
        "company": to.company,
    }
    locale = to.locale[:2] if to.locale[:2] in WORDS else "en"
    links: dict[str, str] = {}
    for position, url in enumerate(compiled.links):
        named = tokens.Named(recipient_id, position) if recipient_id else None
        links[f"link_{position}"] = tokens.address(settings, "link", named) if named else url
    ways = {
        f"{purpose}_url": tokens.address(settings, purpose, tokens.Named(recipient_id))
        if recipient_id
        else tokens.sample(settings, purpose)
        for purpose in ("unsubscribe", "preferences")
    }
    return {
        # What is not known is left out, so that a text which needs it is found before it is sent.
        "customer": {key: value for key, value in theirs.items() if value} | {"locale": locale},
        "spend": to.spend,
        "orders": to.orders,
        "company": {
            "name": settings.company_name,
            "website": settings.public_url,
            "footer": settings.company_name,
            "currency": settings.currency,
        },
        "words": WORDS[locale],
        **ways,
        **links,
    }
