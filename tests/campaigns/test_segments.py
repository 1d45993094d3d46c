"""Segments answer what a person reading the conditions would answer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import conditions as c
from campaigns import segments
from core.errors import Conflict, Invalid, TransientError
from customers import consent, identities
from tests.campaigns.population import Someone, inside, settle

WORDS = st.sampled_from(["", "Ana", "ana", "Bo", "Bo%", "a_b", "Anabel", "o'Neil", "\\"])
DAYS = st.integers(0, 6)


@st.composite
def populations(draw: st.DrawFn) -> list[Someone]:
    people = []
    for place in range(draw(st.integers(1, 6))):
        people.append(
            Someone(
                name=draw(WORDS),
                company=draw(WORDS),
                locale=draw(st.sampled_from(["en", "de"])),
                colour=draw(st.none() | WORDS),
                country=draw(st.sampled_from([None, "DE", "HU"])),
                verified=draw(st.none() | st.booleans()),
                consents=draw(st.lists(st.booleans(), max_size=3)),
                orders=draw(st.none() | st.integers(0, 3)),
                last_order=draw(st.none() | DAYS),
                happened=draw(st.lists(DAYS, max_size=3)),
                merged_into=draw(st.none() | st.integers(0, place - 1)) if place else None,
            )
        )
    return people


FIELDS = st.sampled_from(["name", "company", "locale", "attributes.colour"])
TEXT = WORDS.filter(bool)
LEAVES = st.one_of(
    st.builds(c.ProfileIs, FIELDS | st.just("country"), TEXT | st.sampled_from(["de", "HU"])),
    st.builds(c.ProfileContains, FIELDS, TEXT),
    st.builds(c.HasConsent, st.just("email")),
    st.builds(c.HasIdentity, st.just("email"), st.booleans()),
    st.builds(
        c.TraitCompare,
        st.sampled_from(["orders", "spend"]),
        st.sampled_from(["at_least", "at_most", "exactly"]),
        st.sampled_from([0, 1, 2, 100, 200]),
    ),
    st.builds(c.TimeCompare, st.just("last_order_at"), st.sampled_from(["within", "before"]), st.just(3)),
    st.builds(
        c.Happened,
        st.sampled_from(["order.placed", "ticket.opened"]),
        st.integers(1, 3),
        st.none() | st.just(3),
    ),
    st.builds(c.NeverHappened, st.just("order.placed"), st.none() | st.just(3)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(c.AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(c.AnyOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(c.Not, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=populations(), condition=CONDITIONS)
async def test_a_segment_holds_exactly_those_its_conditions_describe(
    session: AsyncSession, people: list[Someone], condition: c.Condition
) -> None:
    for one in people:
        one.id = uuid4()
    undo = await session.begin_nested()
    await settle(session, people)
    definition = c.encode(condition)

    expected = inside(people, condition)
    found = await segments.members(session, definition)
    assert {customer.id for customer in found} == expected
    assert await segments.count(session, definition) == len(expected)
    for one in people:
        if one.merged_into is None:
            why = await segments.explain(session, definition, one.id)
            assert why.holds == (one.id in expected)

    session.expunge_all()
    await undo.rollback()


async def test_members_come_in_pages_without_gaps_or_repeats(session: AsyncSession) -> None:
    people = [Someone(name=f"n{i}") for i in range(7)]
    await settle(session, people)
    everyone = c.encode(c.AllOf())

    first = await segments.members(session, everyone, limit=3)
    second = await segments.members(session, everyone, after=first[-1].id, limit=10)

    assert [one.id for one in first + second] == sorted(one.id for one in people)


async def test_a_segment_can_be_made_of_another_but_not_of_itself(session: AsyncSession) -> None:
    ana, bo = Someone(name="Ana", orders=2), Someone(name="Bo")
    await settle(session, [ana, bo])
    buyers = await segments.create(session, "Buyers", c.encode(c.TraitCompare("orders", "at_least", 1)))
    others = await segments.create(session, "Others", c.encode(c.Not(c.InSegment(buyers.id))))

    assert [one.id for one in await segments.members(session, others.definition)] == [bo.id]
    why = await segments.explain(session, others.definition, ana.id)
    assert (why.holds, why.parts[0].holds, why.parts[0].parts[0].holds) == (False, True, True)

    with pytest.raises(Invalid, match="of itself"):
        await segments.change(session, buyers.id, "Buyers", others.definition)
    with pytest.raises(Conflict, match="Others"):
        await segments.delete(session, buyers.id)


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ({"type": "everyone"}, "type"),
        ({"type": "profile_is", "field": "password", "value": "x"}, "field"),
        ({"type": "profile_is", "field": "attributes.a' OR 1=1", "value": "x"}, "field"),
        ({"type": "all", "conditions": [{"type": "trait", "trait": "x;", "compare": "exactly", "value": 1}]},
         "conditions[0].trait"),
        ({"type": "when", "trait": "created_at", "compare": "within", "days": 0}, "days"),
        ({"type": "happened", "kind": "x'; --"}, "kind"),
        ({"type": "has_consent", "channel": "email", "sql": "1"}, "definition"),
        ({}, "definition"),
        ({"type": "in_segment", "segment_id": str(uuid4())}, "definition"),
    ],
)  # fmt: skip
async def test_a_bad_definition_is_refused_at_its_place(
    session: AsyncSession, definition: dict[str, object], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await segments.create(session, "Bad", definition)
    assert list(refused.value.fields) == [place]
    assert await segments.listed(session) == []


async def test_nesting_without_end_is_refused(session: AsyncSession) -> None:
    definition: dict[str, object] = {"type": "all", "conditions": []}
    for _ in range(200):
        definition = {"type": "not", "condition": definition}
    with pytest.raises(Invalid):
        await segments.create(session, "Deep", definition)


async def test_a_question_that_takes_too_long_is_stopped_and_the_transaction_goes_on(
    session: AsyncSession,
) -> None:
    with pytest.raises(TransientError, match="too long"):
        async with segments.limited(session, timedelta(milliseconds=20)):
            await session.execute(text("SELECT pg_sleep(5)"))
    assert await session.scalar(text("SELECT 1")) == 1
    assert await session.scalar(text("SELECT current_setting('statement_timeout')")) == "0"


async def test_the_planner_estimates_without_counting(session: AsyncSession) -> None:
    estimate = await segments.estimate(session, c.encode(c.ProfileIs("name", "Ana")))
    assert estimate >= 0


async def test_a_guests_consent_is_in_the_segment_once_the_address_is_proven(session: AsyncSession) -> None:
    ana = identities.email("ana@example.test")
    guest = await identities.resolve(session, ana, proven=False)
    await consent.grant(session, guest, "email", source="checkout", address=ana.value, proven=False)
    asked = c.encode(c.HasConsent("email", "news"))
    assert (await segments.size(session, asked)).number == 0
    owner = await identities.verify(session, ana, by="code")
    assert [each.id for each in await segments.members(session, asked)] == [owner]
    await consent.withdraw(session, owner, "email", source="account")
    await consent.grant(session, owner, "email", source="checkout", address=ana.value, proven=False)
    assert (await segments.size(session, asked)).number == 0
