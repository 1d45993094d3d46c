"""A second process that ends what the launcher leaves behind when it is killed outright.

The kernel ends the launcher's children with it, but not *their* children (a web server's workers). The guard
knows every process group; when the launcher's end of the pipe closes, it kills what is left of them.
"""

import os
import signal
from contextlib import suppress

from core.embedded.children import FolderLock


class Guard:
    """Lives as long as the launcher and a moment longer. Create it before any thread or child exists."""

    def __init__(self, lock: FolderLock) -> None:
        self._read, self._write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._watch(lock)
            finally:
                os._exit(0)
        os.close(self._read)

    def add(self, group: int) -> None:
        """Tell of a process group that must not outlive the launcher."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Tell that a process group has ended; its number may belong to someone else soon."""
        self._tell(f"-{group}\n")

    def dismiss(self) -> None:
        """Let the guard end what is left, and wait for it."""
        os.close(self._write)
        os.waitpid(self._pid, 0)

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):
            os.write(self._write, line.encode())

    def _watch(self, lock: FolderLock) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        os.dup2(self._read, 3)
        os.closerange(4, min(65536, os.sysconf("SC_OPEN_MAX")))
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        lock.take(seconds=60)
        groups: set[int] = set()
        with os.fdopen(3) as told:
            for line in told:
                (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
        for group in groups:
            end_group(group)


def end_group(group: int) -> None:
    """Kill every process of a group at once; harmless when there is none."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
