"""Ports: asked for before anything starts, so that a taken one is a sentence and not a crash."""

import os
import socket
from collections.abc import Iterable, Mapping

from core.embedded.children import StartError, wait_until

DEFAULTS = {"THROUGHLINE_PORT": 8000, "THROUGHLINE_SMTP_PORT": 2525, "THROUGHLINE_SANDBOX_PORT": 8025}
_PURPOSES = {
    "THROUGHLINE_PORT": "site and desk",
    "THROUGHLINE_SMTP_PORT": "inbound mail",
    "THROUGHLINE_SANDBOX_PORT": "the sandbox",
}


def read(environment: Mapping[str, str]) -> dict[str, int]:
    """The three ports by their variables' names. Raises StartError for what is not a port, or used twice."""
    ports: dict[str, int] = {}
    for name, default in DEFAULTS.items():
        text = environment.get(name, "").strip() or str(default)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise StartError(f"{name} must hold a port between 1 and 65535, not {text!r}.")
        for other, port in ports.items():
            if port == int(text):
                raise StartError(f"{name} and {other} are both {text}: give each a port of its own.")
        ports[name] = int(text)
    return ports


def check(ports: Mapping[str, int], host: str = "127.0.0.1", patience: float = 1.0) -> None:
    """Raise StartError naming the port, its variable and a free one, when a port cannot be listened on.

    A port that frees itself within `patience` seconds is fine.
    """
    for name, port in ports.items():
        if wait_until(lambda port=port: _refusal(host, port) is None, patience, 0.1):  # type: ignore[misc]  # mypy cannot infer a lambda's default
            continue
        refused = _refusal(host, port)
        if refused is None:
            continue
        why = (
            f"Port {port} ({_PURPOSES[name]}) is reserved for root."
            if isinstance(refused, PermissionError)
            else f"Port {port} ({_PURPOSES[name]}) is taken by another program."
        )
        other = _near(port, ports.values())
        raise StartError(
            f"{why} Stop that program, or choose another port, for example: {name}={other} make run"
        )


def free(remembered: int | None, taken: Iterable[int], host: str = "127.0.0.1") -> int:
    """The remembered port when it is still free, else one that is."""
    if remembered and remembered not in taken and _refusal(host, remembered) is None:
        return remembered
    while True:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def _near(port: int, taken: Iterable[int]) -> int:
    start = max(port, 1024)
    for candidate in range(start + 1, min(start + 100, 65536)):
        if candidate not in taken and _refusal("127.0.0.1", candidate) is None:
            return candidate
    return free(None, taken)


def _refusal(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return error
    return None
