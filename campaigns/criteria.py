"""Conditions as SQL: expressions over the customers' tables, every value a bound parameter.

Each expression is true or false, never null, for a row of `customer` that speaks for its group; what merged
records said and did counts for the record that speaks for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
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
from customers.models import (
    Address,
    ConsentRecord,
    Customer,
    CustomerTraits,
    Identity,
    IdentityKind,
    TimelineEntry,
)

Bool = ColumnElement[bool]
# Larger than any number of a line in the ledger, twice.
BEFORE_GUESTS: ColumnElement[int] = literal_column(str(1 << 62))

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


@dataclass(frozen=True)
class Care:
    """What the answer has to take into account. Where nobody was merged, asking for it only hides from the
    planner how many there are; a guess can do without both.
    """

    merged: bool = True
    guests: bool = True


EXACT = Care()
GUESS = Care(merged=False, guests=False)


def criterion(
    condition: Condition, segments: Mapping[UUID, Condition], at: datetime, care: Care = EXACT
) -> Bool:
    """The expression that is true for the customers the condition holds for, as of `at`.

    It is used over `people()`. `segments` holds every segment referred to, directly or through another.
    """
    match condition:
        case AllOf(conditions):
            return and_(true(), *(criterion(part, segments, at, care) for part in conditions))
        case AnyOf(conditions):
            return or_(false(), *(criterion(part, segments, at, care) for part in conditions))
        case Not(inner):
            return not_(criterion(inner, segments, at, care))
        case InSegment(segment_id):
            return criterion(segments[segment_id], segments, at, care)
        case ProfileIs("country", value):
            return _speaks_for(Address.customer_id, func.upper(Address.country) == value.upper(), care)
        case ProfileIs(field, value):
            return func.lower(_profile(field)) == func.lower(value)
        case ProfileContains("country", value):
            return _speaks_for(Address.customer_id, Address.country.icontains(value, autoescape=True), care)
        case ProfileContains(field, value):
            return _profile(field).icontains(value, autoescape=True)
        case HasConsent(channel, topic):
            return _consents(channel, topic, care)
        case HasIdentity(kind, verified):
            holds = Identity.kind == kind
            if verified:
                holds = and_(holds, Identity.verified_at.is_not(None))
            return _speaks_for(Identity.customer_id, holds, care)
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
            return _happened(kind, at_least, within_days, at, care)
        case NeverHappened(kind, within_days):
            return not_(_happened(kind, 1, within_days, at, care))


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


def _roots(owner: InstrumentedAttribute[UUID], care: Care) -> tuple[ColumnElement[UUID], FromClause]:
    """Who speaks for the owner of a row, and what to read it from."""
    rows: FromClause = owner.class_.__table__
    if not care.merged:
        return owner.expression, rows
    above = aliased(MERGED)
    return func.coalesce(above.c.root, owner), rows.outerjoin(above, above.c.id == owner)


def _speaks_for(owner: InstrumentedAttribute[UUID], holds: Bool, care: Care) -> Bool:
    """Whether a row that holds belongs to the customer or to a record merged into theirs."""
    root, rows = _roots(owner, care)
    return Customer.id.in_(select(root).select_from(rows).where(holds))


def _happened(kind: str, at_least: int, within_days: int | None, at: datetime, care: Care) -> Bool:
    root, rows = _roots(TimelineEntry.customer_id, care)
    query = select(root).select_from(rows).where(TimelineEntry.kind == kind, TimelineEntry.occurred_at <= at)
    if within_days is not None:
        query = query.where(TimelineEntry.occurred_at >= at - timedelta(days=within_days))
    if at_least > 1:
        query = query.group_by(root).having(func.count() >= at_least)
    return Customer.id.in_(query)


def _consents(channel: str, topic: str, care: Care) -> Bool:
    """The word that counts of the whole group, as at the gate: a guest's only for an address it has proven."""
    root, rows = _roots(ConsentRecord.customer_id, care)
    by_guest = ConsentRecord.actor == GUEST
    # The word that counts is the largest: anybody's before a guest's, then the newest; its last bit says yes or no.
    word = ConsentRecord.id * 2 + cast(ConsentRecord.granted, Integer)
    spoken = and_(ConsentRecord.channel == channel, ConsentRecord.topic == topic)
    by_themselves = (
        select(root.label("root"), (word + BEFORE_GUESTS).label("word"))
        .select_from(rows)
        .where(spoken, not_(by_guest))
    )
    if not care.guests:
        allowed = select(root).select_from(rows).where(spoken).group_by(root).having(func.max(word) % 2 != 0)
        return Customer.id.in_(allowed)
    prover, proofs = _roots(Identity.customer_id, care)
    # Joined, not looked up: so the few that guests said are matched, not everybody's addresses.
    proven = and_(
        prover == root,
        Identity.value == ConsentRecord.address,
        Identity.kind.in_((IdentityKind.EMAIL, IdentityKind.PHONE)),
        Identity.verified_at.is_not(None),
    )
    guests = (
        select(root.label("root"), word.label("word"))
        .select_from(rows.join(proofs, proven))
        .where(spoken, by_guest)
    )
    said = union_all(by_themselves, guests).subquery()
    return Customer.id.in_(select(said.c.root).group_by(said.c.root).having(func.max(said.c.word) % 2 != 0))
