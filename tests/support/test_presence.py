"""Presence: who is at a thread, told when it is news."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from support import presence
from support.presence import Present

THREAD, MIRA, OLE = uuid4(), uuid4(), uuid4()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


async def heard(listener) -> list[str]:
    """Who the news since the last call was about."""
    found = []
    while (said := await listener.get_message(timeout=0.2)) is not None:
        found.append(said["data"].decode())
    return found


async def test_a_colleague_comes_writes_and_goes_and_each_is_told_once(redis: Redis):
    async with redis.pubsub(ignore_subscribe_messages=True) as listener:
        await listener.subscribe(f"throughline:presence:{THREAD}")
        await heard(listener)
        for _ in range(2):
            await presence.arrive(redis, THREAD, MIRA, "Mira", "one")
        assert await heard(listener) == [str(MIRA)]
        assert await presence.present(redis, THREAD) == [Present(str(MIRA), "Mira", writing=False)]
        assert await presence.present(redis, THREAD, besides=MIRA) == []
        for _ in range(2):
            await presence.write(redis, THREAD, MIRA)
        assert await heard(listener) == [str(MIRA)]
        assert await presence.present(redis, THREAD) == [Present(str(MIRA), "Mira", writing=True)]
        await presence.leave(redis, THREAD, MIRA, "one")
        assert await heard(listener) == [str(MIRA)]
        assert await presence.present(redis, THREAD) == []
        await presence.leave(redis, THREAD, MIRA, "one")
        assert await heard(listener) == []


async def test_a_page_that_is_loaded_again_does_not_take_its_reader_away(redis: Redis):
    await presence.arrive(redis, THREAD, MIRA, "Mira", "old page")
    await presence.arrive(redis, THREAD, MIRA, "Mira", "new page")
    await presence.leave(redis, THREAD, MIRA, "old page")
    assert [one.name for one in await presence.present(redis, THREAD)] == ["Mira"]


async def test_who_stopped_writing_is_only_there_and_who_fell_silent_is_gone(redis: Redis, monkeypatch):
    await presence.arrive(redis, THREAD, MIRA, "Mira | the second", "one")
    await presence.write(redis, THREAD, MIRA)
    await presence.write(redis, THREAD, OLE)  # nobody: no page of his is open
    monkeypatch.setattr(presence, "WRITING", -1)
    async with redis.pubsub(ignore_subscribe_messages=True) as listener:
        await listener.subscribe(f"throughline:presence:{THREAD}")
        await heard(listener)
        await presence.arrive(redis, THREAD, MIRA, "Mira | the second", "one")
        assert await heard(listener) == [str(MIRA)]
    assert await presence.present(redis, THREAD) == [Present(str(MIRA), "Mira | the second", writing=False)]
    monkeypatch.setattr(presence, "SECONDS", -1)
    assert await presence.present(redis, THREAD) == []
