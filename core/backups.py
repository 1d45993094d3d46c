"""Backups: the whole database as of one instant in one file, with a manifest that a restore is checked against.

Files that people sent are rows, too, or lie in a folder and come along; in a bucket they stay where they are.
Redis only carries and needs no backup.
"""

import io
import json
import os
import tarfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import IO

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from core import copies, dumps, migrations
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.storage import Storage

FORMAT = 1
_MANIFEST, _DUMP = "manifest.json", "database.dump"
_BLOCK = 512

Say = Callable[[str], None]


@dataclass(frozen=True)
class Kept:
    """A table's rows: how many, and a digest that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, and what made it."""

    version: str
    revision: str
    postgresql: int
    made_at: str
    tables: dict[str, Kept]
    format: int = FORMAT
    # Where files lay outside of the database, and whether they are in here.
    storage: str = ""
    files: bool = False

    @property
    def rows(self) -> int:
        return sum(kept.rows for kept in self.tables.values())


TABLES = text("""
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY relname
""")
OTHERS = text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
""")
# How a value is written must not depend on who asks.
_PLAIN = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}


async def backup(url: str, path: Path, say: Say, storage: Storage | None = None) -> Manifest:
    """Write a backup to a new file, readable by its owner alone. Raises Conflict, NotFound, Invalid."""
    if path.exists():  # noqa: ASYNC240 - once, before anything waits
        raise Conflict(f"{path} is there already, and nothing was overwritten: choose another name.")
    partial = path.with_name(f"{path.name}.part")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            snapshot = str(await connection.scalar(text("SELECT pg_export_snapshot()")))
            manifest = replace(
                await _describe(connection),
                storage=storage.place if storage is not None else "",
                files=copies.are_copied(storage),
            )
            say(f"{len(manifest.tables)} tables, {manifest.rows:,} rows: writing {path} …")
            with _private(partial) as file:
                _add(file, _MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
                place = file.tell()
                file.seek(_BLOCK, os.SEEK_CUR)
                length = await dumps.dump(url, snapshot, file)
                file.write(bytes(-length % _BLOCK))
                if number := await copies.copy_out(storage, file, _add):
                    say(f"{number:,} files of {manifest.storage} …")
                file.write(bytes(2 * _BLOCK))
                file.seek(place)
                file.write(_header(_DUMP, length))
                file.flush()
                os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        raise Conflict(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)
        await engine.dispose()
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What a backup says about itself. Raises NotFound, Invalid."""
    try:
        with tarfile.open(path, "r:") as tar:
            file = tar.extractfile(_MANIFEST)
            found = json.loads(file.read()) if file is not None else {}
        if found.get("format") == FORMAT:
            tables = {name: Kept(**kept) for name, kept in found.pop("tables").items()}
            return Manifest(**found, tables=tables)
    except FileNotFoundError:
        raise NotFound(f"There is no {path}.") from None
    except (tarfile.TarError, KeyError, ValueError, TypeError, OSError):
        raise Invalid(f"{path} is no backup of Throughline, or it is damaged.") from None
    raise Invalid(f"{path} was written by a newer Throughline. Upgrade first, then restore.")


async def restore(
    url: str, path: Path, say: Say, storage: Storage | None = None, *, force: bool = False
) -> list[str]:
    """Load a backup in place of what the database holds, all or nothing, and compare every table with the manifest.

    Files that it holds go to the storage first: more than rows name does no harm. Returns what differs, one sentence
    a table, and what files are missing. Raises Conflict, NotFound or Invalid, and then nothing was changed.
    """
    manifest = read_manifest(path)
    known = {
        script.revision for script in ScriptDirectory.from_config(migrations.config(url)).walk_revisions()
    }
    if manifest.revision not in known:
        raise Invalid(
            f"{path} has tables of a newer Throughline ({manifest.version}, revision {manifest.revision}). "
            "Upgrade first, then restore."
        )
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _check_target(connection, manifest, force=force)
        if manifest.files and storage is None:
            raise Invalid(
                f"{path} holds files of {manifest.storage}, and nothing was changed. "
                "Set THROUGHLINE_FILE_STORAGE to where they shall go."
            )
        if manifest.files and storage is not None:
            say(f"{await copies.copy_in(storage, path):,} files are put into {storage.place}.")
        say(f"Loading {manifest.rows:,} rows of {manifest.made_at} …")
        with tarfile.open(path, "r:") as tar:
            source = tar.extractfile(_DUMP)
            if source is None:
                raise Invalid(f"{path} is damaged: it holds no rows.")
            await dumps.load(url, source)
        say("Comparing every table with the manifest …")
        async with engine.connect() as connection:
            found = await _describe(connection)
        async with engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            # Until a table is vacuumed, nothing is read from its indexes alone.
            await alone.execute(text("VACUUM (ANALYZE)"))
    except (KeyError, tarfile.TarError):
        raise Invalid(f"{path} is damaged: it holds no rows.") from None
    finally:
        await engine.dispose()
    return [*differences(manifest, found), *await copies.missing(url, storage)]


def differences(wanted: Manifest, found: Manifest) -> list[str]:
    """What differs between two manifests, one sentence a table."""
    told = []
    for name in sorted(wanted.tables | found.tables):
        kept, here = wanted.tables.get(name), found.tables.get(name)
        if kept is None or here is None:
            told.append(f"{name}: the table is only in the {'database' if kept is None else 'backup'}.")
        elif kept.rows != here.rows:
            told.append(f"{name}: {kept.rows} rows in the backup, {here.rows} in the database.")
        elif kept.digest != here.digest:
            told.append(f"{name}: {kept.rows} rows on both sides, but not the same.")
    return told


async def create_database(url: str, name: str) -> str:
    """The URL of a database beside the one at `url`, made when there is none of that name yet."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            asked = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if not await connection.scalar(asked, {"name": name}):
                quoted = connection.dialect.identifier_preparer.quote(name)
                await connection.execute(text(f"CREATE DATABASE {quoted}"))
    finally:
        await engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _check_target(connection: AsyncConnection, manifest: Manifest, *, force: bool) -> None:
    major = await _major(connection)
    if major < manifest.postgresql:
        raise Invalid(
            f"The backup is from PostgreSQL {manifest.postgresql}, this server is {major}: it is too old."
        )
    if force:
        return
    for name in (await connection.scalars(TABLES)).all():
        quoted = connection.dialect.identifier_preparer.quote(name)
        if name != "alembic_version" and await _any(connection, quoted):
            raise Conflict(
                f"This database is not empty (there are rows in {name}), and nothing was changed. "
                "Restore into an empty one, or say --force to replace everything that it holds."
            )
    if others := await connection.scalar(OTHERS):
        raise Conflict(
            f"{others} connections are open to this database, and nothing was changed. "
            "Stop web, worker, relay and listen first, or say --force."
        )


async def _describe(connection: AsyncConnection) -> Manifest:
    for name, value in _PLAIN.items():
        await connection.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value}
        )
    names = (await connection.scalars(TABLES)).all()
    if "alembic_version" not in names:
        raise NotFound("This database has no tables of Throughline. Run `throughline migrate` first.")
    revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return Manifest(
        version=version("throughline"),
        revision=str(revision),
        postgresql=await _major(connection),
        made_at=now().isoformat(timespec="seconds"),
        tables={name: await _kept(connection, name) for name in names},
    )


async def _kept(connection: AsyncConnection, name: str) -> Kept:
    quoted = connection.dialect.identifier_preparer.quote(name)
    # Sums, so that neither the order of rows nor two equal ones matter.
    row = (
        await connection.execute(
            text(f"""
            SELECT count(*), coalesce(sum(hashtextextended(whole, 0)::numeric), 0),
                   coalesce(sum(hashtextextended(whole, 1)::numeric), 0)
            FROM (SELECT kept_row::text AS whole FROM {quoted} AS kept_row) AS written
            """)  # noqa: S608 - a table's name out of the catalogue, quoted
        )
    ).one()
    return Kept(int(row[0]), f"{row[1]}:{row[2]}")


async def _major(connection: AsyncConnection) -> int:
    return int(str(await connection.scalar(text("SHOW server_version_num")))) // 10_000


def _private(path: Path) -> io.BufferedWriter:
    with suppress(FileNotFoundError):
        path.unlink()
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _header(name: str, length: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = length, 0o600, int(time.time())
    return entry.tobuf(tarfile.GNU_FORMAT)


def _add(file: IO[bytes], name: str, content: bytes) -> None:
    file.write(_header(name, len(content)) + content + bytes(-len(content) % _BLOCK))


async def _any(connection: AsyncConnection, quoted: str) -> bool:
    asked = text(f"SELECT true FROM {quoted} LIMIT 1")  # noqa: S608 - out of the catalogue, quoted
    return bool(await connection.scalar(asked))
