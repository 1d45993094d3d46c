"""A broadcast reaches each of its frozen audience at most once, and every one of them is accounted for."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, outcomes, sending
from campaigns import conditions as c
from campaigns.content import render
from campaigns.figures import figures, reasons
from campaigns.figures import ledger as ledger_page
from campaigns.models import BroadcastState, RecipientState
from channels.models import Message
from core.errors import Invalid
from core.jobs import JobRow
from core.settings import Settings
from core.staff import Role, hire
from customers import consent
from customers.models import Customer, Identity, TimelineEntry
from tests.campaigns.staging import audience, deliver, draft, launch, ledger, messages, states


async def test_the_audience_is_frozen_once_and_queued_once(session: AsyncSession, settings: Settings) -> None:
    await audience(session, 3)
    broadcast = await launch(session, settings, await draft(session))

    await sending.prepare(session, broadcast.id)
    await audience(session, 2)  # who joins later is not in it
    await sending.prepare(session, broadcast.id)
    for _ in range(3):
        await sending.queue_recipients(session, settings, broadcast.id)

    assert [row.state for row in await ledger(session, broadcast)] == ["queued"] * 3
    sent = await messages(session)
    assert [row.recipients["to"] for row in sent] == [[f"ana{i}@example.test"] for i in range(3)]
    assert {(row.purpose, row.topic, row.source_kind) for row in sent} == {("marketing", "news", "broadcast")}
    first = sent[0]
    assert first.subject == "Hello Ana"
    assert "Dear Ana 0" in first.text
    assert first.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first.headers["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/u/")
    assert "https://shop.test" not in (first.html or "")
    assert "http://127.0.0.1:8000/l/" in (first.html or "")


async def test_the_parts_make_the_whole_at_every_moment(session: AsyncSession, settings: Settings) -> None:
    ids = await audience(session, 8)
    nobody = Customer(name="No address")
    twin = Customer(name="Ana 0 again")
    session.add_all([nobody, twin])
    await session.flush()
    session.add(Identity(customer_id=twin.id, kind="email", value="ana0@example.test"))
    await consent.withdraw(session, ids[7], "email", source="test")
    broadcast = await launch(session, settings, await draft(session))

    async def check() -> dict[str, int]:
        found = await figures(session, broadcast.id)
        assert found.adds_up()
        assert found.audience in (0, 10)
        return await states(session, broadcast.id)

    assert await check() == {}
    await sending.prepare(session, broadcast.id)
    assert await check() == {"pending": 8, "suppressed": 2}
    await sending.queue_recipients(session, settings, broadcast.id)
    assert await check() == {"queued": 7, "suppressed": 3}
    await deliver(session, 2)
    assert await check() == {"queued": 5, "suppressed": 3, "sent": 2}
    await deliver(session, 1, "failed", "550 no such user")
    await deliver(session, 1, "failed", "no consent")
    await deliver(session, 1, "unknown", "the connection broke")
    await deliver(session, 1, "held", "quiet hours")
    assert await check() == {"queued": 1, "suppressed": 4, "sent": 2, "failed": 1, "unknown": 1, "held": 1}
    await sending.queue_recipients(session, settings, broadcast.id)
    assert broadcast.state == BroadcastState.SENDING  # one is held, one is queued
    await deliver(session, 1)
    (held,) = [row for row in await ledger(session, broadcast) if row.state == "held"]
    await outcomes.record(session, [outcomes.Became(held.id, "sent")])
    await sending.queue_recipients(session, settings, broadcast.id)
    assert await check() == {"suppressed": 4, "sent": 4, "failed": 1, "unknown": 1}
    assert broadcast.state == BroadcastState.FINISHED
    assert set(await reasons(session, broadcast.id)) == {
        ("suppressed", "no consent", 2),
        ("suppressed", "no e-mail address", 1),
        ("suppressed", "another recipient has the same address", 1),
        ("failed", "550 no such user", 1),
        ("unknown", "the connection broke", 1),
    }
    told = await session.scalar(select(func.count()).where(TimelineEntry.kind == "campaign.sent"))
    assert told == 4


async def test_recording_twice_changes_nothing(session: AsyncSession, settings: Settings) -> None:
    await audience(session, 1)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 1)
    (row,) = await ledger(session, broadcast)

    for status in ("sent", "held", "queued", "unknown"):
        await outcomes.record(session, [outcomes.Became(row.id, status, "late")])
    assert [(each.state, each.reason) for each in await ledger(session, broadcast)] == [("sent", None)]
    assert await session.scalar(select(func.count()).where(TimelineEntry.kind == "campaign.sent")) == 1

    await outcomes.record(session, [outcomes.Became(row.id, "failed", "bounced")])
    assert [(each.state, each.reason) for each in await ledger(session, broadcast)] == [("failed", "bounced")]


async def test_consent_withdrawn_before_queueing_leaves_no_message(
    session: AsyncSession, settings: Settings
) -> None:
    ids = await audience(session, 2)
    broadcast = await launch(session, settings, await draft(session, "sms", "", "Hi, kettles are in."))
    await sending.prepare(session, broadcast.id)
    await consent.withdraw(session, ids[0], "sms", source="STOP")
    await consent.suppress(session, "sms", "+49305550001", reason="STOP", scope="marketing")  # type: ignore[arg-type]  # declared more narrowly than it takes

    await sending.queue_recipients(session, settings, broadcast.id)

    assert await messages(session) == []
    assert [(row.state, row.reason) for row in await ledger(session, broadcast)] == [
        ("suppressed", "no consent"),
        ("suppressed", "suppressed: STOP"),
    ]


async def test_a_missing_value_is_found_before_the_launch_and_named(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 2)
    session.add(Customer(name="Zoë", company="Roasters"))
    await session.flush()
    broadcast = await draft(session, body="Greetings to {{ customer.company }}")

    found = broadcasts.preflight(settings, await broadcasts.sample(session, broadcast))
    assert (found.people, found.addressed, found.checked, found.failing) == (3, 2, 3, 2)
    assert [problem.name for problem in found.problems] == ["Ana 0", "Ana 1"]
    assert "There is no customer.company." in found.problems[0].sentence

    with pytest.raises(Invalid, match="2 of 3"):
        broadcasts.refuse(found)
    assert (broadcast.state, broadcast.compiled) == (BroadcastState.DRAFT, None)
    assert (
        await session.scalar(select(func.count()).select_from(JobRow).where(JobRow.tag.like("campaigns.%")))
        == 0
    )


async def test_only_a_sample_is_put_together_beforehand_and_who_fails_later_stands_in_the_ledger(
    session: AsyncSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "SAMPLE", 2)
    ids = await audience(session, 3)
    for each in ids[:2]:
        (await session.get_one(Customer, each)).company = "Lund"
    await session.flush()
    broadcast = await draft(session, body="Greetings to {{ customer.company }}")
    found = broadcasts.preflight(settings, await broadcasts.sample(session, broadcast))
    assert (found.people, found.checked, found.failing) == (3, 2, 0)
    broadcasts.refuse(found)
    await launch(session, settings, broadcast)
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    assert [(row.state, row.reason) for row in await ledger(session, broadcast)] == [
        ("queued", None),
        ("queued", None),
        (
            "failed",
            "There is no customer.company. Write {{ customer.company | default: '…' }}, or leave them out.",
        ),
    ]


async def test_putting_messages_together_leaves_the_loop_to_others(
    session: AsyncSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audience(session, 1)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    threads = []

    def watched(*given: Any) -> Any:
        threads.append(threading.current_thread())
        return render(*given)

    monkeypatch.setattr(sending, "render", watched)
    await sending.queue_recipients(session, settings, broadcast.id)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_a_test_goes_to_a_colleague_only_and_stands_in_no_ledger(
    session: AsyncSession, settings: Settings
) -> None:
    (ana,) = await audience(session, 1)
    await hire(session, "mia@halden.test", "Mia", [Role.MARKETER], "correct horse battery")
    broadcast = await draft(session)

    with pytest.raises(Invalid):
        await broadcasts.send_test(session, settings, broadcast, "stranger@example.test", ana)
    assert await messages(session) == []

    await broadcasts.send_test(session, settings, broadcast, "mia@halden.test", ana)
    (message,) = await messages(session)
    assert message.subject == "[Test] Hello Ana"
    assert message.recipients["to"] == ["mia@halden.test"]
    assert message.source_id is None
    assert "https://shop.test/kettles" in message.text
    assert await ledger(session, broadcast) == []


async def test_an_address_nobody_can_write_to_does_not_stop_the_others(
    session: AsyncSession, settings: Settings
) -> None:
    await audience(session, 2)
    odd = Customer(name="Odd")
    session.add(odd)
    await session.flush()
    session.add(Identity(customer_id=odd.id, kind="email", value="odd\nBcc: all@example.test"))
    await consent.grant(session, odd.id, "email", source="test")
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)

    assert await states(session, broadcast.id) == {"queued": 2, "failed": 1}
    assert await session.scalar(select(func.count()).select_from(Message)) == 2


async def test_the_ledger_is_read_in_pages_and_by_state(session: AsyncSession, settings: Settings) -> None:
    await audience(session, 5)
    broadcast = await launch(session, settings, await draft(session))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 2)

    first = await ledger_page(session, broadcast.id, limit=3)
    rest = await ledger_page(session, broadcast.id, after=first[-1].id)
    assert len({row.id for row in first + rest}) == 5
    sent = await ledger_page(session, broadcast.id, states=[RecipientState.SENT])
    assert [row.state for row in sent] == ["sent", "sent"]


async def test_only_those_in_the_segment_are_frozen(session: AsyncSession, settings: Settings) -> None:
    ids = await audience(session, 3)
    chosen = c.encode(c.ProfileIs("name", "ana 1"))
    broadcast = await launch(session, settings, await draft(session, segment=chosen))
    await sending.prepare(session, broadcast.id)
    assert [row.customer_id for row in await ledger(session, broadcast)] == [ids[1]]
    assert broadcast.audience == 1
