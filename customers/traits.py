"""Traits: what a customer's timeline adds up to. Derived by workers, rebuildable from the facts alone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.jobs import Job


class RefreshTraits(Job, tag="customers.refresh_traits", frozen=True):
    customer_ids: list[UUID]


# The record that speaks for a group carries the traits of the whole group; the others carry none.
DERIVED = """
WITH RECURSIVE wanted AS ({wanted}), tree AS (
    SELECT id, id AS root FROM customer WHERE id IN (SELECT id FROM wanted) AND merged_into_id IS NULL
    UNION ALL SELECT c.id, tree.root FROM customer c JOIN tree ON c.merged_into_id = tree.id
)
SELECT tree.root AS customer_id,
    count(*) FILTER (WHERE e.kind = 'order.placed')
        - count(*) FILTER (WHERE e.kind = 'order.cancelled') AS orders,
    coalesce(sum((e.payload->>'amount')::bigint) FILTER (WHERE e.kind = 'payment.succeeded'), 0)
        - coalesce(sum((e.payload->>'amount')::bigint) FILTER (WHERE e.kind = 'payment.refunded'), 0) AS spend,
    min(e.occurred_at) FILTER (WHERE e.kind = 'order.placed') AS first_order_at,
    max(e.occurred_at) FILTER (WHERE e.kind = 'order.placed') AS last_order_at,
    count(*) FILTER (WHERE e.kind = 'message.received') AS messages_in,
    max(e.occurred_at) FILTER (WHERE e.kind = 'message.received') AS last_message_in_at,
    count(*) FILTER (WHERE e.kind = 'ticket.opened') AS tickets,
    count(*) FILTER (WHERE e.kind = 'campaign.sent') AS campaigns_sent,
    count(*) FILTER (WHERE e.kind = 'campaign.clicked') AS campaigns_clicked,
    max(e.occurred_at) FILTER (WHERE e.kind = 'campaign.clicked') AS last_click_at,
    max(e.occurred_at) FILTER (WHERE e.kind IN
        ('order.placed', 'message.received', 'campaign.clicked', 'payment.succeeded', 'customer.signed_in')
    ) AS last_seen_at
FROM tree JOIN timeline_entry e ON e.customer_id = tree.id
GROUP BY tree.root
"""
COLUMNS = (
    "customer_id, orders, spend, first_order_at, last_order_at, messages_in, last_message_in_at, tickets, "
    "campaigns_sent, campaigns_clicked, last_click_at, last_seen_at"
)
SOME = "SELECT unnest(cast(:ids AS uuid[])) AS id"
ALL = "SELECT id FROM customer"


async def refresh(session: AsyncSession, customer_ids: Sequence[UUID]) -> None:
    """Derive the traits of these customers anew from their timelines."""
    roots = text("""
        WITH RECURSIVE up AS (
            SELECT id, merged_into_id FROM customer WHERE id = ANY(cast(:ids AS uuid[]))
            UNION SELECT c.id, c.merged_into_id FROM customer c JOIN up ON c.id = up.merged_into_id
        ) SELECT id FROM up ORDER BY id
    """)
    ids = list(await session.scalars(roots, {"ids": list(customer_ids)}))
    # Whoever derives the same traits at the same time waits, so that the later reading is the one that stays.
    await session.execute(
        text("SELECT 1 FROM customer WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": ids},
    )
    await session.execute(
        text("DELETE FROM customer_traits WHERE customer_id = ANY(cast(:ids AS uuid[]))"), {"ids": ids}
    )
    await session.execute(
        text(f"INSERT INTO customer_traits ({COLUMNS}) " + DERIVED.format(wanted=SOME)),
        {"ids": ids},
    )


async def rebuild(session: AsyncSession) -> int:
    """Derive everyone's traits anew; the number of customers that have any."""
    await session.execute(text("DELETE FROM customer_traits"))
    result = await session.execute(
        text(f"INSERT INTO customer_traits ({COLUMNS}) {DERIVED.format(wanted=ALL)} RETURNING 1")
    )
    return len(result.all())


async def differences(session: AsyncSession) -> list[UUID]:
    """The customers whose stored traits are not what their timeline says."""
    derived = DERIVED.format(wanted=ALL)
    query = f"""
        WITH derived AS ({derived}), stored AS (SELECT {COLUMNS} FROM customer_traits)
        SELECT DISTINCT customer_id FROM (
            (SELECT * FROM derived EXCEPT SELECT * FROM stored)
            UNION ALL (SELECT * FROM stored EXCEPT SELECT * FROM derived)
        ) AS different
    """  # noqa: S608 - only names and parts of our own are put in; values are bound
    return list(await session.scalars(text(query)))
