"""The gate: nothing for the news goes out without a standing yes, nothing at all to a dead address."""

import asyncio

import pytest
from sqlalchemy import select

from customers import consent, identities, merging
from customers.consent import Recipient
from customers.models import ConsentRecord, Customer, Suppression, SuppressionScope, TimelineEntry

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


async def guest(session, *, news=True):
    """Somebody types the address at the till, and marks the box."""
    record = await identities.resolve(session, identities.email(ADDRESS), proven=False, source="store")
    if news:
        await consent.grant(session, record, "email", source="checkout", address=ADDRESS, proven=False)
    return record


async def test_a_guests_yes_is_kept_and_counts_once_the_address_is_proven(session):
    record = await guest(session)
    assert not await may(session, record)
    assert await consent.standing(session, record) == set()
    assert await identities.verify(session, identities.email(ADDRESS), by="code") == record
    assert await may(session, record)
    assert await consent.standing(session, record) == {("email", "news")}


async def test_proving_another_address_does_not_make_a_guests_yes_count(session):
    record = await guest(session)
    await identities.verify(session, identities.email("mallory@example.test"), by="code", customer_id=record)
    assert not await may(session, record)


async def test_a_guest_cannot_bring_back_who_has_left(session):
    owner = await identities.verify(session, identities.email(ADDRESS), by="link")
    await consent.grant(session, owner, "email", source="account")
    await consent.withdraw(session, owner, "email", source="unsubscribe", address=ADDRESS)
    stranger = await guest(session)
    assert stranger != owner
    assert not await may(session, stranger)
    assert await identities.verify(session, identities.email(ADDRESS), by="code") == owner
    assert await merging.survivor(session, stranger) == owner
    assert not await may(session, owner)
    assert not await may(session, stranger)


async def test_who_leaves_is_left_alone_under_every_record_until_they_come_back_themselves(session):
    owner = await identities.verify(session, identities.email(ADDRESS), by="link")
    imported = await made(session)
    await identities.claim(session, imported, identities.email(ADDRESS))
    await consent.grant(session, imported, "email", source="import", actor="staff")
    await consent.grant(session, owner, "email", source="account", topic="care")
    assert await may(session, imported)
    await consent.withdraw(session, owner, "email", source="account")
    assert not await may(session, imported)
    assert await may(session, owner, topic="care")
    assert await may(session, owner, "transactional")

    await consent.grant(session, imported, "email", source="import", actor="staff", address=ADDRESS)
    await guest(session)
    assert not await may(session, imported)
    await consent.grant(session, owner, "email", source="account")
    assert await may(session, owner)
    assert await may(session, imported)
    assert await session.scalar(select(Suppression.id)) is None


async def test_suppressing_an_address_many_times_at_once_is_one_row(database):
    async def bounce():
        async with database.transaction() as session:
            await consent.suppress(session, "email", ADDRESS, reason="bounced", scope=SuppressionScope.ALL)

    await asyncio.gather(*(bounce() for _ in range(20)))
