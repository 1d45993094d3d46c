"""What `throughline migrate` makes is what the models declare."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core import migrations
from core.launcher import tables

if TYPE_CHECKING:
    from tests.conftest import Servers


@pytest.fixture
def empty_url(servers: "Servers") -> Iterator[str]:
    """A database without any table."""
    url = servers.create_database(template="template0")
    yield url
    servers.drop_database(url)


async def value(url: str, statement: str) -> object:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.scalar(text(statement))
    await engine.dispose()
    return found


async def migrate(url: str) -> int:
    """`throughline migrate` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "core.cli", "migrate"),
        env={**os.environ, "THROUGHLINE_DATABASE_URL": url},
        cwd=migrations.FOLDER.parents[1],
    )
    return await process.wait()


async def test_the_revisions_make_what_the_models_declare(empty_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_url)
    await asyncio.to_thread(command.check, migrations.config(empty_url))


async def test_migrating_twice_at_once_and_again_changes_nothing(empty_url: str) -> None:
    counted = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    await asyncio.to_thread(migrations.upgrade, empty_url)
    tables = await value(empty_url, counted)
    assert sum(await asyncio.gather(migrate(empty_url), migrate(empty_url))) == 0
    assert await value(empty_url, counted) == tables
    assert isinstance(tables, int)
    assert tables > 40


async def test_a_start_sees_whether_there_is_something_to_migrate(empty_url: str) -> None:
    assert not await asyncio.to_thread(tables.are_current, empty_url)
    await asyncio.to_thread(migrations.upgrade, empty_url)
    assert await asyncio.to_thread(tables.are_current, empty_url)


def test_the_newest_revision_is_the_one_that_nothing_builds_on(tmp_path: Path) -> None:
    assert tables.newest_revision(tmp_path) is None
    (tmp_path / "a.py").write_text('revision: str = "0001"\ndown_revision: str | None = None\n')
    (tmp_path / "b.py").write_text("revision: str = 'af3'\ndown_revision: str | None = '0001'\n")
    assert tables.newest_revision(tmp_path) == "af3"
    (tmp_path / "c.py").write_text("revision: str = 'b7'\ndown_revision: str | None = '0001'\n")
    assert tables.newest_revision(tmp_path) is None


async def test_two_starts_migrate_one_empty_database_once(empty_url: str) -> None:
    assert sum(await asyncio.gather(migrate(empty_url), migrate(empty_url))) == 0
    assert await value(empty_url, "SELECT count(*) FROM alembic_version") == 1


async def test_the_guards_of_append_only_tables_are_there(empty_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_url)
    guards = "SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal"
    assert await value(empty_url, guards) == "consent_record_append_only timeline_entry_append_only"
