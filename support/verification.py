"""What must be true of tickets."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.verification import Difference, compare

CHECKS = {
    "a ticket belongs to its conversation's customer": """
        SELECT t.number, t.customer_id, c.customer_id FROM ticket t
        JOIN conversation c ON c.id = t.conversation_id WHERE t.customer_id <> c.customer_id
    """,
    "a ticket's running cycle is its newest": """
        SELECT t.number, t.cycle, coalesce(max(y.cycle), 0) FROM ticket t
        LEFT JOIN ticket_cycle y ON y.ticket_id = t.id
        GROUP BY t.id HAVING t.cycle <> coalesce(max(y.cycle), 0)
    """,
    "whose turn it is follows from the messages": """
        SELECT t.number, coalesce(t.waiting_since::text, 'nobody waits'),
            coalesce(d.since::text, 'nobody waits')
        FROM ticket t JOIN ticket_cycle y ON y.ticket_id = t.id AND y.cycle = t.cycle
        CROSS JOIN LATERAL (
            SELECT CASE WHEN t.status NOT IN ('solved', 'closed') THEN (
                SELECT min(m.created_at) FROM message m
                WHERE m.conversation_id = t.conversation_id AND m.direction = 'inbound'
                    AND NOT m.automated AND m.seq >= y.started_seq AND m.seq > coalesce((
                        SELECT max(a.seq) FROM message a
                        WHERE a.conversation_id = t.conversation_id AND a.direction = 'outbound'
                            AND a.author = 'staff' AND a.status <> 'failed'
                            AND (a.status <> 'held' OR a.release_at IS NOT NULL)
                    ), 0)
            ) END AS since
        ) d
        WHERE t.waiting_since IS DISTINCT FROM d.since
    """,
}


async def differences(session: AsyncSession) -> list[Difference]:
    return await compare(session, CHECKS)
