"""How many people came to know us, and when."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.days import Span, bounds

_CAME = text("""
SELECT width_bucket(created_at, cast(:starts AS timestamptz[])) AS part, count(*) AS number
FROM customer WHERE merged_into_id IS NULL AND created_at >= :begin AND created_at < :end GROUP BY 1
""")


async def came(session: AsyncSession, parts: Sequence[Span]) -> list[int]:
    """The customers who came in each of some adjoining spans, merged records left out."""
    found = {row.part: row.number for row in await session.execute(_CAME, bounds(parts))}
    return [found.get(place, 0) for place in range(1, len(parts) + 1)]
