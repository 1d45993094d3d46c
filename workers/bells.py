"""Bells: how a relay wakes the workers of a queue. Losing a ring costs a moment: workers also look by themselves."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from threading import Event

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.nudges import PREFIX

TOPIC = PREFIX + "tickets"
MOMENT = 0.02


async def ring(redis: Redis, queues: Iterable[str]) -> None:
    """Say that tickets of these queues can be fetched."""
    with suppress(RedisError, OSError):
        await redis.publish(TOPIC, ",".join(queues))


class Bells:
    """The bells of one process, one for each queue; heard by the threads that fetch from it."""

    def __init__(self, queues: Iterable[str]) -> None:
        self._bells = {queue: Event() for queue in queues}
        self._closed = False

    def await_ring(self, queue: str, seconds: float) -> None:
        """Block until the queue's bell rings, or has rung since it was last waited for; so long at most."""
        bell = self._bells.get(queue)
        if bell is None or self._closed:
            time.sleep(min(seconds, MOMENT) if self._closed else seconds)
            return
        bell.wait(seconds)
        bell.clear()

    def close(self) -> None:
        """Let nobody wait for longer than a MOMENT from now on: the process stops."""
        self._closed = True
        self._ring(self._bells)

    async def listen(self, redis: Redis) -> None:
        """Let rings be heard until cancelled; after every gap all bells ring."""
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(TOPIC)
                    self._ring(self._bells)
                    while True:
                        if (said := await channel.get_message(timeout=5)) is not None:
                            self._ring(said["data"].decode().split(","))
            except (RedisError, OSError):
                await asyncio.sleep(0.5)

    def _ring(self, queues: Iterable[str]) -> None:
        for queue in queues:
            if queue in self._bells:
                self._bells[queue].set()
