"""Traits are what the timeline adds up to, whoever derives them and however often."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.clock import now
from customers import merging, timeline, traits
from customers.models import Customer, CustomerTraits
from customers.timeline import Entry, Happening


class Paid(Happening, tag="payment.succeeded", frozen=True):
    amount: int


def entries(customer_id, start=0):
    """The kinds that traits read, as their departments declare them (only the facts that count here)."""
    at = now() - timedelta(days=10)
    return [
        (customer_id, "order.placed", {}, at),
        (customer_id, "order.placed", {}, at + timedelta(days=2)),
        (customer_id, "order.cancelled", {}, at + timedelta(days=3)),
        (customer_id, "payment.succeeded", {"amount": 5000}, at + timedelta(days=1)),
        (customer_id, "payment.succeeded", {"amount": 2500}, at + timedelta(days=2)),
        (customer_id, "payment.refunded", {"amount": 700}, at + timedelta(days=4)),
        (customer_id, "message.received", {}, at + timedelta(days=5)),
        (customer_id, "ticket.opened", {}, at + timedelta(days=5)),
        (customer_id, "campaign.sent", {}, at + timedelta(days=6)),
        (customer_id, "campaign.clicked", {}, at + timedelta(days=7)),
        (customer_id, "note.written", {}, at + timedelta(days=9)),
    ]


async def tell(session, facts):
    import msgspec
    from sqlalchemy import insert
    from uuid_utils.compat import uuid7

    from customers.models import TimelineEntry

    for customer_id, kind, payload, at in facts:
        key = msgspec.json.encode([kind, at]).decode()
        await session.execute(
            insert(TimelineEntry).values(
                customer_id=customer_id,
                id=uuid7(),
                kind=kind,
                source_key=key,
                payload=payload,
                occurred_at=at,
            )
        )


async def made(session):
    customer = Customer()
    session.add(customer)
    await session.flush()
    return customer.id


async def of(session, customer_id) -> CustomerTraits | None:
    found: CustomerTraits | None = await session.scalar(
        select(CustomerTraits)
        .where(CustomerTraits.customer_id == customer_id)
        .execution_options(populate_existing=True)
    )
    return found


async def test_traits_are_the_sums_and_the_edges_of_a_timeline(session):
    ann = await made(session)
    facts = entries(ann)
    await tell(session, facts)
    await traits.refresh(session, [ann])
    found = await of(session, ann)
    assert found is not None
    assert found.facts() == {
        "customer_id": ann,
        "orders": 1,
        "spend": 6800,
        "first_order_at": facts[0][3],
        "last_order_at": facts[1][3],
        "messages_in": 1,
        "last_message_in_at": facts[6][3],
        "tickets": 1,
        "campaigns_sent": 1,
        "campaigns_clicked": 1,
        "last_click_at": facts[9][3],
        "last_seen_at": facts[9][3],
    }
    assert await traits.differences(session) == []


async def test_a_merged_records_traits_stand_with_the_one_that_speaks_for_both(session):
    ann, ben = await made(session), await made(session)
    await tell(session, entries(ann) + entries(ben))
    await traits.refresh(session, [ann, ben])
    await merging.merge(session, ben, ann)
    assert set(await traits.differences(session)) == {ann, ben}
    await traits.refresh(session, [ben])
    both, none = await of(session, ann), await of(session, ben)
    assert both is not None
    assert (both.orders, both.spend, none) == (2, 13600, None)
    assert await traits.differences(session) == []
    await merging.unmerge(session, ben)
    await traits.refresh(session, [ann, ben])
    assert await traits.differences(session) == []


@pytest.mark.parametrize(
    "bend",
    [
        "UPDATE customer_traits SET spend = spend + 1",
        "UPDATE customer_traits SET last_seen_at = NULL",
        "DELETE FROM customer_traits",
    ],
)
async def test_a_difference_is_found_and_a_rebuild_removes_it(session, bend):
    ann = await made(session)
    await made(session)
    await tell(session, entries(ann))
    await traits.refresh(session, [ann])
    await session.execute(text(bend))
    assert await traits.differences(session) == [ann]
    assert await traits.rebuild(session) == 1
    assert await traits.differences(session) == []


async def test_refreshing_nobody_or_a_customer_without_a_story_is_harmless(session):
    await traits.refresh(session, [])
    ann = await made(session)
    await traits.refresh(session, [ann])
    assert await of(session, ann) is None


async def test_refreshes_beside_new_entries_end_at_the_sum(database):
    async with database.transaction() as session:
        ann = await made(session)

    async def pay(number):
        async with database.transaction() as session:
            await timeline.append_many(session, [Entry(ann, Paid(100), f"payment:{number}")])
        async with database.transaction() as session:
            await traits.refresh(session, [ann])

    await asyncio.gather(*(pay(number) for number in range(24)))
    async with database.transaction() as session:
        found = await of(session, ann)
        assert found is not None
        assert found.spend == 2400
        assert await traits.differences(session) == []
