"""Signs of life: relays and workers say that they are at work, and whoever asks learns whether any still is."""

import asyncio
from datetime import timedelta
from time import monotonic

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.nudges import PREFIX

ROLES = ("relay", "worker")
EVERY = timedelta(seconds=1)
# A role that nobody was heard of in for this long counts as dead.
LASTS = timedelta(seconds=10)


class Heart:
    """The heart of one process: `beat()` wherever it has just shown that it works, as often as you like."""

    def __init__(self, redis: Redis, role: str) -> None:
        self._redis = redis
        self._role = role
        self._beaten = float("-inf")

    async def beat(self) -> None:
        """Be heard, at most once in EVERY. A Redis that is down costs a beat, never the work."""
        if monotonic() - self._beaten < EVERY.total_seconds():
            return
        try:
            async with asyncio.timeout(EVERY.total_seconds()):
                await self._redis.set(_key(self._role), b"1", px=LASTS)
        except (RedisError, OSError):
            return
        self._beaten = monotonic()

    async def keep_beating(self) -> None:
        """Beat until cancelled: it shows that this loop runs."""
        while True:
            await self.beat()
            await asyncio.sleep(EVERY.total_seconds())


async def silent(redis: Redis) -> list[str]:
    """The ROLES that nobody was heard of in for LASTS. Raises RedisError."""
    heard = await redis.mget([_key(role) for role in ROLES])
    return [role for role, beaten in zip(ROLES, heard, strict=True) if beaten is None]


def _key(role: str) -> str:
    return f"{PREFIX}alive:{role}"
