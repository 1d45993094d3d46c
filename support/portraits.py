"""Portraits: who a customer is, on one page, for the colleague who answers them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from customers import consent, identities, merging
from customers.models import (
    Address,
    ConsentRecord,
    Customer,
    CustomerTraits,
    Identity,
    IdentityKind,
    Suppression,
)


@dataclass(frozen=True)
class Claim:
    """Someone writes from an address that another customer has proven."""

    value: str
    kind: str
    owner_id: UUID
    owner: str


@dataclass(frozen=True)
class Portrait:
    customer: Customer
    name: str
    identities: list[Identity]
    consents: list[ConsentRecord]  # the newest of each channel and topic; `allowed` says which of them count
    allowed: set[tuple[str, str]]
    suppressions: list[Suppression]
    addresses: list[Address]
    traits: CustomerTraits | None
    merged: list[Customer]
    claims: list[Claim]

    @property
    def verified(self) -> bool:
        return any(
            identity.verified_at is not None
            for identity in self.identities
            if identity.kind != IdentityKind.CHAT
        )


async def portrait(session: AsyncSession, customer_id: UUID) -> Portrait:
    """Everything that is known about the person behind a record, merged records included. Raises NotFound."""
    ids = await merging.group(session, customer_id)
    if not ids:
        raise NotFound("That customer does not exist.")
    records = {
        record.id: record for record in await session.scalars(select(Customer).where(Customer.id.in_(ids)))
    }
    root = records[ids[0]]
    contacts = await identities.contacts(session, customer_id)
    known = [contact for contact in contacts if contact.kind != IdentityKind.CHAT]
    newest = (
        select(ConsentRecord)
        .ext(distinct_on(ConsentRecord.channel, ConsentRecord.topic))
        .where(ConsentRecord.customer_id.in_(ids))
        .order_by(
            ConsentRecord.channel,
            ConsentRecord.topic,
            ConsentRecord.actor == consent.GUEST,
            ConsentRecord.id.desc(),
        )
    )
    suppressed = select(Suppression).where(Suppression.address.in_([contact.value for contact in known]))
    addresses = (
        select(Address).where(Address.customer_id.in_(ids)).order_by(Address.created_at.desc(), Address.id)
    )
    return Portrait(
        customer=root,
        name=root.name or (known[0].value if known else ""),
        identities=contacts,
        consents=list(await session.scalars(newest)),
        allowed=await consent.standing(session, customer_id),
        suppressions=list(await session.scalars(suppressed)),
        addresses=list(await session.scalars(addresses)),
        traits=await session.get(CustomerTraits, root.id),
        merged=[records[key] for key in ids[1:]],
        claims=await claims(session, customer_id),
    )


_CLAIMS = text("""
SELECT mine.value, mine.kind, theirs.customer_id AS owner_id
FROM identity mine
JOIN identity theirs ON theirs.kind = mine.kind AND theirs.value = mine.value
    AND theirs.verified_at IS NOT NULL
WHERE mine.customer_id = ANY(cast(:ids AS uuid[])) AND mine.verified_at IS NULL
    AND theirs.customer_id <> ALL(cast(:ids AS uuid[]))
ORDER BY mine.created_at, mine.id
""")


async def claims(session: AsyncSession, customer_id: UUID) -> list[Claim]:
    """The addresses that this customer only says are theirs and that another has proven."""
    ids = await merging.group(session, customer_id)
    found = []
    for value, kind, owner_id in (await session.execute(_CLAIMS, {"ids": ids})).all():
        root = await merging.survivor(session, owner_id)
        name = await session.scalar(select(Customer.name).where(Customer.id == root))
        found.append(Claim(value, kind, root, name or value))
    return found
