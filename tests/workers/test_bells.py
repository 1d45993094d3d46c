"""Bells: a relay's word reaches the threads that wait for it, and nobody waits for ever without one."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from workers import bells
from workers.bells import Bells

LONG = 20


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def waited(hung: Bells, queue: str, seconds: float) -> float:
    began = time.monotonic()
    await asyncio.to_thread(hung.await_ring, queue, seconds)
    return time.monotonic() - began


async def test_a_ring_wakes_who_waits_for_that_queue_and_nobody_else(redis: Redis) -> None:
    hung = Bells(["default", "bulk"])
    listening = asyncio.create_task(hung.listen(redis))
    # Once it is heard, everything rings: something may have been missed.
    assert await waited(hung, "bulk", LONG) < LONG
    assert await waited(hung, "default", LONG) < LONG
    waiting = asyncio.create_task(waited(hung, "default", LONG))
    await bells.ring(redis, {"default"})
    assert await waiting < LONG
    assert await waited(hung, "bulk", 0.1) >= 0.1
    listening.cancel()


async def test_a_ring_before_anybody_waits_is_not_lost(redis: Redis) -> None:
    hung = Bells(["default"])
    listening = asyncio.create_task(hung.listen(redis))
    assert await waited(hung, "default", LONG) < LONG
    await bells.ring(redis, ["default"])
    assert await waited(hung, "default", LONG) < LONG
    assert await waited(hung, "default", 0.1) >= 0.1
    listening.cancel()


async def test_a_queue_without_a_bell_is_waited_for_and_a_process_that_stops_waits_no_longer() -> None:
    hung = Bells(["default"])
    assert await waited(hung, "default.DQ", 0.1) >= 0.1
    waiting = asyncio.create_task(waited(hung, "default", LONG))
    hung.close()
    assert await waiting < LONG
    assert await waited(hung, "default", LONG) < LONG
    assert await waited(hung, "default.DQ", LONG) < LONG
