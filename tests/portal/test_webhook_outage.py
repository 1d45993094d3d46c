"""A program that is down for an hour, and one that is down for days, lose nothing: from the desk to its door."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy import func, select, text

from channels import calls
from channels.endpoints import Endpoint, EndpointDelivery
from core.database import Database
from core.jobs import JobRow
from core.leases import lease
from core.settings import Settings
from core.staff import Role
from customers import identities, timeline
from customers.models import TimelineEntry
from portal.desk.programs import ENDPOINTS
from tests.channels.receiver import Receiver, receiving
from tests.portal.conftest import Browser, browser, employed
from workers import runner
from workers.handlers import load
from workers.resources import Resources

KIND = "custom.machine.serviced"
# What has a moment in it, and grows older with time: the clock that decides is the database's.
AGEING = {
    "job": ["due_at", "created_at", "leased_until"],
    "endpoint": ["failing_since", "disabled_at"],
    "endpoint_delivery": ["created_at", "wanted_at"],
    "endpoint_attempt": ["at"],
}


@pytest.fixture
async def desk(app: Litestar) -> AsyncIterator[Browser]:
    async with browser(app, await employed(app, Role.ADMIN, email="owner@halden.test")) as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


class World:
    """Customers to whom things happen, workers who tell of it, and time, which passes without anybody waiting."""

    def __init__(self, database: Database, resources: Resources, customer_id: UUID) -> None:
        self.database, self.resources, self.customer_id = database, resources, customer_id
        self.titles: list[str] = []

    async def happens(self, *titles: str) -> None:
        """Something happens, and workers do what is due."""
        async with self.database.transaction() as session:
            for title in titles:
                await timeline.append_own(session, self.customer_id, KIND, {"title": title}, source_key=title)
        self.titles += titles
        await self.work()

    async def work(self) -> None:
        """Do what is due, and what follows from it at once."""
        while True:
            async with self.database.transaction() as session:
                leases = [each for queue in ("default", "calls") for each in await lease(session, queue, 500)]
            if not leases:
                return
            for each in leases:
                await runner.run(self.database, self.resources, each)

    async def passes(self, time: timedelta, at_once: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass from one due job to the next, `at_once` at least; no job is done before it is due."""
        while time:
            async with self.database.transaction() as session:
                due_in = await session.scalar(select(func.min(JobRow.due_at) - func.now()))
                step = min(time, max(due_in, at_once)) if due_in is not None else time
                for table, moments in AGEING.items():
                    older = ", ".join(f"{moment} = {moment} - cast(:step AS interval)" for moment in moments)
                    await session.execute(text(f"UPDATE {table} SET {older}"), {"step": step})
            time -= step
            await self.work()


@pytest.fixture
async def world(app: Litestar, settings: Settings, database: Database) -> AsyncIterator[World]:
    load()
    resources = Resources(settings.model_copy(update={"webhooks_to_private": True}), Redis())
    async with database.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.test"), by="link")
    world = World(database, resources, ann)
    await world.work()
    yield world
    await resources.close()


async def added(desk: Browser, database: Database, receiver: Receiver) -> tuple[UUID, str]:
    """An endpoint for the receiver, made at the desk; its id and its secret."""
    answer = await desk.submit(
        ENDPOINTS, {"name": "The accounts", "url": receiver.url, "which": "some", "own": KIND}
    )
    page = await desk.get(answer.headers["location"])
    found = re.search(r'id="issued-secret">([^<]+)<', page.text)
    assert found is not None, page.text
    async with database.transaction() as session:
        endpoint = (await session.scalars(select(Endpoint))).one()
    return endpoint.id, unescape(found[1])


def told(receiver: Receiver, secret: str) -> list[str]:
    """What the receiver took, by the id under which it came; each signature and its date are checked."""
    received = zip(receiver.calls, receiver.verified(secret), strict=True)
    by_id = {headers["webhook-id"]: event["data"]["payload"]["title"] for (headers, _), event in received}
    assert sorted(by_id) == sorted(set(receiver.taken))
    return sorted(by_id.values())


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_to_private": True})


async def test_a_consumer_that_is_down_for_an_hour_loses_nothing(
    desk: Browser, database: Database, world: World, receiver: Receiver
) -> None:
    endpoint_id, secret = await added(desk, database, receiver)
    await world.happens("before")
    await receiver.down()
    for number in range(4):
        await world.happens(f"during {number} a", f"during {number} b")
        await world.passes(timedelta(minutes=15))
    assert told(receiver, secret) == ["before"]
    here = f"{ENDPOINTS}/{endpoint_id}"
    page = (await desk.get(here)).text
    assert "Its calls fail" in page
    assert "It could not be reached: nobody took the connection." in page
    assert page.count("will be tried again") == 8

    await receiver.up()
    await world.happens("after")
    # Who waits longest asks again within the hour; nobody has to do anything.
    await world.passes(timedelta(hours=1, minutes=15))
    assert told(receiver, secret) == sorted(world.titles)
    assert len(receiver.taken) == len(set(receiver.taken)) == 10
    async with database.transaction() as session:
        deliveries = list(await session.scalars(select(EndpointDelivery)))
        assert await session.scalar(select(func.count()).select_from(JobRow)) == 0
    assert {str(each.id) for each in deliveries} == set(receiver.taken)
    assert {each.state for each in deliveries} == {"delivered"}
    # What happened first is dated first, in whatever order it came.
    events = {event["data"]["payload"]["title"]: event for event in receiver.verified(secret)}
    moments = [datetime.fromisoformat(events[title]["timestamp"]) for title in world.titles]
    assert moments == sorted(moments)
    page = (await desk.get(here)).text
    assert "Its calls fail" not in page
    assert page.count('id="delivery-') == 10
    assert "will be tried again" not in page


async def test_what_was_missed_while_it_was_disabled_is_sent_by_one_replay(
    desk: Browser, database: Database, world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "REPLAYED", 2)
    endpoint_id, secret = await added(desk, database, receiver)
    here = f"{ENDPOINTS}/{endpoint_id}"
    receiver.status = 503
    await world.happens("first")
    await world.passes(timedelta(days=2), timedelta(hours=3))
    assert "It is disabled" not in (await desk.get(here)).text
    await world.happens("second")
    await world.passes(timedelta(days=1, hours=3), timedelta(hours=3))
    page = (await desk.get(here)).text
    assert "It is disabled and not called" in page
    assert "Every call of the last three days failed." in page
    # Nobody calls it any more, though it would listen.
    receiver.status = 204
    receiver.calls.clear()
    await world.happens("third", "fourth", "fifth")
    await world.passes(timedelta(days=5))
    assert receiver.calls == []
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(JobRow)) == 0
    assert 'Not arrived (<span class="numbers">5</span>)' in (await desk.get(here)).text
    refused = await desk.submit(f"{here}/replay", {"hours": "0"})
    assert refused.status_code == 409

    assert (await desk.submit(f"{here}/enable")).status_code == 303
    await world.happens("sixth")
    assert told(receiver, secret) == ["sixth"]
    assert (await desk.submit(f"{here}/replay", {"hours": "0"})).status_code == 303
    await world.work()
    assert told(receiver, secret) == sorted(world.titles)
    assert len(receiver.taken) == len(set(receiver.taken)) == 6
    assert "Everything arrived" in (await desk.get(f"{here}?unfinished=1")).text


async def test_nothing_falls_between_being_disabled_and_enabled(
    desk: Browser, database: Database, world: World, receiver: Receiver
) -> None:
    endpoint_id, secret = await added(desk, database, receiver)
    here = f"{ENDPOINTS}/{endpoint_id}"
    await desk.submit(f"{here}/disable")
    async with database.transaction() as session:
        await timeline.append_own(session, world.customer_id, KIND, {"title": "first"}, source_key="first")
        entry = (await session.scalars(select(TimelineEntry).where(TimelineEntry.kind == KIND))).one()
        assert await calls.promise(session, [entry]) == 0
        enabling = asyncio.create_task(desk.submit(f"{here}/enable"))
        # Whoever enables it waits, so that a replay afterwards finds what was promised before.
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        async with asyncio.timeout(10):
            while not await session.scalar(waiting):
                await asyncio.sleep(0.02)
        assert not enabling.done()
    assert (await enabling).status_code == 303
    await desk.submit(f"{here}/replay", {"hours": "0"})
    await world.work()
    assert told(receiver, secret) == ["first"]
