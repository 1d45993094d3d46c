"""The history of the tables; `throughline migrate` walks it."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def config(url: str) -> Config:
    """Alembic's configuration for the database at an asyncpg URL."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["url"] = url
    return made


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; of several at once one does the work, the others wait."""
    command.upgrade(config(url), "head")


def make_revision(url: str, message: str) -> None:
    """Write a revision with what the models have and the database at `url` lacks."""
    command.revision(config(url), message, autogenerate=True)
