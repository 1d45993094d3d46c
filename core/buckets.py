"""Buckets: files in an S3-compatible object storage. The only module that imports obstore."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from core.errors import NotFound, TransientError
from core.settings import Settings
from core.stored import Stored

if TYPE_CHECKING:
    from obstore.store import S3Config  # a type only: it is not there when the program runs

PATIENCE = "20s"


class Bucket:
    """A bucket, or the part of it under a prefix; its connections are made on first use."""

    def __init__(self, settings: Settings, bucket: str, prefix: str) -> None:
        self.place = f"s3://{bucket}/{prefix}".rstrip("/")
        endpoint = (settings.s3_endpoint or "").rstrip("/")
        # What is not Amazon's own often has no name for each bucket in the DNS.
        told: S3Config = {"region": settings.s3_region, "virtual_hosted_style_request": not endpoint}
        if endpoint:
            told["endpoint"] = endpoint
        # Without keys, those of the machine are used (instance role, web identity).
        if settings.s3_access_key_id and settings.s3_secret_access_key:
            told["access_key_id"] = settings.s3_access_key_id
            told["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config=told,
            client_options={"timeout": PATIENCE, "allow_http": endpoint.startswith("http:")},
            retry_config={"max_retries": 2},
        )

    async def put(self, name: str, content: bytes) -> None:
        async with self._asked():
            await obstore.put_async(self._store, name, content)

    async def get(self, name: str) -> bytes:
        async with self._asked():
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())

    async def remove(self, name: str) -> None:
        try:
            async with self._asked():
                await obstore.delete_async(self._store, name)
        except NotFound:
            return

    async def stored(self) -> AsyncIterator[Stored]:
        async with self._asked():
            async for some in obstore.list(self._store):
                for each in some:
                    yield Stored(each["path"], each["size"], each["last_modified"])

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[None]:
        try:
            yield
        except (NotFoundError, FileNotFoundError):
            raise NotFound("That file is not where it was kept.") from None
        except (BaseError, OSError) as error:
            raise TransientError(f"{self.place} cannot be used ({type(error).__name__}).") from error
