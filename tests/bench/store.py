"""Pages of the store, and a cart all the way to its order."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from core.database import Database
from tests.bench.figures import Figure, at_most
from tests.bench.house import House, cpu
from tests.bench.load import Act, Browser, crowd
from tests.journeys.town import ROOT, free_port

# A page that is kept takes less than a millisecond, and CPU is counted in ticks of ten.
PAGES = 1000
ORDERS = 25
VISITORS = 4
CPU_OF_A_PAGE = 2.8
SHARE = 0.5
CPU_OF_A_CHECKOUT = 22
MEMORY = "same bytes from memory"


async def measure(house: House) -> list[Figure]:
    database = Database(house.settings.database_url)
    async with database.transaction() as session:
        category = await session.scalar(
            text(
                "SELECT c.slug FROM category c JOIN product p ON p.category_id = c.id "
                "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
        )
        product, sku = (
            await session.execute(
                text(
                    "SELECT p.slug, s.code FROM product p JOIN sku s ON s.product_id = p.id AND s.active "
                    "JOIN review r ON r.product_id = p.id GROUP BY 1, 2 ORDER BY count(*) DESC, 2 LIMIT 1"
                )
            )
        ).one()
        await session.execute(text("UPDATE stock SET on_hand = on_hand + 1000"))
    await database.close()
    paths = {"listing": f"/c/{category}", "search": "/search?q=grinder", "product": f"/p/{product}"}
    figures = await _pages(house, paths)
    figures += await _filled(house, paths, str(product), str(sku))
    figures += await _checkout(house, str(product), str(sku))
    return figures


async def _pages(house: House, paths: dict[str, str]) -> list[Figure]:
    figures = []
    first = Browser(house.town.site)
    kept = {}
    for name, path in paths.items():
        answer = await first.get(path, accept_encoding="gzip")
        assert answer.status == 200, (path, answer.status)
        assert answer.header("content-encoding") == "gzip"
        kept[name] = answer.body
    first.close()
    async with served(kept) as (site, pid):
        for name, path in paths.items():
            bare = await _rate(site, f"/{name}")
            before = cpu({pid: "memory"} | _children(pid))
            bare = await _rate(site, f"/{name}")
            bare_cpu = (sum(cpu({pid: "memory"} | _children(pid)).values()) - sum(before.values())) / PAGES
            await _rate(house.town.site, path, 40)
            with house.standing_still():
                used = house.cpu()
                rate = await _rate(house.town.site, path)
                used = house.cpu() - used
            page = (used["web"] + used["postgres"]) / PAGES
            figures += [
                Figure(
                    f"store {name}", rate, "pages/s", bare, MEMORY,
                    f">= {SHARE:.0%} of it", rate >= SHARE * bare, page,
                ),
                at_most(f"store {name}, CPU", page, "ms", CPU_OF_A_PAGE, bare_cpu or None, MEMORY),
            ]  # fmt: skip
    return figures


async def _filled(house: House, paths: dict[str, str], product: str, sku: str) -> list[Figure]:
    """The same pages for those with a cart: kept, with what is theirs put in."""
    visitors = [Browser(house.town.site) for _ in range(VISITORS)]
    for each in visitors:
        await _cart(each, product, sku)
    figures = []
    for name, path in paths.items():
        acts = [
            _visit(each, each.request("GET", path, accept_encoding="gzip", accept_language="en"))
            for each in visitors
        ]
        await crowd(acts, 40)
        with house.standing_still():
            used = house.cpu()
            load = await crowd(acts, PAGES)
            used = house.cpu() - used
        page = (used["web"] + used["postgres"]) / PAGES
        figures.append(Figure(f"store {name}, with a cart", load.rate, "pages/s", cpu=page))
    for each in visitors:
        each.close()
    return figures


def _visit(visitor: Browser, request: bytes) -> Act:
    async def act(_: int) -> None:
        answer = await visitor.send(request)
        assert answer.status == 200, answer.headers

    return act


def _children(pid: int) -> dict[int, str]:
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found[int(child)] = "memory"
    return found


async def _rate(site: str, path: str, number: int = PAGES) -> float:
    visitors = [Browser(site) for _ in range(VISITORS)]
    requests = [each.request("GET", path, accept_encoding="gzip", accept_language="en") for each in visitors]
    load = await crowd([_visit(*each) for each in zip(visitors, requests, strict=True)], number)
    for each in visitors:
        each.close()
    return load.rate


@asynccontextmanager
async def served(pages: dict[str, bytes]) -> AsyncIterator[tuple[str, int]]:
    """A server of these bytes, by name; its address and process."""
    with tempfile.TemporaryDirectory(prefix="throughline-bench-pages-") as folder:
        for name, body in pages.items():
            (Path(folder) / name).write_bytes(body)
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.memory", str(port), folder],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ},
        )
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                await asyncio.sleep(0.1)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait()


async def _checkout(house: House, product: str, sku: str) -> list[Figure]:
    """Orders one after the other, of two customers at a time; workers stand still, so that only doors are counted."""
    await _order(Browser(house.town.site), product, sku, 0)
    with house.standing_still():
        used = house.cpu()
        carts = await crowd([lambda n: _cart(Browser(house.town.site), product, sku)] * 2, ORDERS)
        cart = house.cpu() - used
        used = house.cpu()
        orders = await crowd([lambda n: _order(Browser(house.town.site), product, sku, n)] * 2, ORDERS)
        whole = house.cpu() - used
    cart_cpu = (cart["web"] + cart["postgres"]) / ORDERS
    order_cpu = (whole["web"] + whole["postgres"]) / ORDERS
    return [
        Figure("cart: put in, shown", carts.rate, "carts/s", cpu=cart_cpu),
        Figure("checkout: from the cart to thanks", orders.rate, "orders/s", cpu=order_cpu - cart_cpu),
        at_most("checkout, CPU", order_cpu - cart_cpu, "ms", CPU_OF_A_CHECKOUT),
    ]


async def _cart(browser: Browser, product: str, sku: str) -> None:
    await browser.get("/health/live")  # the token that forms carry
    answer = await browser.post("/cart/add", {"sku": sku, "slug": product, "quantity": "1"})
    assert answer.status == 303, answer.body[:500]
    answer = await browser.get("/cart", accept_encoding="gzip")
    assert answer.status == 200


async def _order(browser: Browser, product: str, sku: str, number: int) -> None:
    await _cart(browser, product, sku)
    page = await browser.get("/checkout")
    total = re.search(rb'name="total" value="(\d+)"', page.body)
    answer = await browser.post(
        "/checkout",
        {
            "email": f"bench{number}@example.com",
            "name": "Ada Bench",
            "street": "Hauptstraße 1",
            "postcode": "10115",
            "city": "Berlin",
            "country": "DE",
            "shipping": "standard",
            "payment": "bank_transfer",
            "total": total[1].decode() if total else "",
        },
    )
    assert answer.status == 303, answer.body[-3000:]
    answer = await browser.get(
        re.sub(r"^https?://[^/]+", "", answer.header("location")), accept_encoding="gzip"
    )
    assert answer.status == 200, answer.headers
    browser.close()
