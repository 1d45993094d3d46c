"""Traces: only where they are asked for, and nothing of people in them."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import tracing
from core.database import Database


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start("test", SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


def test_without_a_collector_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tracing.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    tracing.configure("web")
    assert not tracing.on()
    with tracing.request("GET", []) as span, tracing.job("a.b", 1, 1):
        span.tell("/", 200)


def test_a_missing_package_costs_the_traces_not_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.ENDPOINTS[0], "http://127.0.0.1:9")
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    tracing.configure("web")
    assert not tracing.on()


async def test_a_request_and_its_queries_are_one_trace_without_values(
    spans: InMemorySpanExporter, database_url: str
) -> None:
    database = Database(database_url)
    with tracing.request("GET", [(b"traceparent", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")]) as span:
        async with database.transaction() as session:
            await session.execute(text("SELECT cast(:email AS text)"), {"email": "ann@example.org"})
        with pytest.raises(DBAPIError):
            async with database.transaction() as session:
                await session.execute(text("SELECT 1 / cast(:none AS int)"), {"none": 0})
        span.tell("/customers/{id}", 500)
    await database.close()
    *queries, request = spans.get_finished_spans()
    assert (request.name, request.status.status_code) == ("GET /customers/{id}", StatusCode.ERROR)
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET", "http.route": "/customers/{id}", "http.response.status_code": 500,
    }  # fmt: skip
    # A stranger's trace is not gone on with.
    assert request.parent is None
    assert {query.parent.span_id for query in queries if query.parent} == {request.context.span_id}
    assert len([query for query in queries if query.name == "SELECT"]) == 2
    assert "ann@example.org" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_our_proxys_trace_goes_on(spans: InMemorySpanExporter) -> None:
    headers = [(b"traceparent", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")]
    with tracing.request("GET", headers, believed=True):
        pass
    (span,) = spans.get_finished_spans()
    assert span.context.trace_id == int("1" * 32, 16)


def test_a_job_says_which_it_is(spans: InMemorySpanExporter) -> None:
    with tracing.job("channels.deliver", 7, 2):
        pass
    (span,) = spans.get_finished_spans()
    assert (span.name, dict(span.attributes or {})) == (
        "channels.deliver", {"job.tag": "channels.deliver", "job.id": 7, "job.attempt": 2},
    )  # fmt: skip
