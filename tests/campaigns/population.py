"""People to ask segments about, and the same questions answered in plain Python."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from campaigns import conditions as c
from customers.models import (
    Address,
    ConsentRecord,
    Customer,
    CustomerTraits,
    Identity,
    TimelineEntry,
)

AT = datetime.now(UTC)
HALF = 0.5  # things happened half a day off the whole days that conditions count in


@dataclass
class Someone:
    """A record; `merged_into` is the place in the population of the record that speaks for it."""

    name: str = ""
    company: str = ""
    locale: str = "en"
    colour: str | None = None
    country: str | None = None
    verified: bool | None = None  # an e-mail identity: None has none
    consents: list[bool] = field(default_factory=list)  # what was said on e-mail news, in order
    orders: int | None = None  # None: no traits at all
    last_order: int | None = None  # days ago
    happened: list[int] = field(default_factory=list)  # days ago
    merged_into: int | None = None
    id: UUID = field(default_factory=uuid7)


async def settle(session: AsyncSession, people: list[Someone]) -> None:
    """Write the population down; a merge always points at an earlier record."""
    session.add_all(
        Customer(
            id=one.id,
            name=one.name,
            company=one.company,
            locale=one.locale,
            attributes={"colour": one.colour} if one.colour is not None else {},
            merged_into_id=people[one.merged_into].id if one.merged_into is not None else None,
        )
        for one in people
    )
    await session.flush()
    rounds = max((len(one.consents) for one in people), default=0)
    for place in range(rounds):  # the order in which everyone spoke is the order of the rows
        session.add_all(
            ConsentRecord(
                customer_id=one.id, channel="email", topic="news", granted=one.consents[place], source="test"
            )
            for one in people
            if place < len(one.consents)
        )
        await session.flush()
    for one in people:
        if one.country:
            session.add(
                Address(
                    customer_id=one.id,
                    kind="billing",
                    name="",
                    street="",
                    postcode="",
                    city="",
                    country=one.country,
                )
            )
        if one.verified is not None:
            session.add(
                Identity(
                    customer_id=one.id,
                    kind="email",
                    value=f"{one.id}@example.test",
                    verified_at=AT if one.verified else None,
                )
            )
        if one.orders is not None and one.merged_into is None:
            session.add(
                CustomerTraits(
                    customer_id=one.id,
                    orders=one.orders,
                    spend=one.orders * 100,
                    last_order_at=AT - timedelta(days=one.last_order + HALF)
                    if one.last_order is not None
                    else None,
                )
            )
        for number, days in enumerate(one.happened):
            session.add(
                TimelineEntry(
                    customer_id=one.id,
                    kind="order.placed",
                    source_key=f"{number}",
                    payload={},
                    occurred_at=AT - timedelta(days=days + HALF),
                )
            )
    await session.flush()


def root(people: list[Someone], place: int) -> int:
    above = people[place].merged_into
    return place if above is None else root(people, above)


def inside(people: list[Someone], condition: c.Condition) -> set[UUID]:
    """Who the condition holds for, worked out the slow way."""
    return {
        people[place].id
        for place in range(len(people))
        if people[place].merged_into is None and holds(people, place, condition)
    }


def holds(people: list[Someone], place: int, condition: c.Condition) -> bool:
    me = people[place]
    group = [other for i, other in enumerate(people) if root(people, i) == place]
    match condition:
        case c.AllOf(parts):
            return all(holds(people, place, part) for part in parts)
        case c.AnyOf(parts):
            return any(holds(people, place, part) for part in parts)
        case c.Not(part):
            return not holds(people, place, part)
        case c.ProfileIs("country", value):
            return any((other.country or "").upper() == value.upper() for other in group)
        case c.ProfileIs("attributes.colour", value):
            return (me.colour or "").lower() == value.lower()
        case c.ProfileIs(name, value):
            return bool(getattr(me, name).lower() == value.lower())
        case c.ProfileContains("attributes.colour", value):
            return value.lower() in (me.colour or "").lower()
        case c.ProfileContains(name, value):
            return value.lower() in getattr(me, name).lower()
        case c.HasConsent():
            said = [
                (turn, i, granted)
                for i, other in enumerate(people)
                if other in group
                for turn, granted in enumerate(other.consents)
            ]
            return max(said)[2] if said else False
        case c.HasIdentity(_, verified):
            return any(other.verified is not None and (other.verified or not verified) for other in group)
        case c.TraitCompare(trait, compare, value):
            number = (me.orders or 0) * (100 if trait == "spend" else 1)
            return {"at_least": number >= value, "at_most": number <= value, "exactly": number == value}[
                compare
            ]
        case c.TimeCompare(_, compare, days):
            if me.orders is None or me.last_order is None:
                return False
            return me.last_order + HALF <= days if compare == "within" else me.last_order + HALF > days
        case c.Happened(kind, at_least, within):
            return _times(group, kind, within) >= at_least
        case c.NeverHappened(kind, within):
            return _times(group, kind, within) == 0
        case _:
            raise AssertionError(condition)


def _times(group: list[Someone], kind: str, within: int | None) -> int:
    days = [day for one in group for day in one.happened] if kind == "order.placed" else []
    return len([day for day in days if within is None or day + HALF <= within])
