"""Live pages: nudges from Redis, told to browsers as server-sent events.

An event says only *that* something changed, and what; the page then asks for what it has not seen, by sequence
number. A nudge that is lost costs nothing lasting: every reconnection begins with a `resume` event.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Protocol

from litestar.response import ServerSentEvent, ServerSentEventMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import tasks
from core.nudges import PREFIX

PING = 15
# The last that a stream hears; no nudge has an empty topic.
OVER = ""
WAITING = 256


class Attendance(Protocol):
    """Who holds a stream open: told when it begins, again while it lasts, and when it ends."""

    async def here(self) -> None: ...

    async def gone(self) -> None: ...


class Live:
    """One subscription to Redis for the whole process, shared out to the streams that browsers hold open."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.streams: dict[str, set[asyncio.Queue[tuple[str, str]]]] = defaultdict(set)
        self.over = False
        self._listener: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        await tasks.end(self._listener)

    def end(self) -> None:
        """End every stream, now and from now on, as the server stops; browsers come again by themselves."""
        self.over = True
        self._tell_all(OVER, "")

    async def _listen(self) -> None:
        while True:
            try:
                async with self.redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.psubscribe(PREFIX + "*")
                    self._tell_all("resume", "")
                    while True:
                        said = await channel.get_message(timeout=30)
                        if said is not None:
                            self._tell(said["channel"].decode().removeprefix(PREFIX), said["data"].decode())
            except (RedisError, OSError):
                await asyncio.sleep(0.5)

    def _tell(self, topic: str, about: str) -> None:
        for waiting in self.streams.get(topic, ()):
            _put(waiting, (topic, about))

    def _tell_all(self, topic: str, about: str) -> None:
        for streams in self.streams.values():
            for waiting in streams:
                _put(waiting, (topic, about))

    def stream(self, topics: dict[str, str], attendance: Attendance | None = None) -> ServerSentEvent:
        """Events for a browser: `topics` maps a topic to the event's name there. Holds no database connection."""
        return ServerSentEvent(self._events(topics, attendance))

    async def _events(
        self, topics: dict[str, str], attendance: Attendance | None = None
    ) -> AsyncIterator[ServerSentEventMessage]:
        waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(WAITING)
        for topic in topics:
            self.streams[topic].add(waiting)
        try:
            told = -float("inf")
            yield ServerSentEventMessage(event="resume", data="")
            while not self.over:
                if attendance is not None and time.monotonic() - told >= PING:
                    told = time.monotonic()
                    await attendance.here()
                try:
                    topic, about = await asyncio.wait_for(waiting.get(), PING)
                except TimeoutError:
                    yield ServerSentEventMessage(comment="still here")
                    continue
                if topic == OVER:
                    break
                yield ServerSentEventMessage(event=topics.get(topic, topic), data=about)
        finally:
            for topic in topics:
                self.streams[topic].discard(waiting)
                if not self.streams[topic]:
                    del self.streams[topic]
            if attendance is not None:
                # The stream is being cancelled: what is said last is said by a task of its own.
                self._farewells.add(said := asyncio.create_task(_farewell(attendance)))
                said.add_done_callback(self._farewells.discard)


async def _farewell(attendance: Attendance) -> None:
    await attendance.gone()


def _put(waiting: asyncio.Queue[tuple[str, str]], event: tuple[str, str]) -> None:
    if waiting.full():
        # A browser that reads slower than we write hears only that it must ask again.
        while not waiting.empty():
            waiting.get_nowait()
        event = ("resume", "")
    waiting.put_nowait(event)
