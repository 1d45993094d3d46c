"""Real worker and relay processes, to be killed."""

import multiprocessing
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


class Forks:
    """The same crowd with the chaos tests' jobs, forked from a process that has imported everything.

    Starting a hundred processes to kill them costs minutes of imports otherwise. Nothing is shared with the
    process that they come from: it has opened no connection and started no thread.
    """

    def __init__(self, settings: Settings, log: Path, extra: Mapping[str, str] | None = None) -> None:
        self.environment = {**environment(settings), **(extra or {})}
        self.log = log
        self.running: list[multiprocessing.process.BaseProcess] = []
        self.nursery = multiprocessing.get_context("forkserver")
        self.nursery.set_forkserver_preload(["tests.chaos.warm"])

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, *commands: str) -> None:
        """Start `throughline COMMAND` for each command."""
        for command in commands:
            child = self.nursery.Process(target=_become, args=(command, self.environment, self.log))
            child.start()
            self.running.append(child)

    def kill(self) -> None:
        """kill -9, all of them, at once."""
        for process in self.running:
            process.kill()
        for process in self.running:
            process.join()
        self.running.clear()


def _become(command: str, given: dict[str, str], log: Path) -> None:
    from core.cli import main

    os.environ.clear()
    os.environ.update(given)
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.argv = ["throughline", command]
    main()
