"""A site that stops finishes what it has begun; one that is killed leaves nobody behind; of two, one may go."""

import asyncio
import random
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from core.clock import now
from core.database import Database
from core.embedded.children import command_line
from core.settings import Settings
from core.staff import Role, hire
from estore import demo
from portal import visits
from portal.models import VisitRow
from tests.chaos.processes import Processes
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port

PRODUCT = "/p/dawn-blend"


class Sites:
    """Processes of `throughline web`, each on a port of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._started: list[Processes] = []

    def start(self, port: int) -> subprocess.Popen[bytes]:
        chosen = self._settings.model_copy(update={"port": port})
        processes = Processes(chosen, self._folder / "log", module="core.cli")
        processes.start("web")
        self._started.append(processes)
        return processes.running[0]

    def kill(self) -> None:
        for processes in self._started:
            processes.kill()


@pytest.fixture
async def sites(settings: Settings, database: Database, tmp_path: Path) -> AsyncIterator[Sites]:
    async with database.transaction() as session:
        await demo.load(session)
    made = Sites(settings, tmp_path)
    yield made
    made.kill()


async def until_up(port: int) -> None:
    def up() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    await until_true(up, 120)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def refuses(port: int) -> bool:
    with socket.socket() as stranger:
        return stranger.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Only Linux ends a child with its parent.")
async def test_a_site_that_is_killed_leaves_nobody_behind(sites: Sites) -> None:
    port = free_port()
    site = sites.start(port)
    await until_up(port)
    serving = children(site.pid)
    assert len(serving) == 1
    site.kill()
    site.wait()
    await until_true(lambda: not any(command_line(pid) for pid in serving), 5)
    await until_true(lambda: refuses(port), 5)


async def test_a_site_that_stops_finishes_requests_ends_streams_and_takes_no_more(
    sites: Sites, database: Database
) -> None:
    async with database.transaction() as session:
        ada = await hire(session, "ada@halden.test", "Ada Lund", [Role.AGENT], "a long enough password")
        session.add(
            VisitRow(
                token_hash=visits._hash("ada"), expires_at=now() + visits.LASTS,
                staff_id=ada.id, staff_epoch=ada.session_epoch,
            )
        )  # fmt: skip
    port = free_port()
    site = sites.start(port)
    await until_up(port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:

        async def listen() -> list[str]:
            heard = []
            cookies = {visits.COOKIE: "ada"}
            async with browser.stream("GET", "/desk/inbox/live", cookies=cookies) as answer:
                assert answer.status_code == 200
                async for line in answer.aiter_lines():
                    heard.append(line)
                    listening.set()
            return heard

        listening = asyncio.Event()
        stream = asyncio.create_task(listen())
        await asyncio.wait_for(listening.wait(), 10)
        async with database.transaction() as session:
            # The page waits for this table for as long as we hold it.
            await session.execute(text("LOCK TABLE product IN ACCESS EXCLUSIVE MODE"))
            reading = asyncio.create_task(browser.get(PRODUCT))
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not await session.scalar(waiting):
                await asyncio.sleep(0.05)
            site.send_signal(signal.SIGTERM)
            # The stream ends though the request goes on.
            heard = await asyncio.wait_for(stream, 5)
            assert "event: resume" in [line.strip() for line in heard]
            await until_true(lambda: refuses(port), 5)
            assert site.poll() is None
            assert not reading.done()
        answer = await asyncio.wait_for(reading, 10)
        assert (answer.status_code, "Dawn" in answer.text) == (200, True)
    assert await asyncio.to_thread(site.wait, 15) == 0


class Front:
    """Passes requests on as a front does: to its sites, and to the next when one takes no connection."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.under_way: Counter[int] = Counter()
        self.answers: Counter[int] = Counter()
        self.failures: list[str] = []
        self.served: Counter[int] = Counter()

    def is_done_with(self, port: int) -> bool:
        return not self.under_way[port]

    async def visit(self, over: asyncio.Event) -> None:
        """A customer who looks at a product, and puts it into the cart."""
        async with httpx.AsyncClient(timeout=30, headers={"connection": "close"}) as browser:
            while not over.is_set():
                await self._pass_on(browser, "GET", PRODUCT)
                form = {"_csrf_token": browser.cookies["csrftoken"], "slug": "dawn-blend", "sku": "DAW-250"}
                await self._pass_on(browser, "POST", "/cart/add", form)
                await asyncio.sleep(random.uniform(0.1, 0.3))  # people look before they click

    async def _pass_on(
        self, browser: httpx.AsyncClient, method: str, path: str, form: dict[str, str] | None = None
    ) -> None:
        for port in random.sample(self.ports, len(self.ports)):
            self.under_way[port] += 1
            try:
                answer = await browser.request(method, f"http://127.0.0.1:{port}{path}", data=form)
            except httpx.ConnectError:
                continue
            except httpx.HTTPError as error:
                self.failures.append(f"{method} {path}: {error!r}")
                return
            finally:
                self.under_way[port] -= 1
            self.answers[answer.status_code] += 1
            self.served[port] += 1
            return
        self.failures.append(f"{method} {path}: no site took it")


async def test_of_two_sites_each_is_restarted_and_no_request_fails(sites: Sites, tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    running = {port: sites.start(port) for port in (first, second)}
    for port in running:
        await until_up(port)
    front, over = Front([first, second]), asyncio.Event()
    visitors = [asyncio.create_task(front.visit(over)) for _ in range(4)]

    async def serve_some(port: int) -> None:
        before = front.served[port]
        async with asyncio.timeout(60):
            while front.served[port] < before + 10:
                await asyncio.sleep(0.05)

    await serve_some(first)
    for port, other in ((first, second), (second, first)):
        # What the system has accepted for a site, and the site not yet, is lost when the site stops.
        front.ports = [other]
        await until_true(partial(front.is_done_with, port), 30)
        running[port].send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running[port].wait, 15) == 0
        await serve_some(other)
        if port == first:
            running[port] = sites.start(port)
            await until_up(port)
            front.ports = [first, second]
            await serve_some(port)
    over.set()
    await asyncio.gather(*visitors)
    assert front.failures == []
    assert set(front.answers) == {200, 303}
