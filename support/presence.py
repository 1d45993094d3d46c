"""Presence: which colleague is at a thread right now. It informs, it locks nothing, and may be lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.clock import now
from core.nudges import PREFIX

SECONDS = 40
WRITING = 8
_WRITES = "writes"


@dataclass(frozen=True)
class Present:
    staff_id: str
    name: str
    writing: bool


async def arrive(redis: Redis, conversation_id: UUID, staff_id: UUID, name: str, stream: str) -> None:
    """Say that a colleague is at a thread, by one of their streams; said again within 40 s they stay.

    Whoever looks at the thread hears of it when it is news.
    """
    key, moment = _key(conversation_id), now().timestamp()
    try:
        before = _people(await redis.hgetall(key), moment).get(str(staff_id))
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(key, f"{staff_id}/{stream}", f"{moment:.0f}|{name}")
            pipeline.expire(key, SECONDS)
            await pipeline.execute()
        rested = not (before and before.writing) and await redis.hdel(key, f"{staff_id}/{_WRITES}")
        if before is None or rested:
            await redis.publish(key, str(staff_id))
    except (RedisError, OSError):
        return


async def write(redis: Redis, conversation_id: UUID, staff_id: UUID) -> None:
    """Say that a colleague is writing at a thread where they are; it lasts 8 s."""
    key, moment = _key(conversation_id), now().timestamp()
    try:
        before = _people(await redis.hgetall(key), moment).get(str(staff_id))
        await redis.hset(key, f"{staff_id}/{_WRITES}", f"{moment:.0f}|")
        await redis.expire(key, SECONDS)
        if before is not None and not before.writing:
            await redis.publish(key, str(staff_id))
    except (RedisError, OSError):
        return


async def leave(redis: Redis, conversation_id: UUID, staff_id: UUID, stream: str) -> None:
    """Say that one of a colleague's streams at a thread has ended."""
    key = _key(conversation_id)
    try:
        if await redis.hdel(key, f"{staff_id}/{stream}"):
            await redis.publish(key, str(staff_id))
    except (RedisError, OSError):
        return


async def present(redis: Redis, conversation_id: UUID, besides: UUID | None = None) -> list[Present]:
    """The colleagues at a thread, without the one who asks."""
    try:
        found = _people(await redis.hgetall(_key(conversation_id)), now().timestamp())
    except (RedisError, OSError):
        return []
    return sorted(
        (one for one in found.values() if one.staff_id != str(besides)), key=lambda person: person.name
    )


def _people(found: Mapping[Any, Any], moment: float) -> dict[str, Present]:
    """Who is here by what Redis holds: one or more streams each, and when they last wrote."""
    here: dict[str, str] = {}
    writing = set()
    for field, value in found.items():
        who, _, stream = field.decode().partition("/")
        at, _, name = value.decode().partition("|")
        if stream == _WRITES and float(at) >= moment - WRITING:
            writing.add(who)
        elif stream != _WRITES and float(at) >= moment - SECONDS:
            here[who] = name
    return {who: Present(who, name, who in writing) for who, name in here.items()}


def _key(conversation_id: UUID) -> str:
    # Also the topic on which its news is told.
    return f"{PREFIX}presence:{conversation_id}"
