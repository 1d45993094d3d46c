"""The job table: promised with the fact, coalesced by key without losing a wish."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core import leases
from core.clock import now
from core.jobs import Job, JobRow, decode, enqueue, enqueue_many, job_types


class Sum(Job, tag="tests.sum", frozen=True):
    number: int = 0


class Slow(Job, tag="tests.slow", frozen=True):
    queue = "bulk"


async def rows(session) -> list[JobRow]:
    return list(
        await session.scalars(select(JobRow).order_by(JobRow.id).execution_options(populate_existing=True))
    )


async def test_a_job_waits_with_its_payload_in_its_queue(session):
    await enqueue_many(session, [Sum(3), Slow()])
    [one, two] = await rows(session)
    assert (one.queue, one.tag, one.payload, one.attempts) == (
        "default",
        "tests.sum",
        '{"job":"tests.sum","number":3}',
        0,
    )
    assert (two.queue, two.tag) == ("bulk", "tests.slow")
    assert decode(one.tag, one.payload) == Sum(3)
    assert session.info["nudges"] == {("jobs", ""): None}


async def test_a_job_is_there_exactly_when_its_fact_is(database):
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await enqueue(session, Sum())
            raise RuntimeError
    async with database.transaction() as session:
        assert await rows(session) == []


async def test_no_jobs_promise_nothing_and_wake_nobody(session):
    await enqueue_many(session, [])
    assert "nudges" not in session.info


async def test_under_one_key_one_job_waits_due_at_the_earliest_wish(session):
    soon, later = now() + timedelta(minutes=1), now() + timedelta(hours=1)
    for due in (later, soon, later):
        await enqueue(session, Sum(), due_at=due, key="sum")
    [row] = await rows(session)
    assert row.due_at == soon
    await enqueue(session, Sum(), key="sum")
    [row] = await rows(session)
    assert row.due_at <= now()


async def test_many_keys_in_one_statement_must_be_as_many_as_the_jobs(session):
    await enqueue_many(session, [Sum(1), Sum(2)], keys=["b", "a"])
    assert [(row.key, row.payload[-2]) for row in await rows(session)] == [("a", "2"), ("b", "1")]
    with pytest.raises(ValueError):
        await enqueue_many(session, [Sum(1), Sum(2)], keys=["a"])


async def test_fifty_wishes_at_once_under_one_key_are_one_job(database):
    async def wish() -> None:
        async with database.transaction() as session:
            await enqueue(session, Sum(), key="sum")

    await asyncio.gather(*(wish() for _ in range(50)))
    async with database.transaction() as session:
        assert len(await rows(session)) == 1


async def test_a_wish_made_while_the_job_is_taken_up_is_not_lost(database):
    """Whoever writes, then wishes under a key, is seen by a run that begins after their commit."""
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE fact (n int)"))
        await session.execute(text("CREATE TABLE seen (n int)"))

    async def write(number: int) -> None:
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO fact VALUES (:n)"), {"n": number})
            await enqueue(session, Sum(), key="sum")

    async def run() -> bool:
        async with database.transaction() as session:
            found = await leases.lease(session, "default", 10)
        for lease in found:
            async with database.transaction() as session:
                if await leases.take(session, lease) is not None:
                    await session.execute(text("INSERT INTO seen SELECT count(*) FROM fact"))
        return bool(found)

    async def work(stop: asyncio.Event) -> None:
        while await run() or not stop.is_set():
            await asyncio.sleep(0)

    stop = asyncio.Event()
    workers = [asyncio.create_task(work(stop)) for _ in range(3)]
    for start in range(0, 60, 6):
        await asyncio.gather(*(write(n) for n in range(start, start + 6)))
    stop.set()
    await asyncio.gather(*workers)
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT max(n) FROM seen")) == 60
        assert await rows(session) == []


async def test_a_tag_that_nobody_declares_is_a_lookup_error():
    with pytest.raises(LookupError):
        decode("tests.nobody", "{}")
    assert job_types()["tests.sum"] is Sum


async def test_keys_are_unique_only_while_they_wait(session):
    await enqueue(session, Sum(), key="sum")
    [lease] = await leases.lease(session, "default", 10)
    await enqueue(session, Sum(), key="sum")
    assert [row.key for row in await rows(session)] == [None, "sum"]
    assert await session.scalar(select(func.count()).select_from(JobRow)) == 2
    assert lease.attempt == 1
