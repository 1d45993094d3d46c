"""Presence: which colleague is at a thread right now. It informs, it locks nothing, and may be lost."""

from dataclasses import dataclass
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.clock import now
from core.nudges import PREFIX

SECONDS = 40


@dataclass(frozen=True)
class Present:
    staff_id: str
    name: str
    writing: bool


async def arrive(
    redis: Redis, conversation_id: UUID, staff_id: UUID, name: str, *, writing: bool = False
) -> None:
    """Say that a colleague is at a thread; said again within 40 s they stay."""
    key = _key(conversation_id)
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(key, str(staff_id), f"{now().timestamp():.0f}|{int(writing)}|{name}")
            pipeline.expire(key, SECONDS)
            await pipeline.execute()
    except (RedisError, OSError):
        return


async def present(redis: Redis, conversation_id: UUID, besides: UUID | None = None) -> list[Present]:
    """The colleagues at a thread, without the one who asks."""
    try:
        found = await redis.hgetall(_key(conversation_id))
    except (RedisError, OSError):
        return []
    oldest = now().timestamp() - SECONDS
    people = []
    for staff_id, value in found.items():
        who = staff_id.decode() if isinstance(staff_id, bytes) else staff_id
        at, writing, name = (value.decode() if isinstance(value, bytes) else value).split("|", 2)
        if float(at) >= oldest and who != str(besides):
            people.append(Present(who, name, writing == "1"))
    return sorted(people, key=lambda person: person.name)


def _key(conversation_id: UUID) -> str:
    return f"{PREFIX}presence:{conversation_id}"
