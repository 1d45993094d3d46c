"""Portraits: who a customer is, on one page, for the colleague who answers them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from customers import consent, merging
from customers.models import IdentityKind
from support.models import IS_UNDONE


class Record(msgspec.Struct, frozen=True):
    """One record of a person; merged ones stand behind the one that speaks for all."""

    id: UUID
    name: str
    company: str
    created_at: datetime


class Contact(msgspec.Struct, frozen=True):
    """A way to reach or recognise them; not verified, it is a claim."""

    kind: str
    value: str
    verified_at: datetime | None


class Consent(msgspec.Struct, frozen=True):
    """What they said last of a topic on a channel; `counts` when that allows us to write."""

    channel: str
    topic: str
    granted: bool
    source: str
    recorded_at: datetime
    counts: bool


class Stop(msgspec.Struct, frozen=True):
    """An address that is not written to."""

    address: str
    reason: str


class Place(msgspec.Struct, frozen=True):
    kind: str
    name: str
    company: str
    street: str
    postcode: str
    city: str
    country: str


class Traits(msgspec.Struct, frozen=True):
    """What workers derive; `spend` in minor units."""

    orders: int
    spend: int
    last_order_at: datetime | None
    tickets: int
    campaigns_sent: int
    campaigns_clicked: int
    last_seen_at: datetime | None


class Claim(msgspec.Struct, frozen=True):
    """Someone writes from an address that another customer has proven."""

    value: str
    kind: str
    owner_id: UUID
    owner: str


class OpenTicket(msgspec.Struct, frozen=True):
    number: int
    subject: str
    status: str
    conversation_id: UUID


class Portrait(msgspec.Struct, frozen=True):
    """The person behind a record: `records` begins with the one that speaks for all."""

    records: list[Record]
    identities: list[Contact]  # verified first
    consents: list[Consent]
    suppressions: list[Stop]
    addresses: list[Place]  # the newest first
    traits: Traits | None
    claims: list[Claim]
    tickets: list[OpenTicket]  # not solved yet, the newest first

    @property
    def customer(self) -> Record:
        return self.records[0]

    @property
    def merged(self) -> list[Record]:
        return self.records[1:]

    @property
    def name(self) -> str:
        reached = (contact.value for contact in self.identities if contact.kind != IdentityKind.CHAT)
        return self.customer.name or next(reached, "")

    @property
    def verified(self) -> bool:
        return any(
            contact.verified_at is not None
            for contact in self.identities
            if contact.kind != IdentityKind.CHAT
        )


OPEN_TICKETS = 5


# One statement, told as one JSON value: a page that shows all of this would otherwise ask a dozen times.
def telling(records: str) -> str:
    """What says a portrait, as a part of a statement: `decode` reads its JSON.

    `records` says whose it is, as an array of their ids that begins with the one that speaks for all.
    """
    return f"""
WITH known AS MATERIALIZED (
    SELECT id, kind, value, verified_at, created_at FROM identity
    WHERE customer_id = ANY({records})
)
SELECT json_build_object(
    'records', (
        SELECT coalesce(json_agg(json_build_object(
            'id', c.id, 'name', c.name, 'company', c.company, 'created_at', c.created_at
        ) ORDER BY each.place), '[]')
        FROM unnest({records}) WITH ORDINALITY AS each (id, place) JOIN customer c ON c.id = each.id
    ),
    'identities', (
        SELECT coalesce(json_agg(json_build_object('kind', kind, 'value', value, 'verified_at', verified_at)
            ORDER BY verified_at IS NULL, created_at, id), '[]')
        FROM known
    ),
    'consents', (
        SELECT coalesce(json_agg(json_build_object(
            'channel', said.channel, 'topic', said.topic, 'granted', said.granted, 'source', said.source,
            'recorded_at', said.recorded_at, 'counts', coalesce(counted.granted, false)
        ) ORDER BY said.channel, said.topic), '[]')
        FROM (
            SELECT DISTINCT ON (channel, topic) channel, topic, granted, source, recorded_at
            FROM consent_record WHERE customer_id = ANY({records})
            ORDER BY channel, topic, actor = '{consent.GUEST}', id DESC
        ) AS said
        LEFT JOIN (
            SELECT DISTINCT ON (r.channel, r.topic) r.channel, r.topic, r.granted
            FROM consent_record r
            WHERE r.customer_id = ANY({records}) AND {consent.COUNTS.format(people=records)}
            ORDER BY r.channel, r.topic, r.actor = '{consent.GUEST}', r.id DESC
        ) AS counted ON counted.channel = said.channel AND counted.topic = said.topic
    ),
    'suppressions', (
        SELECT coalesce(json_agg(json_build_object('address', address, 'reason', reason) ORDER BY id), '[]')
        FROM suppression
        WHERE address = ANY(ARRAY(SELECT lower(value) FROM known WHERE kind <> '{IdentityKind.CHAT}'))
    ),
    'addresses', (
        SELECT coalesce(json_agg(json_build_object(
            'kind', kind, 'name', name, 'company', company, 'street', street, 'postcode', postcode,
            'city', city, 'country', country
        ) ORDER BY created_at DESC, id), '[]')
        FROM address WHERE customer_id = ANY({records})
    ),
    'traits', (
        SELECT json_build_object(
            'orders', orders, 'spend', spend, 'last_order_at', last_order_at, 'tickets', tickets,
            'campaigns_sent', campaigns_sent, 'campaigns_clicked', campaigns_clicked,
            'last_seen_at', last_seen_at
        )
        FROM customer_traits WHERE customer_id = ({records})[1]
    ),
    'claims', (
        SELECT coalesce(json_agg(json_build_object(
            'value', mine.value, 'kind', mine.kind, 'owner_id', owner.id,
            'owner', coalesce(nullif(owner.name, ''), mine.value)
        ) ORDER BY mine.created_at, mine.id), '[]')
        FROM known mine
        JOIN identity theirs ON theirs.kind = mine.kind AND theirs.value = mine.value
            AND theirs.verified_at IS NOT NULL AND theirs.customer_id <> ALL({records})
        CROSS JOIN LATERAL (
            WITH RECURSIVE up AS (
                SELECT id, name, merged_into_id FROM customer WHERE id = theirs.customer_id
                UNION ALL
                SELECT c.id, c.name, c.merged_into_id FROM customer c JOIN up ON c.id = up.merged_into_id
            )
            SELECT id, name FROM up WHERE merged_into_id IS NULL
        ) AS owner
        WHERE mine.verified_at IS NULL
    ),
    'tickets', (
        SELECT coalesce(json_agg(json_build_object(
            'number', number, 'subject', subject, 'status', status, 'conversation_id', conversation_id
        ) ORDER BY created_at DESC, id DESC), '[]')
        FROM (
            SELECT * FROM ticket
            WHERE customer_id = ANY({records}) AND {IS_UNDONE}
            ORDER BY created_at DESC, id DESC LIMIT {OPEN_TICKETS}
        ) AS undone
    )
)
"""  # noqa: S608 - only constants and a part of our own are put in


_PORTRAIT = text(f"SELECT cast(({telling(merging.RECORDS)}) AS text)")
decode = msgspec.json.Decoder(Portrait).decode


async def portrait(session: AsyncSession, customer_id: UUID) -> Portrait:
    """Everything that is known about the person behind a record, merged records included. Raises NotFound."""
    return await of(session, await merging.group(session, customer_id))


async def of(session: AsyncSession, ids: Sequence[UUID]) -> Portrait:
    """The portrait of a person whose records these are, as `merging.group` names them. Raises NotFound."""
    if not ids:
        raise NotFound("That customer does not exist.")
    return decode(await session.scalar(_PORTRAIT, {"ids": list(ids)}))
