"""Generated customers: the same each time, true to the last sum, and all of them or none."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.database import Database
from core.settings import Settings
from estore.demo import load as load_store
from support.demo import load as load_help
from workers.seeding import loading
from workers.seeding.conversations import RECENT, Calendar
from workers.seeding.seasons import DAY, Curve, Deal
from workers.seeding.sheets import COLUMNS
from workers.verification import verify

END = int(datetime(2026, 3, 2, 17, tzinfo=UTC).timestamp())
CUSTOMERS = 120
READERS = ("article_views", "article_vote")


async def prepare(database: Database, settings: Settings) -> None:
    """What generated customers need: colleagues and a catalogue."""
    from workers import seed

    async for what, _done, _of in seed.seed(database, settings):
        if what != "Colleagues":
            break
    async with database.transaction() as session:
        await load_store(session)
        await load_help(session)


async def generate(database: Database, settings: Settings, customers: int = CUSTOMERS) -> list[loading.Step]:
    return [step async for step in loading.load(database, settings, customers, END)]


async def digests(database: Database) -> dict[str, str]:
    async with database.transaction() as session:
        return {
            table: await session.scalar(
                text(
                    f"SELECT count(*) || ' ' || md5(string_agg(r, '|' ORDER BY r)) "
                    f"FROM (SELECT (to_jsonb(t) - 'segment_id' - 'article_id')::text AS r FROM {table} t) rows"
                )
            )
            or ""
            for table in (*COLUMNS, "broadcast", "campaign_link", "stock", "invoice_series", *READERS)
        }


async def shape(database: Database) -> list[str]:
    """Every index and constraint, as PostgreSQL says it."""
    async with database.transaction() as session:
        rows = await session.scalars(
            text("""
                SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
                UNION ALL
                SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                ORDER BY 1
            """)
        )
        return list(rows)


@pytest.fixture
async def another(servers, settings: Settings):
    """A second database, as empty as the first."""
    url = servers.create_database()
    database = Database(url)
    yield database
    await database.close()
    servers.drop_database(url)


async def test_two_runs_give_the_same_rows_and_verify_finds_nothing(
    database: Database, another: Database, settings: Settings
) -> None:
    for each in (database, another):
        await prepare(each, settings)
        steps = await generate(each, settings)
        assert steps[-1] == ("Generated customers", CUSTOMERS, CUSTOMERS)
    first = await digests(database)
    assert first == await digests(another)
    assert all(first[table] for table in (*COLUMNS, *READERS) if table != "suppression"), first
    found = await verify(database)
    assert found.differences == []
    # Again, with another number: they are there already.
    assert await generate(database, settings, 40) == []
    assert await digests(database) == first


async def test_many_are_made_by_several_processes_and_the_tables_get_everything_back(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MANY", 1)
    await prepare(database, settings)
    before = await shape(database)
    assert ("Generated customers", CUSTOMERS, CUSTOMERS) in await generate(database, settings)
    assert await shape(database) == before
    assert (await verify(database)).differences == []


async def test_a_load_that_is_broken_off_leaves_nothing(database: Database, settings: Settings) -> None:
    await prepare(database, settings)
    before = await digests(database)
    steps = loading.load(database, settings, 600, END)
    assert await anext(steps) == ("Generated customers", 500, 600)
    await steps.aclose()
    assert await digests(database) == before


def test_a_shuffle_deals_every_number_once() -> None:
    deal = Deal(1000, "any")
    assert sorted(deal.at(number) for number in range(1000)) == list(range(1000))
    assert [deal.at(number) for number in range(5)] != list(range(5))


def test_moments_follow_their_places_and_end_where_the_story_ends() -> None:
    curve = Curve(END, 730)
    moments = [curve.at(place, 5000) for place in range(5000)]
    assert moments == sorted(moments)
    assert END - 731 * DAY < moments[0] < END - 720 * DAY
    assert END - DAY < moments[-1] <= END
    assert curve.places_before(moments[100] + 1, 5000) >= 101


def test_the_inbox_of_two_thousand_customers_can_be_read() -> None:
    from random import Random

    total = 900
    calendar = Calendar(Curve(END, 730), total, END)
    moments = [calendar.at(place) for place in range(total)]
    assert moments == sorted(moments)
    fates = [calendar.fate(place, Random(place)) for place in range(total)]
    assert set(fates[: total - RECENT]) == {"solved"}
    undone = [moment for moment, fate in zip(moments, fates, strict=True) if fate != "solved"]
    assert 25 <= len(undone) <= 60
    waiting = [END - moment for moment, fate in zip(moments, fates, strict=True) if fate == "waiting"]
    assert 60 < min(waiting) < 3600
    assert DAY < max(waiting) <= 2 * DAY
