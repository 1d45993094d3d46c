"""Segments: portraits of customers; how many they are, who is in, and why."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Select, exists, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement

from campaigns.conditions import AllOf, AnyOf, Condition, InSegment, Not, decode, encode, parts
from campaigns.criteria import GUESS, Care, criterion, people
from campaigns.models import Broadcast, Segment
from core.clock import now
from core.errors import Conflict, Invalid, NotFound, TransientError
from customers.merging import survivor
from customers.models import Customer

QUICK = timedelta(milliseconds=800)
PATIENT = timedelta(seconds=20)
# For a question over all customers: sorting and matching a million ids stays in memory.
MEMORY = "64MB"
MAX_REFERENCES = 20
QUERY_CANCELED = "57014"
NOW_SET = text("SELECT name, current_setting(name) FROM unnest(cast(:names AS text[])) AS asked (name)")
SET = text(
    "SELECT set_config(name, value, true) "
    "FROM unnest(cast(:names AS text[]), cast(:given AS text[])) AS asked (name, value)"
)


@dataclass(frozen=True)
class Size:
    """How many customers; not `exact` when counting would have taken too long and the planner was asked."""

    number: int
    exact: bool


@dataclass(frozen=True)
class Reason:
    """Whether one condition holds for one person, with the conditions inside it."""

    condition: Condition
    holds: bool
    parts: tuple["Reason", ...] = ()


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain)
def _explained(element: _Explain, compiler: Any, **kw: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + str(compiler.process(element.statement, **kw))


async def create(
    session: AsyncSession, name: str, definition: dict[str, Any], staff_id: UUID | None = None
) -> Segment:
    """Keep a segment under a name. Raises Invalid for a name that is empty or taken, or a bad definition."""
    condition = decode(definition)
    await _referred(session, condition)
    name = await _free_name(session, name)
    segment = Segment(name=name, definition=encode(condition), created_by=staff_id)
    session.add(segment)
    await session.flush()
    return segment


async def change(session: AsyncSession, segment_id: UUID, name: str, definition: dict[str, Any]) -> Segment:
    """Give a segment another name or other conditions; what was launched to it keeps its frozen audience."""
    segment = await get(session, segment_id)
    condition = decode(definition)
    referred = await _referred(session, condition)
    if segment_id in referred:
        raise Invalid(
            "A segment cannot be made of itself.",
            {"definition": f"“{segment.name}” is among its conditions."},
        )
    segment.name = await _free_name(session, name, segment_id)
    segment.definition = encode(condition)
    segment.updated_at = now()
    await session.flush()
    return segment


async def delete(session: AsyncSession, segment_id: UUID) -> None:
    """Forget a segment. Raises Conflict while a broadcast or another segment uses it."""
    segment = await get(session, segment_id)
    if await session.scalar(select(Broadcast.id).where(Broadcast.segment_id == segment_id).limit(1)):
        raise Conflict("A campaign uses this segment, so it stays.")
    for other in await session.scalars(select(Segment).where(Segment.id != segment_id)):
        if segment_id in _mentioned(decode(other.definition)):
            raise Conflict(f"The segment “{other.name}” refers to this one, so it stays.")
    await session.delete(segment)


async def get(session: AsyncSession, segment_id: UUID) -> Segment:
    """Raises NotFound."""
    segment = await session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("That segment does not exist.")
    return segment


async def listed(session: AsyncSession) -> list[Segment]:
    """Every segment, by name."""
    return list(await session.scalars(select(Segment).order_by(Segment.name, Segment.id)))


async def matching(session: AsyncSession, definition: dict[str, Any]) -> Select[UUID]:
    """The query for the ids of the customers in it: one row a person, merged records left out."""
    condition = decode(definition)
    segments = await _referred(session, condition)
    some = select(exists().where(Customer.merged_into_id.is_not(None)))
    care = Care(merged=bool(await session.scalar(some)))
    return people().where(criterion(condition, segments, now(), care))


async def count(session: AsyncSession, definition: dict[str, Any], patience: timedelta = PATIENT) -> int:
    """Exactly how many customers. Raises TransientError when it takes longer than `patience`."""
    query = select(func.count()).select_from((await matching(session, definition)).subquery())
    async with limited(session, patience, everyone=True):
        return await session.scalar(query) or 0


async def size(session: AsyncSession, definition: dict[str, Any]) -> Size:
    """How many customers: exactly where that is quick, else the planner's estimate."""
    try:
        return Size(await count(session, definition, QUICK), exact=True)
    except TransientError:
        return Size(await estimate(session, definition), exact=False)


async def estimate(session: AsyncSession, definition: dict[str, Any]) -> int:
    """The planner's guess, within milliseconds at any size."""
    condition = decode(definition)
    segments = await _referred(session, condition)
    query = people().where(criterion(condition, segments, now(), GUESS))
    plan = await session.scalar(_Explain(query))
    rows: int = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]
    return rows


async def members(
    session: AsyncSession, definition: dict[str, Any], after: UUID | None = None, limit: int = 50
) -> list[Customer]:
    """A page of the customers in it, in the order of their ids; `after` is the last id of the page before."""
    inside = await matching(session, definition)
    if after is not None:
        inside = inside.where(Customer.id > after)
    async with limited(session, PATIENT):
        ids = list(await session.scalars(inside.order_by(Customer.id).limit(limit)))
    return list(await session.scalars(select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id)))


async def explain(session: AsyncSession, definition: dict[str, Any], customer_id: UUID) -> Reason:
    """Why a customer is in or not: every condition with its answer. Raises NotFound."""
    condition = decode(definition)
    segments = await _referred(session, condition)
    root = await survivor(session, customer_id)
    leaves: list[Condition] = []
    _collect(condition, segments, leaves)
    at = now()
    answers: list[bool] = []
    if leaves:
        columns = [criterion(leaf, segments, at).label(f"c{i}") for i, leaf in enumerate(leaves)]
        async with limited(session, PATIENT):
            one = people().where(Customer.id == root)
            row = (await session.execute(one.with_only_columns(*columns, maintain_column_froms=True))).one()
        answers = [bool(answer) for answer in row]
    remaining = iter(answers)
    return _reason(condition, segments, remaining)


async def memberships(session: AsyncSession, customer_id: UUID) -> list[Segment]:
    """The segments that a customer is in, by name, asked in one statement. Raises NotFound."""
    root = await survivor(session, customer_id)
    kept = await listed(session)
    columns, at = [], now()
    for place, segment in enumerate(kept):
        condition = decode(segment.definition)
        columns.append(criterion(condition, await _referred(session, condition), at).label(f"s{place}"))
    if not columns:
        return []
    async with limited(session, PATIENT):
        one = people().where(Customer.id == root)
        row = (await session.execute(one.with_only_columns(*columns, maintain_column_froms=True))).one()
    return [segment for segment, holds in zip(kept, row, strict=True) if holds]


def _collect(condition: Condition, segments: dict[UUID, Condition], leaves: list[Condition]) -> None:
    if isinstance(condition, AllOf | AnyOf | Not):
        for part in parts(condition):
            _collect(part, segments, leaves)
    elif isinstance(condition, InSegment):
        _collect(segments[condition.segment_id], segments, leaves)
    else:
        leaves.append(condition)


def _reason(condition: Condition, segments: dict[UUID, Condition], answers: Any) -> Reason:
    if isinstance(condition, InSegment):
        inner = _reason(segments[condition.segment_id], segments, answers)
        return Reason(condition, inner.holds, (inner,))
    if not isinstance(condition, AllOf | AnyOf | Not):
        return Reason(condition, next(answers))
    inside = tuple(_reason(part, segments, answers) for part in parts(condition))
    if isinstance(condition, Not):
        return Reason(condition, not inside[0].holds, inside)
    verdict = all if isinstance(condition, AllOf) else any
    return Reason(condition, verdict(part.holds for part in inside), inside)


@asynccontextmanager
async def limited(
    session: AsyncSession, patience: timedelta, *, everyone: bool = False
) -> AsyncIterator[None]:
    """Let the block's statements run for so long; then TransientError, the transaction still usable.

    `everyone` for a question over all customers: then tables are matched whole, not row by row.
    """
    own = {
        "statement_timeout": f"{int(patience.total_seconds() * 1000)}ms",
        "work_mem": MEMORY,
        **({"enable_nestloop": "off"} if everyone else {}),
    }
    try:
        async with session.begin_nested():
            found = await session.execute(NOW_SET, {"names": list(own)})
            before = {name: value for name, value in found}
            await session.execute(SET, {"names": list(own), "given": list(own.values())})
            yield
            await session.execute(SET, {"names": list(before), "given": list(before.values())})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != QUERY_CANCELED:
            raise
        raise TransientError(
            "Asking this of all customers takes too long just now. Narrow the segment, or try again later."
        ) from None


async def _referred(session: AsyncSession, condition: Condition) -> dict[UUID, Condition]:
    """Every segment the condition leads to. Raises Invalid for one that is gone, too many, or a circle."""
    found: dict[UUID, Condition] = {}
    waiting = _mentioned(condition)
    while waiting:
        rows = await session.scalars(select(Segment).where(Segment.id.in_(waiting)))
        read = {segment.id: decode(segment.definition) for segment in rows}
        if len(read) < len(waiting):
            raise Invalid(
                "This segment refers to one that does not exist.", {"definition": "Choose another segment."}
            )
        found |= read
        if len(found) > MAX_REFERENCES:
            raise Invalid(f"A segment may lead to {MAX_REFERENCES} others.", {"definition": "Too many."})
        waiting = {segment_id for inner in read.values() for segment_id in _mentioned(inner)} - found.keys()
    _refuse_circles(condition, found, ())
    return found


def _mentioned(condition: Condition) -> set[UUID]:
    if isinstance(condition, InSegment):
        return {condition.segment_id}
    return {segment_id for part in parts(condition) for segment_id in _mentioned(part)}


def _refuse_circles(condition: Condition, found: dict[UUID, Condition], above: Sequence[UUID]) -> None:
    for segment_id in _mentioned(condition):
        if segment_id in above:
            raise Invalid(
                "These segments refer to each other in a circle.", {"definition": "Break the circle."}
            )
        _refuse_circles(found[segment_id], found, (*above, segment_id))


async def _free_name(session: AsyncSession, name: str, own: UUID | None = None) -> str:
    name = " ".join(name.split())[:120]
    if not name:
        raise Invalid("A segment needs a name.", {"name": "Say who they are, in a few words."})
    taken = await session.scalar(select(Segment.id).where(Segment.name == name))
    if taken is not None and taken != own:
        raise Invalid("A segment of that name exists.", {"name": "Choose another name."})
    return name
