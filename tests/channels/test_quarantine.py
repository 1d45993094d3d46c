from typing import Any

import pytest
from sqlalchemy import func, select

from channels import quarantine
from channels.adapters.email.reading import read_mail
from channels.models import Message
from core.errors import NotFound
from core.jobs import JobRow, decode
from core.settings import settings as read_settings
from tests.channels.arriving import answer_from_us, arrive, message_of
from tests.channels.letters import letter


@pytest.fixture
async def forged(session):
    first = await message_of(session, await arrive(session, letter()))
    answer = await answer_from_us(session, first)
    return await arrive(
        session, letter(message_id="<2@evil.test>", in_reply_to=f"<{answer.rfc_message_id}>", proven=False)
    )


async def promised(session) -> Any:
    row = await session.scalar(select(JobRow).where(JobRow.key.startswith("mail:")))
    return decode(row.tag, row.payload)


async def test_quarantined_mail_is_listed_and_can_be_read(session, forged):
    [mail] = await quarantine.waiting(session)
    assert mail.id == forged.id
    parsed = await quarantine.read((await quarantine.find(session, forged.id)).raw)
    assert (parsed.sender, parsed.text) == ("ann@example.test", "It drips.")


async def test_a_replay_reads_it_again_and_changes_no_rule(session, forged):
    await quarantine.replay(session, forged.id)
    await read_mail(session, await promised(session), read_settings())
    assert forged.quarantined.startswith("Forged reply?")
    assert await session.scalar(select(func.count()).select_from(Message)) == 2


async def test_a_colleague_may_let_it_in_as_a_thread_of_its_own(session, forged):
    await quarantine.replay(session, forged.id, alone=True)
    await read_mail(session, await promised(session), read_settings())
    message = await message_of(session, forged)
    assert (message.verified, message.seq) == (False, 1)
    assert await quarantine.waiting(session) == []


async def test_a_decision_to_let_it_in_is_not_lost_to_a_replay_that_still_waits(session, forged):
    await quarantine.replay(session, forged.id)
    await quarantine.replay(session, forged.id, alone=True)
    rows = await session.scalars(select(JobRow).where(JobRow.key.startswith("mail:")).order_by(JobRow.id))
    jobs: list[Any] = [decode(row.tag, row.payload) for row in rows]
    assert [job.alone for job in jobs] == [False, True]
    for job in reversed(jobs):  # in whatever order they are taken up
        await read_mail(session, job, read_settings())
    assert (await message_of(session, forged)).seq == 1
    assert await quarantine.waiting(session) == []
    assert await session.scalar(select(func.count()).select_from(Message)) == 3


async def test_a_dismissed_mail_stays_out_with_its_reason(session, forged):
    await quarantine.dismiss(session, forged.id, "Ada")
    await session.flush()
    assert await quarantine.waiting(session) == []
    assert forged.quarantined.endswith("(dismissed by Ada)")
    for act in (quarantine.replay(session, forged.id), quarantine.dismiss(session, forged.id, "Ada")):
        with pytest.raises(NotFound):
            await act
