"""`make bench`: every figure, each beside its baseline from the same run."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from pydantic import SecretStr
from redis.asyncio import Redis

from core.database import Database
from core.embedded import EmbeddedPostgres, EmbeddedRedis
from core.settings import Settings
from tests.bench import jobs, mail
from tests.bench.figures import Figure, show
from tests.conftest import build_schema


async def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    folder.chmod(0o711)
    postgres, redis = EmbeddedPostgres(folder / "postgres"), EmbeddedRedis(folder / "redis")
    figures: list[Figure] = []
    load = os.getloadavg()[0]
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
        await build_schema(settings.database_url)
        client = Redis.from_url(settings.redis_url)
        database = Database(settings.database_url, client)
        for measure in (jobs.measure, mail.measure):
            figures += await measure(settings, database, folder)
        await database.close()
        await client.aclose()
    finally:
        postgres.stop()
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(figures, load)


if __name__ == "__main__":
    asyncio.run(main())
