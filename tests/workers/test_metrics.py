"""What is counted is what was committed; the queues are looked at by the relay; nothing is about a person."""

import re
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import REGISTRY, Counter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import leases, metrics
from core.clock import now
from core.database import Database
from core.jobs import Job, JobRow, enqueue
from core.leases import Lease
from core.settings import Settings
from tests.chaos.processes import Processes
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port
from workers import sampling
from workers.resources import Resources
from workers.runner import TRANSACTIONAL, run, run_together, transactional

TRIED = Counter("throughline_tried_out", "For this test.", ["what"])


class Counted(Job, tag="test.counted", frozen=True):
    fine: bool


if "test.counted" not in TRANSACTIONAL:

    @transactional(Counted, together=list)
    async def do_counted(session, job):
        if not job.fine:
            raise ValueError("That is not fine.")


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_every_figure_is_documented_and_nothing_else_is() -> None:
    kept = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
        if family.name.startswith("throughline_") and family.name != "throughline_tried_out"
    }
    page = (Path(__file__).resolve().parents[2] / "docs" / "operators.md").read_text()
    assert set(re.findall(r"`(throughline_\w+)`", page)) == kept


async def test_only_what_is_committed_is_counted(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            metrics.count(session, TRIED, "undone")
            raise ZeroDivisionError
    async with database.transaction() as session:
        metrics.count(session, TRIED, "done", by=2)
        metrics.count(session, TRIED, "done")
        assert value("throughline_tried_out_total", what="done") == 0
    assert value("throughline_tried_out_total", what="done") == 3
    assert value("throughline_tried_out_total", what="undone") == 0


async def test_what_a_savepoint_undid_is_not_counted(database: Database) -> None:
    async with database.transaction() as session:
        metrics.count(session, TRIED, "before")
        with pytest.raises(ZeroDivisionError):
            async with session.begin_nested():
                metrics.count(session, TRIED, "outer")
                async with session.begin_nested():
                    metrics.count(session, TRIED, "inner, released, and undone with the outer")
                raise ZeroDivisionError
        async with session.begin_nested():
            metrics.count(session, TRIED, "released")
            with pytest.raises(DBAPIError):
                async with session.begin_nested():
                    metrics.count(session, TRIED, "undone by the database")
                    await session.execute(text("SELECT 1 / 0"))
        metrics.count(session, TRIED, "after")
    counted = {
        what: value("throughline_tried_out_total", what=what) for what in ("before", "released", "after")
    }
    assert counted == {"before": 1, "released": 1, "after": 1}
    for what in ("outer", "inner, released, and undone with the outer", "undone by the database"):
        assert REGISTRY.get_sample_value("throughline_tried_out_total", {"what": what}) is None


async def leased(database: Database, *jobs: Job) -> list[Lease]:
    async with database.transaction() as session:
        for job in jobs:
            await enqueue(session, job)
    async with database.transaction() as session:
        return await leases.lease(session, "default", len(jobs))


async def test_jobs_are_counted_by_tag_and_outcome(database: Database) -> None:
    def outcomes(tag: str = "test.counted") -> dict[str, float]:
        return {
            outcome: value("throughline_jobs_total", tag=tag, outcome=outcome)
            for outcome in ("done", "failed", "skipped", "lost")
        }

    nothing = cast("Resources", None)
    before = outcomes()
    fine, broken, third, fourth = await leased(
        database, Counted(True), Counted(False), Counted(True), Counted(True)
    )
    await run(database, nothing, fine)
    await run(database, nothing, fine)
    await run(database, nothing, broken)
    await run_together(database, nothing, [third, fourth])
    after = outcomes()
    assert {name: after[name] - before[name] for name in after} == {
        "done": 3, "failed": 1, "skipped": 1, "lost": 0,
    }  # fmt: skip
    assert value("throughline_job_seconds_count", tag="test.counted") >= 4
    # What nobody declared has no name of its own.
    await run(database, nothing, Lease(broken.job_id, 2, "ann@example.org"))
    assert outcomes("unknown")["failed"] >= 1
    assert outcomes("ann@example.org") == {"done": 0, "failed": 0, "skipped": 0, "lost": 0}


async def test_a_look_at_the_queues_sets_their_gauges(database: Database) -> None:
    async with database.transaction() as session:
        for due_at in (
            now() - timedelta(seconds=90),
            now() - timedelta(seconds=5),
            now() + timedelta(hours=1),
        ):
            await enqueue(session, Counted(True), due_at=due_at)
        session.add(JobRow(queue="bulk", tag="a.b", payload="{}", dead_at=now()))
    await sampling.sample(database)
    found = {
        (queue, state): value("throughline_queue_jobs", queue=queue, state=state)
        for queue in ("default", "bulk")
        for state in ("due", "later", "dead")
    }
    assert found == {
        ("default", "due"): 2, ("default", "later"): 1, ("default", "dead"): 0,
        ("bulk", "due"): 0, ("bulk", "later"): 0, ("bulk", "dead"): 1,
    }  # fmt: skip
    assert 89 < value("throughline_queue_oldest_due_seconds", queue="default") < 120
    assert value("throughline_queue_oldest_due_seconds", queue="bulk") == 0


async def test_connections_are_counted_while_their_pool_lives(database: Database) -> None:
    before = value("throughline_database_connections", state="in_use")
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        assert value("throughline_database_connections", state="in_use") == before + 1
    assert value("throughline_database_connections", state="in_use") == before
    assert value("throughline_database_connections", state="idle") >= 1


def read(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


async def test_each_process_serves_its_figures_on_a_port_of_its_own(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    base = free_port()
    chosen = settings.model_copy(update={"metrics_port": base, "smtp_port": free_port(), "port": free_port()})
    async with database.transaction() as session:
        await enqueue(session, Counted(True))  # nobody there declares it
    ports = {role: base + place for role, place in metrics.PLACES.items()}
    assert len(set(ports.values())) == 4
    with Processes(chosen, tmp_path / "log", module="core.cli") as processes:
        processes.start(*ports)
        await until_true(lambda: all(read(port) for port in ports.values()), 120)
        await until_true(
            lambda: 'throughline_jobs_total{outcome="failed",tag="unknown"}' in read(ports["worker"]), 60
        )
        await until_true(lambda: "throughline_queue_jobs{" in read(ports["relay"]), 60)
        pages = {role: read(port) for role, port in ports.items()}
    for role, page in pages.items():
        assert "process_resident_memory_bytes" in page, role
        assert "throughline_database_connections" in page, role
        assert not re.search(r"[\w.]+@[\w.]+", page), role
    assert "throughline_queue_jobs{" not in pages["web"]


async def test_without_a_port_nothing_is_served(settings: Settings) -> None:
    assert settings.metrics_port is None
    metrics.serve(settings, "web")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=1)


async def test_a_port_that_is_taken_costs_the_figures_not_the_work(settings: Settings) -> None:
    port = free_port()
    chosen = settings.model_copy(update={"metrics_port": port})
    metrics.serve(chosen, "web")
    metrics.serve(chosen, "web")
    assert "throughline_http_requests" in read(port)
