"""Nudges: word, sent after a commit, that something changed. Losing one is harmless; whoever waits also polls."""

import asyncio
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

PREFIX = "throughline:"
# One command for many, and one answer.
ALL = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"


class _Post:
    """What waits to be told through one connection pool, and whose turn it is."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str], None] = {}
        self.lock = asyncio.Lock()


_posts: WeakKeyDictionary[Redis, _Post] = WeakKeyDictionary()


def nudge(session: AsyncSession, topic: str, about: str = "") -> None:
    """Publish `about` on `topic` once the session's transaction is committed; said twice, it is sent once."""
    session.info.setdefault("nudges", {})[(topic, about)] = None


async def publish(redis: Redis, session: AsyncSession) -> None:
    """Send what the session gathered. A Redis that is down costs a moment of delay, never the fact."""
    gathered = session.info.pop("nudges", None)
    if not gathered:
        return
    post = _posts.setdefault(redis, _Post())
    post.waiting.update(gathered)
    # Whoever commits while others are being told is told of together with all that wait.
    async with post.lock:
        told, post.waiting = post.waiting, {}
        if not told:
            return
        words = [word for topic, about in told for word in (PREFIX + topic, about)]
        try:
            if len(told) == 1:
                await redis.publish(*words)
            else:
                await redis.eval(ALL, 0, *words)
        except (RedisError, OSError):
            return
