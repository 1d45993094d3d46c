"""Live events: told after a commit, to those who listen, and made good after a gap."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from litestar.response import ServerSentEventMessage
from redis.asyncio import Redis

from core.database import Database
from core.nudges import nudge
from portal.live import WAITING, Live


@pytest.fixture
async def live(redis_url: str) -> AsyncIterator[Live]:
    redis = Redis.from_url(redis_url)
    live = Live(redis)
    live.start()
    yield live
    await live.stop()
    await redis.aclose()


async def next_event(events: AsyncIterator[ServerSentEventMessage]) -> tuple[str | None, object]:
    message = await asyncio.wait_for(anext(events), 10)
    return message.event, message.data


async def listening(redis: Redis) -> None:
    while not await redis.pubsub_numpat():
        await asyncio.sleep(0.01)


async def test_a_nudge_arrives_after_the_commit_and_never_after_a_rollback(
    live: Live, database_url: str
) -> None:
    database = Database(database_url, live.redis)
    await listening(live.redis)
    events = live._events({"inbox": "changed"})
    assert await next_event(events) == ("resume", "")
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            nudge(session, "inbox", "undone")
            raise RuntimeError
    async with database.transaction() as session:
        nudge(session, "elsewhere", "not for us")
        nudge(session, "inbox", "done")
        nudge(session, "inbox", "done")
        nudge(session, "inbox", "and more")
    assert await next_event(events) == ("changed", "done")
    assert await next_event(events) == ("changed", "and more")
    await database.close()


async def test_a_browser_that_reads_too_slowly_is_told_to_ask_again(live: Live) -> None:
    await listening(live.redis)
    events = live._events({"inbox": "changed"})
    assert await next_event(events) == ("resume", "")
    for number in range(WAITING + 1):
        live._tell("inbox", str(number))
    assert await next_event(events) == ("resume", "")


async def test_a_closed_stream_is_forgotten(live: Live) -> None:
    events = live._events({"inbox": "changed"})
    await anext(events)
    assert set(live.streams) == {"inbox"}
    await events.aclose()  # type: ignore[attr-defined]  # the library declares less than it has
    assert live.streams == {}
