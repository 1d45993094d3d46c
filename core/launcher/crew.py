"""The processes of a running Throughline: started, started again when they die, stopped in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded import children
from core.embedded.children import StartError
from core.launcher.guard import Guard, end_group
from core.launcher.home import Home

_STEADY = 60.0  # seconds after which a process that dies is forgiven its earlier deaths
_LONGEST_WAIT = 30.0
_PATIENCE = 3  # deaths while starting before we give up


@dataclass(frozen=True)
class Program:
    """What to run. Those of a lower `stage` are stopped first; each may take `grace` seconds."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stage: int = 0
    grace: float = 15.0


@dataclass
class _Member:
    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = field(default=0.0)


class Crew:
    """Runs programs; `say` gets a line for a person whenever one dies or returns."""

    def __init__(self, home: Home, guard: Guard, say: Callable[[str], None]) -> None:
        self._home = home
        self._guard = guard
        self._say = say
        self._members: dict[str, _Member] = {}

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        member = _Member(program, self._home.log(program.name))
        self._members[program.name] = member
        self._launch(member)

    def run_once(self, program: Program, output: Path | None = None) -> None:
        """Run a program to its end. Raises StartError with its last words when it fails."""
        member = _Member(program, output or self._home.log(program.name))
        self._launch(member)
        assert member.process is not None
        try:
            status = member.process.wait()
        finally:
            self._bury(member)
        if status != 0:
            raise StartError(f"`{program.name}` failed. {last_words(member.log)}")

    def tick(self, starting: bool = False) -> None:
        """See who died, start again who is due. While `starting`, one that keeps dying raises StartError."""
        moment = time.monotonic()
        for member in self._members.values():
            if member.process is not None and (status := member.process.poll()) is not None:
                self._bury(member)
                if moment - member.started > _STEADY:
                    member.deaths = 0
                member.deaths += 1
                if starting and member.deaths >= _PATIENCE:
                    raise StartError(f"{member.program.name} does not start. {last_words(member.log)}")
                wait = min(2.0 ** (member.deaths - 1), _LONGEST_WAIT)
                member.due = moment + wait
                self._say(
                    f"{member.program.name} ended ({_ending(status)}); starting it again in {wait:.0f} s. "
                    f"Log: {member.log}"
                )
            if member.process is None and moment >= member.due:
                self._launch(member)

    def settled(self, seconds: float = 1.0) -> bool:
        """Whether every program runs and has done so for some time: who dies at once has not settled."""
        moment = time.monotonic()
        return all(
            member.process is not None and moment - member.started >= seconds
            for member in self._members.values()
        )

    def stop(self) -> None:
        """Stop everybody, stage by stage. Each gets one SIGTERM, its grace, then SIGKILL."""
        for stage in sorted({member.program.stage for member in self._members.values()}):
            leaving = [
                member
                for member in self._members.values()
                if member.program.stage == stage and member.process is not None
            ]
            for member in leaving:
                assert member.process is not None
                member.process.send_signal(signal.SIGTERM)
            end = time.monotonic() + max((member.program.grace for member in leaving), default=0.0)
            for member in leaving:
                assert member.process is not None
                try:
                    member.process.wait(max(0.0, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self._say(
                        f"{member.program.name} did not stop in {member.program.grace:.0f} s and was killed."
                    )
                self._bury(member)
        self._members.clear()

    def _launch(self, member: _Member) -> None:
        program = member.program
        member.process = children.spawn(program.command, environment=program.environment, log=member.log)
        member.started = time.monotonic()
        self._guard.add(member.process.pid)

    def _bury(self, member: _Member) -> None:
        """End the process and whatever of its group is left."""
        if member.process is not None:
            end_group(member.process.pid)
            member.process.wait()
            self._guard.remove(member.process.pid)
            member.process = None


def last_words(log: Path, lines: int = 12) -> str:
    """The end of a log, for a person who has to see why something did not start."""
    try:
        words = log.read_text(errors="replace").strip().splitlines()[-lines:]
    except OSError:
        words = []
    return f"Its log {log} ends with:\n" + "\n".join(f"    {line}" for line in words)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
