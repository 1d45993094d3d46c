"""The history of the tables; `throughline migrate` walks it, also while everything else runs.

A revision never makes others wait long: what it cannot lock soon it gives up, and tries again when they have gone on.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core.errors import TransientError
from core.schema import import_models

FOLDER = Path(__file__).parent
EXTENSIONS = ("pg_trgm", "unaccent")

# How long a statement may wait for a lock: whoever comes after it waits behind it, so this is also how long a
# migration may keep anybody from writing. Well under PostgreSQL's deadlock_timeout (1 s): when a revision and a
# request wait for each other, it is the revision that gives up. And how long a statement may run once it has its lock.
LOCK_TIMEOUT = timedelta(seconds=0.5)
STATEMENT_TIMEOUT = timedelta(minutes=15)
# How long a revision is tried again and again, with a pause in which others get on.
PATIENCE = timedelta(minutes=10)
PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=15)

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK = "40P01"


def config(url: str, *more: Path) -> Config:
    """Alembic's configuration for the database at an asyncpg URL; `more` are further folders with revisions."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", "\n".join(map(str, (FOLDER / "versions", *more))))
    made.attributes["url"] = url
    return made


def upgrade(url: str, *more: Path, say: Callable[[str], None] = lambda words: None) -> None:
    """Bring the database to the newest revision; of several at once one does the work, the others wait.

    Each revision is a transaction of its own. One that cannot have its locks within LOCK_TIMEOUT is undone and
    tried again; after PATIENCE raises TransientError.
    """
    end = time.monotonic() + PATIENCE.total_seconds()
    pause = PAUSE.total_seconds()
    while True:
        try:
            command.upgrade(config(url, *more), "head")
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in {_LOCK_NOT_AVAILABLE, _DEADLOCK}:
                raise
        if time.monotonic() + pause > end:
            raise TransientError(
                "A table stayed in use the whole time, so the migration was not done; what it had begun is undone. "
                "Look for long transactions (select * from pg_stat_activity), then run it again."
            )
        say(f"A table is in use; trying again in {pause:.0f} s.")
        time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, nothing secret
        pause = min(pause * 2, LONGEST_PAUSE.total_seconds())


def make_revision(url: str, message: str) -> None:
    """Write a revision with what the models have and the database at `url` lacks."""
    command.revision(config(url), message, autogenerate=True)


async def create_tables(url: str) -> None:
    """Create what the models declare and the database lacks: what the first revision is read off."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        for extension in EXTENSIONS:
            await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        await connection.run_sync(import_models().create_all)
    await engine.dispose()
