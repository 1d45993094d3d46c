"""The demo company: made once, made whole, and true."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from channels.models import Message
from core.database import Database
from core.settings import Settings
from core.settings import settings as read_settings
from core.staff import Staff, find, proves
from customers.models import Customer, TimelineEntry
from estore.models import Order
from support.models import Ticket
from workers import commands, demo, seed
from workers.seeding import stories
from workers.verification import verify


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """What `core.settings.settings()` reads, as the settings of this test."""
    for name in (
        "database_url",
        "redis_url",
        "broker_url",
        "environment",
        "mail_domain",
        "twilio_account_sid",
    ):
        monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", str(getattr(settings, name)))
    for name in ("secret_key", "stripe_api_key", "stripe_webhook_secret", "twilio_auth_token"):
        monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", getattr(settings, name).get_secret_value())
    read_settings.cache_clear()
    yield
    read_settings.cache_clear()


async def load(database: Database, settings: Settings) -> list[tuple[str, int, int]]:
    return [step async for step in seed.seed(database, settings)]


async def counts(database: Database) -> dict[str, int]:
    async with database.transaction() as session:
        return {
            model.__tablename__: await session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Staff, Customer, Order, Ticket, Message, TimelineEntry)
        }


async def test_the_demo_company_is_loaded_once_and_holds_together(
    database: Database, settings: Settings
) -> None:
    steps = await load(database, settings)
    assert ("Customers", len(demo.PEOPLE), len(demo.PEOPLE)) in steps
    first = await counts(database)
    assert first["staff"] == 10
    assert first["customer"] == 40
    assert first["orders"] == sum(len(orders) for orders in demo.ORDERS.values())
    assert first["ticket"] == sum(len(asked) for asked in demo.ASKED.values())
    found = await verify(database)
    # The traits follow from jobs, which nobody has run yet.
    assert [one for one in found.differences if one.check != "traits are what the timeline says"] == []
    await load(database, settings)
    assert await counts(database) == first


async def test_the_log_ins_that_are_shown_open_the_desk(database: Database, settings: Settings) -> None:
    async for what, _done, _of in seed.seed(database, settings):
        if what != "Colleagues":
            break
    shown = json.loads(CliRunner().invoke(commands.seed, ["--show-logins"], catch_exceptions=False).stdout)
    assert [login["role"] for login in shown][:2] == ["Owner", "Agent"]
    async with database.transaction() as session:
        colleagues = [await find(session, login["email"]) for login in shown]
    assert None not in colleagues
    assert await proves(colleagues[0], shown[0]["password"])


def test_a_production_installation_is_not_filled_with_invented_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THROUGHLINE_ENVIRONMENT", "production")
    read_settings.cache_clear()
    answer = CliRunner().invoke(commands.seed, [])
    assert answer.exit_code == 1
    assert "production installation" in answer.output


async def test_verify_finds_what_was_bent(database: Database, settings: Settings) -> None:
    async for what, _done, _of in seed.seed(database, settings):
        if what == "Customers":
            break
    async with database.transaction() as session:
        for place in (1, 3):
            await stories.tell(session, settings, place, demo.PEOPLE[place])
    async with database.transaction() as session:
        for bend in (
            "UPDATE stock SET reserved = reserved + 1 WHERE reserved > 0",
            "UPDATE conversation SET last_seq = last_seq + 1",
            "UPDATE invoice SET status = 'paid' WHERE status = 'open'",
        ):
            await session.execute(text(bend))
    checks = {difference.check for difference in (await verify(database)).differences}
    assert {
        "what is reserved is the sum of what is held",
        "a conversation's messages, notes and events are numbered without gap or repeat",
        "an invoice is paid when, and only when, its money is here",
    } <= checks
