"""A bare place: an empty database with every table, a Redis, and what our own process and PostgreSQL cost."""

import os
import resource
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from redis.asyncio import Redis

from core.database import Database
from core.embedded import EmbeddedPostgres, EmbeddedRedis
from core.schema import import_models
from core.settings import Settings
from core.settings import settings as process_settings
from tests.bench.house import cpu, roles
from tests.chaos.processes import environment
from tests.conftest import build_schema


@dataclass
class Place:
    settings: Settings
    database: Database
    folder: Path

    @property
    def dsn(self) -> str:
        """For asyncpg alone."""
        return self.settings.database_url.replace("+asyncpg", "")

    def cpu(self) -> float:
        """CPU milliseconds that this process, those that parse mail for it, and PostgreSQL have used."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        others = cpu(roles(os.getpid()))
        return (used.ru_utime + used.ru_stime) * 1000 + others["postgres"] + others["worker"]


@asynccontextmanager
async def bare_place() -> AsyncIterator[Place]:
    """An empty installation for the length of the block; no process of ours runs in it."""
    folder = Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    folder.chmod(0o711)
    postgres, redis = EmbeddedPostgres(folder / "postgres"), EmbeddedRedis(folder / "redis")
    try:
        settings = Settings(
            environment="test",
            home=folder,
            database_url=postgres.start(),
            redis_url=redis.start(),
            broker_url=redis.url(1),
            secret_key=SecretStr("k" * 32),
            stripe_api_key=SecretStr("sk_test_bench"),
            stripe_webhook_secret=SecretStr("whsec_bench"),
            twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token=SecretStr("t" * 32),
        )
        # What asks for the process's settings is told the same.
        os.environ.update(environment(settings))
        process_settings.cache_clear()
        await build_schema(settings.database_url)
        import_models()
        client = Redis.from_url(settings.redis_url)
        database = Database(settings.database_url, client)
        yield Place(settings, database, folder)
        await database.close()
        await client.aclose()
    finally:
        postgres.stop()
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)
