"""The timeline: appended once, never changed, read in order."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.clock import now
from core.jobs import JobRow
from customers import merging, timeline
from customers.models import ConsentRecord, Customer, TimelineEntry
from customers.timeline import Entry, Happening


class Brewed(Happening, tag="tests.brewed", frozen=True):
    cups: int
    bean: str = "dawn"


class Whispered(Happening, tag="tests.whispered", frozen=True):
    shared = False


@pytest.fixture
async def ann(session):
    return await made(session)


async def made(session):
    customer = Customer(name="Ann")
    session.add(customer)
    await session.flush()
    return customer.id


async def test_a_happening_stands_with_its_kind_version_subject_and_facts(session, ann):
    subject, at = ann, now() - timedelta(days=3)
    assert await timeline.append(
        session, ann, Brewed(2), source_key="brew:1", subject_id=subject, occurred_at=at
    )
    entry = (await session.scalars(select(TimelineEntry))).one()
    assert (entry.kind, entry.version, entry.subject_id, entry.payload, entry.occurred_at) == (
        "tests.brewed",
        1,
        subject,
        {"cups": 2, "bean": "dawn"},
        at,
    )
    assert ("timeline", str(ann)) in session.info["nudges"]


async def test_saying_a_thing_twice_changes_nothing_and_announces_nothing(session, ann):
    assert await timeline.append(session, ann, Brewed(2), source_key="brew:1")
    assert not await timeline.append(session, ann, Brewed(3), source_key="brew:1")
    assert (await session.scalars(select(TimelineEntry.payload))).all() == [{"cups": 2, "bean": "dawn"}]
    [job] = await session.scalars(select(JobRow))
    assert job.tag == "customers.announce"
    assert len(msgspec.json.decode(job.payload)["entries"]) == 1


async def test_the_same_key_is_another_fact_for_another_kind_or_customer(session, ann):
    ben = await made(session)
    added = await timeline.append_many(
        session,
        [
            Entry(ann, Brewed(1), "1"),
            Entry(ann, Whispered(), "1"),
            Entry(ben, Brewed(1), "1"),
            Entry(ben, Brewed(2), "1"),
        ],
    )
    assert added == 3


async def test_thousands_are_appended_at_once_and_announced_in_few_jobs(session, ann):
    entries = [Entry(ann, Brewed(n), f"brew:{n}") for n in range(1201)]
    assert await timeline.append_many(session, entries) == 1201
    assert await timeline.append_many(session, entries[:10]) == 0
    assert await session.scalar(select(func.count()).select_from(JobRow)) == 3


async def test_the_same_fact_fifty_times_at_once_is_one_entry(database):
    async with database.transaction() as session:
        ann = await made(session)

    async def say() -> bool:
        async with database.transaction() as session:
            return await timeline.append(session, ann, Brewed(1), source_key="once")

    said = await asyncio.gather(*(say() for _ in range(50)))
    assert said.count(True) == 1
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TimelineEntry)) == 1
        assert await session.scalar(select(func.count()).select_from(JobRow)) == 1


async def test_batches_in_any_order_at_once_do_not_lock_each_other_out(database):
    async with database.transaction() as session:
        customers = [await made(session) for _ in range(6)]

    async def say(turn: int) -> int:
        order = customers[turn:] + customers[:turn]
        async with database.transaction() as session:
            return await timeline.append_many(session, [Entry(one, Brewed(1), "once") for one in order])

    added = await asyncio.gather(*(say(turn % 6) for turn in range(12)))
    assert sum(added) == 6


@pytest.mark.parametrize("table", ["timeline_entry", "consent_record"])
@pytest.mark.parametrize("change", ["UPDATE {} SET customer_id = customer_id", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_what_has_happened(session, ann, table, change):
    await timeline.append(session, ann, Brewed(1), source_key="1")
    session.add(ConsentRecord(customer_id=ann, channel="email", topic="news", granted=True, source="test"))
    await session.flush()
    with pytest.raises(DBAPIError, match="is append-only"):
        async with session.begin_nested():
            await session.execute(text(change.format(table)))
    assert await session.scalar(select(func.count()).select_from(TimelineEntry)) == 1


async def test_a_history_is_read_newest_first_page_by_page_without_loss(session, ann):
    at = now()
    # Several at the very same instant: the page's edge must not swallow any.
    for n in range(25):
        await timeline.append(
            session, ann, Brewed(n), source_key=str(n), occurred_at=at - timedelta(minutes=n // 5)
        )
    seen: list[timeline.Happened] = []
    before = None
    while page := await timeline.history(session, ann, before=before, limit=7):
        seen += page
        before = (page[-1].occurred_at, page[-1].id)
    assert len({entry.id for entry in seen}) == 25
    assert [entry.occurred_at for entry in seen] == sorted((e.occurred_at for e in seen), reverse=True)


async def test_a_history_has_the_entries_of_merged_records_and_only_the_kinds_asked_for(session, ann):
    ben = await made(session)
    await timeline.append(session, ann, Brewed(1), source_key="1")
    await timeline.append(session, ben, Whispered(), source_key="2")
    assert [entry.kind for entry in await timeline.history(session, ann)] == ["tests.brewed"]
    await merging.merge(session, ben, ann)
    for one in (ann, ben):
        kinds = [entry.kind for entry in await timeline.history(session, one)]
        assert kinds == ["tests.whispered", "tests.brewed"]
    only = await timeline.history(session, ann, kinds=["tests.whispered"])
    assert [entry.kind for entry in only] == ["tests.whispered"]
    assert await timeline.history(session, ann, kinds=[]) == []


def test_customers_see_only_what_is_meant_to_be_shared():
    shared = timeline.shared_kinds()
    assert "tests.brewed" in shared
    assert "tests.whispered" not in shared
    assert shared == sorted(shared)


async def test_a_rolled_back_fact_leaves_no_entry(database):
    async with database.transaction() as session:
        ann = await made(session)
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await timeline.append(session, ann, Brewed(1), source_key="1")
            raise RuntimeError
    async with database.transaction() as session:
        assert await timeline.history(session, ann) == []
