"""Conditions as SQL: expressions over the customers' tables, every value a bound parameter.

Each expression is true or false, never null, for a row of `customer` that speaks for its group; what merged
records said and did counts for the record that speaks for them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, aliased

from campaigns.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Happened,
    HasConsent,
    HasIdentity,
    InSegment,
    NeverHappened,
    Not,
    ProfileContains,
    ProfileIs,
    TimeCompare,
    TraitCompare,
)
from customers.consent import GUEST
from customers.models import Address, ConsentRecord, Customer, CustomerTraits, Identity, TimelineEntry

Bool = ColumnElement[bool]

_loser = aliased(Customer)
_up = aliased(Customer)
# Every merged record with every record above it; the topmost is the one that speaks.
_first = (
    select(_loser.id.label("id"), _loser.merged_into_id.label("root"))
    .where(_loser.merged_into_id.is_not(None))
    .cte("merged", recursive=True)
)
MERGED = _first.union_all(
    select(_first.c.id, _up.merged_into_id)
    .join(_up, _up.id == _first.c.root)
    .where(_up.merged_into_id.is_not(None))
)


def people() -> Select[UUID]:
    """The ids of all customers, merged ones left out, with the traits that conditions need joined."""
    return (
        select(Customer.id)
        .outerjoin(CustomerTraits, CustomerTraits.customer_id == Customer.id)
        .where(Customer.merged_into_id.is_(None))
    )


def criterion(condition: Condition, segments: Mapping[UUID, Condition], at: datetime) -> Bool:
    """The expression that is true for the customers the condition holds for, as of `at`.

    It is used over `people()`. `segments` holds every segment referred to, directly or through another.
    """
    match condition:
        case AllOf(conditions):
            return and_(true(), *(criterion(part, segments, at) for part in conditions))
        case AnyOf(conditions):
            return or_(false(), *(criterion(part, segments, at) for part in conditions))
        case Not(inner):
            return not_(criterion(inner, segments, at))
        case InSegment(segment_id):
            return criterion(segments[segment_id], segments, at)
        case ProfileIs("country", value):
            return _speaks_for(Address.customer_id, func.upper(Address.country) == value.upper())
        case ProfileIs(field, value):
            return func.lower(_profile(field)) == func.lower(value)
        case ProfileContains("country", value):
            return _speaks_for(Address.customer_id, Address.country.icontains(value, autoescape=True))
        case ProfileContains(field, value):
            return _profile(field).icontains(value, autoescape=True)
        case HasConsent(channel, topic):
            return _consents(channel, topic)
        case HasIdentity(kind, verified):
            holds = Identity.kind == kind
            return _speaks_for(
                Identity.customer_id, and_(holds, Identity.verified_at.is_not(None)) if verified else holds
            )
        case TraitCompare(trait, compare, value):
            number = func.coalesce(getattr(CustomerTraits, trait), 0)
            return {"at_least": number >= value, "at_most": number <= value, "exactly": number == value}[
                compare
            ]
        case TimeCompare(trait, compare, days):
            moment = Customer.created_at if trait == "created_at" else getattr(CustomerTraits, trait)
            edge = at - timedelta(days=days)
            return and_(moment.is_not(None), moment >= edge if compare == "within" else moment < edge)
        case Happened(kind, at_least, within_days):
            return _happened(kind, at_least, within_days, at)
        case NeverHappened(kind, within_days):
            return not_(_happened(kind, 1, within_days, at))


def _profile(field: str) -> ColumnElement[str]:
    if field.startswith("attributes."):
        return func.coalesce(Customer.attributes[field.removeprefix("attributes.")].astext, "")
    columns: dict[str, InstrumentedAttribute[str]] = {
        "name": Customer.name,
        "company": Customer.company,
        "locale": Customer.locale,
        "source": Customer.source,
    }
    return columns[field].expression


def _speaks_for(owner: InstrumentedAttribute[UUID], holds: Bool) -> Bool:
    """Whether a row that holds belongs to the customer or to a record merged into theirs."""
    root = func.coalesce(MERGED.c.root, owner)
    query = select(root).outerjoin_from(owner.class_, MERGED, MERGED.c.id == owner)
    return Customer.id.in_(query.where(holds))


def _happened(kind: str, at_least: int, within_days: int | None, at: datetime) -> Bool:
    root = func.coalesce(MERGED.c.root, TimelineEntry.customer_id)
    query = (
        select(root)
        .outerjoin_from(TimelineEntry, MERGED, MERGED.c.id == TimelineEntry.customer_id)
        .where(TimelineEntry.kind == kind, TimelineEntry.occurred_at <= at)
    )
    if within_days is not None:
        query = query.where(TimelineEntry.occurred_at >= at - timedelta(days=within_days))
    if at_least > 1:
        query = query.group_by(root).having(func.count() >= at_least)
    return Customer.id.in_(query)


def _consents(channel: str, topic: str) -> Bool:
    """The word that counts of the whole group, as at the gate: a guest's only for an address it has proven."""
    root = func.coalesce(MERGED.c.root, ConsentRecord.customer_id).label("root")
    by_guest = ConsentRecord.actor == GUEST
    proven = (
        select(func.coalesce(MERGED.c.root, Identity.customer_id), Identity.value)
        .outerjoin_from(Identity, MERGED, MERGED.c.id == Identity.customer_id)
        .where(Identity.verified_at.is_not(None))
    )
    newest = (
        select(root, ConsentRecord.granted)
        .outerjoin_from(ConsentRecord, MERGED, MERGED.c.id == ConsentRecord.customer_id)
        .where(ConsentRecord.channel == channel, ConsentRecord.topic == topic)
        .where(or_(not_(by_guest), tuple_(root, ConsentRecord.address).in_(proven)))
        .ext(distinct_on(root))
        .order_by(root, by_guest, ConsentRecord.id.desc())
        .subquery()
    )
    return Customer.id.in_(select(newest.c.root).where(newest.c.granted))
