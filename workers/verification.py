"""`throughline verify`: everything derived is derived anew and compared with what is kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import campaigns.verification
import channels.verification
import customers.verification
import estore.verification
import support.verification
from core.database import Database
from core.jobs import JobRow
from core.verification import Difference

Check = Callable[[AsyncSession], Awaitable[list[Difference]]]

PACKAGES: dict[str, Check] = {
    "customers": customers.verification.differences,
    "channels": channels.verification.differences,
    "campaigns": campaigns.verification.differences,
    "estore": estore.verification.differences,
    "support": support.verification.differences,
}


@dataclass(frozen=True)
class Verified:
    """What was found; `waiting` jobs may still be about to remove a difference, `dead` ones never will."""

    differences: list[Difference]
    waiting: int
    dead: int


async def verify(database: Database) -> Verified:
    """Compare everything, as of one instant; nothing is changed."""
    async with database.transaction() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found = [difference for check in PACKAGES.values() for difference in await check(session)]
        waiting, dead = (
            await session.execute(
                select(
                    func.count().filter(JobRow.dead_at.is_(None), JobRow.due_at <= func.now()),
                    func.count().filter(JobRow.dead_at.is_not(None)),
                )
            )
        ).one()
    return Verified(found, waiting, dead)


async def verify_settled(database: Database, seconds: float) -> Verified:
    """Compare again while something differs and a job is due that may remove it, for so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = await verify(database)
        if not (found.differences and found.waiting) or time.monotonic() >= deadline:
            return found
        await asyncio.sleep(0.5)
