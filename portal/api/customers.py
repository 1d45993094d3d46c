"""Customers over the API: who they are, and how they are reached."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from customers import identities, merging, profile
from customers.models import Customer, CustomerTraits, Identity
from portal.api.answers import once, require_match
from portal.api.fields import TEXT, Language, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("customers:read")
WRITE = program("customers:write")

Name = Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Lena Hoffmann"])]
Company = Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Werkstatt Lang"])]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=TEXT,
        extra_json_schema={"format": "email"},
        examples=["lena.hoffmann@post.test"],
    ),
]
Phone = Annotated[str, Meta(max_length=40, pattern=TEXT, examples=["+49 30 23125000"])]


class IdentityOut(msgspec.Struct):
    """A way to reach or recognise someone; without `verified_at` it is only a claim."""

    id: UUID
    kind: str
    value: str
    verified_at: Moment | None
    verified_by: str | None


class TraitsOut(msgspec.Struct):
    """What follows from the customer's timeline; `spend` in minor units, refunds taken off."""

    orders: int
    spend: int
    first_order_at: Moment | None
    last_order_at: Moment | None
    tickets: int
    messages_in: int
    last_seen_at: Moment | None


class CustomerOut(msgspec.Struct):
    id: UUID
    name: str
    company: str
    locale: str
    time_zone: str
    source: str
    attributes: dict[str, Any]
    created_at: Moment
    merged_into_id: Annotated[
        UUID | None,
        Meta(description="The record that speaks for this one, where two turned out to be one person."),
    ]
    identities: list[IdentityOut] | UnsetType = UNSET
    traits: TraitsOut | UnsetType | None = UNSET


class CustomerIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new customer; the address and number are claims until proven."""

    email: Email
    name: Name = ""
    company: Company = ""
    phone: Phone = ""
    locale: Language = "en"


class CustomerChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    company: Company | UnsetType = UNSET
    locale: Language | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET


class IdentityIn(msgspec.Struct, forbid_unknown_fields=True):
    """A claim to add: an e-mail address or a phone number."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Meta(min_length=3, max_length=254, pattern=TEXT, examples=["lena@work.test"])]


Expand = Annotated[
    str | None,
    QueryParameter(
        pattern="^(identities|traits)(,(identities|traits))*$", description="What to show besides."
    ),
]


def show(customer: Customer) -> CustomerOut:
    return CustomerOut(
        customer.id,
        customer.name,
        customer.company,
        customer.locale,
        customer.time_zone,
        customer.source,
        customer.attributes,
        customer.created_at,
        customer.merged_into_id,
    )


def show_identity(identity: Identity) -> IdentityOut:
    return IdentityOut(identity.id, identity.kind, identity.value, identity.verified_at, identity.verified_by)


async def _expand(session: AsyncSession, shown: list[CustomerOut], expand: str | None) -> None:
    wanted = set((expand or "").split(","))
    for one in shown if "identities" in wanted else ():
        one.identities = [show_identity(kept) for kept in await identities.contacts(session, one.id)]
    if "traits" in wanted:
        rows = await session.scalars(
            select(CustomerTraits).where(CustomerTraits.customer_id.in_([one.id for one in shown]))
        )
        known = {row.customer_id: msgspec.convert(row, TraitsOut, from_attributes=True) for row in rows}
        for one in shown:
            one.traits = known.get(one.id)


@get("/customers", guards=[READ])
async def list_customers(
    database: NamedDependency[Database],
    email: FromQuery[str | None] = None,
    phone: FromQuery[str | None] = None,
    expand: Expand = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[CustomerOut]:
    """Customers, the newest first; with `email` or `phone`, those who have proven or claimed it."""
    query = select(Customer)
    for contact in (
        identities.email(email) if email is not None else None,
        identities.phone(phone) if phone is not None else None,
    ):
        if contact is not None:
            query = query.where(
                Customer.id.in_(
                    select(Identity.customer_id).where(
                        Identity.kind == contact.kind, Identity.value == contact.value
                    )
                )
            )
    async with database.transaction() as session:
        found = await paged(session, query, [Customer.created_at, Customer.id], show, cursor, limit)
        await _expand(session, found.data, expand)
    return found


@post("/customers", guards=[WRITE])
async def create_customer(
    request: Request[Any, Any, Any], data: JSONBody[CustomerIn], database: NamedDependency[Database]
) -> Response[CustomerOut]:
    """Meet a customer: the record that claims this address and has proven nothing, else a new one."""

    async def act(session: AsyncSession) -> CustomerOut:
        contact = identities.email(data.email)
        customer_id = await identities.resolve(
            session, contact, proven=False, name=data.name, source="api", locale=data.locale
        )
        customer = await profile.change(
            session, customer_id, name=data.name, company=data.company, phone=data.phone, locale=data.locale
        )
        return show(customer)

    return await once(request, database, act)


@get("/customers/{customer_id:uuid}", guards=[READ])
async def get_customer(
    customer_id: FromPath[UUID], database: NamedDependency[Database], expand: Expand = None
) -> CustomerOut:
    """One customer; a merged record leads to the one that speaks for it."""
    async with database.transaction() as session:
        shown = show(await profile.show(session, customer_id))
        await _expand(session, [shown], expand)
    return shown


@patch("/customers/{customer_id:uuid}", guards=[WRITE])
async def change_customer(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[CustomerChange],
    database: NamedDependency[Database],
) -> CustomerOut:
    """Change what is said of a customer; send If-Match to change only the version that you read."""
    async with database.transaction() as session:
        before = await profile.show(session, customer_id)
        require_match(request, show(before))
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        current_words = {"name": before.name, "company": before.company, "locale": before.locale}
        return show(await profile.change(session, customer_id, **{**current_words, **said}))


@get("/customers/{customer_id:uuid}/identities", guards=[READ])
async def list_identities(
    customer_id: FromPath[UUID], database: NamedDependency[Database]
) -> list[IdentityOut]:
    """Everything this customer can be reached or recognised by, proven before claimed."""
    async with database.transaction() as session:
        speaker = await merging.survivor(session, customer_id)
        return [show_identity(kept) for kept in await identities.contacts(session, speaker)]


@post("/customers/{customer_id:uuid}/identities", guards=[WRITE])
async def add_identity(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[IdentityIn],
    database: NamedDependency[Database],
) -> Response[IdentityOut]:
    """Note a claim; only the customer can prove it, by a link, a code or a signed message."""

    async def act(session: AsyncSession) -> IdentityOut:
        contact = identities.email(data.value) if data.kind == "email" else identities.phone(data.value)
        speaker = await merging.survivor(session, customer_id)
        await identities.claim(session, speaker, contact)
        kept = await identities.contacts(session, speaker)
        return show_identity(
            next(one for one in kept if (one.kind, one.value) == (contact.kind, contact.value))
        )

    return await once(request, database, act)


handlers = [
    list_customers,
    create_customer,
    get_customer,
    change_customer,
    list_identities,
    add_identity,
]
