"""Leases: each job in one pair of hands, counted attempts, buried at the end, revived on request."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core import leases
from core.clock import now
from core.errors import NotFound
from core.jobs import Job, JobRow, enqueue, enqueue_many
from core.leases import LEASE, MAX_TRIES


class Carry(Job, tag="tests.carry", frozen=True):
    number: int = 0


async def only(session) -> JobRow:
    row: JobRow = (await session.scalars(select(JobRow).execution_options(populate_existing=True))).one()
    return row


async def expire(session) -> None:
    past = func.now() - timedelta(seconds=1)
    await session.execute(update(JobRow).values(leased_until=past, due_at=past))


async def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out(session):
    await enqueue(session, Carry())
    [lease] = await leases.lease(session, "default", 10)
    assert (lease.attempt, lease.tag) == (1, "tests.carry")
    assert await leases.lease(session, "default", 10) == []
    assert await leases.leased(session) == {"default": 1}
    await expire(session)
    [again] = await leases.lease(session, "default", 10)
    assert again.attempt == 2


async def test_what_is_due_later_or_in_another_queue_is_left(session):
    await enqueue(session, Carry(), due_at=now() + timedelta(minutes=5))
    assert await leases.lease(session, "default", 10) == []
    assert await leases.next_due(session) == (await only(session)).due_at
    await expire(session)
    assert await leases.lease(session, "bulk", 10) == []
    assert len(await leases.lease(session, "default", 10)) == 1


async def test_the_oldest_due_go_first(session):
    for minutes in (1, 3, 2):
        await enqueue(session, Carry(minutes), due_at=now() - timedelta(minutes=minutes))
    found = [(await leases.lease(session, "default", 1))[0].job_id for _ in range(3)]
    ids = dict((await session.execute(select(JobRow.id, JobRow.payload))).all())
    assert [ids[job_id][-2] for job_id in found] == ["3", "2", "1"]


async def test_many_relays_at_once_never_lease_a_job_twice(database):
    async with database.transaction() as session:
        await enqueue_many(session, [Carry(n) for n in range(300)])

    async def relay() -> list[int]:
        found: list[int] = []
        while True:
            async with database.transaction() as session:
                batch = await leases.lease(session, "default", 7)
            if not batch:
                return found
            found += [lease.job_id for lease in batch]

    taken = [job_id for part in await asyncio.gather(*(relay() for _ in range(8))) for job_id in part]
    # A relay may come away empty while others hold the last rows; none is leased twice.
    assert len(taken) == len(set(taken))
    async with database.transaction() as session:
        rest = await leases.lease(session, "default", 300)
    assert len(taken) + len(rest) == 300


async def test_a_row_in_other_hands_is_left_alone(database):
    async with database.transaction() as session:
        await enqueue(session, Carry())
    async with database.transaction() as session:
        [lease] = await leases.lease(session, "default", 1)
    async with database.transaction() as first:
        assert await leases.take(first, lease) is not None
        async with database.transaction() as second:
            assert await leases.take(second, lease) is None
    async with database.transaction() as third:
        assert await leases.take(third, lease) is None


async def test_a_taken_row_is_back_when_its_effect_is_undone(database):
    async with database.transaction() as session:
        await enqueue(session, Carry(4))
    async with database.transaction() as session:
        [lease] = await leases.lease(session, "default", 1)
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            assert await leases.take(session, lease) == ("tests.carry", '{"job":"tests.carry","number":4}')
            raise RuntimeError
    async with database.transaction() as session:
        assert await leases.take(session, lease) is not None


async def test_an_attempt_is_started_once_and_an_older_one_not_at_all(session):
    await enqueue(session, Carry())
    [first] = await leases.lease(session, "default", 1)
    assert await leases.start(session, first) is not None
    assert await leases.start(session, first) is None
    await expire(session)
    [second] = await leases.lease(session, "default", 1)
    assert await leases.start(session, first) is None
    assert not await leases.extend(session, first)
    assert not await leases.finish(session, first)
    assert await leases.start(session, second) is not None
    assert await leases.extend(session, second)
    assert await leases.finish(session, second)
    assert not await leases.extend(session, second)


async def test_extending_keeps_a_lease_alive(session):
    await enqueue(session, Carry())
    [lease] = await leases.lease(session, "default", 1)
    await expire(session)
    assert await leases.extend(session, lease)
    assert await leases.lease(session, "default", 1) == []
    until = (await only(session)).leased_until
    assert until is not None
    left = until - now()
    assert timedelta(0) < left <= LEASE + timedelta(seconds=1)


async def test_a_failed_attempt_says_why_and_waits_longer_each_time(session):
    await enqueue(session, Carry())
    for attempt in range(1, 4):
        [lease] = await leases.lease(session, "default", 1)
        before = now()
        await leases.give_back(session, lease, "broken \x00" + "x" * 5000)
        after = now()
        row = await only(session)
        assert row.due_at - before > timedelta(seconds=0.7 * 2**attempt)
        assert row.due_at - after < timedelta(seconds=1.3 * 2**attempt)
        assert (row.attempts, row.dead_at, row.leased_until, len(row.error or "")) == (
            attempt,
            None,
            None,
            2000,
        )
        await expire(session)


@pytest.mark.parametrize("attempt", [1, 5, 11, 12, 40])
def test_the_wait_grows_to_an_hour_and_no_further(attempt):
    for _ in range(50):
        wait = leases.backoff(attempt).total_seconds()
        assert 0.75 * min(2**attempt, 3600) <= wait <= 1.25 * 3600


async def test_the_last_attempt_buries_the_job_with_its_error(session):
    await enqueue(session, Carry())
    [lease] = await leases.lease(session, "default", 1)
    for attempt in range(MAX_TRIES):
        if attempt:
            [lease] = await leases.lease(session, "default", 1)
        await leases.give_back(session, lease, "broken")
        await expire(session)
    row = await only(session)
    assert (row.dead_at is not None, row.error, row.attempts) == (True, "broken", MAX_TRIES)
    assert await leases.lease(session, "default", 1) == []
    assert await leases.take(session, lease) is None
    assert await leases.next_due(session) is None


async def test_a_job_that_kills_its_process_is_buried_too(session):
    await enqueue(session, Carry())
    for _ in range(MAX_TRIES):
        [lease] = await leases.lease(session, "default", 1)
        assert await leases.start(session, lease) is not None
        await expire(session)
    assert await leases.lease(session, "default", 1) == []
    row = await only(session)
    assert row.dead_at is not None
    assert row.error == f"Lost {MAX_TRIES} times: the process that ran it died."


async def test_a_job_that_no_worker_takes_up_outlives_any_outage(session):
    await enqueue(session, Carry())
    for _ in range(3 * MAX_TRIES):
        assert len(await leases.lease(session, "default", 1)) == 1
        await expire(session)
    assert ((await only(session)).tries, (await only(session)).dead_at) == (0, None)


async def test_a_lease_that_reached_nobody_is_due_again_at_once(session):
    await enqueue(session, Carry())
    unsent = await leases.lease(session, "default", 1)
    await leases.release(session, unsent)
    [again] = await leases.lease(session, "default", 1)
    assert again.attempt == 2
    await leases.release(session, unsent)  # too late: the row is in other hands
    assert await leases.lease(session, "default", 1) == []


async def test_a_failure_outside_the_house_is_waited_out_for_days_and_not_for_ever(session):
    await enqueue(session, Carry())
    for _ in range(2 * MAX_TRIES):
        [lease] = await leases.lease(session, "default", 1)
        await leases.give_back(session, lease, "The card company is down.", patient=True)
        assert (await only(session)).dead_at is None
        await expire(session)
    await session.execute(update(JobRow).values(created_at=now() - leases.PATIENCE))
    [lease] = await leases.lease(session, "default", 1)
    await leases.give_back(session, lease, "The card company is down.", patient=True)
    assert (await only(session)).dead_at is not None


async def test_what_can_never_work_is_buried_at_once(session):
    await enqueue(session, Carry())
    [lease] = await leases.lease(session, "default", 1)
    await leases.give_back(session, lease, "no such ticket", for_good=True)
    assert (await only(session)).dead_at is not None


async def test_a_superseded_attempt_cannot_give_the_job_back(session):
    await enqueue(session, Carry())
    [first] = await leases.lease(session, "default", 1)
    await expire(session)
    [second] = await leases.lease(session, "default", 1)
    await leases.give_back(session, first, "too late")
    row = await only(session)
    assert (row.error, row.leased_until is not None, row.attempts) == (None, True, second.attempt)


async def test_a_revived_job_has_all_its_tries_again(session):
    await enqueue(session, Carry())
    [lease] = await leases.lease(session, "default", 1)
    with pytest.raises(NotFound):
        await leases.revive(session, lease.job_id)
    await leases.start(session, lease)
    await leases.give_back(session, lease, "broken", for_good=True)
    session.info.pop("nudges", None)
    await leases.revive(session, lease.job_id)
    assert session.info["nudges"] == {("jobs", ""): None}
    [again] = await leases.lease(session, "default", 1)
    assert (again.attempt, (await only(session)).tries) == (2, 0)
    assert await leases.start(session, again) is not None
