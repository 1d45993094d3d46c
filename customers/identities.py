"""Identities: who is writing to us. What is not verified is a claim, and a claim shows and merges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import locks
from core.clock import now
from core.errors import Conflict, Invalid
from customers import merging
from customers.models import Customer, Identity, IdentityKind

NAME_LENGTH = 200
MAX_LENGTH = 1000


@dataclass(frozen=True)
class Contact:
    """A way to reach someone, normalised: build it with `email()` or `phone()`, or from our own rows."""

    kind: IdentityKind
    value: str


def email(value: str) -> Contact:
    """Raises Invalid for what no mail can reach."""
    normalized = _normalized(value.strip()) if len(value) <= MAX_LENGTH else None
    if normalized is None:
        raise Invalid("That is not an e-mail address.", {"email": "Enter an address like name@example.com."})
    return Contact(IdentityKind.EMAIL, normalized)


@lru_cache(4096)
def _normalized(value: str) -> str | None:
    """An address as we compare it; None for what is none. Checking one takes as long as two statements."""
    try:
        # "test" domains are what the demo and the tests live on.
        checked = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower()


def phone(value: str, country: str = "DE") -> Contact:
    """`country` (ISO 3166-1 alpha-2) is assumed for numbers without a country code. Raises Invalid."""
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        number = None
    # Nor one that only neighbours could dial.
    possible = phonenumbers.ValidationResult.IS_POSSIBLE
    if number is None or phonenumbers.is_possible_number_with_reason(number) != possible:
        raise Invalid("That is not a phone number.", {"phone": "Enter a number like +49 30 555010."})
    return Contact(
        IdentityKind.PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    )


def spaced(number: str) -> str:
    """A telephone number as people read it ("+49 30 555010"); what is none stays as it is."""
    try:
        found = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


async def owner(session: AsyncSession, contact: Contact) -> UUID | None:
    """The customer whose verified identity this is."""
    customer_id = await session.scalar(
        select(Identity.customer_id).where(
            Identity.kind == contact.kind, Identity.value == contact.value, Identity.verified_at.is_not(None)
        )
    )
    return await merging.survivor(session, customer_id) if customer_id else None


async def resolve(
    session: AsyncSession,
    contact: Contact,
    *,
    proven: bool,
    name: str = "",
    source: str = "",
    locale: str = "en",
) -> UUID:
    """The customer who is writing, made if nobody is known.

    Only a `proven` sender (aligned DKIM or DMARC, a provider's word for a number, a signed-in session)
    is taken for the verified owner. Anyone else meets the record that holds the same unverified claim,
    never the owner's.
    """
    if proven and (owner_id := await owner(session, contact)):
        return owner_id
    # Two first messages from one stranger arrive together: one of them makes the record, the other finds it.
    await locks.hold(session, [lock_of(contact)])
    if proven and (owner_id := await owner(session, contact)):
        return owner_id
    # Someone who has proven to be somebody and also claims this address is not the one who writes from it:
    # whoever types another's address into their account must not get to read that person's letters.
    for claimant_id in await _idle_claimants(session, contact):
        return claimant_id
    stranger = Stranger(contact, name)
    await enrol(session, [stranger], source=source, locale=locale)
    return stranger.id


@dataclass(frozen=True)
class Standing:
    """Who writes, as `resolve` would have it; `customer_id` is None for a stranger, of whom there is no record."""

    customer_id: UUID | None
    # False where records must be merged first: `resolve` and `verify` see to that.
    settled: bool = True
    # True where it is the first proof of this address, which `prove` or `enrol` is to record.
    proves: bool = False


@dataclass(frozen=True)
class Stranger:
    """Somebody of whom there is no record yet; `proven_by` says how the address was proven, if it was."""

    contact: Contact
    name: str = ""
    proven_by: str | None = None
    id: UUID = field(default_factory=uuid7)


def asking(senders: Sequence[tuple[Contact, bool]]) -> dict[str, Any]:
    """The values of `STANDINGS`, for each contact and whether it is proven."""
    return {
        "kinds": [str(contact.kind) for contact, _ in senders],
        "values": [contact.value for contact, _ in senders],
    }


def standings(senders: Sequence[tuple[Contact, bool]], told: str) -> list[Standing]:
    """Who writes, by what `STANDINGS` told of these; it is asked while nobody else decides that (`lock_of`)."""
    rows = _read_standings(told)
    return [_standing(proven, *row) for (_, proven), row in zip(senders, rows, strict=True)]


def _standing(proven: bool, owner_id: UUID | None, speaks: bool | None, idle: list[UUID]) -> Standing:
    claimant = idle[0] if idle else None
    if not proven:
        return Standing(claimant)
    if owner_id is None and not idle[1:]:
        return Standing(claimant, proves=True)
    return Standing(owner_id, bool(owner_id and speaks and not idle))


async def enrol(
    session: AsyncSession, strangers: Sequence[Stranger], *, source: str, locale: str = "en"
) -> None:
    """Make the records of strangers, each a different contact; for those whom `standings` did not know."""
    made = {
        "ids": [each.id for each in strangers],
        "names": [each.name.strip()[:NAME_LENGTH] for each in strangers],
        "source": source,
        "locale": locale,
        "claims": [uuid7() for _ in strangers],
        "kinds": [str(each.contact.kind) for each in strangers],
        "values": [each.contact.value for each in strangers],
        "ways": [each.proven_by for each in strangers],
        "at": now(),
    }
    if strangers:
        await session.execute(ENROL, made)


async def prove(session: AsyncSession, claims: Sequence[tuple[UUID, Contact]], *, by: str) -> None:
    """Record that the addresses which these customers claim were proven; for those whose first proof it is."""
    proven = {
        "customers": [customer_id for customer_id, _ in claims],
        "kinds": [str(contact.kind) for _, contact in claims],
        "values": [contact.value for _, contact in claims],
        "way": by,
        "at": now(),
    }
    if claims:
        await session.execute(PROVE, proven)


def lock_of(contact: Contact) -> locks.Name:
    """What to hold so that nobody else decides whose contact this is."""
    return locks.Realm.CONTACT, f"{contact.kind}:{contact.value}"


async def claim(session: AsyncSession, customer_id: UUID, contact: Contact) -> None:
    """Note that a customer says this address is theirs; it proves nothing."""
    await session.execute(
        insert(Identity)
        .values(customer_id=customer_id, kind=contact.kind, value=contact.value)
        .on_conflict_do_nothing()
    )


async def verify(
    session: AsyncSession, contact: Contact, *, by: str, customer_id: UUID | None = None
) -> UUID:
    """Record that an address was proven (`by` link, code, dkim, staff) and return whose it is now.

    Without `customer_id` it goes to its verified owner, else to its first claimant, else to a new record.
    Records that claimed it and have nothing verified of their own are merged into the owner.
    Raises Conflict when `customer_id` is given and someone else has proven it before.
    """
    await locks.hold(session, [lock_of(contact)])
    owner_id = await owner(session, contact)
    idle = await _idle_claimants(session, contact)
    if owner_id is None or idle:
        # Proving and merging go by whole groups, so neither may change while the other is decided.
        alone = bool(idle[1:] if owner_id is None and customer_id is None else idle)
        await merging.hold(session, alone=alone)
        idle = await _idle_claimants(session, contact) if alone else []
        owner_id = await owner(session, contact)
    if owner_id is None:
        owner_id = customer_id or await resolve(session, contact, proven=False)
        owner_id = await merging.survivor(session, owner_id)
        await claim(session, owner_id, contact)
        await session.execute(
            update(Identity)
            .where(
                Identity.customer_id == owner_id,
                Identity.kind == contact.kind,
                Identity.value == contact.value,
            )
            .values(verified_at=now(), verified_by=by)
        )
    elif customer_id is not None and await merging.survivor(session, customer_id) != owner_id:
        raise Conflict("Another account has proven that address already.")
    for claimant_id in idle:
        if claimant_id != owner_id:
            await merging.merge(session, claimant_id, owner_id)
    return owner_id


# Nothing is proven by anyone of the group: a person's proof may stand on a record merged into the claimant's.
_IDLE = """
SELECT claimed.customer_id
FROM identity claimed JOIN customer c ON c.id = claimed.customer_id
WHERE claimed.kind = {kind} AND claimed.value = {value} AND claimed.verified_at IS NULL
    AND c.merged_into_id IS NULL
    AND NOT EXISTS (
        WITH RECURSIVE record AS (
            SELECT claimed.customer_id AS id
            UNION ALL SELECT m.id FROM customer m JOIN record ON m.merged_into_id = record.id
        )
        SELECT FROM record JOIN identity proven ON proven.customer_id = record.id
        WHERE proven.verified_at IS NOT NULL
    )
ORDER BY claimed.created_at, claimed.id
"""
IDLE_CLAIMANTS = text(_IDLE.format(kind=":kind", value=":value"))
# The arrays behind questions of their own, so that one plan does for all: PostgreSQL plans a wide statement anew at
# every execution when it sees how few there are.
# A part of a statement that tells who writes: `standings` reads its JSON.
STANDINGS = f"""
SELECT coalesce(json_agg(json_build_array(
    owner.customer_id, owner.speaks, ARRAY({_IDLE.format(kind="asked.kind", value="asked.value")})
) ORDER BY asked.place), '[]')
FROM unnest(
    ARRAY(SELECT unnest(cast(:kinds AS text[]))), ARRAY(SELECT unnest(cast(:values AS text[])))
) WITH ORDINALITY AS asked (kind, value, place)
LEFT JOIN LATERAL (
    SELECT i.customer_id, c.merged_into_id IS NULL AS speaks
    FROM identity i JOIN customer c ON c.id = i.customer_id
    WHERE i.kind = asked.kind AND i.value = asked.value AND i.verified_at IS NOT NULL
) AS owner ON true
"""  # noqa: S608 - only names of our own columns are put in
_read_standings = msgspec.json.Decoder(list[tuple[UUID | None, bool | None, list[UUID]]]).decode
ENROL = text("""
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(
        cast(:ids AS uuid[]), cast(:names AS text[]), cast(:claims AS uuid[]),
        cast(:kinds AS text[]), cast(:values AS text[]), cast(:ways AS text[])
    ) AS new (id, name, claim_id, kind, value, way)
), made AS (
    INSERT INTO customer (id, name, source, locale)
    SELECT id, name, cast(:source AS text), cast(:locale AS text) FROM new
)
INSERT INTO identity (id, customer_id, kind, value, verified_by, verified_at)
SELECT claim_id, id, kind, value, way, CASE WHEN way IS NOT NULL THEN cast(:at AS timestamptz) END FROM new
""")
PROVE = text("""
UPDATE identity i SET verified_at = cast(:at AS timestamptz), verified_by = cast(:way AS text)
FROM unnest(cast(:customers AS uuid[]), cast(:kinds AS text[]), cast(:values AS text[]))
    AS proven (customer_id, kind, value)
WHERE i.customer_id = proven.customer_id AND i.kind = proven.kind AND i.value = proven.value
    AND i.verified_at IS NULL
""")


async def _idle_claimants(session: AsyncSession, contact: Contact) -> list[UUID]:
    """Unmerged records that claim this contact and have proven nothing, nor has any record merged into them."""
    return list(await session.scalars(IDLE_CLAIMANTS, {"kind": contact.kind, "value": contact.value}))


async def contacts(session: AsyncSession, customer_id: UUID) -> list[Identity]:
    """Everything we can reach or recognise a customer by, verified first."""
    ids = await merging.group(session, customer_id)
    return list(
        await session.scalars(
            select(Identity)
            .where(Identity.customer_id.in_(ids))
            .order_by(Identity.verified_at.is_(None), Identity.created_at, Identity.id)
        )
    )


async def address_for(session: AsyncSession, customer_id: UUID, kind: IdentityKind) -> str | None:
    """The address to write to a customer at: verified before claimed, the oldest first."""
    found = [identity.value for identity in await contacts(session, customer_id) if identity.kind == kind]
    return found[0] if found else None


async def count(session: AsyncSession) -> int:
    """How many customers there are, merged ones counted once."""
    return await session.scalar(select(func.count()).where(Customer.merged_into_id.is_(None))) or 0
