"""Enclosures: the files that customers send along on the site. They are kept as bytes and only ever downloaded."""

import mimetypes
from collections.abc import Sequence
from pathlib import PurePosixPath

from channels.base import Enclosure
from core.errors import Invalid
from core.words import mark, worded

MOST = 5
MOST_BYTES = 10 * 1024 * 1024
# What people show a workshop: pictures, films and sounds of a fault, papers. Nothing that runs.
ENDINGS = {
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".pdf", ".txt", ".log", ".csv", ".doc", ".docx",
    ".odt", ".xls", ".xlsx", ".ods", ".mp4", ".mov", ".webm", ".m4a", ".mp3", ".wav",
}  # fmt: skip


def check(files: Sequence[tuple[str, bytes]]) -> list[Enclosure]:
    """Files (name, content) as a message keeps them: the type is what the ending says, never what was claimed.

    Raises Invalid for too many, too large, empty, or of a kind that we do not take.
    """
    if len(files) > MOST:
        raise _refused(worded("At most %(most)s files at a time.", most=MOST))
    if sum(len(content) for _name, content in files) > MOST_BYTES:
        raise _refused(mark("Those files are too large together: 10 MB at most."))
    return [_enclosure(name, content) for name, content in files]


def plain_name(name: str) -> str:
    """A file's name without folders, and without signs that nobody sees or that turn the others around."""
    return "".join(sign for sign in PurePosixPath(name.replace("\\", "/")).name if sign.isprintable())


def _enclosure(name: str, content: bytes) -> Enclosure:
    shown = plain_name(name)
    stem, ending = PurePosixPath(shown).stem[:120], PurePosixPath(shown).suffix.lower()
    if ending not in ENDINGS:
        raise _refused(mark("We take pictures, films, sounds, PDF, text and office files."))
    if not content:
        raise _refused(mark("One of the files is empty."))
    kind = mimetypes.types_map.get(ending, "application/octet-stream")
    return Enclosure(filename=f"{stem}{ending}", content_type=kind, content=content)


def _refused(why: str) -> Invalid:
    return Invalid("The files could not be taken. Nothing was sent yet; choose others.", {"files": why})
