"""Traces for OpenTelemetry: only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector and `throughline[otel]` is there.

A span says which route or job and how it went, and of a query its statement with placeholders: no addresses of
requests, no values, nothing about a person. The usual OTEL_ variables steer the rest.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

log = structlog.get_logger()

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_tracer: "Tracer | None" = None


class Request:
    """A request's span, or nothing; `tell` is called once its route and answer are known."""

    def __init__(self, method: str, span: "Span | None" = None) -> None:
        self._method = method
        self._span = span

    def tell(self, route: str, status: int) -> None:
        if self._span is None:
            return
        from opentelemetry.trace import Status, StatusCode

        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


def configure(role: str) -> None:
    """Send traces of this process from now on when the environment says where to."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        log.warning("no traces", reason="OpenTelemetry is not installed: install throughline[otel].")
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    start(role, BatchSpanProcessor(OTLPSpanExporter()))


def start(role: str, processor: "SpanProcessor") -> None:
    """Give every span of this process to `processor`."""
    global _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({"service.name": f"throughline-{role}"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("throughline")


def on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def stop() -> None:
    """Make no more spans."""
    global _tracer
    _tracer = None


@contextmanager
def request(
    method: str, headers: Iterable[tuple[bytes, bytes]], *, believed: bool = False
) -> Iterator[Request]:
    """A span around a request. Its caller's trace goes on when the caller is `believed`: a proxy of ours."""
    if _tracer is None:
        yield Request(method)
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers
        if name.startswith(b"trace")
    }
    context = TraceContextTextMapPropagator().extract(given) if believed else None
    attributes = {"http.request.method": method}
    with _tracer.start_as_current_span(
        method, context, SpanKind.SERVER, attributes, record_exception=False
    ) as span:
        yield Request(method, span)


def present() -> str | None:
    """Where in which trace we are (W3C traceparent), for whoever goes on with the work; None outside of one."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carried)
    return carried.get("traceparent")


def _context(trace: str | None) -> "Context":
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": trace} if trace else {}, Context())


@contextmanager
def job(tag: str, job_id: int, attempt: int, trace: str | None = None) -> Iterator[None]:
    """A span around one attempt at a job, in the trace of what promised it."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    attributes: dict[str, str | int] = {"job.tag": tag, "job.id": job_id, "job.attempt": attempt}
    with _tracer.start_as_current_span(
        tag, _context(trace), SpanKind.CONSUMER, attributes, record_exception=False
    ):
        yield


@contextmanager
def jobs(tag: str, traces: Sequence[str | None]) -> Iterator[None]:
    """A span around jobs of a kind that share a transaction: a trace of its own, linked to what promised them."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import Link, SpanKind, get_current_span

    links = [Link(get_current_span(_context(trace)).get_span_context()) for trace in traces if trace]
    attributes: dict[str, str | int] = {"job.tag": tag, "job.count": len(traces)}
    with _tracer.start_as_current_span(
        tag, _context(None), SpanKind.CONSUMER, attributes, links, record_exception=False
    ):
        yield


def watch(engine: AsyncEngine) -> None:
    """Make a span of every query of an engine, while there is a tracer."""

    def before(
        _connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        if _tracer is not None and context is not None:
            from opentelemetry.trace import SpanKind

            word = statement.split(maxsplit=1)[0].upper() if statement.strip() else "SQL"
            attributes = {"db.system.name": "postgresql", "db.query.text": statement[:2000]}
            context.throughline_span = _tracer.start_span(word, kind=SpanKind.CLIENT, attributes=attributes)

    def after(
        _connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        _end(context)

    def failed(raised: Any) -> None:
        _end(raised.execution_context)

    event.listen(engine.sync_engine, "before_cursor_execute", before)
    event.listen(engine.sync_engine, "after_cursor_execute", after)
    event.listen(engine.sync_engine, "handle_error", failed)


def _end(context: Any) -> None:
    span = getattr(context, "throughline_span", None)
    if span is not None:
        context.throughline_span = None
        span.end()
