"""What the processes need: time to start, memory at rest and under load."""

import asyncio
import os
import subprocess
import sys
import time

from core.launcher.up import answers_ok
from tests.bench.figures import Figure, at_most
from tests.bench.house import House
from tests.bench.load import Act, Browser, crowd
from tests.journeys.town import ROOT, free_port

OURS = ("web", "relay", "worker", "listen", "sandbox")
TOGETHER = ("web", "relay", "worker", "sandbox")
AT_REST = 400


def rest(house: House) -> list[Figure]:
    """Memory before anybody has asked for anything, and how long the start took."""
    used = house.memory()
    whole = sum(used[role] for role in TOGETHER)
    return [
        Figure("cold start: first `make run` to ready, demo company loaded", house.seconds, "s"),
        *(Figure(f"memory at rest: {role}", used[role], "MiB PSS") for role in (*OURS, "postgres", "redis")),
        at_most("memory at rest: web, relay, worker, sandbox together", whole, "MiB PSS", AT_REST),
    ]


async def busy(house: House) -> list[Figure]:
    """Memory after everything else was measured, while pages are being asked for."""
    visitors = [Browser(house.town.site) for _ in range(4)]

    def visit(visitor: Browser) -> Act:
        async def act(_: int) -> None:
            await visitor.get("/search?q=grinder")

        return act

    running = asyncio.create_task(crowd([visit(each) for each in visitors], 300))
    await asyncio.sleep(1)
    used = house.memory()
    await running
    for each in visitors:
        each.close()
    return [
        Figure(f"memory under load: {role}", used[role], "MiB PSS") for role in (*OURS, "postgres", "redis")
    ]


async def starts(house: House) -> list[Figure]:
    """From nothing to the first answer of a web process of its own, beside an empty Python."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    bare = time.perf_counter() - began
    port = free_port()
    environment = {**os.environ, **house.town.environment, "THROUGHLINE_PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "web"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers_ok(port, "/health/live"):
            await asyncio.sleep(0.02)
        took = time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()
    return [Figure("cold start: web, from nothing to its first answer", took, "s", bare, "an empty Python")]
