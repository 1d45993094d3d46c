"""The timeline: how fast it grows, one fact a transaction and a thousand at once."""

import asyncio
import json
import time
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from customers import timeline
from customers.models import Customer
from estore.happenings import OrderShipped
from tests.bench.figures import Figure
from tests.bench.site import Place

SINGLE = 2000
BULK = 50_000
TOGETHER = 1000
LANES = 8
INSERT = (
    "INSERT INTO timeline_entry (customer_id, id, kind, source_key, payload, occurred_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)


async def measure(place: Place) -> list[Figure]:
    async with place.database.transaction() as session:
        customer = Customer(name="Ann")
        session.add(customer)
        await session.flush()
        customer_id = customer.id
    await _single(place, customer_id, "w", 100)
    used = place.cpu()
    single = await _single(place, customer_id, "s", SINGLE)
    single_cpu = (place.cpu() - used) / SINGLE
    used = place.cpu()
    bulk = await _bulk(place, customer_id)
    bulk_cpu = (place.cpu() - used) / BULK
    pool = await asyncpg.create_pool(place.dsn, min_size=LANES, max_size=LANES)
    bare_single, bare_bulk = await _bare_single(pool, customer_id), await _bare_bulk(pool, customer_id)
    await pool.close()
    return [
        Figure(
            "timeline append, one a transaction",
            single,
            "1/s",
            bare_single,
            "bare asyncpg insert, 8 connections",
            cpu=single_cpu,
        ),
        Figure(
            "timeline append, 1,000 at once", bulk, "1/s", bare_bulk, "bare asyncpg executemany", cpu=bulk_cpu
        ),
    ]


def _shipped(number: int) -> OrderShipped:
    return OrderShipped(f"B-{number}", "DHL", f"{number:012}")


async def _single(place: Place, customer_id: UUID, mark: str, number: int) -> float:
    numbers = iter(range(number))

    async def lane() -> None:
        for each in numbers:
            async with place.database.transaction() as session:
                await timeline.append(session, customer_id, _shipped(each), source_key=f"{mark}:{each}")

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return number / (time.perf_counter() - began)


async def _bulk(place: Place, customer_id: UUID) -> float:
    began = time.perf_counter()
    for start in range(0, BULK, TOGETHER):
        async with place.database.transaction() as session:
            await timeline.append_many(
                session,
                [
                    timeline.Entry(customer_id, _shipped(each), source_key=f"b:{each}")
                    for each in range(start, start + TOGETHER)
                ],
            )
    return BULK / (time.perf_counter() - began)


def _row(customer_id: UUID, mark: str, number: int) -> tuple[object, ...]:
    payload = json.dumps({"number": f"B-{number}", "carrier": "DHL", "tracking": f"{number:012}"})
    return (customer_id, uuid7(), "order.shipped", f"{mark}:{number}", payload, datetime.now(UTC))


async def _bare_single(pool: asyncpg.Pool, customer_id: UUID) -> float:
    numbers = iter(range(SINGLE))

    async def lane() -> None:
        for each in numbers:
            await pool.execute(INSERT, *_row(customer_id, "bare", each))

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return SINGLE / (time.perf_counter() - began)


async def _bare_bulk(pool: asyncpg.Pool, customer_id: UUID) -> float:
    began = time.perf_counter()
    for start in range(0, BULK, TOGETHER):
        rows = [_row(customer_id, "bulk", each) for each in range(start, start + TOGETHER)]
        await pool.executemany(INSERT, rows)
    return BULK / (time.perf_counter() - began)
