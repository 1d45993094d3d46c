"""A client that is generated from our description: it says nothing that a type checker doubts, and it works."""

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from httpx import ASGITransport
from litestar import Litestar

from core.database import Database
from estore import demo, invoices, orders
from portal import tokens
from portal.api.reference import description
from tests.campaigns import staging
from tests.chaos.processes import ROOT
from tests.estore.shopping import place
from tests.support import talk

CONFIG = """\
package_name_override: throughline_client
literal_enums: true
post_hooks: []
content_type_overrides: {application/pdf: application/octet-stream}
"""
INTEGRATOR = ROOT / "tests/portal/api/integrator.py"


async def _run(folder: Path, *command: str) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def _generated(app: Litestar, folder: Path) -> None:
    (folder / "openapi.json").write_bytes(description(app))
    (folder / "config.yml").write_text(CONFIG)
    await _run(
        folder, "openapi_python_client", "generate", "--path=openapi.json", "--config=config.yml", "--meta=none",
        "--output-path=throughline_client", "--fail-on-warning",
    )  # fmt: skip


async def test_a_typed_client_does_all_that_a_program_has_to_do(
    app: Litestar, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _generated(app, tmp_path)
    (tmp_path / "integrator.py").write_text(INTEGRATOR.read_text())
    await _run(tmp_path, "mypy", "--strict", "--cache-dir=cache", "integrator.py")
    async with database.transaction() as session:
        await demo.load(session)
        order = await place(session, "DAW-250", payment="bank_transfer")
        shown = await orders.details(session, order)
        assert shown.invoice is not None
        await invoices.finalise(session, shown.invoice.id)
        await talk.agent(session)
        await staging.audience(session, 3)
        _token, secret = await tokens.create(session, "The integrator", tokens.SCOPES)
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("throughline_client").AuthenticatedClient(
        base_url="http://127.0.0.1:8000",
        token=secret,
        httpx_args={"transport": ASGITransport(cast("Any", app))},
    )
    async with client:
        await importlib.import_module("integrator").everything(client, order.id)
