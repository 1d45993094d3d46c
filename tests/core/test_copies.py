"""A backup holds the files of a folder, not those of a bucket, and says after the way back what is missing."""

import hashlib
from pathlib import Path

import asyncpg
import pytest

from core import backups
from core.errors import Invalid
from core.settings import Settings
from core.storage import Storage, mint_name, open_storage
from tests.core.bucket_server import BucketServer

CONTENTS = [b"one", b"\x00" * 5000, b""]


def folder(settings: Settings, path: Path) -> Storage:
    storage = open_storage(settings.model_copy(update={"file_storage": str(path)}))
    assert storage is not None
    return storage


async def carry(url: str, storage: Storage) -> dict[str, bytes]:
    """Let some files lie in the storage, and rows name them."""
    named = {mint_name(): content for content in CONTENTS}
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    for name, content in named.items():
        await storage.put(name, content)
        digest = hashlib.sha256(content).hexdigest()
        await connection.execute("INSERT INTO blob (sha256, name) VALUES ($1, $2)", digest, name)
    await connection.close()
    return named


async def test_files_of_a_folder_come_along_and_go_to_where_they_are_wanted(
    settings: Settings, database_url: str, tmp_path: Path
) -> None:
    said: list[str] = []
    first = folder(settings, tmp_path / "first")
    named = await carry(database_url, first)
    path = tmp_path / "kept.backup"
    made = await backups.backup(database_url, path, said.append, first)
    assert (made.storage, made.files) == (str(tmp_path / "first"), True)
    assert said[-1] == f"3 files of {tmp_path / 'first'} …"
    assert await backups.restore(database_url, path, said.append, first, force=True) == []
    # To another folder, on another machine.
    second = folder(settings, tmp_path / "second")
    assert await backups.restore(database_url, path, said.append, second, force=True) == []
    assert {name: await second.get(name) for name in named} == named
    # What was lost is said, and nothing is restored to nowhere.
    with pytest.raises(Invalid, match="THROUGHLINE_FILE_STORAGE"):
        await backups.restore(database_url, path, said.append, force=True)


async def test_files_of_a_bucket_stay_there_and_those_that_are_gone_are_counted(
    settings: Settings, database_url: str, bucket_server: BucketServer, tmp_path: Path
) -> None:
    bucket = open_storage(bucket_server.settings(settings, file_storage="s3://attachments/copies"))
    assert bucket is not None
    named = await carry(database_url, bucket)
    path = tmp_path / "kept.backup"
    made = await backups.backup(database_url, path, print, bucket)
    assert (made.storage, made.files) == ("s3://attachments/copies", False)
    assert await backups.restore(database_url, path, print, bucket, force=True) == []
    await bucket.remove(next(iter(named)))
    assert await backups.restore(database_url, path, print, bucket, force=True) == [
        "1 of 3 files are not in s3://attachments/copies."
    ]
    assert await backups.restore(database_url, path, print, force=True) == [
        "3 files lie outside of the database, and THROUGHLINE_FILE_STORAGE is not set."
    ]
