"""Storage: where files lie that people sent, once they have left the database: a folder, or a bucket (S3).

Names are random, so that nobody who sees one of them learns or guesses anything, and a copy that was never written
down harms nobody.
"""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from core.errors import Invalid, NotFound, TransientError
from core.settings import Settings
from core.stored import Stored

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class Storage(Protocol):
    """A place for contents by name. Every method raises TransientError when the place cannot be reached."""

    place: str  # in words for a person, nothing secret in it

    async def put(self, name: str, content: bytes) -> None:
        """Keep a content; when this returns, it outlives a crash."""

    async def get(self, name: str) -> bytes:
        """A content, whole. Raises NotFound."""

    async def remove(self, name: str) -> None:
        """Forget a content; nothing where there is none."""

    def stored(self) -> AsyncIterator[Stored]:
        """Everything that is kept here, in no order."""


def mint_name() -> str:
    """A new name: `ab/cdef…`, 128 random bits."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:]}"


def open_storage(settings: Settings) -> Storage | None:
    """The storage that the settings name; None where files stay in the database. Raises Invalid."""
    stated = settings.file_storage.strip()
    if not stated:
        return None
    url = urlsplit(stated)
    if url.scheme == "s3" and url.netloc:
        # Only here: an extra that not everybody has installed.
        from core.buckets import Bucket

        return Bucket(settings, url.netloc, url.path.strip("/"))
    if Path(stated).is_absolute():
        return Folder(Path(stated))
    raise Invalid("THROUGHLINE_FILE_STORAGE is neither an absolute path nor of the form s3://bucket/prefix.")


class Folder:
    """Files in a folder of this machine, or of a volume that all processes share."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        await self._do(self._write, self._path(name), content)

    async def get(self, name: str) -> bytes:
        return await self._do(self._path(name).read_bytes)

    async def remove(self, name: str) -> None:
        await self._do(self._unlink, self._path(name))

    async def stored(self) -> AsyncIterator[Stored]:
        for file in await self._do(lambda: [*self._folder.glob("??/*")]):
            name = f"{file.parent.name}/{file.name}"
            if _NAME.fullmatch(name):
                with suppress(NotFound):
                    about = await self._do(file.stat)
                    yield Stored(name, about.st_size, datetime.fromtimestamp(about.st_mtime, UTC))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound("That file does not exist.")
        return self._folder / name

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        entry = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)

    @staticmethod
    def _unlink(path: Path) -> None:
        # Also what a process that died left half written.
        for each in (path, *path.parent.glob(f"{path.name}.*")):
            each.unlink(missing_ok=True)

    async def _do[**P, T](self, act: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do what touches the disk, off the loop."""
        try:
            return await asyncio.to_thread(act, *given, **named)
        except FileNotFoundError:
            raise NotFound("That file is not where it was kept.") from None
        except OSError as error:
            raise TransientError(f"{self.place} cannot be used: {error.strerror or error}.") from error
