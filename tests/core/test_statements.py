"""Fixed texts within a transaction: part of it, with its errors and its end."""

import asyncio

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from core.jobs import JobRow

ADD = text("INSERT INTO job (queue, tag, payload) VALUES ('default', :tag, '{}') RETURNING id, tag")
READ = text("SELECT tag, payload FROM job WHERE tag = ANY(cast(:tags AS text[])) ORDER BY tag")
BREAK = text("SELECT cast(:n AS int) / 0")
LOCK = text("SELECT pg_advisory_xact_lock(cast(:key AS bigint))")


async def tags(database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT tag FROM job ORDER BY tag")))


async def test_it_is_part_of_the_transaction_from_the_first_statement_on(database):
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            await session.execute(ADD, {"tag": "a"})
            await session.execute(ADD, {"tag": "b"})
            raise ZeroDivisionError
    assert await tags(database) == []
    async with database.transaction() as session:
        [row] = await session.execute(ADD, {"tag": "a"})
        assert row.tag == "a"
        session.add(JobRow(queue="default", tag="b", payload="{}"))
        await session.flush()
        found = await session.execute(READ, {"tags": ["a", "b", "c"]})
        assert [(row.tag, row.payload) for row in found] == [("a", "{}"), ("b", "{}")]
        assert list((await session.execute(READ, {"tags": ["a", "b"]})).scalars()) == ["a", "b"]
        assert list(await session.execute(READ, {"tags": []})) == []
    assert await tags(database) == ["a", "b"]


async def test_a_savepoint_takes_it_back(database):
    async with database.transaction() as session:
        await session.execute(ADD, {"tag": "a"})
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(ADD, {"tag": "b"})
                await session.execute(BREAK, {"n": 1})
        await session.execute(ADD, {"tag": "c"})
    assert await tags(database) == ["a", "c"]


async def test_what_goes_wrong_is_said_in_the_words_of_sqlalchemy(database):
    same = text("INSERT INTO job (queue, tag, payload, key) VALUES ('default', 'a', '{}', :key)")
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as session:
            await session.execute(same, {"key": "k"})
            await session.execute(same, {"key": "k"})
    assert getattr(caught.value.orig, "sqlstate", "") == "23505"
    assert "'k'" not in str(caught.value.statement)
    assert await tags(database) == []


async def test_a_deadlock_is_known_as_one(database):
    async def both(first: int, second: int, met: asyncio.Barrier) -> None:
        async with database.transaction() as session:
            await session.execute(LOCK, {"key": first})
            await session.execute(LOCK, {"key": first})
            await met.wait()
            await session.execute(LOCK, {"key": second})

    met = asyncio.Barrier(2)
    ended = await asyncio.gather(both(1, 2, met), both(2, 1, met), return_exceptions=True)
    [error] = [each for each in ended if each is not None]
    assert isinstance(error, DBAPIError)
    assert getattr(error.orig, "sqlstate", "") == "40P01"


async def test_a_lost_connection_is_lost_and_the_next_one_works(database):
    with pytest.raises((InterfaceError, OperationalError, DBAPIError)) as caught:
        async with database.transaction() as session:
            await session.execute(ADD, {"tag": "a"})
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            async with database.transaction() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await asyncio.sleep(0.1)
            await session.execute(ADD, {"tag": "b"})
    assert caught.value.connection_invalidated
    assert await tags(database) == []


async def test_whoever_listens_hears_it(database):
    heard: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        heard.append(statement)

    async with database.transaction() as session:
        await session.execute(ADD, {"tag": "a"})
        await session.execute(ADD, {"tag": "b"})
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            await session.execute(ADD, {"tag": "c"})
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert len(heard) == 1


async def test_outside_of_a_transaction_it_is_execute(database):
    async with database.statements() as session:
        assert [row.tag for row in await session.execute(ADD, {"tag": "a"})] == ["a"]
    assert await tags(database) == ["a"]
