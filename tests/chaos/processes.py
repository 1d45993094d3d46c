"""Real worker and relay processes, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """What `throughline up` would put into the environment of a process."""
    given = {}
    for name, value in settings:
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            given[f"THROUGHLINE_{name.upper()}"] = str(plain)
    return {**os.environ, **given}


class Processes:
    """A crowd of processes under one roof; whatever is left ends with the block."""

    def __init__(
        self,
        settings: Settings,
        log: Path,
        extra: Mapping[str, str] | None = None,
        module: str = "tests.chaos.command",
    ) -> None:
        self.module = module
        self.environment = {**environment(settings), **(extra or {})}
        self.log = log.open("ab")
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.log.close()

    def start(self, *commands: str) -> None:
        """Start `throughline COMMAND` for each command, with the jobs that the module declares besides."""
        for command in commands:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", self.module, command],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=self.log,
                    stderr=self.log,
                )
            )

    def kill(self) -> None:
        """kill -9, all of them, at once."""
        for process in self.running:
            process.send_signal(signal.SIGKILL)
        for process in self.running:
            process.wait()
        self.running.clear()
