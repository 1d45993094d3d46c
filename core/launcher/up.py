"""The order in which things start and stop."""

import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from core.embedded import EmbeddedPostgres, EmbeddedRedis, StartError, places
from core.embedded.children import die_with_parent
from core.launcher import ports, tables
from core.launcher.crew import Crew, Program, last_words
from core.launcher.environment import base_environment, sandbox_environment, throughline_environment
from core.launcher.guard import Guard
from core.launcher.home import Home
from core.launcher.progress import Progress

_READY_WITHIN = 180.0
_PYTHON = (3, 13)


class Stopped(BaseException):
    """Somebody asked us to stop, with Ctrl-C or a signal."""


def throughline(*words: str) -> list[str]:
    """The command line of one of our own commands."""
    return [sys.executable, "-m", "core.cli", *words]


class Launcher:
    """One start of everything, from the checks to the last process gone."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.home = Home(folder)
        self.user = environment
        self.progress = Progress()
        self._stopping = False
        self._begun = time.monotonic()

    def run(self) -> None:
        """Start, watch until told to stop, stop. Raises StartError when something does not start."""
        try:
            self._listen_for_signals()
            self._run()
        except Stopped:  # before anything was started
            return
        except OSError as error:
            raise places.in_words(error) from error

    def _run(self) -> None:
        check_python()
        numbers = ports.read(self.user)
        self.home.open()
        ports.check(numbers, self.user.get("THROUGHLINE_HOST") or "127.0.0.1")
        guard = Guard(self.home.guard_lock)
        crew = Crew(self.home, guard, self.progress.say)
        postgres = EmbeddedPostgres(self.home.folder / "postgres", log=self.home.log("postgres"))
        redis = EmbeddedRedis(self.home.folder / "redis", log=self.home.log("redis"))
        try:
            self._start(crew, postgres, redis, numbers)
            self._watch(crew, postgres, redis)
        except Stopped:
            self.progress.say("Stopping …")
        finally:
            self._stopping = True
            crew.stop()
            redis.stop()
            postgres.stop()
            guard.dismiss()
            self.home.close()
        self.progress.say("Stopped. Everything is kept for the next start.")

    def _start(
        self, crew: Crew, postgres: EmbeddedPostgres, redis: EmbeddedRedis, numbers: Mapping[str, int]
    ) -> None:
        first = not (self.home.folder / "seeded.json").exists()
        self.progress.say(f"Throughline in {self.home.folder}")
        with self.progress.step("PostgreSQL"):
            database_url = postgres.start()
        with self.progress.step("Redis"):
            redis_url = redis.start()
        secrets = self.home.secrets()
        remembered = self.home.recall("ports").get("sandbox_smtp")
        smtp_port = ports.free(remembered, numbers.values())
        self.home.remember("ports", {"sandbox_smtp": smtp_port})
        ours = throughline_environment(
            self.user,
            home=self.home.folder,
            ports=numbers,
            sandbox_smtp_port=smtp_port,
            database_url=database_url,
            redis_url=redis_url,
            broker_url=redis.url(1),
            secrets=secrets,
        )
        self.home.remember("environment", ours)
        base = base_environment(self.user)
        environment = base | ours
        sandbox = sandbox_environment(
            home=self.home.folder,
            ports=numbers,
            smtp_port=smtp_port,
            public_url=ours["THROUGHLINE_PUBLIC_URL"],
            secrets=secrets,
        )
        for program in self.outside(base | sandbox):
            crew.start(program)
        self.prepare(crew, environment, first)
        for program in self.programs(environment):
            crew.start(program)
        with self.progress.step("Site, desk, workers, sandbox"):
            self._wait_until_ready(crew, self.probes(numbers))
        self._show_panel(ours["THROUGHLINE_PUBLIC_URL"], sandbox["SANDBOX_PUBLIC_URL"])

    def prepare(self, crew: Crew, environment: Mapping[str, str], first: bool) -> None:
        """Bring the tables up to date and, on the first start, load the demo company."""
        with self.progress.step("Tables"):
            if first or not tables.are_current(environment["THROUGHLINE_DATABASE_URL"]):
                crew.run_once(Program("migrate", throughline("migrate"), environment))
        if first:
            with self.progress.step("Demo company"):
                crew.run_once(Program("seed", throughline("seed"), environment))
            self.home.remember("seeded", {"at": time.time()})
        if not self.home.recall("logins"):
            self._ask_logins(crew, environment)

    def outside(self, environment: Mapping[str, str]) -> Sequence[Program]:
        """The world around Throughline: stopped after everything that talks to it."""
        return [Program("sandbox", [sys.executable, "-m", "sandbox"], environment, stage=3)]

    def programs(self, environment: Mapping[str, str]) -> Sequence[Program]:
        """Throughline itself, in the order of starting: doors close first, workers finish what they hold."""
        return [
            Program("web", throughline("web"), environment, stage=1),
            Program("worker", throughline("worker"), environment, stage=2, grace=35),
            Program("relay", throughline("relay"), environment, stage=1),
            Program("listen", throughline("listen"), environment, stage=1),
        ]

    def probes(self, numbers: Mapping[str, int]) -> Mapping[str, Callable[[], bool]]:
        """What must say yes before we say that everything is ready."""
        return {
            "sandbox": lambda: answers_ok(numbers["THROUGHLINE_SANDBOX_PORT"], "/health"),
            "listen": lambda: greets(numbers["THROUGHLINE_SMTP_PORT"]),
            "web": lambda: answers_ok(numbers["THROUGHLINE_PORT"], "/health/ready"),
        }

    def _wait_until_ready(self, crew: Crew, probes: Mapping[str, Callable[[], bool]]) -> None:
        waiting = dict(probes)
        end = time.monotonic() + _READY_WITHIN
        while waiting or not crew.settled():
            crew.tick(starting=True)
            waiting = {name: probe for name, probe in waiting.items() if not probe()}
            if waiting and time.monotonic() > end:
                name = next(iter(waiting))
                words = last_words(self.home.logs / f"{name}.log")
                raise StartError(f"{name} is not ready after {_READY_WITHIN:.0f} s. {words}")
            time.sleep(0.1)

    def _watch(self, crew: Crew, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> None:
        while True:
            time.sleep(0.25)
            for name, server in (("PostgreSQL", postgres), ("Redis", redis)):
                if not server.alive():
                    self.progress.say(f"{name} ended; starting it again. Log: {server.log}")
                    try:
                        server.start()
                    except StartError as error:
                        self.progress.complain(error.message)
                        time.sleep(5)
            crew.tick()

    def _ask_logins(self, crew: Crew, environment: Mapping[str, str]) -> None:
        """Keep what `seed --show-logins` says for this and later starts; without it they are just missing."""
        output = self.home.folder / "logins.out"
        output.unlink(missing_ok=True)
        try:
            crew.run_once(Program("logins", throughline("seed", "--show-logins"), environment), output)
            self.home.remember("logins", {"logins": json.loads(output.read_text())})
        except (StartError, ValueError, OSError):
            return
        finally:
            output.unlink(missing_ok=True)

    def _show_panel(self, site: str, sandbox: str) -> None:
        sections = [
            (
                "Addresses",
                [("Customer site", f"{site}/"), ("Desk", f"{site}/desk"), ("Sandbox", f"{sandbox}/")],
            )
        ]
        if logins := [login_line(login) for login in self.home.recall("logins").get("logins", [])]:
            sections.append(("Log in at the desk", logins))
        self.progress.panel(
            "Throughline is running",
            sections,
            f"Ready in {time.monotonic() - self._begun:.0f} s. Logs: {self.home.logs}. Stop with Ctrl-C.",
        )

    def _listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup
            signal.signal(number, self._on_signal)
        # `make` passes no signal on when it is killed outright: then we stop by ourselves.
        if self.user.get("THROUGHLINE_STOP_WITH_PARENT"):
            die_with_parent(os.getppid(), signal.SIGTERM)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            if number == signal.SIGINT:
                os._exit(130)  # a second Ctrl-C: the kernel and the guard end the rest at once
            return
        self._stopping = True
        raise Stopped


def check_python() -> None:
    """Raise StartError on a Python that Throughline is not made for."""
    if sys.version_info[:2] != _PYTHON:
        have = ".".join(map(str, sys.version_info[:3]))
        raise StartError(
            f"Throughline needs Python 3.13, this is {have}. Install Python 3.13 and use `make run`."
        )


def answers_ok(port: int, path: str, seconds: float = 2.0) -> bool:
    """Whether http://127.0.0.1:port/path answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greets(port: int) -> bool:
    """Whether a mail server on 127.0.0.1:port says hello."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            greeted = connection.recv(64).startswith(b"220")
            connection.sendall(b"QUIT\r\n")
            return greeted
    except OSError:
        return False


def login_line(login: Any) -> tuple[str, str]:
    """One demo log-in as (who, address and password), whatever other facts it carries."""
    if not isinstance(login, dict):
        return str(login), ""
    who = str(login.get("role") or login.get("name") or "")
    return who, "  ".join(str(login[key]) for key in ("email", "password") if login.get(key))
