"""The whole of Throughline, started as a newcomer starts it: for journeys, pictures, axe and Lighthouse."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THROUGHLINE = Path(sys.executable).with_name("throughline")
ROOT = Path(__file__).resolve().parents[2]
STARTED_WITHIN = 300


class NotStartedError(Exception):
    """Throughline did not come up; the message ends with its log."""


@dataclass(frozen=True)
class Town:
    """A running Throughline: the site and desk, the sandbox, and who may enter the desk."""

    site: str
    sandbox: str
    logins: dict[str, tuple[str, str]]
    environment: dict[str, str]

    def ask_sandbox(self, path: str) -> Any:
        with urllib.request.urlopen(self.sandbox + path, timeout=10) as answer:
            return json.load(answer)

    def newest_mail(
        self, address: str, subject: str, pattern: str, within: float = 30, after: int = 0
    ) -> tuple[str, ...]:
        """Wait for the newest mail of that subject and return what the pattern finds in its text.

        `after` is the number of a mail that is known already: only later ones count.
        """
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for mail in self.ask_sandbox(f"/api/mail?to={address}&limit=20"):
                found = re.search(pattern, mail["text"])
                if subject in mail["subject"] and found and int(mail["id"]) > after:
                    return found.groups()
            time.sleep(0.25)
        raise AssertionError(f"no mail {subject!r} to {address}")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`throughline COMMAND …` on this installation."""
        return subprocess.run(
            [THROUGHLINE, *command],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )


@contextmanager
def running_town() -> Iterator[Town]:
    """A Throughline of its own, with the demo company, on free ports and in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="throughline-town-") as home:
        Path(home).chmod(0o711)
        port, sandbox = free_port(), free_port()
        environment = {
            **os.environ,
            "THROUGHLINE_HOME": home,
            "THROUGHLINE_PORT": str(port),
            "THROUGHLINE_SMTP_PORT": str(free_port()),
            "THROUGHLINE_SANDBOX_PORT": str(sandbox),
        }
        log = Path(home) / "up.log"
        with log.open("wb") as out:
            launcher = subprocess.Popen(
                [THROUGHLINE, "up"], env=environment, cwd=ROOT, stdout=out, stderr=out
            )
        try:
            site = f"http://127.0.0.1:{port}"
            _wait_until_ready(site, launcher, log)
            yield Town(site, f"http://127.0.0.1:{sandbox}", logins(environment), environment)
        finally:
            launcher.terminate()
            launcher.wait(60)


def logins(environment: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Role -> e-mail and password of the first colleague in it."""
    told = subprocess.run(
        [THROUGHLINE, "seed", "--show-logins"], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    found: dict[str, tuple[str, str]] = {}
    for login in json.loads(told.stdout):
        found.setdefault(login["role"].lower(), (login["email"], login["password"]))
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(site: str, launcher: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and launcher.poll() is None:
        try:
            with urllib.request.urlopen(site + "/health/ready", timeout=5) as answer:
                if answer.status == 200 and "is running" in log.read_text():
                    return
        except OSError:
            pass
        time.sleep(0.25)
    raise NotStartedError(f"Throughline did not start:\n{log.read_text()[-3000:]}")
