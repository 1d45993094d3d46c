"""Merging is a redirect: whole groups move, it can be undone, and it never goes round in a circle."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from core.errors import Conflict, NotFound
from core.jobs import JobRow
from customers import merging
from customers.models import Customer
from customers.verification import differences


async def made(session, *names: str) -> list[UUID]:
    customers = [Customer(name=name) for name in names]
    session.add_all(customers)
    await session.flush()
    return [customer.id for customer in customers]


async def test_the_winner_speaks_for_everyone_who_was_merged_into_it(session):
    a, b, c = await made(session, "A", "B", "C")
    await merging.merge(session, a, b)
    await merging.merge(session, b, c)
    for one in (a, b, c):
        assert (await merging.group(session, one))[0] == c
        assert set(await merging.group(session, one)) == {a, b, c}
        assert await merging.survivor(session, one) == c


async def test_merging_any_two_records_merges_the_people_they_stand_for(session):
    a, b, c, d = await made(session, "A", "B", "C", "D")
    await merging.merge(session, a, b)
    await merging.merge(session, c, d)
    winner = await merging.merge(session, a, c)
    assert winner.id == d
    assert set(await merging.group(session, b)) == {a, b, c, d}


async def test_the_winner_keeps_its_own_name_and_takes_what_it_lacks(session):
    a, b = await made(session, "Ann", "")
    loser = await session.get_one(Customer, a)
    loser.company = "Lund"
    winner = await merging.merge(session, a, b)
    assert (winner.name, winner.company) == ("Ann", "Lund")
    assert (loser.name, loser.merged_into_id) == ("Ann", b)


async def test_one_customer_cannot_be_merged_with_itself(session):
    a, b = await made(session, "A", "B")
    await merging.merge(session, a, b)
    for pair in ((a, b), (b, a), (a, a)):
        with pytest.raises(Conflict):
            await merging.merge(session, *pair)


async def test_an_unmerged_record_has_its_own_voice_again(session):
    a, b, c = await made(session, "A", "B", "C")
    await merging.merge(session, a, b)
    await merging.merge(session, b, c)
    await merging.unmerge(session, b)
    assert set(await merging.group(session, a)) == {a, b}
    assert await merging.group(session, c) == [c]
    with pytest.raises(Conflict):
        await merging.unmerge(session, b)
    with pytest.raises(NotFound):
        await merging.unmerge(session, uuid4())


async def test_both_get_their_traits_derived_anew(session):
    a, b = await made(session, "A", "B")
    await merging.merge(session, a, b)
    keys = set(await session.scalars(select(JobRow.key)))
    assert keys == {f"traits:{a}", f"traits:{b}"}


async def test_merging_each_into_the_other_at_once_leaves_one_voice(database):
    async with database.transaction() as session:
        a, b = await made(session, "A", "B")

    async def merge(loser, winner):
        async with database.transaction() as session:
            await merging.merge(session, loser, winner)

    results = await asyncio.gather(merge(a, b), merge(b, a), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]


async def test_many_merges_at_once_end_in_one_person_without_a_circle(database):
    async with database.transaction() as session:
        ids = await made(session, *"ABCDEFGH")

    async def merge(loser, winner):
        async with database.transaction() as session:
            await merging.merge(session, loser, winner)

    pairs = [(ids[i], ids[(i + 1) % len(ids)]) for i in range(len(ids))]
    pairs += [(ids[(i + 3) % len(ids)], ids[i]) for i in range(len(ids))]
    results = await asyncio.gather(*(merge(*pair) for pair in pairs), return_exceptions=True)
    assert {type(result).__name__ for result in results} <= {"NoneType", "Conflict"}
    async with database.transaction() as session:
        assert set(await merging.group(session, ids[0])) == set(ids)
        roots = await session.scalar(text("SELECT count(*) FROM customer WHERE merged_into_id IS NULL"))
        assert roots == 1
        assert await differences(session) == []
