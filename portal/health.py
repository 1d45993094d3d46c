"""Whether this process lives, and whether everything that it needs does."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from core import heartbeats, operations
from core.database import Database
from core.operations import Lag
from portal.guards import anyone
from portal.live import Live

# A due job that nobody takes up for this long says that relay or workers do not keep up.
LONGEST_WAIT = timedelta(seconds=60)
# The queues that must keep up: in `bulk` campaigns wait for their turn, in `calls` other programs for theirs.
PROMPT = ("default", "delivery")
# Who asks us gives up soon, too.
PATIENCE = timedelta(seconds=2)
# When to ask again, in seconds.
AGAIN = "5"


@get("/health/live", guards=[anyone])
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@get("/health/ready", guards=[anyone])
async def ready(database: NamedDependency[Database], live: NamedDependency[Live]) -> Response[dict[str, Any]]:
    """200 when the database and Redis answer, a relay and a worker live and no job waits too long; else 503.

    `database`, `redis`, `relay`, `worker` and `queues` each say "ok" or what is wrong; `lag` has the seconds
    that the oldest due job of each queue waits: for a relay, and for anyone to take it up.
    """
    lags, trouble = await _ask(_lags(database))
    silent, redis_trouble = await _ask(heartbeats.silent(live.redis))
    found = {
        "database": trouble or "ok",
        "redis": redis_trouble or "ok",
        **{role: _life(role, silent) for role in heartbeats.ROLES},
        "queues": _late(lags) if lags is not None else "unknown",
    }
    fine = set(found.values()) == {"ok"}
    shown = {
        queue: {"relay": round(lag.relay, 1), "oldest_due": round(lag.oldest_due, 1)}
        for queue, lag in (lags or {}).items()
    }
    if fine:
        return Response({**found, "lag": shown}, status_code=200)
    return Response({**found, "lag": shown}, status_code=503, headers={"retry-after": AGAIN})


async def _ask[T](question: Awaitable[T]) -> tuple[T | None, str]:
    """The answer, or what kept it from us."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await question, ""
    except Exception as error:
        return None, type(error).__name__


async def _lags(database: Database) -> dict[str, Lag]:
    async with database.transaction() as session:
        return await operations.lags(session)


def _life(role: str, silent: list[str] | None) -> str:
    if silent is None:
        return "unknown"
    return f"silent for {heartbeats.LASTS.total_seconds():.0f} s" if role in silent else "ok"


def _late(lags: dict[str, Lag]) -> str:
    late = [
        f"a job of {queue} waits for {lags[queue].oldest_due:.0f} s"
        for queue in PROMPT
        if lags[queue].oldest_due > LONGEST_WAIT.total_seconds()
    ]
    return ", ".join(late) or "ok"


handlers = [alive, ready]
