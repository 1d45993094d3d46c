"""Webhooks out when the receiver fails: tried until taken, never waited for, never into our own network."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from channels import calls, endpoints
from channels.adapters import webhook
from channels.endpoints import Endpoint
from core import clock
from core.errors import Conflict, NotFound
from core.jobs import JobRow
from core.leases import lease
from core.schema import import_models
from tests.channels.calling import SERVICED, add, attempts, count, deliveries, happen, make_due, run_due
from tests.channels.receiver import Door
from workers import runner
from workers.handlers import load
from workers.resources import Resources

PRIVATE = "Its address lies within a private network: nothing was sent."


async def test_a_receiver_that_is_down_loses_nothing(database, resources, receiver, customer_id):
    _endpoint, secret = await add(database, receiver.url)
    await receiver.down()
    keys = [f"service-{number}" for number in range(5)]
    await happen(database, customer_id, *keys)
    await run_due(database, resources)
    for _round in range(3):
        await make_due(database)
        await run_due(database, resources)
    assert receiver.calls == []
    assert {(each.state, each.tries) for each in await deliveries(database)} == {("waiting", 4)}
    assert {each.error for each in await attempts(database)} == {
        "It could not be reached: nobody took the connection."
    }
    async with database.transaction() as session:
        assert (await session.scalars(select(Endpoint))).one().failing_since is not None
    await receiver.up()
    # While it was failing it is asked one by one; then it is told everything.
    await make_due(database)
    await run_due(database, resources)
    assert sorted(said["data"]["payload"]["title"] for said in receiver.verified(secret)) == keys
    assert sorted(receiver.taken) == sorted(str(each.id) for each in await deliveries(database))
    assert {(each.state, each.tries) for each in await deliveries(database)} == {("delivered", 5)}
    async with database.transaction() as session:
        assert (await session.scalars(select(Endpoint))).one().failing_since is None
    assert await count(database, JobRow) == 0


async def test_a_failure_is_left_to_the_jobs_own_patience(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    receiver.status, receiver.answer = 500, "x" * 600
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    async with database.transaction() as session:
        job = (await session.scalars(select(JobRow).where(JobRow.tag == "channels.call_endpoint"))).one()
        waits = await session.scalar(select(JobRow.due_at > func.now()))
    assert (job.tries, job.dead_at, job.error) == (1, None, "The endpoint answered 500.")
    assert waits is True
    [attempt] = await attempts(database)
    assert (attempt.status, attempt.answer, attempt.error) == (500, "x" * 500, None)
    assert attempt.ms >= 0


async def test_a_copy_after_a_lost_record_bears_the_same_id(
    database, resources, receiver, customer_id, monkeypatch
):
    await add(database, receiver.url)
    await happen(database, customer_id, "first")
    record = calls.record

    async def lost(*_arguments):
        raise ConnectionError("The database went away.")

    monkeypatch.setattr(calls, "record", lost)
    await run_due(database, resources)
    monkeypatch.setattr(calls, "record", record)
    await make_due(database)
    await run_due(database, resources)
    first, second = receiver.calls
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]
    assert [each.state for each in await deliveries(database)] == ["delivered"]


async def test_a_redirect_is_not_followed(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    receiver.status, receiver.headers = 302, {"location": receiver.url}
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    assert len(receiver.calls) == 1
    [attempt] = await attempts(database)
    assert (attempt.status, attempt.error) == (302, "It answered with a redirect, which is not followed.")


async def test_a_hanging_receiver_is_not_waited_for(database, resources, receiver, customer_id, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.3)
    await add(database, receiver.url)
    receiver.may_answer.clear()
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    [attempt] = await attempts(database)
    assert (attempt.status, attempt.error) == (None, "It did not answer within 0.3 seconds.")


async def test_a_hanging_receiver_keeps_few_hands_busy(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    await happen(database, customer_id, *(f"service-{number}" for number in range(6)))
    async with database.transaction() as session:
        announced = await lease(session, "default", 100)
    for each in announced:
        await runner.run(database, resources, each)
    receiver.may_answer.clear()
    async with database.transaction() as session:
        leases = await lease(session, "calls", 100)
    assert len(leases) == 6
    running = [asyncio.create_task(runner.run(database, resources, each)) for each in leases]
    while sum(task.done() for task in running) < 2:
        await asyncio.sleep(0.01)
    while receiver.under_way < webhook.AT_ONCE:
        await asyncio.sleep(0.01)
    receiver.may_answer.set()
    await asyncio.gather(*running)
    assert receiver.most_under_way == webhook.AT_ONCE
    assert len(receiver.taken) == 4
    await make_due(database)
    await run_due(database, resources)
    assert len(receiver.taken) == len(set(receiver.taken)) == 6
    assert {(each.state, each.tries) for each in await deliveries(database)} == {("delivered", 1)}


async def test_of_a_long_answer_little_is_read(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    receiver.status, receiver.answer = 200, "\x00" + "y" * 10_000_000
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    [attempt] = await attempts(database)
    assert (attempt.status, attempt.answer) == (200, "\ufffd" + "y" * 499)


async def test_after_three_days_of_failure_the_endpoint_is_disabled_and_what_waits_is_kept(
    database, resources, receiver, customer_id
):
    endpoint, secret = await add(database, receiver.url)
    receiver.status = 503
    await happen(database, customer_id, "first", "second")
    await run_due(database, resources)
    with clock.at(clock.now() + calls.PATIENCE - timedelta(minutes=1)):
        await make_due(database)
        await run_due(database, resources)
    async with database.transaction() as session:
        assert (await endpoints.get(session, endpoint.id)).disabled_at is None
    with clock.at(clock.now() + calls.PATIENCE + timedelta(minutes=1)):
        await make_due(database)
        await run_due(database, resources)
    async with database.transaction() as session:
        disabled = await endpoints.get(session, endpoint.id)
        assert disabled.disabled_at is not None
        assert disabled.disabled_reason == (
            "Every call of the last three days failed. What it missed waits for a replay."
        )
    assert await count(database, JobRow) == 0
    assert {each.state for each in await deliveries(database)} == {"waiting"}
    receiver.calls.clear()
    await happen(database, customer_id, "third")
    await run_due(database, resources)
    assert receiver.calls == []
    receiver.status = 204
    async with database.transaction() as session:
        with pytest.raises(Conflict):
            await calls.replay_since(session, endpoint.id)
    async with database.transaction() as session:
        await endpoints.enable(session, endpoint.id)
        assert await calls.replay_since(session, endpoint.id) == 3
    await run_due(database, resources)
    assert len(receiver.taken) == len(set(receiver.taken)) == 3
    told = [said["data"]["payload"]["title"] for said in receiver.verified(secret)]
    assert sorted(told) == ["first", "second", "third"]


async def test_one_success_begins_the_three_days_anew(database, resources, receiver, customer_id):
    endpoint, _secret = await add(database, receiver.url)
    receiver.status = 503
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    receiver.status = 204
    await happen(database, customer_id, "second")
    await run_due(database, resources)
    receiver.status = 503
    with clock.at(clock.now() + calls.PATIENCE + timedelta(minutes=1)):
        await make_due(database)
        await run_due(database, resources)
    first, second = await deliveries(database)
    # The one that failed for so long is given up; the endpoint, which took another meanwhile, is not.
    assert (first.state, second.state) == ("failed", "delivered")
    async with database.transaction() as session:
        assert (await endpoints.get(session, endpoint.id)).disabled_at is None
    assert await count(database, JobRow) == 0


async def test_who_answers_gone_is_called_no_more(database, resources, receiver, customer_id):
    endpoint, _secret = await add(database, receiver.url)
    receiver.status = 410
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    async with database.transaction() as session:
        assert (await endpoints.get(session, endpoint.id)).disabled_reason == (
            "It answered 410: nobody listens there any more."
        )
    assert await count(database, JobRow) == 0


async def test_a_replay_sends_the_same_again_and_the_waiting_job_leaves(
    database, resources, receiver, customer_id
):
    endpoint, secret = await add(database, receiver.url)
    receiver.status = 500
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    receiver.status = 204
    [delivery] = await deliveries(database)
    async with database.transaction() as session:
        await calls.replay(session, endpoint.id, delivery.id)
    await run_due(database, resources)
    await make_due(database)
    await run_due(database, resources)
    assert receiver.taken == [str(delivery.id)]
    assert await count(database, JobRow) == 0
    async with database.transaction() as session:
        await calls.replay(session, endpoint.id, delivery.id)
    await run_due(database, resources)
    assert receiver.taken == [str(delivery.id)] * 2
    assert len({body for _headers, body in receiver.calls}) == 1
    assert len(receiver.verified(secret)) == 3


async def test_a_replay_of_another_endpoints_delivery_is_not_found(
    database, resources, receiver, customer_id
):
    await add(database, receiver.url)
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    other, _secret = await add(database, receiver.url, [SERVICED])
    [delivery] = await deliveries(database)
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await calls.replay(session, other.id, delivery.id)
    assert (await deliveries(database))[0].round == 1


async def test_a_refused_address_is_in_the_log_and_nothing_was_sent(database, settings, customer_id):
    import_models()
    load()
    strict = Resources(settings, Redis())
    async with Door() as door:
        await add(database, f"https://localhost:{door.port}/hook")
        await happen(database, customer_id, "first")
        await run_due(database, strict)
        await strict.close()
    assert door.knocks == 0
    [attempt] = await attempts(database)
    assert (attempt.status, attempt.error) == (None, PRIVATE)
