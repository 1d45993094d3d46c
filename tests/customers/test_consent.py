"""The gate: nothing for the news goes out without a standing yes, nothing at all to a dead address."""

import asyncio

import pytest
from sqlalchemy import select

from customers import consent, merging
from customers.consent import Recipient
from customers.models import ConsentRecord, Customer, SuppressionScope, TimelineEntry

ADDRESS = "ann@example.test"


@pytest.fixture
async def ann(session):
    return await made(session)


async def made(session):
    customer = Customer()
    session.add(customer)
    await session.flush()
    return customer.id


async def may(session, customer_id, purpose="marketing", *, channel="email", address=ADDRESS, topic="news"):
    verdict = await consent.may_contact(session, Recipient(customer_id, channel, address), purpose, topic)
    return verdict.allowed


async def test_silence_is_a_no_to_news_and_a_yes_to_a_receipt(session, ann):
    assert not await may(session, ann)
    assert await may(session, ann, "transactional")


async def test_a_yes_counts_for_its_channel_and_topic_only(session, ann):
    await consent.grant(session, ann, "email", source="checkout", wording="Send me news.", address=ADDRESS)
    assert await may(session, ann)
    assert not await may(session, ann, channel="sms", address="+4930555010")
    assert not await may(session, ann, topic="events")


async def test_the_last_word_counts(session, ann):
    for granted in (True, False, True, False):
        say = consent.grant if granted else consent.withdraw
        await say(session, ann, "email", source="preferences")
        assert await may(session, ann) is granted


async def test_the_ledger_says_who_where_and_in_which_words(session, ann):
    await consent.grant(
        session, ann, "email", source="desk", wording="May we?", address=ADDRESS, actor="staff"
    )
    record = (await session.scalars(select(ConsentRecord))).one()
    assert (record.granted, record.source, record.wording, record.address, record.actor, record.topic) == (
        True,
        "desk",
        "May we?",
        ADDRESS,
        "staff",
        "news",
    )
    assert [entry.kind for entry in await session.scalars(select(TimelineEntry))] == ["consent.granted"]


async def test_what_one_of_two_merged_records_said_last_counts_for_both(session, ann):
    ben = await made(session)
    await consent.grant(session, ann, "email", source="checkout")
    await merging.merge(session, ann, ben)
    assert await may(session, ben)
    assert await may(session, ann)
    await consent.withdraw(session, ben, "email", source="unsubscribe")
    assert not await may(session, ann)
    await merging.unmerge(session, ann)
    assert await may(session, ann)
    assert not await may(session, ben)


async def test_a_suppressed_address_gets_no_news_whoever_agreed(session, ann):
    await consent.grant(session, ann, "email", source="checkout")
    await consent.suppress(session, "email", ADDRESS, reason="complaint", scope=SuppressionScope.MARKETING)
    verdict = await consent.may_contact(session, Recipient(ann, "email", ADDRESS), "marketing")
    assert (verdict.allowed, verdict.reason) == (False, "suppressed: complaint")
    assert await may(session, ann, "transactional")
    assert await may(session, ann, address="other@example.test")


async def test_a_dead_address_gets_nothing_until_the_suppression_is_lifted(session, ann):
    for _ in range(2):
        await consent.suppress(session, "email", ADDRESS, reason="bounced", scope=SuppressionScope.ALL)
    assert not await may(session, ann, "transactional")
    assert await may(session, ann, "transactional", channel="sms")
    await consent.lift(session, "email", ADDRESS, SuppressionScope.MARKETING)
    assert not await may(session, ann, "transactional")
    await consent.lift(session, "email", ADDRESS, SuppressionScope.ALL)
    assert await may(session, ann, "transactional")


async def test_many_are_asked_at_once_and_answered_in_order(session):
    people = [await made(session) for _ in range(30)]
    for person in people[::2]:
        await consent.grant(session, person, "email", source="checkout")
    asked = [Recipient(person, "email", f"{n}@example.test") for n, person in enumerate(people)]
    verdicts = await consent.may_contact_all(session, asked, "marketing")
    assert [verdict.allowed for verdict in verdicts] == [n % 2 == 0 for n in range(30)]
    assert {verdict.reason for verdict in verdicts if not verdict.allowed} == {"no consent"}
    assert await consent.may_contact_all(session, [], "marketing") == []


async def test_a_withdrawal_counts_from_its_commit_on(database):
    async with database.transaction() as session:
        ann = await made(session)
        await consent.grant(session, ann, "email", source="checkout")
    async with database.transaction() as open_one:
        await consent.withdraw(open_one, ann, "email", source="unsubscribe")
        async with database.transaction() as session:
            assert await may(session, ann)
    async with database.transaction() as session:
        assert not await may(session, ann)


async def test_suppressing_an_address_many_times_at_once_is_one_row(database):
    async def bounce():
        async with database.transaction() as session:
            await consent.suppress(session, "email", ADDRESS, reason="bounced", scope=SuppressionScope.ALL)

    await asyncio.gather(*(bounce() for _ in range(20)))
