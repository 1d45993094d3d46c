"""`throughline up`: checks first, children that never outlive it, an orderly end. Children are stand-ins."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from core.embedded import StartError
from core.embedded.children import command_line, wait_until
from core.launcher import ports
from core.launcher.environment import sandbox_environment, throughline_environment
from core.launcher.home import Home

ROOT = Path(__file__).resolve().parents[2]

# A launcher whose programs are stand-ins: `web` has a child of its own, as real web servers do.
STAND_IN = """
import sys
from pathlib import Path
from core.launcher.crew import Program
from core.launcher.up import Launcher
from core.errors import DomainError

SLEEP = "import time; time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time, os\\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\\n"
    "print(os.getpid(), child.pid, flush=True)\\n"
    "time.sleep(600)\\n"
)

class Small(Launcher):
    def prepare(self, crew, environment, first):
        pass

    def outside(self, environment):
        return [Program("sandbox", [sys.executable, "-c", SLEEP], environment, stage=3)]

    def programs(self, environment):
        return [Program(name, [sys.executable, "-c", code], environment)
                for name, code in (("web", FAMILY), ("worker", sys.argv[2] if len(sys.argv) > 2 else SLEEP))]

    def probes(self, numbers):
        return {}

try:
    Small(Path(sys.argv[1])).run()
except DomainError as error:
    print(error.message)
    sys.exit(1)
"""


def free_ports() -> dict[str, str]:
    with closing(socket.socket()) as a, closing(socket.socket()) as b, closing(socket.socket()) as c:
        for probe in (a, b, c):
            probe.bind(("127.0.0.1", 0))
        return dict(zip(ports.DEFAULTS, (str(probe.getsockname()[1]) for probe in (a, b, c)), strict=True))


def launched_processes(home: Path) -> list[int]:
    """Every process that carries this home in its environment or command line: children of any generation."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(entry.name)
            if pid == os.getpid() or command_line(pid) is None:
                continue
            words = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if str(home).encode() in words:
                found.append(pid)
    return found


@contextmanager
def launched(
    home: Path, *arguments: str, numbers: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **(numbers or free_ports()), "THROUGHLINE_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-c", STAND_IN, str(home), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            wait_until(lambda: not launched_processes(home), 10)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    said = ""
    while text not in said:
        line = process.stdout.readline()
        assert line, f"it ended, saying:\n{said}"
        said += line
    return said


def web_family(home: Path, count: int = 2) -> list[int]:
    """The process ids that `web` wrote down: its own and its child's, once for each time it was started."""
    log = home / "logs" / "web.log"
    assert wait_until(lambda: log.exists() and len(log.read_text().split()) == count, 10)
    return [int(word) for word in log.read_text().split()]


def test_a_taken_port_is_named_with_its_variable_and_a_free_one(home: Path) -> None:
    numbers = free_ports()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", int(numbers["THROUGHLINE_SMTP_PORT"])))
        taken.listen()
        with launched(home, numbers=numbers) as process:
            said, _ = process.communicate(timeout=30)
    port = numbers["THROUGHLINE_SMTP_PORT"]
    assert f"Port {port} (inbound mail) is taken by another program." in said
    suggested = re.search(r"for example: THROUGHLINE_SMTP_PORT=(\d+) make run", said)
    assert suggested is not None
    assert suggested[1] not in numbers.values()
    assert process.returncode == 1
    assert not (home / "postgres").exists()


@pytest.mark.parametrize("text", ["0", "65536", "eighty", "-1"])
def test_what_is_not_a_port_is_a_sentence(text: str) -> None:
    with pytest.raises(StartError, match="THROUGHLINE_PORT must hold a port between 1 and 65535"):
        ports.read({"THROUGHLINE_PORT": text})


def test_one_port_for_two_purposes_is_a_sentence() -> None:
    with pytest.raises(StartError, match="give each a port of its own"):
        ports.read({"THROUGHLINE_PORT": "8025"})


def test_a_second_launcher_on_the_same_home_is_refused_and_the_first_goes_on(home: Path) -> None:
    with launched(home) as first:
        read_until(first, "Ctrl-C")
        with launched_beside(home) as said:
            assert f"already runs from {home} (process {first.pid})" in said
            assert "THROUGHLINE_HOME" in said
        assert first.poll() is None
        assert len(launched_processes(home)) > 5


@contextmanager
def launched_beside(home: Path) -> Iterator[str]:
    done = subprocess.run(
        [sys.executable, "-c", STAND_IN, str(home)],
        cwd=ROOT,
        env={**os.environ, **free_ports()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    yield done.stdout


def test_two_homes_run_side_by_side(home: Path) -> None:
    other = home.parent / "other"
    with launched(home) as first, launched(other) as second:
        read_until(first, "Ctrl-C")
        read_until(second, "Ctrl-C")
        assert first.poll() is second.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_the_data_stays(home: Path, number: signal.Signals) -> None:
    with launched(home) as process:
        read_until(process, "Ctrl-C")
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
        assert "Stopped. Everything is kept" in said
        assert process.returncode == 0
        assert launched_processes(home) == []
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_a_killed_launcher_leaves_no_process_and_blocks_nothing(home: Path) -> None:
    with launched(home) as process:
        read_until(process, "Ctrl-C")
        family = web_family(home)
        assert set(family) < set(launched_processes(home))
        process.kill()
        assert wait_until(lambda: not launched_processes(home), 10), [
            command_line(pid) for pid in launched_processes(home)
        ]
        assert [command_line(pid) for pid in family] == [None, None]
    begun = time.monotonic()
    with launched(home) as process:
        read_until(process, "Ctrl-C")
        assert time.monotonic() - begun < 15
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_a_launcher_ends_with_the_make_that_started_it(home: Path) -> None:
    environment = {**os.environ, **free_ports(), "THROUGHLINE_STOP_WITH_PARENT": "1"}
    parent = (
        "import subprocess, sys, time\nsubprocess.Popen([sys.executable, *sys.argv[1:]])\ntime.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, "-c", STAND_IN, str(home)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as make:
        read_until(make, "Ctrl-C")
        make.kill()
        assert wait_until(lambda: not launched_processes(home), 15), [
            command_line(pid) for pid in launched_processes(home)
        ]


def test_a_child_that_dies_is_started_again(home: Path) -> None:
    with launched(home) as process:
        read_until(process, "Ctrl-C")
        os.kill(web_family(home)[0], signal.SIGKILL)
        said = read_until(process, "starting it again")
        assert "web ended (SIGKILL); starting it again in 1 s" in said
        # The orphan that the dead one left is ended as well, and the new one has a child of its own.
        assert [command_line(pid) is None for pid in web_family(home, 4)] == [True, True, False, False]


def test_a_child_that_cannot_start_ends_the_start_with_its_last_words(home: Path) -> None:
    with launched(home, "raise SystemExit('no such table: coffee')") as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "worker does not start" in said
        assert "no such table: coffee" in said
        assert launched_processes(home) == []


def test_a_killed_database_is_started_again(home: Path) -> None:
    with launched(home) as process:
        read_until(process, "Ctrl-C")
        pid_file = home / "postgres" / "data" / "postmaster.pid"
        first = int(pid_file.read_text().splitlines()[0])
        os.kill(first, signal.SIGKILL)
        read_until(process, "PostgreSQL ended; starting it again")

        def again() -> bool:
            with suppress(OSError, IndexError):
                lines = pid_file.read_text().splitlines()
                return int(lines[0]) != first and lines[7].strip() == "ready"
            return False

        assert wait_until(again, 30)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=90)  # its last checkpoint waits for the disk
        assert process.returncode == 0


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: Path) -> None:
    home.mkdir()
    made = Home(home).secrets()
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert Home(home).secrets() == made
    assert re.fullmatch(r"AC[0-9a-f]{32}", made["twilio_sid"])
    assert len(made["secret_key"]) >= 32
    assert re.fullmatch(r"mx-[0-9a-f]+\.sandbox\.test", made["authserv_id"])


def test_secrets_that_cannot_be_read_are_never_replaced(home: Path) -> None:
    home.mkdir()
    (home / "secrets.json").write_text("{")
    with pytest.raises(StartError, match=r"secrets\.json cannot be read"):
        Home(home).secrets()
    assert (home / "secrets.json").read_text() == "{"


def environment(user: dict[str, str], home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return throughline_environment(
        user,
        home=home,
        ports=ports.read({}),
        sandbox_smtp_port=4025,
        database_url="postgresql+asyncpg://…",
        redis_url="unix://…?db=0",
        broker_url="unix://…?db=1",
        secrets=Home(home).secrets(),
    )


def test_the_sandbox_stands_in_for_companies_that_the_user_does_not_name(home: Path) -> None:
    told = environment({}, home)
    assert (
        told["THROUGHLINE_STRIPE_API_BASE"] == told["THROUGHLINE_TWILIO_API_BASE"] == "http://127.0.0.1:8025"
    )
    assert told["THROUGHLINE_SMTP_RELAY_PORT"] == "4025"
    shared = sandbox_environment(
        home=home, ports=ports.read({}), smtp_port=4025, public_url="http://x", secrets=Home(home).secrets()
    )
    assert shared["SANDBOX_STRIPE_KEY"] == told["THROUGHLINE_STRIPE_API_KEY"]
    assert shared["SANDBOX_TWILIO_TOKEN"] == told["THROUGHLINE_TWILIO_AUTH_TOKEN"]
    assert shared["SANDBOX_AUTHSERV_ID"] == told["THROUGHLINE_TRUSTED_AUTHSERV_ID"]


def test_real_keys_in_the_environment_win_as_a_group(home: Path) -> None:
    told = environment(
        {"THROUGHLINE_STRIPE_API_KEY": "sk_live_1", "THROUGHLINE_STRIPE_WEBHOOK_SECRET": "whsec_1"}, home
    )
    assert told["THROUGHLINE_STRIPE_API_KEY"] == "sk_live_1"
    assert told["THROUGHLINE_STRIPE_WEBHOOK_SECRET"] == "whsec_1"
    assert "THROUGHLINE_STRIPE_API_BASE" not in told
    assert told["THROUGHLINE_TWILIO_API_BASE"] == "http://127.0.0.1:8025"


def test_settings_accept_what_the_launcher_tells(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.settings import Settings

    for name, value in environment({}, home).items():
        monkeypatch.setenv(name, value)
    settings = Settings()  # type: ignore[call-arg]  # filled from the environment
    assert settings.environment == "embedded"
    assert settings.smtp_relay_port == 4025


def test_commands_say_that_throughline_does_not_run(home: Path) -> None:
    home.mkdir()
    (home / "environment.json").write_text(json.dumps({"THROUGHLINE_DATABASE_URL": "postgresql+asyncpg://x"}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "migrate"],
        cwd=ROOT,
        env={**kept, "THROUGHLINE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Throughline is not running in {home}" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_every_command_quickly() -> None:
    begun = time.process_time()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "core.cli", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.process_time() - begun < 5
    for name in (
        "up",
        "web",
        "worker",
        "relay",
        "listen",
        "migrate",
        "seed",
        "verify",
        "doctor",
        "create-admin",
    ):
        assert re.search(rf"^  {name} +[A-Z]", done.stdout, re.MULTILINE), name
    assert not re.search(
        r"\| +(sqlalchemy|litestar|stripe|twilio|dramatiq|pydantic)$", done.stderr, re.MULTILINE
    )
