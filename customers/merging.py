"""Merging: two records turn out to be one person. A redirect, never a delete, so it can be undone."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core import locks
from core.errors import Conflict, NotFound
from core.jobs import enqueue
from customers.models import Customer
from customers.traits import RefreshTraits

# The records of a person, as "WITH RECURSIVE" has them: `person` begins with the one that speaks for all.
PERSON = """up AS (
    SELECT id, merged_into_id FROM customer WHERE id = {customer}
    UNION ALL SELECT c.id, c.merged_into_id FROM customer c JOIN up ON c.id = up.merged_into_id
), person AS (
    SELECT id FROM up WHERE merged_into_id IS NULL
    UNION ALL SELECT c.id FROM customer c JOIN person ON c.merged_into_id = person.id
)"""
GROUP = text(f"WITH RECURSIVE {PERSON.format(customer=':id')} SELECT id FROM person")  # noqa: S608 - only a part of our own

# Merges are rare and may concern anyone: one at a time, so that none builds on what another is moving.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('merging', 2))")
_MEANWHILE = "pg_advisory_xact_lock_shared(hashtextextended('merging', 2))"
NONE_MEANWHILE = text(f"SELECT {_MEANWHILE}")
# Said by `locks.hold`, which holds names first.
NAMES_AND_NONE_MEANWHILE = locks.holding(_MEANWHILE)


async def hold(session: AsyncSession, *, alone: bool) -> None:
    """Let nobody else merge until the transaction ends; `alone` when this one is going to, or may."""
    await session.execute(ONE_AT_A_TIME if alone else NONE_MEANWHILE)


# The records of a person that `group` named, as an array. Behind a question of its own, so that one plan does for all:
# PostgreSQL plans a wide statement anew at every execution when it sees how few there are.
RECORDS = "ARRAY(SELECT unnest(cast(:ids AS uuid[])))"


async def group(session: AsyncSession, customer_id: UUID) -> list[UUID]:
    """Every record that is this person, the one that speaks for all first; empty when there is none."""
    return list(await session.scalars(GROUP, {"id": customer_id}))


async def survivor(session: AsyncSession, customer_id: UUID) -> UUID:
    """The record that speaks for this one. Raises NotFound."""
    ids = await group(session, customer_id)
    if not ids:
        raise NotFound("That customer does not exist.")
    return ids[0]


async def merge(session: AsyncSession, loser_id: UUID, winner_id: UUID) -> Customer:
    """Let the winner speak for the loser from now on; the winner. Raises Conflict when they are one."""
    loser, winner = await _locked_roots(session, loser_id, winner_id)
    if loser is winner:
        raise Conflict("These two are one customer already.")
    loser.merged_into_id = winner.id
    for field in ("name", "company"):
        if not getattr(winner, field):
            setattr(winner, field, getattr(loser, field))
    await session.flush()
    await _refresh(session, loser.id, winner.id)
    return winner


async def _locked_roots(session: AsyncSession, *customer_ids: UUID) -> list[Customer]:
    """The records that speak for these, locked."""
    await session.execute(ONE_AT_A_TIME)
    roots = [await survivor(session, customer_id) for customer_id in customer_ids]
    locked = await session.scalars(
        select(Customer)
        .where(Customer.id.in_(roots))
        .order_by(Customer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_id = {customer.id: customer for customer in locked}
    return [by_id[root] for root in roots]


async def unmerge(session: AsyncSession, customer_id: UUID) -> Customer:
    """Give a merged record its own voice back. Raises NotFound, Conflict when it is not merged."""
    await session.execute(ONE_AT_A_TIME)
    customer = await session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None:
        raise NotFound("That customer does not exist.")
    if customer.merged_into_id is None:
        raise Conflict("This customer is not merged into another.")
    winner_id = customer.merged_into_id
    customer.merged_into_id = None
    await session.flush()
    await _refresh(session, customer.id, winner_id)
    return customer


async def _refresh(session: AsyncSession, *customer_ids: UUID) -> None:
    for customer_id in sorted(customer_ids):
        await enqueue(session, RefreshTraits([customer_id]), key=f"traits:{customer_id}")
