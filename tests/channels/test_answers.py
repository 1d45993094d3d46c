"""Answers: to whom they go, when they leave, and when they do not."""

from datetime import timedelta

import pytest

from channels import answers, outbox
from channels.models import Message
from core.errors import Conflict
from core.staff import Role, hire
from tests.channels.arriving import arrive, count, message_of
from tests.channels.letters import letter


async def test_one_automatic_answer_a_day_is_enough(session):
    message = await message_of(session, await arrive(session, letter()))
    assert await answers.may_auto_reply(session, message)
    await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=message.customer_id,
                channel="email",
                to=message.sender,
                account="support@halden.test",
                text="We have it.",
                headers={"Auto-Submitted": "auto-replied"},
            )
        ],
    )
    assert not await answers.may_auto_reply(session, message)


@pytest.fixture
async def agent(session):
    return await hire(session, "mara@halden.test", "Mara", [Role.AGENT], "long enough, surely")


async def test_a_reply_goes_to_whoever_wrote_and_is_held_for_the_undo_window(session, agent):
    message = await message_of(
        session, await arrive(session, letter(cc="bob@example.test, shop@halden.test"))
    )
    recipients = await answers.recipients_for(session, message.conversation_id, "email")
    assert (recipients.to, recipients.cc) == ("ann@example.test", ("bob@example.test",))
    reply_id = await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    reply = await session.get_one(Message, reply_id)
    assert (reply.status, reply.subject, reply.recipients, reply.author, reply.in_reply_to_id) == (
        "held",
        "Re: My kettle leaks",
        {"to": ["ann@example.test"], "cc": ["bob@example.test"]},
        "staff",
        message.id,
    )
    assert await answers.undo(session, reply_id, agent) == "Try this."
    with pytest.raises(Conflict):
        await answers.undo(session, reply_id, agent)


async def test_an_answer_goes_to_the_person_and_not_to_the_robot_that_wrote_last(session):
    message = await message_of(session, await arrive(session, letter()))
    robot = letter(
        message_id="<2@example.test>", references="<1@example.test>", Auto_Submitted="auto-replied"
    )
    later = await message_of(session, await arrive(session, robot))
    assert (later.conversation_id, later.automated) == (message.conversation_id, True)
    later.sender = "no-reply@example.test"
    await session.flush()
    recipients = await answers.recipients_for(session, message.conversation_id, "email")
    assert (recipients.to, recipients.in_reply_to_id) == ("ann@example.test", message.id)


async def test_what_came_in_cannot_hinder_or_steer_the_answer(session, agent):
    raw = letter(cc="bob@example.test, eve:@evil.test;, <a b@c>").replace(
        b"Subject: My kettle leaks", b"Subject: =?utf-8?q?leaks=0D=0ABcc:_eve@evil.test=01=E2=80=A8x?="
    )
    message = await message_of(session, await arrive(session, raw))
    reply_id = await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    reply = await session.get_one(Message, reply_id)
    assert reply.subject == "Re: leaks Bcc: eve@evil.test x"
    assert reply.recipients["to"] == ["ann@example.test"]
    assert set(reply.recipients["cc"]) <= {"bob@example.test"}


async def test_a_reply_without_a_window_leaves_at_once_and_cannot_be_undone(session, agent):
    message = await message_of(session, await arrive(session, letter()))
    reply_id = await answers.reply(
        session, message.conversation_id, agent, "Try this.", "email", 1, undo_window=timedelta(0)
    )
    assert (await session.get_one(Message, reply_id)).status == "queued"
    with pytest.raises(Conflict):
        await answers.undo(session, reply_id, agent)


async def test_a_reply_written_before_a_new_message_arrived_is_not_sent(session, agent):
    message = await message_of(session, await arrive(session, letter()))
    await arrive(session, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>"))
    with pytest.raises(Conflict, match="One new message"):
        await answers.reply(session, message.conversation_id, agent, "Try this.", "email", 1)
    assert await count(session, Message) == 2


# The real listener
