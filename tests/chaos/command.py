"""`throughline COMMAND` with a job of the tests' own: `python -m tests.chaos.command worker`."""

import asyncio
import random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.cli import main
from core.jobs import Job
from workers.runner import transactional


class LeaveMark(Job, tag="chaos.leave_mark", frozen=True):
    number: int


@transactional(LeaveMark)
async def leave_mark(session: AsyncSession, job: LeaveMark) -> None:
    """An effect that nothing but the job's own transaction keeps from happening twice."""
    await session.execute(text("INSERT INTO mark (number) VALUES (:number)"), {"number": job.number})
    await asyncio.sleep(random.uniform(0, 0.4))


class LeaveSharedMark(LeaveMark, tag="chaos.leave_shared_mark", frozen=True):
    """The same, in a transaction with others of its kind."""


@transactional(LeaveSharedMark, together=list)
async def leave_shared_mark(session: AsyncSession, job: LeaveSharedMark) -> None:
    await session.execute(text("INSERT INTO mark (number) VALUES (:number)"), {"number": job.number})
    await asyncio.sleep(random.uniform(0, 0.05))


if __name__ == "__main__":
    main()
