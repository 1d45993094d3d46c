"""Changes are heard as soon as they are committed, and nobody relies on a connection that may miss one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from core import changes
from core.changes import Changes
from core.database import Database

ADDED = text("INSERT INTO category (id, slug, name) VALUES (:id, :slug, 'Beans')")
ENDED = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE application_name = 'throughline changes' AND datname = current_database()"
)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Changes]:
    heard = Changes(url)
    heard.start()
    try:
        yield heard
    finally:
        await heard.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def add(database: Database, slug: str) -> None:
    async with database.transaction() as session:
        await session.execute(ADDED, {"id": uuid7(), "slug": slug})


async def test_a_change_is_heard_once_it_is_committed_and_not_before(
    database: Database, database_url: str
) -> None:
    async with listening(database_url) as heard:
        told = []
        heard.tell(lambda: told.append(heard.number))
        assert not heard.sure
        await until(lambda: heard.sure)
        before = heard.number
        async with database.transaction() as session:
            await session.execute(ADDED, {"id": uuid7(), "slug": "beans"})
            await heard.settle()
            assert heard.number == before
        await heard.settle()
        assert heard.number == told[-1] == before + 1
        async with database.transaction() as session:
            await session.execute(text("UPDATE category SET name = 'Fresh beans'"))
            await session.rollback()
        await heard.settle()
        assert heard.number == before + 1


async def test_a_lost_connection_is_known_at_once_and_made_again(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAUSE", 0.05)
    async with listening(database_url) as heard:
        await until(lambda: heard.sure)
        before = heard.number
        async with database.transaction() as session:
            assert await session.scalar(ENDED) == 1
        await until(lambda: not heard.sure)
        # Whatever was known before may be wrong now.
        assert heard.number > before
        await until(lambda: heard.sure)
        before = heard.number
        await add(database, "beans")
        await heard.settle()
        assert heard.number == before + 1


async def test_where_no_notice_arrives_nothing_is_relied_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As behind a pooler that lends out its connections for single transactions.
    monkeypatch.setattr(Changes, "_hear_notice", lambda *_: None)
    monkeypatch.setattr(changes, "TRIED_EVERY", 0.1)
    monkeypatch.setattr(changes, "PAUSE", 0.01)
    async with listening(database_url) as heard:
        await until(lambda: heard.number >= 3)
        assert not heard.sure
        with pytest.raises(OSError):
            await heard.settle()


async def test_a_connection_that_has_been_silent_for_long_is_not_relied_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(database_url) as heard:
        await until(lambda: heard.sure)
        monkeypatch.setattr(changes, "SILENCE", 0.0)
        assert not heard.sure


async def test_of_the_stock_only_what_pages_tell_is_announced(database: Database, database_url: str) -> None:
    async with database.transaction() as session:
        category, product, sku = uuid7(), uuid7(), uuid7()
        await session.execute(ADDED, {"id": category, "slug": "beans"})
        await session.execute(
            text("INSERT INTO product (id, slug, name, category_id) VALUES (:id, 'dawn', 'Dawn', :category)"),
            {"id": product, "category": category},
        )
        await session.execute(
            text("INSERT INTO sku (id, product_id, code, price) VALUES (:id, :product, 'DAW', 890)"),
            {"id": sku, "product": product},
        )
        await session.execute(text("INSERT INTO stock (sku_id, on_hand) VALUES (:id, 50)"), {"id": sku})
    async with listening(database_url) as heard:
        await until(lambda: heard.sure)
        # What is left: 40, 6, 5, 4, then the same 4 with one fewer on the shelf.
        for on_hand, reserved, more in ((50, 10, 0), (50, 44, 0), (50, 45, 1), (50, 46, 1), (49, 45, 0)):
            before = heard.number
            async with database.transaction() as session:
                await session.execute(
                    text("UPDATE stock SET on_hand = :on_hand, reserved = :reserved"),
                    {"on_hand": on_hand, "reserved": reserved},
                )
            await heard.settle()
            assert heard.number == before + more, (on_hand, reserved)
