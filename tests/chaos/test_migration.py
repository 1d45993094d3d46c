"""A migration while people shop: it gives way, tries again, gets there, and no request fails."""

import asyncio
import random
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core import migrations
from core.database import Database
from core.settings import Settings
from customers import identities
from customers.models import TimelineEntry
from estore import demo
from portal import tokens
from tests.chaos.processes import Processes
from tests.chaos.waiting import until_true
from tests.journeys.town import free_port

# What tomorrow's version might bring, as docs/operators.md asks for it: only more, on the tables that everybody uses.
REVISIONS = {
    "9001": """
    op.execute("ALTER TABLE product ADD COLUMN tried_out text DEFAULT 'x' NOT NULL")
    op.execute("ALTER TABLE timeline_entry ADD COLUMN tried_out int")
    op.execute("CREATE TABLE tried_out (customer_id uuid REFERENCES customer (id), tried int)")
""",
    "9002": """
    op.execute("ALTER TABLE cart ADD CONSTRAINT ck_tried_out CHECK (id IS NOT NULL) NOT VALID")
""",
    "9003": """
    op.execute("ALTER TABLE cart VALIDATE CONSTRAINT ck_tried_out")
""",
    "9004": """
    indexes.build("ix_tried_out", "timeline_entry (source_key)")
""",
}
REVISION = """
from alembic import op
from core.migrations import indexes

revision = "{revision}"
down_revision = "{after}"
branch_labels = depends_on = None


def upgrade():
{body}
"""
MIGRATE = """
import pathlib, sys
from core import migrations
migrations.upgrade(sys.argv[1], pathlib.Path(sys.argv[2]), say=lambda words: print(words, flush=True))
"""


class Visitors:
    """People at the store and a program at the API, who note every answer."""

    def __init__(self, site: str, secret: str, customer_id: object) -> None:
        self.site, self.secret, self.customer_id = site, secret, customer_id
        self.over = asyncio.Event()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.failures: list[str] = []
        self.longest = 0.0
        self.appended = 0

    async def shop(self) -> None:
        async with httpx.AsyncClient(base_url=self.site, timeout=60) as browser:
            while not self.over.is_set():
                await self._ask(browser, "GET", "/p/dawn-blend")
                form = {"_csrf_token": browser.cookies["csrftoken"], "slug": "dawn-blend", "sku": "DAW-250"}
                await self._ask(browser, "POST", "/cart/add", data=form)
                await self._ask(browser, "GET", "/cart")

    async def program(self) -> None:
        headers = {"authorization": f"Bearer {self.secret}"}
        here = f"/api/v1/customers/{self.customer_id}/timeline"
        async with httpx.AsyncClient(base_url=self.site, timeout=60, headers=headers) as program:
            while not self.over.is_set():
                entry = {"kind": "custom.machine.serviced", "source_key": uuid4().hex, "title": "Serviced"}
                taken = await self._ask(program, "POST", here, json=entry)
                self.appended += taken
                await self._ask(program, "GET", here)
                await self._ask(program, "GET", "/api/v1/products")

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **body: object) -> bool:
        begun = time.monotonic()
        try:
            answer = await client.request(method, path, **body)  # type: ignore[arg-type]  # declared more narrowly
        except httpx.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return False
        self.longest = max(self.longest, time.monotonic() - begun)
        self.answers[f"{method} {path}", answer.status_code] += 1
        if answer.status_code not in {200, 201, 303}:
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        await asyncio.sleep(random.uniform(0.02, 0.1))
        return answer.is_success


async def test_a_migration_while_people_shop_fails_no_request(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        await demo.load(session)
        ann = await identities.verify(session, identities.email("ann@example.test"), by="link")
        _token, secret = await tokens.create(session, "A program", tokens.SCOPES)
    after = str(await _scalar(database, "SELECT version_num FROM alembic_version"))
    for revision, body in REVISIONS.items():
        (tmp_path / f"{revision}_tried.py").write_text(
            REVISION.format(revision=revision, after=after, body=body)
        )
        after = revision
    chosen = settings.model_copy(update={"port": free_port(), "api_rate": "100000/minute"})
    site = f"http://127.0.0.1:{chosen.port}"
    with Processes(chosen, tmp_path / "log", module="core.cli") as processes:
        processes.start("web")
        await until_true(lambda: _alive(site), 120)
        visitors = Visitors(site, secret, ann)
        crowd = [
            asyncio.create_task(visit)
            for visit in (visitors.shop(), visitors.shop(), visitors.program(), visitors.program())
        ]
        # Somebody's long transaction, a report or a forgotten psql: it has both tables, and is not done.
        holder = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""))
        held = holder.transaction()
        await held.start()
        await holder.execute("SELECT count(*) FROM product")
        await holder.execute("UPDATE timeline_entry SET id = id WHERE false")
        migrating = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", MIGRATE, settings.database_url, str(tmp_path)),
            cwd=migrations.FOLDER.parents[1], stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert migrating.stdout is not None
        for _ in range(2):
            said = await asyncio.wait_for(migrating.stdout.readline(), 60)
            assert said.startswith(b"A table is in use; trying again"), said
        assert await _scalar(database, "SELECT to_regclass('tried_out')") is None
        await held.rollback()
        await holder.close()
        assert await asyncio.wait_for(migrating.wait(), 120) == 0
        migrated = sum(visitors.answers.values())
        async with asyncio.timeout(60):
            while sum(visitors.answers.values()) < migrated + 20:
                await asyncio.sleep(0.05)
        visitors.over.set()
        await asyncio.gather(*crowd)
    assert visitors.failures == []
    assert {path.partition("?")[0].split("/")[1] for path, _ in visitors.answers} == {"p", "cart", "api"}
    assert await _scalar(database, "SELECT version_num FROM alembic_version") == "9004"
    assert await _scalar(database, "SELECT count(*) FROM product WHERE tried_out <> 'x'") == 0
    assert await _scalar(
        database, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_tried_out'::regclass"
    )
    async with database.transaction() as session:
        own = select(func.count()).where(TimelineEntry.kind == "custom.machine.serviced")
        assert await session.scalar(own) == visitors.appended > 0


async def test_who_would_lock_each_other_out_goes_on_and_the_migration_begins_again(
    database_url: str, tmp_path: Path
) -> None:
    # The visitor has what the migration will want, and wants what the migration has.
    body = """
    op.execute("ALTER TABLE product ADD COLUMN tried_out int")
    op.execute("SELECT pg_sleep(0.3)")
    op.execute("ALTER TABLE timeline_entry ADD COLUMN tried_out int")
"""
    database = Database(database_url)
    after = str(await _scalar(database, "SELECT version_num FROM alembic_version"))
    (tmp_path / "9001_tried.py").write_text(REVISION.format(revision="9001", after=after, body=body))
    refused: list[str] = []
    async with database.transaction() as session:
        await session.execute(text("SELECT count(*) FROM timeline_entry"))
        migrating = asyncio.create_task(
            asyncio.to_thread(migrations.upgrade, database_url, tmp_path, say=refused.append)
        )
        locked = (
            "SELECT true FROM pg_locks WHERE relation = 'product'::regclass AND mode = 'AccessExclusiveLock'"
        )
        while not await _scalar(database, locked):
            await asyncio.sleep(0.01)
        assert await session.scalar(text("SELECT count(*) FROM product")) == 0
    await asyncio.wait_for(migrating, 60)
    assert len(refused) == 1
    assert await _scalar(database, "SELECT version_num FROM alembic_version") == "9001"
    await database.close()


def _alive(site: str) -> bool:
    try:
        return httpx.get(f"{site}/health/live", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


async def _scalar(database: Database, statement: str) -> object:
    async with database.transaction() as session:
        return await session.scalar(text(statement))


async def test_an_index_waits_for_old_transactions_and_a_broken_one_is_built_anew(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    after = str(await _scalar(database, "SELECT version_num FROM alembic_version"))
    body = '    indexes.build("ix_tried_out", "job (tag)", unique=True)\n'
    (tmp_path / "9001_tried.py").write_text(REVISION.format(revision="9001", after=after, body=body))
    insert = "INSERT INTO job (queue, tag, payload) VALUES ('bulk', 'x', '{}')"
    async with database.transaction() as session:
        await session.execute(text(f"{insert}, ('bulk', 'x', '{{}}')"))
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_tried_out')"
    with pytest.raises(DBAPIError, match="could not create unique index"):
        await asyncio.to_thread(migrations.upgrade, database_url, tmp_path)
    assert await _scalar(database, valid) is False
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM job"))

    refused: list[str] = []
    async with database.transaction() as session:
        await session.execute(text(insert))
        migrating = asyncio.create_task(
            asyncio.to_thread(migrations.upgrade, database_url, tmp_path, say=refused.append)
        )
        # Longer than it may wait for a lock; and whoever writes goes on.
        await asyncio.sleep(2 * migrations.LOCK_TIMEOUT.total_seconds())
        async with asyncio.timeout(migrations.LOCK_TIMEOUT.total_seconds() * 4):
            async with database.transaction() as other:
                await other.execute(text(insert.replace("'x'", "'y'")))
    await asyncio.wait_for(migrating, 60)
    assert (refused, await _scalar(database, valid)) == ([], True)
    await database.close()
