"""What must be true of customers."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.verification import Difference, compare
from customers import traits

CHECKS = {
    "a merge leads to a record that speaks for itself": """
        WITH RECURSIVE up AS (
            SELECT id AS asked, id, merged_into_id, 1 AS depth FROM customer WHERE merged_into_id IS NOT NULL
            UNION ALL SELECT up.asked, c.id, c.merged_into_id, depth + 1
            FROM customer c JOIN up ON c.id = up.merged_into_id WHERE depth < 100
        )
        SELECT asked, 'merged', 'goes round in a circle' FROM up WHERE depth = 100
    """,
    "a verified identity has one owner": """
        SELECT kind || ' ' || md5(value), count(*), 1 FROM identity
        WHERE verified_at IS NOT NULL GROUP BY kind, value HAVING count(*) > 1
    """,
}


async def differences(session: AsyncSession) -> list[Difference]:
    """Traits derived anew from the whole timeline, and merges that make sense."""
    wrong = [
        Difference("traits are what the timeline says", str(customer_id), "stored", "another sum")
        for customer_id in await traits.differences(session)
    ]
    return wrong + await compare(session, CHECKS)
