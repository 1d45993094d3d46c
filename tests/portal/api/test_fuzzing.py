"""The API against its own description, with every check that schemathesis has (schemathesis.toml).

Here a few cases for each operation, always the same; `make schemathesis` tries everything, for as long as it is told.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.database import Database
from core.settings import Settings
from estore import demo, invoices, orders
from portal import tokens
from tests.campaigns import staging
from tests.chaos.processes import ROOT, Processes
from tests.chaos.waiting import until_true
from tests.estore.shopping import place
from tests.journeys.town import free_port
from tests.support import talk

# Set by `make schemathesis`.
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS")
# Of each way to be asked one operation, for what is thorough and therefore long.
SOME = (
    "list_tickets", "change_ticket", "set_price", "delete_segment", "get_invoice_pdf", "steer_campaign",
)  # fmt: skip
SHORT = (
    ["--phases=examples,fuzzing,stateful", "--max-examples=2"],
    ["--phases=coverage", *(f"--include-operation-id={name}" for name in SOME)],
)


@pytest.fixture
async def served(settings: Settings, database: Database, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The site as a process of its own, with something of everything; its address and a token for all of it."""
    async with database.transaction() as session:
        await demo.load(session)
        order = await place(session, "DAW-250", quantity=2, payment="bank_transfer")
        shown = await orders.details(session, order)
        assert shown.invoice is not None
        await invoices.finalise(session, shown.invoice.id)
        await talk.agent(session, "tomas@halden.test")
        await staging.audience(session, 3)
        await staging.draft(session)
        _token, secret = await tokens.create(session, "A fuzzer", tokens.SCOPES)
    port = free_port()
    chosen = settings.model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}", "api_rate": "1000000/minute"}
    )
    with Processes(chosen, tmp_path / "log", module="core.cli") as processes:
        processes.start("web")

        def ready() -> bool:
            try:
                return httpx.get(f"{chosen.public_url}/health/live", timeout=5).status_code == 200
            except httpx.HTTPError:
                return False

        await until_true(ready, 120)
        yield chosen.public_url, secret


async def test_nothing_that_the_description_allows_or_forbids_surprises_the_api(
    served: tuple[str, str],
) -> None:
    url, secret = served
    for chosen in [[f"--max-time={SECONDS}"]] if SECONDS else SHORT:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/openapi.json", "--checks=all",
            "--generation-deterministic", "--request-timeout=60", "--no-color", "--output-sanitize=false",
            f"--header=Authorization: Bearer {secret}", *chosen,
        ]  # fmt: skip
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        print(done.stdout[-4_000:])
        assert done.returncode == 0, done.stdout[-20_000:]
