"""One real PostgreSQL and one real Redis per test process; a fresh database for each test that commits."""

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest
import structlog
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from redis import Redis
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from core import migrations, staff
from core.database import Database
from core.embedded import EmbeddedPostgres, EmbeddedRedis
from core.embedded.children import FolderLock
from core.settings import Settings
from core.settings import settings as process_settings
from tests.core.bucket_server import BucketServer, running_bucket_server
from tests.journeys.town import Town, running_town

# Plain: a traceback with every variable in it costs half a second, and jobs fail often in tests.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# How long anything takes says more of what runs beside it.
hypothesis.settings.register_profile(
    "beside-others", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("beside-others")

_FOLDER_PREFIX = "throughline-tests-"
_TEMPLATE = "template_throughline"


class Servers:
    """The servers of this test process, and databases made from a migrated template."""

    def __init__(self, folder: Path) -> None:
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self.redis = EmbeddedRedis(folder / "redis")
        self.postgres.start()
        self.redis.start()
        self._numbers = count(1)
        # A loop of its own: CREATE DATABASE must not wait for a loop that a test blocks.
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._connection: asyncpg.Connection[Any] | None = None
        asyncio.run_coroutine_threadsafe(self._build_template(), self._loop).result(120)
        self.rolled_back = self.create_database()

    def create_database(self, template: str = _TEMPLATE) -> str:
        """The URL of a new database, by default with every table and no rows."""
        name = f"test_{next(self._numbers)}"
        # Without fsync, copying files is several times cheaper than logging every block.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY").result(60)
        return self.postgres.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database soon, whoever is still connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._disconnect(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.postgres.stop()
        self.redis.stop()

    def _execute(self, statement: str) -> Any:
        async def run() -> None:
            async with self._lock:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(_dsn(self.postgres.url("postgres")))
                await self._connection.execute(statement)

        return asyncio.run_coroutine_threadsafe(run(), self._loop)

    async def _disconnect(self) -> None:
        async with self._lock:  # after the drops that are still waiting
            if self._connection is not None:
                await self._connection.close()

    async def _build_template(self) -> None:
        self._lock = asyncio.Lock()
        connection = await asyncpg.connect(_dsn(self.postgres.url("postgres")))
        await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        await connection.close()
        await build_schema(self.postgres.url(_TEMPLATE))


async def build_schema(url: str) -> None:
    """Create every table of an empty database, the way that `throughline migrate` does."""
    await asyncio.to_thread(migrations.upgrade, url)


def _dsn(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Redis of this test process, started when the first test needs them."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=_scratch()))
    folder.chmod(0o711)  # ours; as root, PostgreSQL's unprivileged account must get through
    started = Servers(folder)
    yield started
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _scratch() -> Path:
    """Memory where there is plenty of it, else the disk: creating databases is three times faster."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3:
        return memory
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what earlier runs left behind when they were killed."""
    for folder in _scratch().glob(f"{_FOLDER_PREFIX}*"):
        with suppress(OSError):
            lock = FolderLock(folder / "postgres" / "lock")
            if folder.stat().st_mtime < time.time() - 3600 and lock.take():
                shutil.rmtree(folder, ignore_errors=True)
                lock.release()


@pytest.fixture
def database_url(servers: Servers) -> Iterator[str]:
    """A database of this test's own, for tests that commit; other processes may connect to it as well."""
    url = servers.create_database()
    yield url
    servers.drop_database(url)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Redis (database 0; database 1 is the broker's)."""
    with Redis.from_url(servers.redis.url()) as redis:
        redis.flushall()
    return servers.redis.url()


@pytest.fixture
def broker_url(servers: Servers, redis_url: str) -> str:
    """The database for dramatiq in the Redis of `redis_url`."""
    return servers.redis.url(1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """`core.database.Database` on a database of this test's own."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def session(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[AsyncSession]:
    """An open transaction that is undone after the test: the cheap way, for tests of domain functions.

    In the database of `database_url` when the test asks for that as well. A commit ends a savepoint only.
    """
    own = "database_url" in request.fixturenames
    url = request.getfixturevalue("database_url") if own else servers.rolled_back
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        await transaction.rollback()
    await engine.dispose()


@pytest.fixture
def settings(
    database_url: str, redis_url: str, broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings of a whole deployment on this test's database and Redis; the outside world is unreachable."""
    made = Settings(
        environment="test",
        home=tmp_path,
        database_url=database_url,
        redis_url=redis_url,
        broker_url=broker_url,
        secret_key=SecretStr("k" * 32),
        public_url="http://127.0.0.1:8000",
        mail_domain="halden.test",
        smtp_relay_host="127.0.0.1",
        smtp_relay_port=9,
        trusted_authserv_id="mx-test.sandbox.test",
        stripe_api_key=SecretStr("sk_test_throughline"),
        stripe_webhook_secret=SecretStr("whsec_throughline"),
        stripe_api_base="http://127.0.0.1:9",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr("t" * 32),
        twilio_api_base="http://127.0.0.1:9",
    )
    # Functions that ask for the process's settings get the same ones.
    for name, value in made.model_dump(exclude_none=True).items():
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", str(plain))
    process_settings.cache_clear()
    yield made
    process_settings.cache_clear()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the process's settings are read from, for tests without a deployment; nothing answers there."""
    for name, value in {
        "ENVIRONMENT": "test",
        "DATABASE_URL": "postgresql+asyncpg://nowhere/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "SECRET_KEY": "k" * 32,
        "MAIL_DOMAIN": "halden.test",
        "TRUSTED_AUTHSERV_ID": "mx-test.sandbox.test",
        "STRIPE_API_KEY": "sk_test_throughline",
        "STRIPE_WEBHOOK_SECRET": "whsec_throughline",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "t" * 32,
    }.items():
        monkeypatch.setenv(f"THROUGHLINE_{name}", value)
    process_settings.cache_clear()
    yield
    process_settings.cache_clear()


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least that argon2 takes: most tests hire somebody, and 64 MiB each add up to minutes.

    A test that asks for `costly_passwords` gets the real thing.
    """
    if "costly_passwords" not in request.fixturenames:
        monkeypatch.setattr(staff, "_hasher", _cheap_hasher)


@pytest.fixture
def costly_passwords() -> None:
    """Passwords hashed as they are outside tests."""


@cache
def _cheap_hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[BucketServer]:
    """An S3-compatible server with one bucket, for files."""
    with running_bucket_server() as running:
        yield running


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """The whole of Throughline with the demo company, started as a newcomer starts it; one for all browser tests."""
    with running_town() as town:
        yield town


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium for pytest-playwright; skips with a sentence where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            return {**browser_type_launch_args, "executable_path": found, "args": arguments}
    pytest.skip("No Chromium on this machine: install the package `chromium` to run the browser tests.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and have long tests begin first, one process each, so that none ends the run alone.

    A browser's loop and pytest-asyncio's cannot share a process (see the Makefile).
    """
    for item in items:
        if "page" in getattr(item, "fixturenames", ()) or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    processes = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    browsing = [item for item in items if item.get_closest_marker("browser")]
    rest = [item for item in items if not item.get_closest_marker("browser")]
    long = [item for item in rest if item.get_closest_marker("long")]
    short = iter([item for item in rest if not item.get_closest_marker("long")])
    spread: list[pytest.Item] = []
    # xdist's worksteal gives each process a stretch of what is left, in this order.
    for process in range(processes):
        first = long[process::processes]
        stretch = (len(rest) - len(spread)) // (processes - process)
        spread += [*first, *islice(short, stretch - len(first))]
    items[:] = [*spread, *browsing]
