"""One leased job, run in this process against a real database."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import leases
from core.clock import now
from core.database import Database
from core.errors import TransientError
from core.jobs import Job, JobRow, enqueue
from core.leases import Lease
from core.settings import Settings
from workers.resources import Resources
from workers.runner import Run, outside, run, run_together, shared, transactional


class Note(Job, tag="test.note", frozen=True):
    word: str


class Fail(Job, tag="test.fail", frozen=True):
    word: str


class Reach(Job, tag="test.reach", frozen=True):
    word: str


@transactional(Note)
async def note(session: AsyncSession, job: Note) -> None:
    await session.execute(text("INSERT INTO word VALUES (:word)"), {"word": job.word})


@transactional(Fail)
async def fail(session: AsyncSession, job: Fail) -> None:
    await session.execute(text("INSERT INTO word VALUES (:word)"), {"word": job.word})
    raise TransientError("The other side is asleep.")


class Leak(Job, tag="test.leak", frozen=True):
    word: str


@transactional(Leak)
async def leak(session: AsyncSession, job: Leak) -> None:
    await session.execute(text("SELECT CAST(CAST(:word AS text) AS uuid)"), {"word": job.word})


class Word(Job, tag="test.word", frozen=True):
    word: str


@transactional(Word, together=list)
async def write_word(session: AsyncSession, job: Word) -> None:
    await session.execute(text("INSERT INTO word VALUES (:word)"), {"word": job.word})
    if job.word == "bad":
        raise ValueError("That is no word.")


WAITED_FOR = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = cast(pg_current_xact_id() AS xid))"
)
reached: list[str] = []
reaching = asyncio.Event()


@outside(Reach)
async def reach(current: Run, job: Reach) -> None:
    async with current.transaction() as session:
        await session.execute(text("INSERT INTO word VALUES (:word)"), {"word": f"claimed {job.word}"})
    reached.append(job.word)
    if job.word == "slow":
        reaching.set()
        await asyncio.sleep(30)
    async with current.final() as session:
        await session.execute(text("INSERT INTO word VALUES (:word)"), {"word": f"recorded {job.word}"})
        if job.word == "long to record":
            # Until somebody waits for the row that is being deleted.
            while not await session.scalar(WAITED_FOR):
                await asyncio.sleep(0.02)
    if job.word == "long to record":
        await asyncio.sleep(0.3)
        reached.append("and went home")


@pytest.fixture
def resources(settings: Settings) -> Resources:
    return Resources(settings, Redis.from_url(settings.redis_url))


async def lease_of(database: Database, job: Job) -> Lease:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS word (word text)"))
        await enqueue(session, job)
    async with database.transaction() as session:
        (lease,) = await leases.lease(session, "default", 10)
    return lease


async def words(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT word FROM word ORDER BY word")))


async def row(database: Database) -> JobRow | None:
    async with database.transaction() as session:
        return await session.scalar(text("SELECT id FROM job")) and await session.get(
            JobRow, await session.scalar(text("SELECT id FROM job"))
        )


async def test_a_job_and_its_row_go_in_one_transaction(database: Database, resources: Resources) -> None:
    lease = await lease_of(database, Note("hello"))
    await run(database, resources, lease)
    assert await words(database) == ["hello"]
    assert await row(database) is None


async def test_a_second_copy_of_a_ticket_does_nothing(database: Database, resources: Resources) -> None:
    lease = await lease_of(database, Note("hello"))
    await asyncio.gather(*(run(database, resources, lease) for _ in range(10)))
    assert await words(database) == ["hello"]


async def test_a_failed_job_leaves_no_trace_but_its_error_and_waits(
    database: Database, resources: Resources
) -> None:
    lease = await lease_of(database, Fail("hello"))
    await run(database, resources, lease)
    kept = await row(database)
    assert await words(database) == []
    assert kept is not None
    assert (kept.error, kept.attempts, kept.dead_at, kept.leased_until) == (
        "The other side is asleep.",
        1,
        None,
        None,
    )
    assert kept.due_at > now()


async def test_a_job_that_fails_at_its_last_attempt_is_dead(database: Database, resources: Resources) -> None:
    lease = await lease_of(database, Fail("hello"))
    async with database.transaction() as session:
        await session.execute(
            update(JobRow).values(tries=leases.MAX_TRIES, created_at=now() - leases.PATIENCE)
        )
    await run(database, resources, lease)
    kept = await row(database)
    assert kept is not None
    assert kept.dead_at is not None


async def test_what_the_database_quotes_of_peoples_data_stays_out_of_the_error(
    database: Database, resources: Resources
) -> None:
    lease = await lease_of(database, Leak("ann@example.org"))
    await run(database, resources, lease)
    kept = await row(database)
    assert kept is not None
    assert kept.error == "DBAPIError 22P02"


async def test_a_job_nobody_handles_says_so_in_its_row(database: Database, resources: Resources) -> None:
    lease = await lease_of(database, Note("hello"))
    await run(database, resources, Lease(lease.job_id, lease.attempt, "test.unheard_of"))
    kept = await row(database)
    assert kept is not None
    assert kept.error == "LookupError: no handler is declared for test.unheard_of"


async def test_a_job_that_reaches_outside_claims_acts_and_records(
    database: Database, resources: Resources
) -> None:
    reached.clear()
    lease = await lease_of(database, Reach("quick"))
    await asyncio.gather(*(run(database, resources, lease) for _ in range(5)))
    assert reached == ["quick"]
    assert await words(database) == ["claimed quick", "recorded quick"]
    assert await row(database) is None


async def test_work_whose_lease_went_to_another_stops_and_records_nothing(
    database: Database, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    reached.clear()
    reaching.clear()
    lease = await lease_of(database, Reach("slow"))
    work = asyncio.create_task(run(database, resources, lease))
    await reaching.wait()
    async with database.transaction() as session:
        await session.execute(update(JobRow).values(attempts=JobRow.attempts + 1))
    await asyncio.wait_for(work, 10)
    kept = await row(database)
    assert await words(database) == ["claimed slow"]
    assert kept is not None
    assert (kept.attempts, kept.error) == (2, None)


async def test_work_that_is_recorded_while_its_lease_is_to_be_extended_is_not_cut_short(
    database: Database, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    reached.clear()
    lease = await lease_of(database, Reach("long to record"))
    await asyncio.wait_for(run(database, resources, lease), 10)
    assert reached == ["long to record", "and went home"]
    assert await words(database) == ["claimed long to record", "recorded long to record"]
    assert await row(database) is None


async def leases_of(database: Database, *jobs: Job) -> list[Lease]:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS word (word text)"))
        for job in jobs:
            await enqueue(session, job)
    async with database.transaction() as session:
        return await leases.lease(session, "default", len(jobs))


async def test_waiting_jobs_of_a_kind_share_a_transaction_and_are_done_once(
    database: Database, resources: Resources
):
    several = await leases_of(database, Word("a"), Word("b"), Word("c"))
    await asyncio.gather(*(run_together(database, resources, several) for _ in range(3)))
    async with database.transaction() as session:
        assert list(await session.scalars(text("SELECT word FROM word"))) == ["a", "b", "c"]
        assert len(set(await session.scalars(text("SELECT xmin::text FROM word")))) == 1
        assert await session.scalar(text("SELECT count(*) FROM job")) == 0


async def test_a_job_that_fails_does_not_keep_the_others_from_their_effect(
    database: Database, resources: Resources
):
    several = await leases_of(database, Word("a"), Word("bad"), Word("c"))
    await run_together(database, resources, several)
    async with database.transaction() as session:
        assert sorted(await session.scalars(text("SELECT word FROM word"))) == ["a", "c"]
        (left,) = (await session.execute(text("SELECT id, tries, error FROM job"))).all()
    assert (left.id, left.tries, left.error) == (several[1].job_id, 1, "ValueError: That is no word.")


def test_only_fresh_jobs_of_a_willing_kind_share():
    fresh = [Lease(1, 1, "test.word"), Lease(2, 1, "test.note"), Lease(3, 2, "test.word")]
    lost = Lease(4, leases.UNNOTED + 1, "test.word")
    assert shared([*fresh, lost]) == [[fresh[0], fresh[2]], [fresh[1]], [lost]]
