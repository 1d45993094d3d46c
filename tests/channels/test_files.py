"""Files that people send: checked before anybody gets them, carried out of the database, whole whatever happens."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text

from channels import files
from channels.base import Kept
from channels.models import Attachment, Blob
from channels.outbox import File
from core.errors import Conflict, NotAllowed, NotFound
from core.schema import import_models
from core.settings import Settings
from core.settings import settings as process_settings
from tests.channels.posting import mail, make_all_due, queue, read, run_due
from tests.core.scanner import EICAR, running_scanner
from workers import schedule
from workers.handlers import load
from workers.resources import Resources

NOTE = File(filename="note.txt", content_type="text/plain", content=b"Turn it off first.")
VIRUS = File(filename="free.exe", content_type="application/octet-stream", content=EICAR)


@pytest.fixture
def told(settings: Settings, sink: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make resources and the process's settings with these changes."""

    def tell(**changes: str) -> Resources:
        import_models()
        load()
        for name, value in changes.items():
            monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", value)
        process_settings.cache_clear()
        return Resources(settings.model_copy(update={"smtp_relay_port": sink.port, **changes}), Redis())

    return tell


async def blob(database: Any, content: bytes) -> Any:
    async with database.transaction() as session:
        return await session.get(Blob, hashlib.sha256(content).hexdigest())


async def test_without_scanner_and_storage_files_stay_in_the_database_and_leave_with_their_mail(
    database, told, sink, customer_id
):
    resources = told()
    await queue(database, mail(customer_id, files=[NOTE]))
    await run_due(database, resources, ("delivery", "calls"))
    [(_, _, raw)] = sink.mails
    assert b"Turn it off first." in raw or b"VHVybiBpdCBvZmYgZmlyc3Qu" in raw
    kept = await blob(database, NOTE.content)
    assert (kept.content, kept.name, kept.scanned) == (NOTE.content, None, "unchecked")


@pytest.mark.parametrize("place", ["folder", "bucket"])
async def test_a_file_is_carried_out_of_the_database_and_still_leaves_with_its_mail(
    database, settings, told, sink, customer_id, tmp_path: Path, place: str, request
):
    if place == "bucket":
        wanted = request.getfixturevalue("bucket_server").settings(
            settings, file_storage="s3://attachments/sent"
        )
        names = ("file_storage", "s3_endpoint", "s3_access_key_id")
        resources = told(**{name: getattr(wanted, name) for name in names})
        resources.settings = resources.settings.model_copy(
            update={"s3_secret_access_key": wanted.s3_secret_access_key}
        )
        await _carried(database, resources, sink, customer_id)
    else:
        await _carried(database, told(file_storage=str(tmp_path / "files")), sink, customer_id)


async def _carried(database: Any, resources: Resources, sink: Any, customer_id: Any) -> None:
    await queue(database, mail(customer_id, files=[NOTE]))
    assert await run_due(database, resources, ("calls",)) == 1
    kept = await blob(database, NOTE.content)
    assert kept.content is None
    assert await resources.storage.get(kept.name) == NOTE.content  # type: ignore[union-attr]  # there is one
    # The same content again is the same file.
    await queue(database, mail(customer_id, files=[NOTE]))
    assert await run_due(database, resources, ("calls",)) == 0
    await run_due(database, resources, ("delivery",))
    assert len(sink.mails) == 2
    assert [each.name async for each in resources.storage.stored()] == [kept.name]  # type: ignore[union-attr]  # there is one


async def test_a_storage_that_is_away_loses_nothing_and_is_tried_again(
    database, told, sink, customer_id, tmp_path: Path
):
    (tmp_path / "files").write_text("no folder")
    resources = told(file_storage=str(tmp_path / "files"))
    await queue(database, mail(customer_id, files=[NOTE]))
    await run_due(database, resources, ("calls", "delivery"))
    # It leaves meanwhile: its bytes are still here.
    assert len(sink.mails) == 1
    assert (await blob(database, NOTE.content)).content == NOTE.content
    (tmp_path / "files").unlink()
    await make_all_due(database)
    await run_due(database, resources, ("calls",))
    kept = await blob(database, NOTE.content)
    assert (kept.content, await files.read(files.kept(kept), resources.storage)) == (None, NOTE.content)
    # When it is away later, mail with its files waits, and is not refused.
    (tmp_path / "files").rename(tmp_path / "gone")
    (tmp_path / "files").write_text("no folder")
    [late] = await queue(database, mail(customer_id, files=[NOTE]))
    await run_due(database, resources, ("delivery",))
    assert (await read(database, late)).status == "queued"
    (tmp_path / "files").unlink()
    (tmp_path / "gone").rename(tmp_path / "files")
    await make_all_due(database)
    await run_due(database, resources, ("delivery",))
    assert (await read(database, late)).status == "sent"


async def test_a_file_with_a_virus_leaves_nobody_and_is_given_to_nobody(database, told, sink, customer_id):
    async with running_scanner() as scanner:
        resources = told(clamd=scanner.address)
        [plain, infected] = await queue(
            database, mail(customer_id, files=[NOTE]), mail(customer_id, files=[NOTE, VIRUS])
        )
        for content in (NOTE.content, EICAR):
            with pytest.raises(Conflict, match="still being checked"):
                files.check(files.kept(await blob(database, content)), resources.settings)
        await run_due(database, resources, ("delivery", "calls"))
    assert [len(sink.mails), (await read(database, plain)).status] == [1, "sent"]
    refused = await read(database, infected)
    assert (refused.status, "free.exe" in refused.reason, "Eicar-Test-Signature" in refused.reason) == (
        "failed",
        True,
        True,
    )
    files.check(files.kept(await blob(database, NOTE.content)), resources.settings)
    kept = await blob(database, EICAR)
    assert (kept.scanned, kept.found, kept.content) == ("infected", "Eicar-Test-Signature", EICAR)
    for settings in (resources.settings, resources.settings.model_copy(update={"clamd": ""})):
        with pytest.raises(NotAllowed, match="Eicar-Test-Signature"):
            files.check(files.kept(kept), settings)


async def test_while_the_scanner_is_away_nothing_goes_out_unchecked_and_then_it_does(
    database, told, sink, customer_id
):
    async with running_scanner() as scanner:
        resources = told(clamd=scanner.address)
    [waiting] = await queue(database, mail(customer_id, files=[NOTE]))
    await run_due(database, resources, ("delivery", "calls"))
    assert (sink.mails, (await read(database, waiting)).status) == ([], "queued")
    assert (await blob(database, NOTE.content)).scanned == "pending"
    async with running_scanner() as scanner:
        resources.settings = resources.settings.model_copy(update={"clamd": scanner.address})
        await make_all_due(database)
        await run_due(database, resources, ("delivery", "calls"))
    assert (len(sink.mails), (await blob(database, NOTE.content)).scanned) == (1, "clean")


async def test_what_came_before_a_scanner_and_a_storage_were_set_is_seen_to_by_the_sweep(
    database, told, customer_id, tmp_path: Path
):
    told()
    await queue(database, mail(customer_id, files=[NOTE]), mail(customer_id, files=[VIRUS]))
    async with running_scanner() as scanner:
        resources = told(clamd=scanner.address, file_storage=str(tmp_path / "files"))
        for _ in range(2):
            async with database.transaction() as session:
                await files.sweep(session, resources.settings)
        assert await run_due(database, resources, ("calls",)) == 2
        async with database.transaction() as session:
            await files.sweep(session, resources.settings)
            waiting = await session.scalar(
                text("SELECT count(*) FROM job WHERE tag = 'channels.see_to_file'")
            )
            assert waiting == 0
            seen = await session.execute(select(Blob.scanned, Blob.content).order_by(Blob.scanned))
            assert seen.all() == [("clean", None), ("infected", None)]
        assert scanner.asked == 2
    assert any(job.__struct_config__.tag == "channels.sweep_files" for _, job in schedule.RECURRING)


async def test_two_that_carry_one_file_leave_one_copy(database, told, customer_id, tmp_path: Path):
    resources = told(file_storage=str(tmp_path / "files"))
    await queue(database, mail(customer_id, files=[NOTE]))
    digest = hashlib.sha256(NOTE.content).hexdigest()
    seen = []
    for _ in range(2):
        async with database.transaction() as session:
            task = await files.unseen(session, digest, resources.settings)
        assert task is not None
        seen.append(await files.see_to(task, resources.storage, ""))
    for each in seen:
        async with database.transaction() as session:
            await files.record(session, each)
    kept = await blob(database, NOTE.content)
    assert [each.name async for each in resources.storage.stored()] == [kept.name]
    assert await files.read(files.kept(kept), resources.storage) == NOTE.content


async def test_a_file_that_was_changed_where_it_lies_is_not_given_out(
    database, told, customer_id, tmp_path: Path
):
    resources = told(file_storage=str(tmp_path / "files"))
    await queue(database, mail(customer_id, files=[NOTE]))
    await run_due(database, resources, ("calls",))
    kept = files.kept(await blob(database, NOTE.content))
    assert kept.name is not None
    (tmp_path / "files" / kept.name).write_bytes(b"something else")
    with pytest.raises(Conflict, match="damaged"):
        await files.read(kept, resources.storage)
    (tmp_path / "files" / kept.name).unlink()
    with pytest.raises(NotFound):
        await files.read(kept, resources.storage)
    with pytest.raises(NotFound, match="not set up"):
        await files.read(kept, None)


async def test_the_name_of_an_attachment_tells_its_state_without_its_bytes(database, told, customer_id):
    told()
    await queue(database, mail(customer_id, files=[NOTE]))
    async with database.transaction() as session:
        [attachment_id] = await session.scalars(select(Attachment.id))
        attachment, kept = await files.of_attachment(session, attachment_id)
        assert (attachment.filename, kept.content) == ("note.txt", None)
        _, whole = await files.of_attachment(session, attachment_id, whole=True)
    assert whole == Kept(kept.sha256, NOTE.content, None, "unchecked")
