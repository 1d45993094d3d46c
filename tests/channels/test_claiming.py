"""What a delivery takes up, and what it leaves: consent, due times, locks and room."""

import asyncio
from datetime import timedelta

from sqlalchemy import select, text, update

from channels import base, delivery, registry
from channels.models import Message
from core.clock import now
from core.jobs import JobRow
from customers import consent
from customers.models import SuppressionScope
from tests.channels.posting import mail, make_all_due, queue, read, run_due


async def test_a_suppressed_address_is_asked_about_just_before_sending(
    database, resources, sink, customer_id
):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await consent.suppress(
            session, "email", "ann@example.test", reason="bounced", scope=SuppressionScope.ALL
        )
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "suppressed: bounced")
    assert sink.mails == []
    assert sink.sessions == 0


async def test_marketing_without_consent_is_never_sent(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id, purpose="marketing"))
    await run_due(database, resources)
    message = await read(database, message_id)
    assert (message.status, message.reason) == ("failed", "no consent")
    assert sink.mails == []


async def test_who_opted_out_at_the_provider_gets_no_more_marketing(
    database, resources, sink, customer_id, monkeypatch
):
    async def submit(submission):
        return base.refused("Twilio: 400 21610", opted_out=True)

    monkeypatch.setattr(resources.channels.channel("email"), "submit", submit)
    [message_id] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "failed"
    async with database.transaction() as session:
        await consent.grant(session, customer_id, "email", source="checkout")
        recipient = consent.Recipient(customer_id, "email", "ann@example.test")
        verdict = await consent.may_contact(session, recipient, "marketing")
    assert verdict.reason == "suppressed: opted out at the provider"


async def test_a_second_job_leaves_alone_what_another_is_sending(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await session.execute(update(Message).values(status="sending"))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sending"
    assert sink.mails == []


async def test_what_is_due_is_told_by_the_databases_clock(
    database, resources, sink, customer_id, monkeypatch
):
    [message_id] = await queue(database, mail(customer_id, release_at=now() + timedelta(hours=2)))
    async with database.transaction() as session:
        await session.execute(text("UPDATE message SET release_at = now()"))
        await session.execute(text("UPDATE job SET due_at = now()"))
    monkeypatch.setattr(delivery, "now", lambda: now() - timedelta(minutes=5))
    assert await run_due(database, resources) == 1
    assert (await read(database, message_id)).status == "sent"


async def test_what_is_not_due_yet_is_promised_again_for_then(database, resources, sink, customer_id):
    [message_id] = await queue(database, mail(customer_id, release_at=now() + timedelta(hours=2)))
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now()"))
    assert await run_due(database, resources) == 1
    message = await read(database, message_id)
    async with database.transaction() as session:
        [row] = await session.scalars(select(JobRow))
    assert (message.status, sink.mails, row.due_at) == ("held", [], message.release_at)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"


async def test_a_message_that_another_holds_for_a_moment_is_waited_for(
    database, resources, sink, customer_id
):
    [message_id] = await queue(database, mail(customer_id))
    async with database.transaction() as session:
        await session.execute(select(Message).with_for_update())
        running = asyncio.create_task(run_due(database, resources))
        await wait_until_locked_out(database)
    assert await running == 1
    assert (await read(database, message_id)).status == "sent"


async def wait_until_locked_out(database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        async with database.transaction() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_a_job_that_finds_no_room_gives_itself_back(
    database, resources, sink, customer_id, monkeypatch
):
    monkeypatch.setattr(registry, "PATIENCE", 0.05)
    [message_id] = await queue(database, mail(customer_id))
    lane = resources.channels.lane("email", "delivery")
    async with lane.take() as most, lane.take() as more, lane.take(), lane.take(), lane.take():
        assert (most, more) == (8, 8)
        started = now()
        assert await run_due(database, resources) == 1
        assert now() - started < timedelta(seconds=1)
        assert (await read(database, message_id)).status == "queued"
        async with database.transaction() as session:
            [row] = await session.scalars(select(JobRow))
            assert timedelta() < row.due_at - now() <= timedelta(seconds=1)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"
