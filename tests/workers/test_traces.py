"""A request and the jobs that follow from it share a trace, whichever process runs them."""

from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import select

from core import leases, tracing
from core.database import Database
from core.jobs import Job, JobRow, enqueue
from core.leases import Lease
from core.settings import Settings
from customers import identities
from portal import tokens
from portal.app import create_app
from workers import broker, handlers
from workers.resources import Resources
from workers.runner import TRANSACTIONAL, run, run_together, transactional

pytest.importorskip("opentelemetry.sdk", reason="Without throughline[otel] there are no traces.")

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

NOTHING = cast("Resources", None)


class Traced(Job, tag="test.traced", frozen=True):
    number: int


if "test.traced" not in TRANSACTIONAL:

    @transactional(Traced, together=list)
    async def do_traced(session, job):
        if job.number:
            await enqueue(session, Traced(job.number - 1))


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start("test", SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


async def due(database: Database) -> list[Lease]:
    async with database.transaction() as session:
        return await leases.lease(session, "default", 10)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def trace_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id


async def test_a_request_the_job_that_follows_and_its_own_jobs_share_a_trace(
    spans: InMemorySpanExporter, settings: Settings, database: Database
) -> None:
    handlers.load()
    async with database.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.test"), by="link")
        _token, secret = await tokens.create(session, "A program", tokens.SCOPES)
    for lease in await due(database):
        await run(database, NOTHING, lease)
    spans.clear()
    app = create_app(settings)
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app)), base_url="http://127.0.0.1:8000"
        ) as program,
    ):
        entry = {"kind": "custom.machine.serviced", "source_key": "1", "title": "Serviced"}
        answer = await program.post(
            f"/api/v1/customers/{ann}/timeline", json=entry, headers={"authorization": f"Bearer {secret}"}
        )
        assert answer.status_code == 201
    while several := await due(database):
        for lease in several:
            # As it goes through the broker.
            [tickets, _queue] = broker.ticket("default", [lease]).args
            await run(database, NOTHING, Lease(*tickets[0]))
    [request] = named(spans, "POST /api/v1/customers/{customer_id}/timeline")
    [announced] = named(spans, "customers.announce")
    [refreshed] = named(spans, "customers.refresh_traits")
    assert trace_of(request) == trace_of(announced) == trace_of(refreshed)
    assert announced.parent is not None
    assert refreshed.parent is not None
    assert refreshed.parent.span_id == announced.get_span_context().span_id  # type: ignore[union-attr]  # a finished span has one
    # Its queries are in it, too.
    assert trace_of(request) in {trace_of(span) for span in named(spans, "DELETE")}


async def test_jobs_that_share_a_transaction_point_to_what_each_follows_from(
    spans: InMemorySpanExporter, database: Database
) -> None:
    for number in range(2):
        with tracing.request("GET", []) as span:
            async with database.transaction() as session:
                await enqueue(session, Traced(0))
            span.tell(f"/{number}", 200)
    several = await due(database)
    assert len({lease.trace for lease in several}) == 2
    await run_together(database, NOTHING, several)
    [together] = named(spans, "test.traced")
    requests = {trace_of(span) for span in (*named(spans, "GET /0"), *named(spans, "GET /1"))}
    assert {link.context.trace_id for link in together.links} == requests
    assert trace_of(together) not in requests
    assert dict(together.attributes or {}) == {"job.tag": "test.traced", "job.count": 2}


async def test_without_traces_nothing_is_carried(database: Database) -> None:
    assert tracing.present() is None
    async with database.transaction() as session:
        await enqueue(session, Traced(0))
        assert (await session.scalars(select(JobRow.trace))).all() == [None]
    [lease] = await due(database)
    assert broker.ticket("default", [lease]).args[0] == [[lease.job_id, 1, "test.traced"]]
