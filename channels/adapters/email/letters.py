"""Letters in files: single mails, mbox files, Maildirs and whole folders of them, one after another."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

# "From ann@example.org Thu Aug 22 12:36:23 2002" (RFC 4155); the zone, where there is one, stands anywhere after.
_FROM_LINE = re.compile(rb"From \S*.{0,100}\d{1,2}:\d{2}(:\d{2})?.{0,20}\d{4}")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")
_QUOTED = re.compile(rb">+From ")
# A Maildir's deliveries that were never finished, and what editors and systems leave behind.
_NO_LETTERS = {"tmp", "dovecot", "courierimapkeywords"}


def letters(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """(where it stands, its bytes) of every mail; folders in the order of their names.

    Raises OSError for what cannot be read.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if not _is_beside_the_point(each))
            yield from letters(inside)
        else:
            yield from _in_file(path)


def _is_beside_the_point(path: Path) -> bool:
    return (path.name.startswith(".") and not path.is_dir()) or path.name.lower() in _NO_LETTERS


def _in_file(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        if not _FROM_LINE.match(file.readline(200)):
            file.seek(0)
            yield str(path), file.read()
            return
        file.seek(0)
        found = list(_starts(file))
        for number, (start, end) in enumerate(zip(found, [*found[1:], None], strict=True), 1):
            file.seek(start)
            raw = file.read() if end is None else file.read(end - start)
            name = str(path) if len(found) == 1 else f"{path}#{number}"
            yield name, _unquoted(raw.partition(b"\n")[2], alone=len(found) == 1)


def _starts(file: IO[bytes]) -> Iterator[int]:
    """Where the mails of an mbox begin: at a From line after an empty line, with a header below it."""
    place, empty, begun = 0, True, -1
    for line in file:
        if begun >= 0 and _HEADER.match(line):
            yield begun
        begun = place if empty and _FROM_LINE.match(line) else -1
        empty = not line.strip()
        place += len(line)


def _unquoted(raw: bytes, *, alone: bool) -> bytes:
    """A mail as it was before an mbox quoted its lines that begin with From; `alone`, nothing was quoted."""
    if alone:
        return raw
    lines = raw.removesuffix(b"\n").split(b"\n")
    return b"\n".join(line[1:] if _QUOTED.match(line) else line for line in lines)
