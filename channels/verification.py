"""What must be true of conversations and messages."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.verification import Difference, compare

CHECKS = {
    "a conversation's messages, notes and events are numbered without gap or repeat": """
        SELECT c.id, c.last_seq,
            format('%s numbers, the last %s', count(DISTINCT s.seq), coalesce(max(s.seq), 0))
        FROM conversation c
        LEFT JOIN (
            SELECT conversation_id, seq FROM message WHERE conversation_id IS NOT NULL
            UNION ALL SELECT conversation_id, seq FROM note
            UNION ALL SELECT conversation_id, seq FROM ticket_event
        ) s ON s.conversation_id = c.id
        GROUP BY c.id
        HAVING c.last_seq <> coalesce(max(s.seq), 0) OR c.last_seq <> count(s.seq)
            OR c.last_seq <> count(DISTINCT s.seq)
    """,
    "a message that came in stands on the timeline once": """
        SELECT m.id, m.status, count(e.id) FROM message m
        LEFT JOIN timeline_entry e ON e.customer_id = m.customer_id
            AND e.kind = 'message.received' AND e.source_key = 'message:' || m.id
        WHERE m.direction = 'inbound' GROUP BY m.id HAVING count(e.id) <> 1
    """,
    "a message that went out stands on the timeline once": """
        SELECT m.id, m.status, count(e.id) FROM message m
        LEFT JOIN timeline_entry e ON e.customer_id = m.customer_id
            AND e.kind = 'message.sent' AND e.source_key = 'message:' || m.id
        WHERE m.direction = 'outbound' AND m.purpose = 'transactional' AND m.status IN ('sent', 'delivered')
            AND m.source_kind IS DISTINCT FROM 'sign_in'
        GROUP BY m.id HAVING count(e.id) <> 1
    """,
    "a message in a thread belongs to the thread's customer": """
        SELECT m.id, m.customer_id, c.customer_id FROM message m
        JOIN conversation c ON c.id = m.conversation_id WHERE m.customer_id <> c.customer_id
    """,
}


async def differences(session: AsyncSession) -> list[Difference]:
    return await compare(session, CHECKS)
