"""A domain that says not now: its mail waits, ever longer, and everybody else's goes on."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text, update

from channels import obstacles
from channels.models import DeliveryAttempt, Message, Obstacle
from core.clock import now
from core.schema import import_models
from tests.channels import relays
from tests.channels.posting import mail, make_all_due, queue, read, run_due
from workers.handlers import load
from workers.resources import Resources

BUSY = "451 4.7.1 slower, please"


@pytest.fixture
async def relay():
    async with relays.running() as relay:
        yield relay


def worker(settings, relay) -> Resources:
    import_models()
    load()
    return Resources(settings.model_copy(update={"smtp_relay_port": relay.port}), Redis())


def slow(domain: str):
    return lambda verb, words: BUSY if verb == "RCPT" and domain in words.lower() else None


async def obstacle(database, name="slow.test") -> Any:
    async with database.transaction() as session:
        return await session.scalar(select(Obstacle).where(Obstacle.name == name))


async def test_one_domain_waits_and_the_others_go_on(database, settings, customer_id, relay):
    resources = worker(settings, relay)
    relay.says = slow("slow.test")
    theirs = await queue(database, *[mail(customer_id, to=f"c{n}@Slow.test") for n in range(60)])
    others = await queue(database, *[mail(customer_id, to=f"c{n}@quick.test") for n in range(60)])
    await run_due(database, resources)
    assert len(relay.mails) == 60
    assert {(await read(database, each)).status for each in others} == {"sent"}
    waiting = [await read(database, each) for each in theirs]
    found = await obstacle(database)
    assert {each.status for each in waiting} == {"queued"}
    assert {each.reason for each in waiting} == {f"RCPT: {BUSY}"}
    assert all(each.release_at >= found.until for each in waiting)
    assert (found.tries, found.kind) == (1, "domain")
    assert found.until - now() <= timedelta(seconds=15)
    # The first batch asked; nobody else did.
    async with database.transaction() as session:
        tried = await session.scalars(
            select(DeliveryAttempt.message_id).where(DeliveryAttempt.message_id.in_(theirs))
        )
        assert len(list(tried)) <= 16
    await resources.close()


async def test_its_pauses_grow_are_kept_over_a_restart_and_shrink_once_it_takes_mail(
    database, settings, customer_id, relay, monkeypatch
):
    monkeypatch.setattr(obstacles, "FOLLOW", timedelta(minutes=5))
    relay.says = slow("slow.test")
    theirs = await queue(database, *[mail(customer_id, to=f"c{n}@slow.test") for n in range(40)])
    pauses, asked, found = [], [], None
    for _ in range(5):
        resources = worker(settings, relay)  # a new process each time
        await make_all_due(database)
        async with database.transaction() as session:
            before = len(list(await session.scalars(select(DeliveryAttempt.id))))
        await run_due(database, resources)
        await resources.close()
        found = await obstacle(database)
        pauses.append((found.until - now()).total_seconds())
        async with database.transaction() as session:
            asked.append(len(list(await session.scalars(select(DeliveryAttempt.id)))) - before)
    # What is left of them: this machine may be busy.
    assert all(each - 10 < left <= each for left, each in zip(pauses, (15, 30, 60, 120, 240), strict=True))
    assert asked == [8, 4, 4, 4, 4]
    relay.says = lambda verb, words: None
    resources = worker(settings, relay)
    tries = []
    while found is not None:
        tries.append(found.tries)
        await make_all_due(database)
        sent = len(relay.mails)
        await run_due(database, resources)
        # Not all at once on whoever has just come to.
        assert len(relay.mails) - sent == obstacles.FIRST or found.tries == 1
        found = await obstacle(database)
    assert tries == [5, 2, 1]
    await make_all_due(database)
    await run_due(database, resources)
    assert {(await read(database, each)).status for each in theirs} == {"sent"}
    assert len(relay.mails) == 40
    await resources.close()


async def test_several_workers_that_meet_it_at_once_count_it_once(database, settings, customer_id, relay):
    relay.says = slow("slow.test")
    workers = [worker(settings, relay) for _ in range(3)]
    for _ in range(6):
        await queue(database, *[mail(customer_id, to=f"c{n}@slow.test") for n in range(8)])
    await asyncio.gather(*(run_due(database, each) for each in workers))
    found = await obstacle(database)
    assert found is not None
    assert found.tries == 1
    assert found.until - now() <= timedelta(seconds=15)
    for each in workers:
        await each.close()


async def test_a_full_mailbox_keeps_nobody_else_waiting(database, settings, customer_id, relay):
    resources = worker(settings, relay)
    relay.says = lambda verb, words: "452 4.2.2 full" if verb == "RCPT" and "ann@" in words else None
    ann, bob = await queue(
        database, mail(customer_id, to="ann@slow.test"), mail(customer_id, to="bob@slow.test")
    )
    await run_due(database, resources)
    assert ((await read(database, ann)).status, (await read(database, bob)).status) == ("queued", "sent")
    assert await obstacle(database) is None
    await resources.close()


async def test_a_domain_that_took_nothing_for_five_days_is_given_up(database, settings, customer_id, relay):
    resources = worker(settings, relay)
    relay.says = slow("slow.test")
    old, new = await queue(database, *[mail(customer_id, to="ann@slow.test")] * 2)
    await run_due(database, resources)
    async with database.transaction() as session:
        await session.execute(
            update(Message).where(Message.id == old).values(created_at=now() - timedelta(days=6))
        )
        await session.execute(text("UPDATE obstacle SET since = now() - interval '6 days'"))
        await session.execute(text("UPDATE message SET release_at = now()"))
        await session.execute(text("UPDATE job SET due_at = now()"))
    await run_due(database, resources)
    given_up, waits = await read(database, old), await read(database, new)
    assert (given_up.status, given_up.reason) == ("failed", f"Given up after 5 days. RCPT: {BUSY}")
    assert waits.status == "queued"
    await resources.close()


async def test_an_obstacle_of_long_ago_counts_no_more(database, settings, customer_id, relay):
    resources = worker(settings, relay)
    relay.says = slow("slow.test")
    async with database.transaction() as session:
        long_ago = now() - timedelta(days=3)
        session.add(
            Obstacle(
                channel="email",
                kind="domain",
                name="slow.test",
                tries=9,
                since=long_ago,
                until=long_ago,
                reason="",
            )
        )
    await queue(database, mail(customer_id, to="ann@slow.test"))
    await run_due(database, resources)
    found = await obstacle(database)
    assert found is not None
    assert (found.tries, now() - found.since < timedelta(minutes=1)) == (1, True)
    await resources.close()
