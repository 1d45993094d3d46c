"""Segments: how long the guess and the exact count take, over all customers there are."""

import os
import statistics
import time

from sqlalchemy import text

from campaigns import conditions as c
from campaigns import segments
from core.database import Database
from core.schema import import_models
from tests.bench.figures import Figure, at_most
from tests.bench.site import Place
from workers.seed import seed
from workers.seeding.loading import ending

SIZES = {"full": 1_000_000, "small": 20_000}
ESTIMATE, EXACT = 300, 2000


def scale() -> str:
    return os.environ.get("SCALE", "small")


def definitions() -> dict[str, c.Condition]:
    """What marketers ask: who they are, what they bought, what they did."""
    loyal = c.AllOf(
        (c.TraitCompare("orders", "at_least", 3), c.HasConsent("email"), c.ProfileIs("country", "DE"))
    )
    return {
        "country": c.ProfileIs("country", "DE"),
        "may write": c.HasConsent("email"),
        "spend": c.TraitCompare("spend", "at_least", 20_000),
        "lapsed": c.AllOf((c.TimeCompare("last_order_at", "before", 365), c.HasConsent("email"))),
        "clicked lately": c.Happened("campaign.clicked", 1, 90),
        "ordered twice": c.Happened("order.placed", 2, None),
        "never asked": c.NeverHappened("ticket.opened"),
        "loyal": loyal,
        "loyal, silent": c.AllOf((loyal, c.Not(c.Happened("campaign.clicked", 1, 180)))),
    }


async def populate(place: Place) -> None:
    """The demo company with so many customers and their two years, unless they are there."""
    import_models()
    async for _ in seed(place.database, place.settings, SIZES[scale()], ending(None)):
        pass


async def measure(place: Place) -> list[Figure]:
    await populate(place)
    return await ask(place.database)


async def ask(database: Database) -> list[Figure]:
    """The figures over the customers that are in this database."""
    async with database.transaction() as session:
        customers, entries = (
            await session.execute(
                text("SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM timeline_entry)")
            )
        ).one()
    guesses: list[float] = []
    counts: list[float] = []
    bare: list[float] = []
    for condition in definitions().values():
        definition = c.encode(condition)
        async with database.transaction() as session:
            # The second time: what is asked often lies in memory.
            for waits, question in ((guesses, segments.estimate), (counts, segments.count)):
                await question(session, definition)
                began = time.perf_counter()
                await question(session, definition)
                waits.append((time.perf_counter() - began) * 1000)
    async with database.transaction() as session:
        for _ in range(3):
            began = time.perf_counter()
            await session.scalar(text("SELECT count(*) FROM customer WHERE merged_into_id IS NULL"))
            bare.append((time.perf_counter() - began) * 1000)
    sized = f"{customers:,} customers, {entries:,} entries"
    name = "bare count(*) of customers"
    return [
        at_most(
            f"segment estimate, slowest of {len(guesses)} ({sized})",
            max(guesses),
            "ms",
            ESTIMATE,
            min(bare),
            name,
        ),
        at_most(f"segment counted exactly, slowest ({sized})", max(counts), "ms", EXACT, min(bare), name),
        at_most("segment counted exactly, median", statistics.median(counts), "ms", EXACT, min(bare), name),
    ]
