"""A broadcast is paused, cancelled, scheduled and edited, and what has not left stays accounted for."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, controls, outcomes, sending
from campaigns.figures import figures
from campaigns.models import BroadcastState
from channels.models import MessageStatus
from core.clock import now
from core.errors import Conflict, Invalid
from core.jobs import JobRow
from core.settings import Settings
from tests.campaigns.staging import audience, deliver, draft, launch, ledger, messages, states


async def test_a_pause_holds_what_has_not_left_and_resuming_releases_it(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 4)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 1)
    leaving = next(row for row in await messages(session) if row.status == "queued")
    leaving.status = MessageStatus.SENDING
    await session.flush()

    await controls.pause(session, broadcast.id)
    assert sorted(row.status for row in await messages(session)) == ["held", "held", "sending", "sent"]
    assert await states(session, broadcast.id) == {"sent": 1, "queued": 1, "held": 2}
    assert (await figures(session, broadcast.id)).adds_up()

    # The provider wants the one under way to be tried again: it waits with the others.
    leaving.status = MessageStatus.QUEUED
    await session.flush()
    assert leaving.source_id is not None
    await outcomes.record(session, [outcomes.Became(leaving.source_id, "queued", "451 later")])
    assert await states(session, broadcast.id) == {"sent": 1, "held": 3}

    await controls.resume(session, broadcast.id)
    assert sorted(row.status for row in await messages(session)) == ["queued", "queued", "queued", "sent"]
    assert await states(session, broadcast.id) == {"sent": 1, "queued": 3}
    jobs = await session.scalars(select(JobRow.payload).where(JobRow.tag == "channels.deliver_bulk"))
    assert len(list(jobs)) == 2  # the first queueing, and the release
    with pytest.raises(Conflict):
        await controls.resume(session, broadcast.id)


async def test_a_cancelled_broadcast_sends_no_more_and_still_adds_up(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 3)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 1)

    await controls.cancel(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)

    assert sorted(row.status for row in await messages(session)) == ["failed", "failed", "sent"]
    assert await states(session, broadcast.id) == {"sent": 1, "suppressed": 2}
    assert broadcast.state == BroadcastState.CANCELLED
    with pytest.raises(Conflict):
        await controls.resume(session, broadcast.id)


@pytest.mark.parametrize(
    ("before", "waits"), [(BroadcastState.SENDING, "queued"), (BroadcastState.PAUSED, "held")]
)
async def test_a_cancelling_that_is_taken_back_goes_on_where_it_stopped(
    session: AsyncSession, settings: Settings, before: str, waits: str
) -> None:
    await audience(session, 3)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 1)
    with pytest.raises(Conflict):
        await controls.uncancel(session, broadcast.id, before)
    if before == BroadcastState.PAUSED:
        await controls.pause(session, broadcast.id)
    await controls.cancel(session, broadcast.id)
    assert await states(session, broadcast.id) == {"sent": 1, "suppressed": 2}

    await controls.uncancel(session, broadcast.id, before)

    assert (broadcast.state, broadcast.finished_at) == (before, None)
    assert await states(session, broadcast.id) == {"sent": 1, waits: 2}
    assert sorted(row.status for row in await messages(session)) == sorted(["sent", waits, waits])


async def test_a_cancelling_before_the_time_or_the_audience_can_be_taken_back(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 2)
    later = now() + timedelta(days=1)
    first = await draft(session)
    planned = await broadcasts.launch(session, first.id, first.version, at=later)
    await controls.cancel(session, planned.id)
    assert (await controls.uncancel(session, planned.id, "scheduled")).state == BroadcastState.SCHEDULED
    at_once = await launch(session, settings, await draft(session, subject="Now"))
    await controls.cancel(session, at_once.id)
    assert (await controls.uncancel(session, at_once.id, "preparing")).state == BroadcastState.PREPARING
    await sending.prepare(session, at_once.id)
    assert await states(session, at_once.id) == {"pending": 2}


async def test_a_launched_broadcast_cannot_be_edited_nor_one_that_a_colleague_changed(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 1)
    broadcast = await draft(session)
    seen = broadcast.version
    await broadcasts.edit(session, broadcast.id, seen, subject="Newer")
    with pytest.raises(Conflict, match="colleague"):
        await broadcasts.edit(session, broadcast.id, seen, subject="Older")
    with pytest.raises(Conflict, match="colleague"):
        await broadcasts.launch(session, broadcast.id, seen)
    await launch(session, settings, broadcast)
    with pytest.raises(Conflict, match="launched"):
        await broadcasts.edit(session, broadcast.id, broadcast.version, body="x")
    assert broadcast.subject == "Newer"


async def test_a_scheduled_broadcast_waits_and_can_be_taken_back(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 1)
    broadcast = await draft(session)
    with pytest.raises(Invalid, match="passed"):
        await broadcasts.launch(session, broadcast.id, broadcast.version, at=now() - timedelta(1))
    at = now() + timedelta(hours=1)
    await broadcasts.launch(session, broadcast.id, broadcast.version, at=at)
    assert (
        await session.scalar(select(JobRow.due_at).where(JobRow.tag == "campaigns.prepare_broadcast")) == at
    )

    await session.execute(delete(JobRow))
    await sending.prepare(session, broadcast.id)  # too early: it is promised anew
    assert (broadcast.state, await ledger(session, broadcast)) == (BroadcastState.SCHEDULED, [])
    assert (
        await session.scalar(select(JobRow.due_at).where(JobRow.tag == "campaigns.prepare_broadcast")) == at
    )
    await broadcasts.unschedule(session, broadcast.id)
    await sending.prepare(session, broadcast.id)
    assert (broadcast.state, await ledger(session, broadcast)) == (BroadcastState.DRAFT, [])


async def test_a_scheduled_broadcast_begins_by_the_database_s_clock(
    session: AsyncSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audience(session, 1)
    broadcast = await draft(session)
    at = now() + timedelta(hours=1)
    await broadcasts.launch(session, broadcast.id, broadcast.version, at=at)
    broadcast.scheduled_at = now() - timedelta(seconds=1)
    await session.flush()
    monkeypatch.setattr(sending, "now", lambda: now() - timedelta(hours=2))  # our own clock is behind
    await sending.prepare(session, broadcast.id)
    assert (broadcast.state, broadcast.audience) == (BroadcastState.SENDING, 1)
