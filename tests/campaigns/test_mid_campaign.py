"""Whoever leaves while a campaign is under way gets no more of it, though their message was queued."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import workers.handlers.campaigns  # noqa: F401 - the ledger hears what delivery records
from campaigns import controls, sending, tokens, tracking
from campaigns.figures import figures
from channels import delivery
from channels.jobs import DeliverBulk
from channels.models import Message, MessageStatus, Obstacle
from core.clock import now
from core.leases import Lease
from core.settings import Settings
from customers import consent
from tests.campaigns.staging import audience, draft, launch, ledger


async def test_the_gate_is_asked_again_when_a_queued_message_is_about_to_leave(
    session: AsyncSession, settings: Settings
) -> None:
    ids = await audience(session, 4)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    rows = await ledger(session, broadcast)
    assert {row.state for row in rows} == {"queued"}

    # One clicks the way out, one is written down by a colleague, one address is suppressed.
    way_out = tokens.address(settings, "unsubscribe", tokens.Named(rows[0].id)).rpartition("/")[2]
    await tracking.unsubscribe(session, settings, way_out, source="one-click")
    await consent.withdraw(session, ids[1], "email", source="desk", actor="staff")
    await consent.suppress(session, "email", rows[2].address, reason="bounced", scope="all")  # type: ignore[arg-type]  # declared more narrowly than it takes

    queued = list(await session.scalars(select(Message.id).where(Message.status == MessageStatus.QUEUED)))
    job = DeliverBulk("email", queued)
    leaving = await delivery.claim(session, job, Lease(1, 1, "channels.deliver_bulk"), queued)

    assert [submission.to for submission in leaving] == [(rows[3].address,)]
    assert [(row.state, row.reason) for row in await ledger(session, broadcast)] == [
        ("suppressed", "no consent"),
        ("suppressed", "no consent"),
        ("suppressed", "suppressed: bounced"),
        ("queued", None),
    ]
    told = await figures(session, broadcast.id)
    assert told.adds_up()
    assert (told.suppressed, told.open, told.unsubscribed) == (3, 1, 1)


async def test_a_domain_that_wants_its_mail_later_keeps_the_others_from_nothing(
    session: AsyncSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audience(session, 5)
    monkeypatch.setattr(sending, "WINDOW", 3)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    until = now() + timedelta(minutes=5)
    session.add(
        Obstacle(
            channel="email",
            kind="domain",
            name="example.test",
            tries=1,
            since=now(),
            until=until,
            reason="451 Slow.",
        )
    )
    await sending.queue_recipients(session, settings, broadcast.id)
    queued = list(await session.scalars(select(Message.id).where(Message.status == MessageStatus.QUEUED)))
    assert len(queued) == 3
    job = DeliverBulk("email", queued)
    assert await delivery.claim(session, job, Lease(1, 1, "channels.deliver_bulk"), queued) == []
    held = [(row.state, row.reason) for row in await ledger(session, broadcast)]
    assert held.count(("held", "451 Slow.")) == 3
    # The window is open to those who come after.
    await sending.queue_recipients(session, settings, broadcast.id)
    assert [row.state for row in await ledger(session, broadcast)].count("queued") == 2

    await controls.pause(session, broadcast.id)
    stopped = select(Message.status, Message.release_at, Message.reason).distinct()
    assert [tuple(row) for row in await session.execute(stopped)] == [("held", None, controls.PAUSED)]
    await controls.resume(session, broadcast.id)
    assert {row.state for row in await ledger(session, broadcast)} == {"queued"}
    await controls.cancel(session, broadcast.id)
    assert [tuple(row) for row in await session.execute(stopped)] == [("failed", None, controls.CANCELLED)]
