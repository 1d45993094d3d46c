"""What can be said of the places where files lie, and of the scanner that looks at them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core import scanning
from core.database import Database
from core.errors import DomainError, Invalid
from core.launcher.findings import Finding
from core.settings import Settings
from core.storage import Storage, mint_name, open_storage

PATIENCE = timedelta(seconds=10)
_STATES = text("""
SELECT count(*) FILTER (WHERE scanned = 'infected'), count(*) FILTER (WHERE scanned = 'too large'),
    count(*) FILTER (WHERE scanned IN ('unchecked', 'pending')), count(*) FILTER (WHERE content IS NOT NULL)
FROM blob WHERE created_at < now() - interval '15 minutes' OR scanned IN ('infected', 'too large')
""")


def about_links(settings: Settings) -> Iterator[Finding]:
    """What is seen of the settings by looking."""
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        yield Finding("fail", "File storage", "only one half of its key is set.", (
            "Set both THROUGHLINE_S3_ACCESS_KEY_ID and _SECRET_ACCESS_KEY, or none of them."
        ))  # fmt: skip
    if settings.files_url:
        own, site = urlsplit(settings.files_url), urlsplit(settings.public_url)
        if own.netloc == site.netloc or own.scheme not in ("https", site.scheme) or own.path.strip("/"):
            yield Finding("fail", "Downloads", "THROUGHLINE_FILES_URL is no other origin than the site.", (
                "Set it to https:// and another host name that leads to us, or leave it empty."
            ))  # fmt: skip


async def about_files(database: Database, settings: Settings) -> AsyncIterator[Finding]:
    """What is found out by asking: whether a file can be kept and got, and whether the scanner answers."""
    yield await _storage(settings)
    if settings.clamd:
        yield await _scanner(settings)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()), database.transaction() as session:
            infected, too_large, unchecked, here = (await session.execute(_STATES)).one()
    except (SQLAlchemyError, OSError, TimeoutError):
        return  # said elsewhere
    if infected:
        yield Finding("warn", "Viruses", f"{infected} files hold one. Nobody is given them.", (
            "Look at the desk under Operations, who sent them."
        ))  # fmt: skip
    if too_large and settings.clamd:
        yield Finding("warn", "Files too large to check", f"{too_large}. Nobody is given them.", (
            "Raise StreamMaxLength in clamd.conf, restart clamd, and check them again at the desk under Operations."
        ))  # fmt: skip
    late = [
        f"{number} files wait to be {what}"
        for number, what, wanted in (
            (unchecked, "checked", settings.clamd),
            (here, "carried out of the database", settings.file_storage),
        )
        if number and wanted
    ]
    if late:
        yield Finding("warn", "Files that wait", f"{', '.join(late)}.", (
            "Mend what is named above; they are seen to by themselves, a thousand in a quarter of an hour."
        ))  # fmt: skip


async def _storage(settings: Settings) -> Finding:
    mend = "Look at THROUGHLINE_FILE_STORAGE and the THROUGHLINE_S3_ variables, and what that account may do."
    try:
        storage = open_storage(settings)
        if storage is None:
            return Finding("ok", "File storage", "files are kept in the database")
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await _try_out(storage)
    except ImportError:
        return Finding("fail", "File storage", "S3 needs a package that is not installed.", (
            "Install throughline[s3], or build the image with --build-arg EXTRAS='--extra s3'."
        ))  # fmt: skip
    except Invalid as error:
        return Finding("fail", "File storage", error.message, mend)
    except (DomainError, TimeoutError) as error:
        return Finding("fail", "File storage", str(error) or "it does not answer.", mend)
    return Finding("ok", "File storage", f"{storage.place} keeps and gives")


async def _try_out(storage: Storage) -> None:
    """Keep a file, get it, forget it."""
    name = mint_name()
    await storage.put(name, b"throughline doctor")
    await storage.get(name)
    await storage.remove(name)


async def _scanner(settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            said = await scanning.version(settings.clamd)
    except (DomainError, TimeoutError) as error:
        return Finding("fail", "Virus scanner", str(error) or "it does not answer.", (
            "Start clamd and look at THROUGHLINE_CLAMD. Until then no file is given out, nor sent."
        ))  # fmt: skip
    return Finding("ok", "Virus scanner", said[:100])
