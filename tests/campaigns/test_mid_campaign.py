"""Whoever leaves while a campaign is under way gets no more of it, though their message was queued."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import workers.handlers.campaigns  # noqa: F401  (the ledger hears what delivery records)
from campaigns import sending, tokens, tracking
from campaigns.figures import figures
from channels import delivery
from channels.jobs import DeliverBulk
from channels.models import Message, MessageStatus
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
