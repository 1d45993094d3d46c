"""Every command that the documentation shows is run, or stands here with the reason why a test cannot run it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.embedded import places, programs
from tests.conftest import Servers
from tests.docs.pages import ROOT, Block, blocks
from tests.journeys.town import free_port

STARTS_ALL = "starts everything: tests/core/test_up.py and tests/journeys/ do the same on ports of their own"
IS_THE_GATE = "runs the tests that this is one of"
NEEDS_DOCKER = "needs a Docker server"
REACHES_OUT = "reaches out of this machine"
CHANGES_THE_CHECKOUT = "changes the checkout"

# What commands that are not run here begin with, and why.
NOT_RUN = {
    "make run": STARTS_ALL,
    "THROUGHLINE_HOME=/tmp/second": STARTS_ALL,
    "make test": IS_THE_GATE,
    "docker": NEEDS_DOCKER,
    "git ": REACHES_OUT,
    "sh .ci/install.sh": CHANGES_THE_CHECKOUT,
    ".venv/bin/python -m core.migrations.first": CHANGES_THE_CHECKOUT,
    "make clean": "forgets the caches of the checkout; its part that forgets data is tested in tests/core/",
}

STARTED_WITHIN = 240  # seconds, on a machine that has much else to do

# What a reader types when a command asks.
PASSWORD = "a password of some length\n"


@dataclass(frozen=True)
class Installation:
    """Where commands are run, with what environment, and where the site answers."""

    folder: Path
    environment: dict[str, str]
    site: str


def to_run() -> list[Block]:
    """The blocks with something to run, each once."""
    found = {
        tuple(line for line in block.commands if not line.startswith(tuple(NOT_RUN))): block.page
        for block in blocks()
    }
    return [Block(page, commands) for commands, page in found.items() if commands]


@pytest.fixture(scope="module")
def installation(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Web, worker and relay on a database of their own, and a checkout in which anything may be written."""
    folder = tmp_path_factory.mktemp("documented")
    for entry in ROOT.iterdir():
        (folder / entry.name).symlink_to(entry)
    port, url = free_port(), servers.create_database()
    environment = _environment(folder, url, servers)
    with (folder / "processes.log").open("wb") as log:
        started = [
            subprocess.Popen(
                [Path(sys.executable).with_name("throughline"), name],
                env={**environment, "THROUGHLINE_PORT": str(port)}, cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True,
            )
            for name in ("web", "worker", "relay")
        ]  # fmt: skip
        try:
            _wait_until_ready(port, started, Path(log.name))
            yield Installation(folder, environment, f"127.0.0.1:{port}")
        finally:
            for process in started:
                # With its own children; jobs that it leaves are nobody's, the database goes, too.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    servers.drop_database(url)


def _environment(folder: Path, url: str, servers: Servers) -> dict[str, str]:
    """What the pages tell an operator to set; nobody is reachable outside."""
    database = make_url(url)
    account = places.account_for(folder)
    path = [str(Path(sys.executable).parent), str(programs.folder(account)), os.environ["PATH"]]
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("THROUGHLINE_", "PG"))},
        "PATH": os.pathsep.join(path),
        "PGHOST": str(database.query["host"]),
        "PGUSER": database.username or "",
        "PGDATABASE": database.database or "",
        "THROUGHLINE_ENVIRONMENT": "test",
        "THROUGHLINE_HOME": str(folder / "home"),
        "THROUGHLINE_PORT": str(free_port()),
        "THROUGHLINE_SMTP_PORT": str(free_port()),
        "THROUGHLINE_SANDBOX_PORT": str(free_port()),
        "THROUGHLINE_DATABASE_URL": url,
        "THROUGHLINE_REDIS_URL": servers.redis.url(),
        "THROUGHLINE_BROKER_URL": servers.redis.url(1),
        "THROUGHLINE_SECRET_KEY": "k" * 32,
        "THROUGHLINE_STRIPE_API_KEY": "sk_test_documented",
        "THROUGHLINE_STRIPE_WEBHOOK_SECRET": "whsec_documented",
        "THROUGHLINE_STRIPE_API_BASE": "http://127.0.0.1:9",
        "THROUGHLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "THROUGHLINE_TWILIO_AUTH_TOKEN": "t" * 32,
        "THROUGHLINE_TWILIO_API_BASE": "http://127.0.0.1:9",
        "THROUGHLINE_SMTP_RELAY_HOST": "127.0.0.1",
        "THROUGHLINE_SMTP_RELAY_PORT": "9",
    }


def _wait_until_ready(port: int, started: list[subprocess.Popen[bytes]], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and all(process.poll() is None for process in started):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The installation did not start:\n{log.read_text()[-3000:]}")


@pytest.mark.parametrize("block", to_run(), ids=lambda block: "; ".join(block.commands))
def test_documented_commands_work(block: Block, installation: Installation) -> None:
    script = "\n".join(block.commands).replace("127.0.0.1:8000", installation.site)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env=installation.environment,
        cwd=installation.folder,
        capture_output=True,
        text=True,
        input=PASSWORD,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{block.page}:\n{script}\n{done.stdout}\n{done.stderr}"


def test_every_exception_is_needed() -> None:
    commands = [command for block in blocks() for command in block.commands]
    assert [begins for begins in NOT_RUN if not any(line.startswith(begins) for line in commands)] == []
