"""Addresses that things were sent to."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from customers import merging
from customers.models import Address, AddressKind

_REMEMBER = text("""
INSERT INTO address (id, customer_id, kind, name, company, street, postcode, city, country)
SELECT :id, cast(:customer_id AS uuid), :kind, given.*
FROM (
    SELECT cast(:name AS text) AS name, cast(:company AS text) AS company, cast(:street AS text) AS street,
        cast(:postcode AS text) AS postcode, cast(:city AS text) AS city, cast(:country AS text) AS country
) AS given
WHERE NOT EXISTS (
    SELECT FROM address known WHERE known.customer_id = :customer_id
        AND (known.name, known.company, known.street, known.postcode, known.city, known.country)
            = (given.name, given.company, given.street, given.postcode, given.city, given.country)
)
""")


async def remember(session: AsyncSession, customer_id: UUID, address: dict[str, str]) -> None:
    """Keep an address (name, company, street, postcode, city, country) of a customer, unless it is kept already."""
    await session.flush()
    values = {"id": uuid7(), "customer_id": customer_id, "kind": AddressKind.DELIVERY, **address}
    await session.execute(_REMEMBER, values)


async def last(session: AsyncSession, customer_id: UUID) -> Address | None:
    """Where a customer had something sent last, to fill the form with."""
    return await session.scalar(
        select(Address)
        .where(Address.customer_id.in_(await merging.group(session, customer_id)))
        .order_by(Address.created_at.desc())
        .limit(1)
    )
