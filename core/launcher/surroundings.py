"""What can be said of an installation by looking at the machine and the environment that it runs in."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address

from core import metrics, tracing
from core.launcher.findings import Finding
from core.settings import Settings

PREFIX = "THROUGHLINE_"
# Read by others than the settings.
_OTHERS = {"THROUGHLINE_PYTHON", "THROUGHLINE_STOP_WITH_PARENT"}


def about_surroundings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that nobody reads, addresses on which nobody can listen, ports given twice, packages that lack."""
    yield _spelling(environment)
    yield _addresses(settings)
    yield _ports(settings)
    yield from _figures(settings)
    yield from _traces(environment)
    if (settings.broker_url or "").startswith("amqp") and find_spec("pika") is None:
        yield Finding("fail", "Broker", "RabbitMQ needs a package that is not installed.", (
            "Install dramatiq[rabbitmq] beside us, or set THROUGHLINE_BROKER_URL to redis://host/1."
        ))  # fmt: skip


def _spelling(environment: Mapping[str, str]) -> Finding:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known | _OTHERS:
            meant = get_close_matches(name, known, 1)
            return Finding("warn", "Spelling", f"nobody reads {name}.", (
                f"Did you mean {meant[0]}?" if meant else "Unset it; docs/settings.md names every variable."
            ))  # fmt: skip
    return Finding("ok", "Spelling", "every variable is one that we read")


def _addresses(settings: Settings) -> Finding:
    given = {
        "THROUGHLINE_HOST": settings.host,
        "THROUGHLINE_SMTP_HOST": settings.smtp_host,
        "THROUGHLINE_METRICS_HOST": settings.metrics_host,
    }
    for name, host in given.items():
        if not _is_ours(host):
            return Finding("fail", "Addresses", f"{name} is {host}, which this machine does not have.", (
                f"Set {name} to 127.0.0.1, to 0.0.0.0, or to an address of this machine."
            ))  # fmt: skip
    return Finding("ok", "Addresses", ", ".join(sorted(set(given.values()))))


def _is_ours(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.socket(family)) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def _ports(settings: Settings) -> Finding:
    taken = {settings.port: "THROUGHLINE_PORT"}
    wanted = [(settings.smtp_port, "THROUGHLINE_SMTP_PORT")]
    if settings.lmtp_port is not None:
        wanted.append((settings.lmtp_port, "THROUGHLINE_LMTP_PORT"))
    if settings.metrics_port is not None:
        wanted += [
            (settings.metrics_port + place, "THROUGHLINE_METRICS_PORT") for place in metrics.PLACES.values()
        ]
    for port, name in wanted:
        if port in taken:
            return Finding("fail", "Ports", f"{taken[port]} and {name} both want {port}.", (
                f"Set {name} to another number; figures take four in a row."
            ))  # fmt: skip
        taken[port] = name
    return Finding("ok", "Ports", ", ".join(map(str, sorted(taken))))


def _figures(settings: Settings) -> Iterator[Finding]:
    if settings.metrics_port is None:
        return
    try:
        host = ip_address(settings.metrics_host)
    except ValueError:
        return
    reached = _outgoing() if host.is_unspecified else host
    if reached is not None and reached.is_global:
        yield Finding("fail", "Figures", f"everybody on the internet can read them, at {reached}.", (
            "Set THROUGHLINE_METRICS_HOST to 127.0.0.1, or to an address of your own network."
        ))  # fmt: skip


def _outgoing() -> IPv4Address | IPv6Address | None:
    """The address from which this machine speaks to the internet; nothing is sent to learn it."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return ip_address(probe.getsockname()[0])


def _traces(environment: Mapping[str, str]) -> Iterator[Finding]:
    if not any(environment.get(name) for name in tracing.ENDPOINTS):
        return
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        yield Finding("warn", "Traces", "a collector is named, but nothing is sent.", (
            "Install throughline[otel], or build the image with --build-arg EXTRAS='--extra otel'."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Traces", "sent to the collector that the environment names")
