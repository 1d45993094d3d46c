from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations
from channels.models import Message
from core.clock import now
from core.settings import Settings
from customers import identities
from support import acknowledging
from support.models import Acknowledgement, TicketCycle
from support.triage import triage
from tests.support import talk


async def sent(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(Message.direction == "outbound")) or 0


async def test_a_sender_hears_once_a_day_that_a_person_will_answer(
    session: AsyncSession, settings: Settings
) -> None:
    customer_id = await talk.customer(session)
    ticket: Any = None
    for i in range(3):
        conversation = await talk.begin(session, customer_id, subject=f"Question {i}")
        await talk.say(session, conversation, "Hello")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        assert await acknowledging.acknowledge(session, ticket) is (i == 0)
    assert await sent(session) == 1
    message = await session.scalar(select(Message).where(Message.direction == "outbound"))
    assert message is not None
    assert message.headers["Auto-Submitted"] == "auto-replied"
    assert message.recipients["to"] == ["ana@example.com"]
    assert message.author == "automation"

    await session.execute(
        update(Acknowledgement).values(sent_at=Acknowledgement.sent_at - timedelta(hours=25))
    )
    assert await acknowledging.acknowledge(session, ticket) is True
    assert await sent(session) == 2


async def test_an_acknowledgement_is_no_first_response(session: AsyncSession, settings: Settings) -> None:
    conversation = await talk.begin(session, await talk.customer(session))
    await talk.say(session, conversation, "Hello")
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert await acknowledging.acknowledge(session, ticket) is True
    await triage(session, conversation.id)
    assert ticket.waiting_since is not None
    assert (await session.get_one(TicketCycle, (ticket.id, 1))).first_response_at is None


async def test_a_letter_from_an_old_mailbox_is_let_in_without_an_answer(
    session: AsyncSession, settings: Settings
) -> None:
    conversation = await talk.begin(session, await talk.customer(session))
    message = await talk.say(session, conversation, "Hello")
    message.written_at = now() - timedelta(days=400)
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert await acknowledging.acknowledge(session, ticket) is False
    assert await sent(session) == 0
    message.written_at = now() - timedelta(hours=20)
    assert await acknowledging.acknowledge(session, ticket) is True


@pytest.mark.parametrize("case", ["automated", "ours", "chat"])
async def test_machines_we_ourselves_and_chats_get_none(
    session: AsyncSession, settings: Settings, case: str
) -> None:
    channel = "chat" if case == "chat" else "email"
    conversation = await talk.begin(session, await talk.customer(session), channel=channel)
    message = await talk.say(session, conversation, "Hello", automated=case == "automated")
    if case == "ours":
        message.sender = "shop@halden.test"
        await session.flush()
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert await acknowledging.acknowledge(session, ticket) is False
    assert await sent(session) == 0


async def test_a_customer_in_whose_name_somebody_may_have_written_hears_nothing(
    session: AsyncSession, settings: Settings
) -> None:
    await identities.verify(session, identities.email("ana@example.com"), by="link")
    conversation = await talk.begin(session, await talk.customer(session))
    message = await talk.say(session, conversation, "Hello")
    message.sender = "Ana@Example.com"
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert await acknowledging.acknowledge(session, ticket) is False
    assert await sent(session) == 0
    assert await session.scalar(select(func.count()).select_from(Acknowledgement)) == 0
    message.verified = True
    assert await acknowledging.acknowledge(session, ticket) is True


async def test_a_stranger_whom_the_relay_calls_forged_hears_nothing(
    session: AsyncSession, settings: Settings
) -> None:
    conversation = await talk.begin(session, await talk.customer(session))
    message = await talk.say(session, conversation, "Hello")
    message.headers = dict(conversations.REFUTED)
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    assert await acknowledging.acknowledge(session, ticket) is False
    assert await sent(session) == 0
