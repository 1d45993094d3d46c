"""Figures for Prometheus: counted by each process for itself, served on a port of its own.

Labels are names out of our own code (routes, tags, channels), never what somebody typed, and nothing is about a person.
"""

from collections.abc import Iterable
from weakref import WeakSet

import structlog
from prometheus_client import (
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import QueuePool

from core.settings import Settings

log = structlog.get_logger()

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it without types

# What each process adds to `metrics_port`.
PLACES = {"web": 0, "relay": 1, "worker": 2, "listen": 3}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REQUESTS = Counter(
    "throughline_http_requests",
    "Answered requests, by the template of the route.",
    ["route", "method", "status"],
)
REQUEST_SECONDS = Histogram(
    "throughline_http_request_seconds",
    "From a request to the end of its answer; of a live stream to its beginning.",
    ["route", "method"],
    buckets=_SECONDS,
)
JOBS = Counter("throughline_jobs", "Runs of jobs: done, failed, skipped or lost.", ["tag", "outcome"])
JOB_SECONDS = Histogram(
    "throughline_job_seconds",
    "How long a run took; jobs that shared a transaction are one run.",
    ["tag"],
    buckets=_SECONDS,
)
MESSAGES = Counter("throughline_messages", "Messages, by what became of them.", ["channel", "outcome"])
MAIL_RELAYS = Gauge(
    "throughline_mail_relay_up",
    "Whether a mail server that sends for us is in use (1) or set aside (0).",
    ["relay"],
)
MAIL_TROUBLES = Counter(
    "throughline_mail_relay_troubles",
    "What went wrong with such a server, by where in the talk.",
    ["relay", "verb"],
)
MAILS = Counter(
    "throughline_mails_received", "Mails at the listener: kept, known, refused or put off.", ["outcome"]
)
WEBHOOKS = Counter(
    "throughline_webhooks_received", "Calls of providers: kept, known or refused.", ["provider", "outcome"]
)
KEPT_PAGES = Counter(
    "throughline_kept_pages",
    "Pages of the store for strangers: hit (from memory), miss (made), unsure (made: changes are not heard).",
    ["outcome"],
)
KEPT_PAGES_BYTES = Gauge("throughline_kept_pages_bytes", "What the pages kept in memory take.")
QUEUE_JOBS = Gauge(
    "throughline_queue_jobs", "Rows of the job table: due, leased, later or dead.", ["queue", "state"]
)
QUEUE_WAIT = Gauge("throughline_queue_oldest_due_seconds", "How long the oldest due job waits.", ["queue"])
QUEUES_AT = Gauge("throughline_queues_sampled_at_seconds", "When a relay last looked at the queues.")

_GATHERED = "counted"
_Gathered = tuple[SessionTransaction | None, Counter, tuple[str, ...], int]
_engines: WeakSet[AsyncEngine] = WeakSet()


class _Connections(Collector):
    """Asked at each scrape; the numbers are kept by the pool anyway."""

    def collect(self) -> Iterable[Metric]:
        found = GaugeMetricFamily(
            "throughline_database_connections", "Connections of this process's pools.", labels=["state"]
        )
        pools = [engine.pool for engine in list(_engines)]
        kept = [pool for pool in pools if isinstance(pool, QueuePool)]
        found.add_metric(["in_use"], sum(pool.checkedout() for pool in kept))
        found.add_metric(["idle"], sum(pool.checkedin() for pool in kept))
        yield found


REGISTRY.register(_Connections())


def watch(engine: AsyncEngine) -> None:
    """Let the connections of an engine be counted for as long as it lives."""
    _engines.add(engine)


def count(session: AsyncSession, counter: Counter, *labels: str, by: int = 1) -> None:
    """Count something that is true once the session's transaction is committed, and only then.

    What was counted within a savepoint that is undone does not count.
    """
    savepoint = session.sync_session.get_nested_transaction()
    gathered: list[_Gathered] = session.info.setdefault(_GATHERED, [])
    gathered.append((savepoint, counter, labels, by))


def committed(session: AsyncSession) -> None:
    """Count what the session gathered; said after its commit."""
    for _, counter, labels, times in session.info.pop(_GATHERED, ()):
        counter.labels(*labels).inc(times)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    if gathered := session.info.get(_GATHERED):
        gathered[:] = [each for each in gathered if not _lies_in(each[0], undone)]


def _lies_in(savepoint: SessionTransaction | None, undone: SessionTransaction) -> bool:
    while savepoint is not None and savepoint is not undone:
        savepoint = savepoint.parent
    return savepoint is undone or undone.parent is None


def serve(settings: Settings, role: str) -> None:
    """Serve this process's figures when settings name a port; one that is taken costs the figures, not the work."""
    if settings.metrics_port is None:
        return
    port = settings.metrics_port + PLACES[role]
    try:
        start_http_server(port, settings.metrics_host)
    except OSError as error:
        log.error("metrics not served", port=port, error=type(error).__name__)
