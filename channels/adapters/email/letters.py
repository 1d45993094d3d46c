"""Letters in files: single mails, mbox files, Maildirs and whole folders of them, one after another."""

import bz2
import gzip
import lzma
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

STDIN = Path("-")
# The largest mail that is let in from a file, and the largest file that is unpacked (bytes).
MAX_MAIL = 100 * 1024 * 1024
MAX_UNPACKED = 4 * 1024 * 1024 * 1024

# "From ann@example.org Thu Aug 22 12:36:23 2002" (RFC 4155); the zone, where there is one, stands anywhere after.
_FROM_LINE = re.compile(rb"From (?:\S*.{0,100}\d{1,2}:\d{2}(:\d{2})?.{0,20}\d{4}|-[ \t]*\r?$)")
# So whole that a mail begins there even if the empty line above it is missing.
_WHOLE_FROM_LINE = re.compile(
    rb"From \S+(?: at \S+)? +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d \d{4}\s"
)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")
_QUOTED = re.compile(rb">+From ")
_MAILDIR = {"cur", "new"}
# What stands in a Maildir beside its mails: deliveries that were never finished, a server's own.
_NO_MAILDIRS = {"tmp", "courierimapkeywords"}
_NO_FOLDERS = {".git", ".hg", ".svn"}
# What mail servers and systems leave behind in folders of mail.
_NO_LETTERS = re.compile(r"\..*|dovecot[.-].*|maildirfolder|maildirsize|thumbs\.db|.*\.msf", re.IGNORECASE)
# How files begin that are packed; no mail does.
_PACKED: list[tuple[bytes, Any]] = [
    (b"\x1f\x8b\x08", gzip.open),
    (b"\xfd7zXZ\x00", lzma.open),
    *((b"BZh%d1AY&SY" % level, bz2.open) for level in range(1, 10)),
]

# Where it stands, and its bytes or why they cannot be had.
Letters = Iterator[tuple[str, bytes | str]]


def letters(paths: Iterable[Path]) -> Letters:
    """(where it stands, its bytes) of every mail; folders in the order of their names, `-` is the standard input.

    What cannot be read stands as (where, a sentence that says why), and the others go on.
    """
    for path in paths:
        yield from _in_path(path, ())


def _in_path(path: Path, above: tuple[tuple[int, int], ...]) -> Letters:
    try:
        if path == STDIN:
            yield from _in_stream("-", sys.stdin.buffer, packed=False)
        elif path.is_dir():
            state = path.stat()
            place = (state.st_dev, state.st_ino)
            # A link that leads back to where it stands.
            inside = [] if place in above else sorted(path.iterdir())
            names = {each.name for each in inside}
            for each in inside:
                if not _is_beside_the_point(each, names):
                    yield from _in_path(each, (*above, place))
        elif path.is_file():
            with path.open("rb") as file:
                yield from _in_file(_name(path), file)
        else:
            yield _name(path), "It is no file."
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        yield _name(path), f"It cannot be read: {getattr(error, 'strerror', None) or error}."


def _name(path: Path) -> str:
    """A path as it can be printed, whatever bytes it is of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_beside_the_point(path: Path, beside: set[str]) -> bool:
    if path.is_dir():
        return path.name in _NO_FOLDERS or (path.name in _NO_MAILDIRS and not beside.isdisjoint(_MAILDIR))
    return _NO_LETTERS.fullmatch(path.name) is not None


def _in_stream(name: str, stream: IO[bytes], *, packed: bool) -> Letters:
    """The mails of what can be read only once, from the beginning."""
    with tempfile.TemporaryFile() as file:
        size = 0
        while piece := stream.read(1024 * 1024):
            size += len(piece)
            if packed and size > MAX_UNPACKED:
                raise OSError(f"it unpacks to more than {MAX_UNPACKED // 1024**3} GB")
            file.write(piece)
        file.seek(0)
        yield from _in_file(name, file, packed=packed)


def _in_file(name: str, file: IO[bytes], *, packed: bool = False) -> Letters:
    first = file.readline(200)
    file.seek(0)
    unpack = next((unpack for sign, unpack in _PACKED if first.startswith(sign)), None)
    if unpack is not None and not packed:
        yield from _in_stream(name, unpack(file), packed=True)
        return
    places: list[tuple[int, int | None]] = [(0, None)]
    is_box = _FROM_LINE.match(first) is not None
    if is_box:
        starts = [0, *(start for start in _starts(file) if start)]
        places = list(zip(starts, [*starts[1:], None], strict=True))
    for number, (start, end) in enumerate(places, 1):
        source = name if len(places) == 1 else f"{name}#{number}"
        file.seek(start)
        raw = file.read(MAX_MAIL + 1 if end is None else min(end - start, MAX_MAIL + 1))
        if len(raw) > MAX_MAIL:
            yield source, f"It is larger than {MAX_MAIL // 1024**2} MB."
            continue
        yield source, _unquoted(raw.partition(b"\n")[2], alone=len(places) == 1) if is_box else raw


def _starts(file: IO[bytes]) -> Iterator[int]:
    """Where the mails of an mbox begin: at a From line with a header below it, and an empty line above if it is odd."""
    place, empty, begun = 0, True, -1
    for line in file:
        if begun >= 0 and _HEADER.match(line):
            yield begun
        begun = place if (_FROM_LINE if empty else _WHOLE_FROM_LINE).match(line) else -1
        empty = not line.strip()
        place += len(line)


def _unquoted(raw: bytes, *, alone: bool) -> bytes:
    """A mail as it was before an mbox quoted its lines that begin with From; `alone`, nothing was quoted."""
    if alone:
        return raw
    lines = raw.removesuffix(b"\n").removesuffix(b"\r").split(b"\n")
    return b"\n".join(line[1:] if _QUOTED.match(line) else line for line in lines)
