"""Files that are given to nobody end in a state that has a name, and somebody is told what to do about it."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from channels import files, withheld
from channels.models import Blob
from channels.outbox import File
from core.errors import NotAllowed
from core.jobs import JobRow
from tests.channels.posting import mail, make_all_due, queue, read, run_due
from tests.channels.test_files import NOTE, blob, told
from tests.core.scanner import running_scanner

__all__ = ["told"]

LARGE = File(filename="plan.dwg", content_type="application/octet-stream", content=b"x" * 300_000)


async def test_what_is_too_large_for_the_scanner_is_said_to_be_and_checked_again_on_request(
    database: Any, told: Any, sink: Any, customer_id: Any
) -> None:
    async with running_scanner() as scanner:
        scanner.limit = 100_000
        resources = told(clamd=scanner.address)
        [plain, large] = await queue(
            database, mail(customer_id, files=[NOTE]), mail(customer_id, files=[LARGE])
        )
        await run_due(database, resources, ("calls", "delivery"))
        kept = await blob(database, LARGE.content)
        assert (kept.scanned, kept.found, kept.content) == ("too large", None, LARGE.content)
        with pytest.raises(NotAllowed, match="too large to be checked"):
            files.check(files.kept(kept), resources.settings)
        became = await read(database, large)
        assert (became.status, "plan.dwg" in became.reason, "too large" in became.reason) == (
            "failed",
            True,
            True,
        )
        assert ((await read(database, plain)).status, len(sink.mails)) == ("sent", 1)
        # It is nothing to try again, and the sweep leaves it alone.
        async with database.transaction() as session:
            await files.sweep(session, resources.settings)
            [told_of] = await withheld.too_large(session, 10)
            assert await withheld.infected(session, 10) == []
            assert await withheld.waiting(session) is None
        assert (told_of.filename, told_of.size, told_of.found) == ("plan.dwg", 300_000, "")
        assert await run_due(database, resources, ("calls",)) == 0
        # Its limit is raised.
        scanner.limit = 1_000_000
        async with database.transaction() as session:
            assert await withheld.check_again(session) == 1
        assert await run_due(database, resources, ("calls",)) == 1
    assert (await blob(database, LARGE.content)).scanned == "clean"


async def test_while_the_scanner_is_away_there_is_one_job_a_file_however_long_and_it_is_said_why(
    database: Any, told: Any, customer_id: Any
) -> None:
    async with running_scanner() as scanner:
        resources = told(clamd=scanner.address)
    await queue(database, mail(customer_id, files=[NOTE]), mail(customer_id, files=[LARGE]))

    async def jobs() -> tuple[int, int]:
        async with database.transaction() as session:
            found = await session.execute(
                select(func.count(), func.count(JobRow.dead_at)).where(JobRow.tag == "channels.see_to_file")
            )
            number, dead = found.one()
            return number, dead

    async def sweep() -> None:
        async with database.transaction() as session:
            await files.sweep(session, resources.settings)

    for _ in range(3):
        assert await run_due(database, resources, ("calls",)) == 2
        await sweep()  # which makes them due again
        assert await jobs() == (2, 0)
    async with database.transaction() as session:
        waiting = await withheld.waiting(session)
    assert waiting is not None
    assert (waiting.number, "virus scanner" in waiting.reason) == (2, True)
    # After days of it, a job is dead: the file is not given up.
    async with database.transaction() as session:
        await session.execute(
            update(JobRow).values(dead_at=func.now()).where(JobRow.tag == "channels.see_to_file")
        )
    await sweep()
    assert await jobs() == (2, 0)
    async with running_scanner() as scanner:
        resources.settings = resources.settings.model_copy(update={"clamd": scanner.address})
        await make_all_due(database)
        await run_due(database, resources, ("calls",))
    async with database.transaction() as session:
        assert set(await session.scalars(select(Blob.scanned))) == {"clean"}
        assert await withheld.waiting(session) is None
    assert await jobs() == (0, 0)


@pytest.mark.parametrize("state", ["pending", "too large"])
async def test_without_a_scanner_nobody_waits_for_one(
    database: Any, told: Any, customer_id: Any, state: str
) -> None:
    resources = told()
    await queue(database, mail(customer_id, files=[NOTE]))
    async with database.transaction() as session:
        await session.execute(update(Blob).values(scanned=state))
        await files.sweep(session, resources.settings)
    kept = await blob(database, NOTE.content)
    assert kept.scanned == "unchecked"
    files.check(files.kept(kept), resources.settings)
