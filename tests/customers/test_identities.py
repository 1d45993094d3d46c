"""Who is writing: claims show and merge nothing, proof does, and all of it under concurrency."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, Invalid, NotFound
from customers import identities, merging
from customers.identities import email, phone
from customers.models import Customer, Identity, IdentityKind

ANN = email("ann@example.test")


async def count(session, model) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Ann@Example.TEST ", "ann@example.test"), ("ANN+shop@example.com", "ann+shop@example.com")],
)
def test_an_address_is_kept_in_one_form(typed, kept):
    assert email(typed).value == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ann", "ann@", "@example.test", "a b@example.test", "ann@example.test\r\nBcc: eve@example.test",
     "ann@example.test, eve@example.test", "Ann <ann@example.test>", "ann@exa\x00mple.test"],
)  # fmt: skip
def test_what_no_mail_can_reach_is_refused_beside_its_field(typed):
    with pytest.raises(Invalid) as refused:
        email(typed)
    assert set(refused.value.fields) == {"email"}


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("030 555010", "DE", "+4930555010"),
        ("+49 (30) 555-010", "HU", "+4930555010"),
        ("0036 1 555 0123", "DE", "+3615550123"),
        ("(1) 555 0123", "HU", "+3615550123"),
    ],
)
def test_a_number_is_kept_as_e164(typed, country, kept):
    assert phone(typed, country).value == kept


@pytest.mark.parametrize("typed", ["", "12", "call me", "+49", "+999 123456", "1" * 400, "\x00"])
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(Invalid) as refused:
        phone(typed)
    assert set(refused.value.fields) == {"phone"}


async def test_a_stranger_becomes_a_record_with_a_claim_and_is_met_again(session):
    one = await identities.resolve(session, ANN, proven=False, name=" Ann ", source="email", locale="de")
    assert await identities.resolve(session, ANN, proven=False) == one
    customer = await session.get_one(Customer, one)
    assert (customer.name, customer.source, customer.locale) == ("Ann", "email", "de")
    assert await identities.owner(session, ANN) is None


async def test_a_from_address_alone_never_meets_the_verified_owner(session):
    ann = await identities.verify(session, ANN, by="link")
    stranger = await identities.resolve(session, ANN, proven=False)
    assert stranger != ann
    assert await identities.resolve(session, ANN, proven=False) == stranger
    assert await identities.resolve(session, ANN, proven=True) == ann


async def test_proof_makes_the_first_claimant_the_owner_and_takes_in_the_idle_others(session):
    first = await identities.resolve(session, ANN, proven=False)
    other = Customer(name="Annie", company="Lund")
    session.add(other)
    await session.flush()
    await identities.claim(session, other.id, ANN)
    assert await identities.verify(session, ANN, by="code") == first
    assert await merging.group(session, other.id) == [first, other.id]
    kept = (await session.scalars(select(Identity).where(Identity.customer_id == first))).one()
    assert (kept.verified_by, kept.verified_at is not None) == ("code", True)
    # What the owner left blank is filled in from the record that joined.
    owner = await session.get_one(Customer, first)
    assert (owner.name, owner.company) == ("Annie", "Lund")


async def test_a_record_that_has_proven_something_itself_is_never_swallowed(session):
    ben = await identities.verify(session, email("ben@example.test"), by="link")
    await identities.claim(session, ben, ANN)
    ann = await identities.verify(session, ANN, by="link", customer_id=(await _new(session)))
    assert await merging.group(session, ben) == [ben]
    assert await merging.group(session, ann) == [ann]


async def _new(session):
    customer = Customer()
    session.add(customer)
    await session.flush()
    return customer.id


async def test_nobody_can_take_over_an_address_that_another_has_proven(session):
    ann = await identities.verify(session, ANN, by="link")
    eve = await identities.verify(session, email("eve@example.test"), by="link")
    with pytest.raises(Conflict):
        await identities.verify(session, ANN, by="link", customer_id=eve)
    assert await identities.owner(session, ANN) == ann
    assert await identities.verify(session, ANN, by="link", customer_id=ann) == ann


async def test_one_person_has_several_addresses_verified_ones_first(session):
    ann = await identities.resolve(session, email("old@example.test"), proven=False)
    await identities.verify(session, ANN, by="link", customer_id=ann)
    await identities.claim(session, ann, phone("030 555010"))
    assert [one.value for one in await identities.contacts(session, ann)] == [
        "ann@example.test",
        "old@example.test",
        "+4930555010",
    ]
    assert await identities.address_for(session, ann, IdentityKind.EMAIL) == "ann@example.test"
    assert await identities.address_for(session, ann, IdentityKind.CHAT) is None


async def test_claiming_twice_is_claiming_once(session):
    ann = await identities.verify(session, ANN, by="link")
    await identities.claim(session, ann, ANN)
    assert await count(session, Identity) == 1
    assert await identities.owner(session, ANN) == ann


async def test_strangers_first_messages_at_once_make_one_record(database):
    async def write():
        async with database.transaction() as session:
            return await identities.resolve(session, ANN, proven=False, source="email")

    assert len(set(await asyncio.gather(*(write() for _ in range(20))))) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_the_same_address_proven_many_times_at_once_has_one_owner(database, known):
    if known:
        async with database.transaction() as session:
            await identities.resolve(session, ANN, proven=False)

    async def prove():
        async with database.transaction() as session:
            return await identities.verify(session, ANN, by="dkim")

    assert len(set(await asyncio.gather(*(prove() for _ in range(12))))) == 1
    async with database.transaction() as session:
        assert (await count(session, Customer), await count(session, Identity)) == (1, 1)


async def test_proven_first_mails_at_once_make_one_record(database):
    """As a channel does it: resolve the sender, then note the proof."""

    async def arrive():
        async with database.transaction() as session:
            await identities.resolve(session, ANN, proven=True, source="email")
            return await identities.verify(session, ANN, by="dkim")

    assert len(set(await asyncio.gather(*(arrive() for _ in range(12))))) == 1
    async with database.transaction() as session:
        assert await count(session, Customer) == 1


async def test_two_accounts_proving_one_address_at_once_leave_one_owner(database):
    async with database.transaction() as session:
        accounts = [
            await identities.verify(session, email(f"account{n}@example.test"), by="link") for n in range(6)
        ]

    async def prove(account):
        async with database.transaction() as session:
            return await identities.verify(session, ANN, by="link", customer_id=account)

    results = await asyncio.gather(*(prove(account) for account in accounts), return_exceptions=True)
    assert [type(result).__name__ for result in results].count("UUID") == 1
    assert {type(result).__name__ for result in results} == {"UUID", "Conflict"}


async def test_customers_are_counted_once_however_many_records_they_have(session):
    one, two = await _new(session), await _new(session)
    await merging.merge(session, one, two)
    assert await identities.count(session) == 1
    with pytest.raises(NotFound):
        await merging.survivor(session, uuid4())


async def _two_records_of_mallory(session):
    """An older record without proof speaks for the one whose address is proven: a colleague merged them so."""
    older = await _new(session)
    account = await identities.verify(session, email("mallory@example.test"), by="link")
    await merging.merge(session, account, older)
    await identities.claim(session, older, ANN)
    return older


async def test_a_person_whose_proof_stands_on_a_merged_record_is_never_swallowed(session):
    mallory = await _two_records_of_mallory(session)
    ann = await identities.verify(session, ANN, by="link", customer_id=await _new(session))
    assert await merging.group(session, ann) == [ann]
    assert ann not in await merging.group(session, mallory)
    assert await identities.owner(session, email("mallory@example.test")) == mallory


async def test_the_first_to_prove_an_address_does_not_land_in_an_account_that_only_claimed_it(session):
    mallory = await _two_records_of_mallory(session)
    writer = await identities.resolve(session, ANN, proven=False)
    ann = await identities.verify(session, ANN, by="link")
    assert ann == writer
    assert mallory not in await merging.group(session, ann)
    assert await identities.owner(session, email("mallory@example.test")) == mallory


async def test_proving_something_and_being_swallowed_at_once_never_takes_the_proof_along(database):
    """Both or neither: an account is either merged before it proves anything, or stays its own."""
    for number in range(6):
        contested = email(f"contested{number}@example.test")
        own = email(f"own{number}@example.test")
        async with database.transaction() as session:
            claimant = await identities.resolve(session, own, proven=False)
            await identities.claim(session, claimant, contested)
            owner = await _new(session)

        async def prove(contact, customer_id=None):
            async with database.transaction() as session:
                return await identities.verify(session, contact, by="link", customer_id=customer_id)

        await asyncio.gather(prove(contested, owner), prove(own))
        async with database.transaction() as session:
            assert await identities.owner(session, own) != await identities.owner(session, contested)
