"""Sessions without a transaction: each statement is committed at once, and told of at the end."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from core.database import Database
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
