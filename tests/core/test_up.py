"""The real thing once: `throughline up` on an empty folder, killed outright, started again on its data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.embedded.children import command_line, wait_until
from core.launcher.up import answers_ok, greets
from tests.core.test_launcher import ROOT, free_ports, launched_processes, read_until

PORTS = ("THROUGHLINE_PORT", "THROUGHLINE_SMTP_PORT", "THROUGHLINE_SANDBOX_PORT")


def start(home: Path, numbers: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "core.cli", "up"],
        cwd=ROOT,
        env={**os.environ, **numbers, "THROUGHLINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.long
def test_everything_starts_is_killed_and_starts_again_on_the_same_data(home: Path) -> None:
    numbers = free_ports()
    site, mail, sandbox = (int(numbers[name]) for name in PORTS)
    environment = {**os.environ, "THROUGHLINE_HOME": str(home)}
    with start(home, numbers) as launcher:
        try:
            said = read_until(launcher, "Ctrl-C")
            assert f"http://127.0.0.1:{site}/" in said
            assert "owner@halden.test" in said
            assert answers_ok(site, "/health/ready")
            assert answers_ok(site, "/", seconds=20)
            assert answers_ok(sandbox, "/health")
            assert greets(mail)
            verified = subprocess.run(
                [sys.executable, "-m", "core.cli", "verify", "--json"],
                cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            # A command in a second terminal finds the running copy by itself; jobs may still be under way.
            assert json.loads(verified.stdout).keys() >= {"differences", "waiting"}, verified.stderr
        finally:
            left = launched_processes(home)
            launcher.kill()
            assert wait_until(lambda: not launched_processes(home), 20)
    assert len(left) > 8
    assert [command_line(pid) for pid in left] == [None] * len(left)

    begun = time.monotonic()
    with start(home, numbers) as launcher:
        try:
            said = read_until(launcher, "Ctrl-C")
            print(f"second start: {time.monotonic() - begun:.1f} s")
            assert "Demo company" not in said
            assert answers_ok(site, "/health/ready")
            launcher.send_signal(signal.SIGINT)
            rest, _ = launcher.communicate(timeout=90)
            assert "killed" not in rest
            assert "Stopped. Everything is kept" in rest
            assert launcher.returncode == 0
            assert launched_processes(home) == []
        finally:
            launcher.kill()
