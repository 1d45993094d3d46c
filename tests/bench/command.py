"""`throughline COMMAND` with the benchmark's job: `python -m tests.bench.command worker`."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.cli import main
from core.jobs import Job
from workers.runner import transactional


class Stamp(Job, tag="bench.stamp", frozen=True):
    number: int


class LoneStamp(Stamp, tag="bench.lone_stamp", frozen=True):
    """The same, each in a transaction of its own."""


@transactional(LoneStamp)
@transactional(Stamp, together=list)
async def stamp(session: AsyncSession, job: Stamp) -> None:
    await session.execute(
        text("INSERT INTO stamp VALUES (:number, clock_timestamp())"), {"number": job.number}
    )


if __name__ == "__main__":
    main()
