"""Copies: the files of a folder in a backup, beside the rows that name them.

A file is kept before any row names it and never changed, so what lies there after the rows were read is all that they
name. Files in a bucket are left to the bucket: it has copies and versions of its own.
"""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core.errors import NotFound
from core.storage import Folder, Storage

_PLACE = "files/"
_NAMED = text("SELECT name FROM blob WHERE name IS NOT NULL ORDER BY name")

Add = Callable[[IO[bytes], str, bytes], None]


def are_copied(storage: Storage | None) -> bool:
    """Whether a backup holds the files themselves."""
    return isinstance(storage, Folder)


async def copy_out(storage: Storage | None, file: IO[bytes], add: Add) -> int:
    """Add the files of a folder to a backup; how many that were."""
    number = 0
    if storage is not None and are_copied(storage):
        async for each in storage.stored():
            try:
                add(file, f"{_PLACE}{each.name}", await storage.get(each.name))
            except NotFound:
                continue  # it was superfluous: no row ever named it
            number += 1
    return number


async def copy_in(storage: Storage, path: Path) -> int:
    """Put the files of a backup into a storage; how many that were."""
    number = 0
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if member.name.startswith(_PLACE) and (source := tar.extractfile(member)) is not None:
                await storage.put(member.name.removeprefix(_PLACE), source.read())
                number += 1
    return number


async def missing(url: str, storage: Storage | None) -> list[str]:
    """What rows name and the storage does not have, in a sentence; empty when nothing is missing."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            named = set((await connection.scalars(_NAMED)).all())
    finally:
        await engine.dispose()
    if not named:
        return []
    if storage is None:
        return [f"{len(named)} files lie outside of the database, and THROUGHLINE_FILE_STORAGE is not set."]
    lost = named - {each.name async for each in storage.stored()}
    return [f"{len(lost)} of {len(named)} files are not in {storage.place}."] if lost else []
