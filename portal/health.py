"""Whether this process lives, and whether it can serve."""

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import text

from core.database import Database
from portal.guards import anyone
from portal.live import Live


@get("/health/live", guards=[anyone])
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@get("/health/ready", guards=[anyone])
async def ready(database: NamedDependency[Database], live: NamedDependency[Live]) -> Response[dict[str, str]]:
    """200 when the database and Redis answer, 503 with what does not."""
    found = {"database": "ok", "redis": "ok"}
    try:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:
        found["database"] = type(error).__name__
    try:
        await live.redis.ping()
    except Exception as error:
        found["redis"] = type(error).__name__
    return Response(found, status_code=200 if set(found.values()) == {"ok"} else 503)


handlers = [alive, ready]
