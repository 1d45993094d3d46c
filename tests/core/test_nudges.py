"""Nudges: everyone's are told, those of many at once together."""

import asyncio

from redis.asyncio import Redis

from core.database import Database
from core.nudges import PREFIX, nudge


async def test_what_many_commits_tell_at_once_is_told_once_each_and_before_they_go_on(
    database_url, redis_url
):
    heard: list[tuple[str, str]] = []
    redis = Redis.from_url(redis_url)
    database = Database(database_url, redis)
    async with redis.pubsub() as listener:
        await listener.psubscribe(f"{PREFIX}*")
        await listener.get_message(timeout=1)

        async def say(number: int) -> None:
            async with database.statements() as session:
                nudge(session, "jobs")
                nudge(session, f"conversation:{number}", str(number))

        await asyncio.gather(*(say(number) for number in range(20)))
        while message := await listener.get_message(ignore_subscribe_messages=True, timeout=0.2):
            heard.append((text(message["channel"]).removeprefix(PREFIX), text(message["data"])))
    await database.close()
    await redis.aclose()
    told = [each for each in heard if each[0] != "jobs"]
    assert sorted(told) == sorted((f"conversation:{number}", str(number)) for number in range(20))
    assert 1 <= heard.count(("jobs", "")) <= 20


def text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
