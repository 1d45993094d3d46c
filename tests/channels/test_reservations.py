"""What a process that died left in the storage is removed after a day; what somebody still puts there is not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from channels import files, reservations
from channels.jobs import RemoveForsaken
from channels.models import Blob, ReservedName
from channels.outbox import File
from core.jobs import enqueue
from core.schema import import_models
from core.settings import Settings
from tests.channels.posting import mail, queue, run_due
from workers import schedule
from workers.handlers import load
from workers.resources import Resources

NOTE = File(filename="note.txt", content_type="text/plain", content=b"Turn it off first.")


@pytest.fixture(params=["folder", "bucket"])
def resources(request: Any, settings: Settings, tmp_path: Path) -> Resources:
    """Of a worker that has a storage; no job waits for the file, which came before there was one."""
    import_models()
    load()
    if request.param == "folder":
        told = settings.model_copy(update={"file_storage": str(tmp_path / "files")})
    else:
        server = request.getfixturevalue("bucket_server")
        told = server.settings(settings, file_storage=f"s3://attachments/{tmp_path.name}")
    return Resources(told, Redis())


async def begin(database: Any, told: Settings) -> files.Task:
    """As far as a job comes before it puts the file."""
    async with database.transaction() as session:
        digest = await session.scalar(select(Blob.sha256))
        task = await files.unseen(session, digest, told)
    assert task is not None
    return task


async def age(database: Any, by: timedelta) -> None:
    async with database.transaction() as session:
        await session.execute(update(ReservedName).values(reserved_at=func.now() - by))


async def clear_away(database: Any, resources: Resources) -> None:
    async with database.transaction() as session:
        await enqueue(session, RemoveForsaken())
    assert await run_due(database, resources, ("calls",)) == 1


async def lying(resources: Resources) -> list[str]:
    assert resources.storage is not None
    return [each.name async for each in resources.storage.stored()]


async def named(database: Any) -> str | None:
    async with database.transaction() as session:
        found: str | None = await session.scalar(select(Blob.name))
    return found


async def test_what_a_dead_process_left_is_removed_after_a_day_and_not_before(
    database: Any, resources: Resources, customer_id: Any
) -> None:
    await queue(database, mail(customer_id, files=[NOTE]))
    task = await begin(database, resources.settings)
    await files.see_to(task, resources.storage, "")  # and is killed
    await age(database, timedelta(hours=23))
    await clear_away(database, resources)
    assert await lying(resources) == [task.name]
    await age(database, timedelta(hours=25))
    await clear_away(database, resources)
    assert await lying(resources) == []
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ReservedName)) == 0
    # The file itself is where it was, and is carried there when somebody comes to it.
    again = await begin(database, resources.settings)
    assert again.name != task.name
    async with database.transaction() as session:
        await files.record(session, await files.see_to(again, resources.storage, ""))
    assert await lying(resources) == [again.name] == [await named(database)]
    assert any(job.__struct_config__.tag == "channels.remove_forsaken" for _, job in schedule.RECURRING)


async def test_a_file_that_arrives_after_its_name_was_forsaken_is_neither_named_nor_lost(
    database: Any, resources: Resources, customer_id: Any
) -> None:
    await queue(database, mail(customer_id, files=[NOTE]))
    task = await begin(database, resources.settings)
    await age(database, timedelta(days=2))
    async with database.transaction() as session:
        assert await reservations.forsake(session) == [task.name]
    # Whoever had it in hand was only slow; whoever comes now gets another name.
    seen = await files.see_to(task, resources.storage, "")
    other = await begin(database, resources.settings)
    assert other.name != task.name
    async with database.transaction() as session:
        await files.record(session, seen)
    async with database.transaction() as session:
        kept = (await session.scalars(select(Blob))).one()
        assert (kept.name, kept.content) == (None, NOTE.content)
    await clear_away(database, resources)
    assert await lying(resources) == []
    async with database.transaction() as session:
        await files.record(session, await files.see_to(other, resources.storage, ""))
    assert await lying(resources) == [other.name] == [await named(database)]


async def test_a_row_that_takes_its_name_while_the_sweep_looks_at_it_keeps_it(
    database: Any, resources: Resources, customer_id: Any
) -> None:
    await queue(database, mail(customer_id, files=[NOTE]))
    task = await begin(database, resources.settings)
    seen = await files.see_to(task, resources.storage, "")
    await age(database, timedelta(days=2))
    async with database.transaction() as session:
        await files.record(session, seen)
        async with database.transaction() as sweep:
            assert await reservations.forsake(sweep) == []  # it is in other hands
    await clear_away(database, resources)
    assert await lying(resources) == [task.name] == [await named(database)]


async def test_a_name_is_taken_once_and_what_a_row_names_is_never_removed(
    database: Any, resources: Resources, customer_id: Any
) -> None:
    await queue(database, mail(customer_id, files=[NOTE]))
    task = await begin(database, resources.settings)
    seen = await files.see_to(task, resources.storage, "")
    async with database.transaction() as session:
        await files.record(session, seen)
    await clear_away(database, resources)
    assert await lying(resources) == [task.name]
    async with database.transaction() as session:
        assert not await reservations.take(session, str(task.name))


async def test_what_was_half_written_into_a_folder_goes_with_its_name(
    settings: Settings, tmp_path: Path
) -> None:
    resources = Resources(settings.model_copy(update={"file_storage": str(tmp_path)}), Redis())
    storage = resources.storage
    assert storage is not None
    (tmp_path / "ab").mkdir()
    half = tmp_path / "ab" / ("c" * 30 + ".1a2b3c4d")
    half.write_bytes(b"Turn it")
    await storage.remove("ab/" + "c" * 30)
    assert not half.exists()
    await storage.remove("cd/" + "c" * 30)
