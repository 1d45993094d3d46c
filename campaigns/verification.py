"""What must be true of broadcasts."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.verification import Difference, compare

CHECKS = {
    "a broadcast's ledger adds up to its audience": """
        SELECT b.name, b.audience, count(r.id) FROM broadcast b
        LEFT JOIN broadcast_recipient r ON r.broadcast_id = b.id
        WHERE b.audience IS NOT NULL GROUP BY b.id HAVING b.audience <> count(r.id)
    """,
    "a finished broadcast has nobody left": """
        SELECT b.name, b.state, count(r.id) || ' open' FROM broadcast b
        JOIN broadcast_recipient r ON r.broadcast_id = b.id AND r.state IN ('pending', 'queued', 'held')
        WHERE b.state IN ('finished', 'cancelled') GROUP BY b.id
    """,
    "a recipient was sent one message at most": """
        SELECT r.id, r.state, count(m.id) FROM broadcast_recipient r
        JOIN message m ON m.source_kind = 'broadcast' AND m.source_id = r.id
        GROUP BY r.id HAVING count(m.id) > 1
    """,
    "a recipient's state is their message's": """
        SELECT r.id, r.state, m.status FROM broadcast_recipient r JOIN message m ON m.id = r.message_id
        WHERE (r.state = 'sent') <> (m.status IN ('sent', 'delivered'))
            AND NOT (r.state = 'failed' AND m.status IN ('sent', 'delivered'))
            AND m.status NOT IN ('queued', 'sending')
    """,
    "a campaign that was sent stands on the timeline once": """
        SELECT r.id, r.state, count(e.id) FROM broadcast_recipient r
        LEFT JOIN timeline_entry e ON e.customer_id = r.customer_id
            AND e.kind = 'campaign.sent' AND e.subject_id = r.broadcast_id
        WHERE r.state = 'sent' GROUP BY r.id HAVING count(e.id) <> 1
    """,
    "an order is credited to a person's click within the days that count": """
        SELECT a.order_id, a.broadcast_id, 'no such click' FROM attributed_order a
        WHERE NOT EXISTS (
            SELECT 1 FROM campaign_click k
            WHERE k.recipient_id = a.recipient_id AND k.human
                AND k.at BETWEEN a.placed_at - interval '5 days' AND a.placed_at
        )
    """,
}


async def differences(session: AsyncSession) -> list[Difference]:
    return await compare(session, CHECKS)
