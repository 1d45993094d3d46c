"""Verification: what is derived or counted is compared with the facts; any difference is a defect."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Enough of one check to see what is wrong.
SHOWN = 100


@dataclass(frozen=True)
class Difference:
    """What is kept about a subject, and what the facts say."""

    check: str
    subject: str
    kept: str
    derived: str


async def compare(session: AsyncSession, checks: dict[str, str]) -> list[Difference]:
    """Run checks by name: queries for (subject, kept, derived) of what differs, at most SHOWN each."""
    found = []
    for name, query in checks.items():
        rows = await session.execute(text(f"{query} LIMIT {SHOWN}"))
        found += [Difference(name, str(subject), str(kept), str(derived)) for subject, kept, derived in rows]
    return found
