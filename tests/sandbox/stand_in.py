"""Runs the sandbox as the process that it is, for any test that needs the outside world."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens and the secrets that it shares."""

    url: str
    http_port: int
    smtp_port: int
    data: Path
    authserv_id: str
    stripe_key: str
    stripe_webhook_secret: str
    twilio_sid: str
    twilio_token: str
    environment: dict[str, str]
    process: subprocess.Popen[str]


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sandbox_environment(
    data: Path,
    *,
    inbound_smtp: str = "127.0.0.1:9",
    stripe_webhook_url: str = "http://127.0.0.1:9/webhooks/stripe",
    twilio_webhook_url: str = "http://127.0.0.1:9/webhooks/twilio",
) -> dict[str, str]:
    """Everything that `python -m sandbox` is told, on free ports with fresh secrets."""
    http_port, smtp_port = find_free_port(), find_free_port()
    return {
        "SANDBOX_HTTP_PORT": str(http_port),
        "SANDBOX_SMTP_PORT": str(smtp_port),
        "SANDBOX_DATA": str(data),
        "SANDBOX_INBOUND_SMTP": inbound_smtp,
        "SANDBOX_AUTHSERV_ID": "relay.sandbox.example",
        "SANDBOX_STRIPE_KEY": "sk_test_" + secrets.token_hex(12),
        "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(16),
        "SANDBOX_STRIPE_WEBHOOK_URL": stripe_webhook_url,
        "SANDBOX_TWILIO_SID": "AC" + secrets.token_hex(16),
        "SANDBOX_TWILIO_TOKEN": secrets.token_hex(16),
        "SANDBOX_TWILIO_WEBHOOK_URL": twilio_webhook_url,
        "SANDBOX_PUBLIC_URL": f"http://127.0.0.1:{http_port}",
    }


@contextmanager
def run_sandbox(
    data: Path,
    *,
    environment: dict[str, str] | None = None,
    inbound_smtp: str = "127.0.0.1:9",
    stripe_webhook_url: str = "http://127.0.0.1:9/webhooks/stripe",
    twilio_webhook_url: str = "http://127.0.0.1:9/webhooks/twilio",
) -> Iterator[Sandbox]:
    """A sandbox that is ready, ended with SIGTERM on leaving.

    Pass another sandbox's `environment` (and its `data`) to start it again as it was.
    """
    given = environment or sandbox_environment(
        data,
        inbound_smtp=inbound_smtp,
        stripe_webhook_url=stripe_webhook_url,
        twilio_webhook_url=twilio_webhook_url,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until_ready(given["SANDBOX_PUBLIC_URL"], process)
        yield Sandbox(
            url=given["SANDBOX_PUBLIC_URL"],
            http_port=int(given["SANDBOX_HTTP_PORT"]),
            smtp_port=int(given["SANDBOX_SMTP_PORT"]),
            data=data,
            authserv_id=given["SANDBOX_AUTHSERV_ID"],
            stripe_key=given["SANDBOX_STRIPE_KEY"],
            stripe_webhook_secret=given["SANDBOX_STRIPE_WEBHOOK_SECRET"],
            twilio_sid=given["SANDBOX_TWILIO_SID"],
            twilio_token=given["SANDBOX_TWILIO_TOKEN"],
            environment=given,
            process=process,
        )
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            output, _ = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
        if "Traceback" in output:
            print(output, file=sys.stderr)


def _wait_until_ready(url: str, process: subprocess.Popen[str], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            output = process.stdout.read() if process.stdout else ""
            raise RuntimeError(f"The sandbox did not start: {output}")
        try:
            with urllib.request.urlopen(url + "/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"The sandbox did not answer at {url} within {seconds:.0f} s")
