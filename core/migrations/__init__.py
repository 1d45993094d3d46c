"""The history of the tables; `throughline migrate` walks it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core.schema import import_models

FOLDER = Path(__file__).parent
EXTENSIONS = ("pg_trgm", "unaccent")


def config(url: str) -> Config:
    """Alembic's configuration for the database at an asyncpg URL."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["url"] = url
    return made


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; of several at once one does the work, the others wait."""
    command.upgrade(config(url), "head")


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
