"""Sessions without a transaction: each statement is committed at once, and told of at the end."""

import asyncio

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.jobs import JobRow
from core.nudges import PREFIX, nudge


async def test_a_statement_without_a_transaction_is_committed_before_the_next_begins(database: Database):
    async with database.statements() as session:
        await session.execute(text("CREATE TABLE word (word text)"))
        await session.execute(text("INSERT INTO word VALUES ('kept')"))
        async with database.transaction() as other:
            assert await other.scalar(text("SELECT word FROM word")) == "kept"
    with pytest.raises(RuntimeError):
        async with database.statements() as session:
            await session.execute(text("INSERT INTO word VALUES ('kept, too')"))
            raise RuntimeError
    # The connection goes back to those who want a transaction.
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO word VALUES ('undone')"))
            raise RuntimeError
    async with database.statements() as session:
        words = list(await session.scalars(text("SELECT word FROM word ORDER BY word")))
    assert words == ["kept", "kept, too"]


async def test_what_happened_without_a_transaction_is_told_at_the_end_unless_it_failed(
    database_url: str, redis_url: str
):
    redis = Redis.from_url(redis_url)
    database = Database(database_url, redis)
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(PREFIX + "word")
        await channel.get_message(timeout=5)
        with pytest.raises(RuntimeError):
            async with database.statements() as session:
                nudge(session, "word", "failed")
                raise RuntimeError
        async with database.statements() as session:
            nudge(session, "word", "done")
            assert await channel.get_message(timeout=0.05) is None
        async with asyncio.timeout(10):
            while (said := await channel.get_message(timeout=1)) is None:
                pass
    assert said["data"] == b"done"
    await database.close()
    await redis.aclose()


async def test_a_fixed_text_answers_alike_on_the_short_way_and_on_the_long(database: Database):
    several = text("SELECT n, n * 2 AS twice FROM generate_series(1, cast(:most AS int)) AS n")
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    async def answers() -> list[object]:
        async with database.statements() as session:
            return [
                (await session.execute(several, {"most": 2})).all(),
                (await session.execute(several, {"most": 2})).mappings().all(),
                [row.twice for row in await session.execute(several, {"most": 2})],
                (await session.execute(several, {"most": 0})).one_or_none(),
                list(await session.scalars(several, {"most": 3})),
                list(await session.scalars(several, {"most": 0})),
                await session.scalar(several, {"most": 3}),
                await session.scalar(several, {"most": 0}),
                await session.scalar(select(func.count()).select_from(JobRow)),
            ]

    short = await answers()
    rows = [[(1, 2), (2, 4)], [{"n": 1, "twice": 2}, {"n": 2, "twice": 4}], [2, 4], None]
    assert short == [*rows, [1, 2, 3], [], 1, None, 0]
    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    assert await answers() == short
    assert len(heard) == 9


async def test_a_text_that_fails_says_why_in_sqlalchemys_words(database: Database):
    async with database.statements() as session:
        for refused in (text("SELECT cast(:word AS text)::int"), text("SELECT cast(:word AS int)")):
            with pytest.raises(DBAPIError):
                await session.execute(refused, {"word": "none"})
        with pytest.raises(StatementError):
            await session.scalar(text("SELECT :one"), {"other": 1})
        assert await session.scalar(text("SELECT 1")) == 1


async def test_texts_and_objects_of_a_transaction_are_committed_or_undone_together(database: Database):
    job = {"queue": "default", "tag": "x", "payload": "{}"}
    promise = text("INSERT INTO job (queue, tag, payload) VALUES (:queue, :tag, :payload) RETURNING id")
    counted = select(func.count()).select_from(JobRow)

    async def write(session: AsyncSession) -> None:
        await session.execute(promise, job)
        session.add(JobRow(**job))
        await session.flush()
        await session.execute(promise, job)

    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await write(session)
            assert await session.scalar(counted) == 3
            raise RuntimeError
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM job")) == 0
        await write(session)
        # A text that is refused says so at once, and what is undone with it ends at the savepoint.
        for refused in ("INSERT INTO job (queue) VALUES (:queue)", "SELECT cast(:tag AS int)"):
            with pytest.raises(DBAPIError) as raised:
                async with session.begin_nested():
                    await session.execute(promise, job)
                    await session.execute(text(refused), job)
            assert raised.value.orig is not None
            assert isinstance(raised.value.orig.__cause__, asyncpg.PostgresError)
            assert raised.value.hide_parameters
        assert await session.scalar(text("SELECT count(*) FROM job")) == 3
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await write(session)
            await session.execute(text("INSERT INTO job (queue) VALUES ('default')"))
    async with database.statements() as session:
        assert await session.scalar(counted) == 3
        assert await session.scalar(text("SELECT count(*) FROM job")) == 3


async def test_who_loses_the_connection_in_a_transaction_is_told_and_the_next_is_not(database: Database):
    end = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DBAPIError) as raised:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
            await session.scalar(end)
    assert raised.value.connection_invalidated
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.scalar(end)
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_whatever_is_said_in_a_transaction_goes_over_one_connection(database: Database):
    backend = "SELECT pg_backend_pid()"
    for ways in (
        (text(backend), select(func.pg_backend_pid())),
        (select(func.pg_backend_pid()), text(backend)),
    ):
        async with database.transaction() as session:
            assert len({await session.scalar(way) for way in (*ways, *ways)}) == 1
    assert database.engine.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a pool that keeps some has it


async def test_a_lost_connection_costs_one_answer(database: Database):
    end = text("SELECT pg_terminate_backend(pg_backend_pid())")
    async with database.statements() as session:
        with pytest.raises(DBAPIError):
            await session.scalar(end)
    async with database.statements() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_a_question_that_nobody_waits_for_any_more_leaves_no_answer_to_others(database: Database):
    async def ask() -> None:
        async with database.statements() as session:
            await session.execute(text("SELECT pg_sleep(20)"))

    asking = asyncio.create_task(ask())
    watching = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
    async with asyncio.timeout(10), database.statements() as session:
        while not await session.scalar(watching):
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    for number in range(3):
        async with database.statements() as session:
            assert await session.scalar(text("SELECT cast(:n AS int)"), {"n": number}) == number
