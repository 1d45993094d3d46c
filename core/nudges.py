"""Nudges: word, sent after a commit, that something changed. Losing one is harmless; whoever waits also polls."""

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

PREFIX = "throughline:"


def nudge(session: AsyncSession, topic: str, about: str = "") -> None:
    """Publish `about` on `topic` once the session's transaction is committed; said twice, it is sent once."""
    session.info.setdefault("nudges", {})[(topic, about)] = None


async def publish(redis: Redis, session: AsyncSession) -> None:
    """Send what the session gathered. A Redis that is down costs a moment of delay, never the fact."""
    gathered = session.info.pop("nudges", None)
    if not gathered:
        return
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            for topic, about in gathered:
                pipeline.publish(PREFIX + topic, about)
            await pipeline.execute()
    except (RedisError, OSError):
        return
