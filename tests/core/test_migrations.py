"""What `throughline migrate` makes is what the models declare."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core import migrations
from core.errors import TransientError
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
    guards = "SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgname LIKE '%append_only'"
    assert await value(empty_url, guards) == "consent_record_append_only timeline_entry_append_only"


REVISION = """
from alembic import op

revision = "9001"
down_revision = "{after}"
branch_labels = depends_on = None


def upgrade():
    {body}


def downgrade():
    raise NotImplementedError
"""


def write_revision(folder: Path, body: str) -> None:
    after = tables.newest_revision(migrations.FOLDER / "versions")
    (folder / "9001_test.py").write_text(REVISION.format(after=after, body=body))


async def connect(url: str) -> Any:
    return await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))


async def test_a_migration_that_waits_for_a_table_lets_writers_through_and_gets_it_in_the_end(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", timedelta(seconds=0.5))
    monkeypatch.setattr(migrations, "PAUSE", timedelta(seconds=0.5))
    write_revision(tmp_path, "op.execute('ALTER TABLE job ADD COLUMN tried_out int')")
    insert = "INSERT INTO job (queue, tag, payload) VALUES ('bulk', 'x', '{}')"
    holder, writer = await connect(database_url), await connect(database_url)
    # Somebody's long transaction: it has written to the table, and is not done.
    held = holder.transaction()
    await held.start()
    await holder.execute(insert)

    refused: list[str] = []
    migrating = asyncio.create_task(
        asyncio.to_thread(migrations.upgrade, database_url, tmp_path, say=refused.append)
    )
    waits: list[float] = []
    while len(refused) < 3:
        assert not migrating.done()
        begun = time.monotonic()
        await writer.execute(insert)
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(0.02)
    # Some writer met the migration, and none waited longer than it may wait for its lock.
    assert 0.1 < max(waits) < 0.5 + 0.4
    assert await value(database_url, "SELECT version_num FROM alembic_version") != "9001"
    await held.commit()
    await asyncio.wait_for(migrating, 30)
    assert await value(database_url, "SELECT version_num FROM alembic_version") == "9001"
    assert await writer.fetchval("SELECT count(tried_out) FROM job") == 0
    assert await writer.fetchval("SELECT count(*) FROM job") == len(waits) + 1
    await holder.close()
    await writer.close()


async def test_a_migration_gives_up_in_the_end_and_leaves_nothing_half_done(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", timedelta(seconds=0.2))
    monkeypatch.setattr(migrations, "PAUSE", timedelta(seconds=0.1))
    monkeypatch.setattr(migrations, "PATIENCE", timedelta(seconds=1))
    write_revision(
        tmp_path, "op.execute('CREATE TABLE half (x int)'); op.execute('ALTER TABLE job ADD COLUMN y int')"
    )
    holder = await connect(database_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE job IN ROW EXCLUSIVE MODE")
        with pytest.raises(TransientError, match="stayed in use"):
            await asyncio.to_thread(migrations.upgrade, database_url, tmp_path)
    assert await holder.fetchval("SELECT to_regclass('half')") is None
    await holder.close()


async def test_a_revision_that_never_ends_is_stopped(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STATEMENT_TIMEOUT", timedelta(seconds=0.3))
    write_revision(tmp_path, "op.execute('SELECT pg_sleep(600)')")
    with pytest.raises(DBAPIError, match="statement timeout"):
        await asyncio.to_thread(migrations.upgrade, database_url, tmp_path)


async def test_an_index_is_built_while_another_migration_waits_its_turn(
    database_url: str, tmp_path: Path
) -> None:
    body = """with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_job_tag ON job (tag)")"""
    write_revision(tmp_path, body)
    code = "import pathlib, sys; from core import migrations as m; m.upgrade(sys.argv[1], pathlib.Path(sys.argv[2]))"
    both = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, database_url, str(tmp_path)), cwd=migrations.FOLDER.parents[1]
        )
        for _ in range(2)
    ]
    assert await asyncio.wait_for(asyncio.gather(*(process.wait() for process in both)), 60) == [0, 0]
    assert await value(
        database_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_job_tag'::regclass"
    )
