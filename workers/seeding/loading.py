"""Loading: generated customers into the database, all of them or none, with memory that stays as it is."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, time
from itertools import batched
from multiprocessing import get_context
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.database import Database
from core.jobs import enqueue
from core.settings import Settings
from estore import attempts
from estore.jobs import ExpireHold
from support.snoozes import Wake
from workers.seeding import campaigns, company, readers
from workers.seeding.blocks import DAYS, MANY, Made, Maker, Plan
from workers.seeding.copying import copy, dress, driver, strip
from workers.seeding.letters import LETTERS
from workers.seeding.people import LINES
from workers.seeding.seasons import DAY
from workers.seeding.sheets import COLUMNS

SEED = "halden"
PROCESSES = 2
TOGETHER = 4
CLOSING = time(18, tzinfo=ZoneInfo("Europe/Berlin"))

Step = tuple[str, int, int]


def ending(day: datetime | None) -> int:
    """The last moment of the story: closing time of a day, but nothing that is still to come."""
    present = int(now().timestamp()) // 60 * 60
    if day is None:
        return present
    return min(present, int(datetime.combine(day.date(), CLOSING).timestamp()))


async def load(database: Database, settings: Settings, customers: int, end: int) -> AsyncGenerator[Step]:
    """Make and load customers with their two years; nothing where generated ones are already.

    The same number and the same `end` (seconds since 1970) give the same rows, on tables in the same state.
    """
    names = [f"{letter.name} {year}" for letter in LETTERS for year in range(2000, 2100)]
    async with database.transaction() as session:
        # The transaction is open for minutes: a rule about idle ones must not end it while rows are made.
        await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        there = text("SELECT 1 FROM broadcast WHERE name = ANY(:names) AND state = 'finished' LIMIT 1")
        if customers < 1 or await session.scalar(there, {"names": names}):
            return
        facts = await company.read(session, settings)
        sent = campaigns.past(end, end - DAYS * DAY, SEED)
        await campaigns.keep(session, facts, sent, settings.public_url, SEED)
        await readers.keep(session, customers, end, SEED)
        plan = Plan(facts, sent, customers, end, SEED, many=customers >= MANY)
        stripped = await strip(session, list(COLUMNS)) if plan.many else None
        connection = await driver(session)
        sums = Made(0, {}, {}, [], [], {})
        made = _beside(plan) if plan.many else _here(plan)
        async for together in made:
            for table in COLUMNS:
                if rows := b"".join(one.text[table] for one in together if table in one.text):
                    await copy(connection, table, rows)
            for one in together:
                _add(sums, one)
            yield "Generated customers", sums.customers, customers
        if stripped is not None:
            async for done, of in dress(connection, stripped):
                yield "Indexes", done, of
        await _finish(session, Maker(plan), sums)
    await _settle(database)


def _add(sums: Made, one: Made) -> None:
    sums.customers += one.customers
    sums.entries += one.entries
    sums.waiting += one.waiting
    sums.asleep += one.asleep
    for whole, part in ((sums.held, one.held), (sums.audience, one.audience)):
        for key, number in part.items():
            whole[key] = whole.get(key, 0) + number


async def _here(plan: Plan) -> AsyncIterator[list[Made]]:
    maker = Maker(plan)
    for number in range(plan.blocks):
        yield [maker.make(number)]
        await asyncio.sleep(0)


_maker: Maker | None = None


def _prepare(plan: Plan) -> None:
    global _maker  # one in each process, made when it starts
    _maker = Maker(plan)


def _make(numbers: tuple[int, ...]) -> list[Made]:
    assert _maker is not None
    return [_maker.make(number) for number in numbers]


async def _beside(plan: Plan) -> AsyncIterator[list[Made]]:
    """Blocks in order, made by other processes a little ahead of us and never far ahead."""
    pool = ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=_prepare, initargs=(plan,))
    waiting: deque[Future[list[Made]]] = deque()
    try:
        for numbers in batched(range(plan.blocks), TOGETHER, strict=False):
            waiting.append(pool.submit(_make, numbers))
            if len(waiting) > PROCESSES:
                yield await asyncio.wrap_future(waiting.popleft())
        while waiting:
            yield await asyncio.wrap_future(waiting.popleft())
    finally:
        with suppress(Exception):
            pool.shutdown(cancel_futures=True)


async def _finish(session: AsyncSession, maker: Maker, sums: Made) -> None:
    """What is known only when everyone is there: counters, stock, how many each campaign reached."""
    plan = maker.plan
    facts = plan.company

    async def run(statement: str, **values: Any) -> None:
        await session.execute(text(statement), values)

    for broadcast_id, many in sums.audience.items():
        await run(
            "UPDATE broadcast SET audience = :many WHERE id = cast(:id AS uuid)", id=broadcast_id, many=many
        )
    # What is held for generated orders was bought in for them: the shelf holds as much for others as before.
    for sku_id, held in sorted(sums.held.items()):
        await run(
            "UPDATE stock SET on_hand = on_hand + :held, reserved = reserved + :held "
            "WHERE sku_id = cast(:id AS uuid)",
            id=sku_id,
            held=held,
        )
    for series, number in maker.book.last_numbers(plan.end).items():
        await run(
            "INSERT INTO invoice_series VALUES (:series, :number) "
            "ON CONFLICT (series) DO UPDATE SET last_number = excluded.last_number",
            series=series,
            number=number,
        )
    for sequence, last in (
        ("order_number", facts.orders + maker.orders),
        ("ticket_number_seq", facts.tickets + maker.talks),
        ("consent_record_id_seq", facts.consents + plan.customers * LINES),
    ):
        if last:
            await run("SELECT setval(cast(:sequence AS regclass), :last)", sequence=sequence, last=last)
    for order_id, until in sums.waiting:
        due = datetime.fromtimestamp(until, UTC)
        order = UUID(order_id)
        await enqueue(session, ExpireHold(order), due_at=due, key=attempts.expiry_key(order))
    for ticket_id, until in sums.asleep:
        await enqueue(session, Wake(UUID(ticket_id)), due_at=datetime.fromtimestamp(until, UTC))


async def _settle(database: Database) -> None:
    """Let the planner know what is there now, rather than when autovacuum comes round.

    Until a table is vacuumed, nothing is read from its indexes alone: counts take five times as long.
    """
    async with database.statements() as session:
        for table in (*COLUMNS, "broadcast"):
            await session.execute(text(f"VACUUM (ANALYZE) {table}"))
