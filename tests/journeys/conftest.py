"""The whole of Throughline, started as a newcomer starts it, with a browser at each of its doors."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

THROUGHLINE = Path(sys.executable).with_name("throughline")
ROOT = Path(__file__).resolve().parents[2]
STARTED_WITHIN = 180


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
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
            told = subprocess.run(
                [THROUGHLINE, "seed", "--show-logins"],
                env=environment,
                cwd=ROOT,
                capture_output=True,
                check=True,
            )
            logins: dict[str, tuple[str, str]] = {}
            for login in json.loads(told.stdout):
                logins.setdefault(login["role"].lower(), (login["email"], login["password"]))
            yield Town(site, f"http://127.0.0.1:{sandbox}", logins, environment)
        finally:
            launcher.terminate()
            launcher.wait(60)


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
    pytest.fail(f"Throughline did not start:\n{log.read_text()[-3000:]}")


Person = Callable[..., Page]


@pytest.fixture
def person(browser: Browser) -> Iterator[Person]:
    """A page of somebody's own browser, with nobody else's cookies: `person(width=360, javascript=False)`."""
    contexts = []

    def open_browser(width: int = 1280, javascript: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, locale="en-GB"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
