"""What customers say about themselves: name, company, phone, language, addresses."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Invalid, NotFound
from core.words import mark, worded
from customers import identities, postcodes
from customers.merging import group, survivor
from customers.models import Address, AddressKind, Customer

LONGEST = 200
MOST_ADDRESSES = 20


async def show(session: AsyncSession, customer_id: UUID) -> Customer:
    """The record that speaks for this customer. Raises NotFound."""
    return await session.get_one(Customer, await survivor(session, customer_id))


async def change(
    session: AsyncSession,
    customer_id: UUID,
    *,
    name: str,
    company: str = "",
    phone: str = "",
    locale: str = "en",
    country: str = "DE",
) -> Customer:
    """Set what a customer says of themselves; a phone number is a claim until proven. Raises Invalid."""
    contact = identities.phone(phone, country) if phone else None
    for field, value in (("name", name), ("company", company)):
        if len(value) > LONGEST:
            raise Invalid("That is too long.", {field: worded("At most %(most)s characters.", most=LONGEST)})
    customer = await session.get_one(Customer, await survivor(session, customer_id), with_for_update=True)
    customer.name, customer.company, customer.locale = name.strip(), company.strip(), locale
    if contact is not None:
        await identities.claim(session, customer.id, contact)
    await session.flush()
    return customer


async def addresses(session: AsyncSession, customer_id: UUID) -> list[Address]:
    """Every address of a customer, the newest first."""
    return list(
        await session.scalars(
            select(Address)
            .where(Address.customer_id.in_(await group(session, customer_id)))
            .order_by(Address.created_at.desc(), Address.id.desc())
        )
    )


async def add_address(session: AsyncSession, customer_id: UUID, kind: AddressKind, **facts: Any) -> Address:
    """Keep an address: name, company, street, postcode, city, country (ISO 3166-1 alpha-2); or Invalid."""
    wrong = {
        field: mark("Please fill this in.")
        for field in ("name", "street", "postcode", "city")
        if not facts.get(field)
    }
    wrong |= {
        field: worded("At most %(most)s characters.", most=LONGEST)
        for field in facts
        if len(facts[field]) > LONGEST
    }
    if len(facts.get("country", "")) != 2 or not facts["country"].isalpha():
        wrong["country"] = mark("Choose a country.")
    elif "postcode" not in wrong and not postcodes.fits(facts["postcode"], facts["country"]):
        wrong["postcode"] = postcodes.complaint(facts["country"])
    if wrong:
        raise Invalid("This address needs another look.", wrong)
    speaker = await survivor(session, customer_id)
    kept = await session.scalar(
        select(func.count()).select_from(Address).where(Address.customer_id == speaker)
    )
    if (kept or 0) >= MOST_ADDRESSES:
        raise Invalid("That is as many addresses as we keep. Remove one first.")
    address = Address(customer_id=speaker, kind=kind, **facts)
    session.add(address)
    await session.flush()
    return address


async def remove_address(session: AsyncSession, customer_id: UUID, address_id: UUID) -> None:
    """Forget an address of theirs; orders keep their own copy. Raises NotFound for anyone else's."""
    removed = await session.scalar(
        delete(Address)
        .where(Address.id == address_id, Address.customer_id.in_(await group(session, customer_id)))
        .returning(Address.id)
    )
    if removed is None:
        raise NotFound("That address is not there any more.")
