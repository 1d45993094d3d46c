"""TNEF (winmail.dat, MS-OXTNEF): what Outlook wrapped up, opened: a text, HTML, RTF, and files.

Whatever the bytes are, `opened` returns; what it finds is never more than it was given.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from channels.adapters.email.characters import characters, clean

KINDS = {"application/ms-tnef", "application/vnd.ms-tnef"}
MAX_ATTRIBUTES = 5_000
MAX_FILES = 100
MAX_DEPTH = 3
MAX_VALUES = 1_000

_SIGNATURE = 0x223E9F78
# Attributes, by the lower half of their numbers.
_CODEPAGE, _BODY, _PROPERTIES, _RENDERING, _TITLE, _DATA, _FILE_PROPERTIES = (
    0x9007, 0x800C, 0x9003, 0x9002, 0x8010, 0x800F, 0x9005,
)  # fmt: skip
# MAPI properties.
_PLAIN, _HTML, _RTF, _INTERNET_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _MIME, _CONTENT, _CONTENT_ID = (
    0x3707, 0x3704, 0x3001, 0x370E, 0x3701, 0x3712,
)  # fmt: skip
_FIXED = {
    0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8,
    0x0048: 16, 0x0001: 0,
}  # fmt: skip
_STRING, _UNICODE, _OBJECT, _BINARY, _SEVERAL = 0x001E, 0x001F, 0x000D, 0x0102, 0x1000


@dataclass(frozen=True)
class File:
    """An enclosed file; `inner` when it is a message of its own, opened."""

    name: str = ""
    content_type: str = ""
    content: bytes = b""
    content_id: str = ""
    inner: "Opened | None" = None


@dataclass(frozen=True)
class Opened:
    """What was in it: texts, and RTF still compressed (MS-OXRTFCP)."""

    text: str = ""
    html: str = ""
    rtf: bytes = b""
    files: list[File] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.text or self.html or self.rtf or self.files)


def opened(content: bytes, depth: int = 0) -> Opened:
    """What a TNEF stream holds, as far as it can be read; nothing when it is none. Never raises."""
    if depth >= MAX_DEPTH or len(content) < 6 or struct.unpack_from("<I", content)[0] != _SIGNATURE:
        return Opened()
    found = Opened()
    charset = "cp1252"
    files: list[File] = []
    # What is read before it breaks off counts.
    with suppress(struct.error, ValueError, IndexError, OverflowError, RecursionError):
        for attribute, value in _attributes(content):
            match attribute:
                case 0x9007 if len(value) >= 4:
                    charset = f"cp{struct.unpack_from('<I', value)[0]}"
                case 0x800C:
                    found = replace(found, text=found.text or _text(value, charset))
                case 0x9003:
                    found = _message(found, value, charset)
                case 0x9002:
                    if len(files) >= MAX_FILES:
                        break
                    files.append(File())
                case 0x8010 if files:
                    files[-1] = replace(files[-1], name=files[-1].name or _text(value, charset))
                case 0x800F if files:
                    files[-1] = replace(files[-1], content=value)
                case 0x9005 if files:
                    files[-1] = _file(files[-1], value, charset, depth)
    return replace(found, files=[each for each in files if each.name or each.content or each.inner])


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes of a stream up to where it breaks off: the lower half of the number, and the value."""
    place = 6
    for _ in range(MAX_ATTRIBUTES):
        if place + 9 > len(content):
            return
        level, number, length = struct.unpack_from("<BII", content, place)
        value = content[place + 9 : place + 9 + length]
        if level not in (1, 2):
            return
        yield number & 0xFFFF, value
        # Two bytes of a checksum follow; a file that was cut in two is still worth showing.
        place += 9 + length + 2


def _message(found: Opened, content: bytes, charset: str) -> Opened:
    said = dict(_properties(content))
    if isinstance(page := said.get(_INTERNET_CODEPAGE), int):
        charset = f"cp{page}" if page != 65001 else "utf-8"
    html = said.get(_HTML)
    rtf = said.get(_RTF)
    return replace(
        found,
        text=found.text or _words(said.get(_PLAIN), charset),
        html=characters(html, charset, is_html=True) if isinstance(html, bytes) else _words(html, charset),
        rtf=rtf if isinstance(rtf, bytes) else b"",
    )


def _file(file: File, content: bytes, charset: str, depth: int) -> File:
    said = dict(_properties(content))
    names = (_words(said.get(each), charset) for each in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME))
    inside = said.get(_CONTENT)
    data = inside if isinstance(inside, bytes) else b""
    # An object begins with the sixteen bytes that name its kind; a message is a stream of its own.
    inner = opened(data[16:], depth + 1) if data else Opened()
    return replace(
        file,
        name=next(filter(None, names), file.name),
        content_type=_words(said.get(_MIME), charset).strip().lower(),
        content_id=_words(said.get(_CONTENT_ID), charset).strip("<> "),
        content=file.content or (b"" if inner else data),
        inner=inner or None,
    )


Value = bytes | str | int | None


def _properties(content: bytes) -> Iterator[tuple[int, Value]]:
    """MAPI properties: number and value; of several values the first. Stops at what cannot be."""
    count = struct.unpack_from("<I", content)[0]
    place = 4
    for _ in range(min(count, MAX_VALUES)):
        if place + 4 > len(content):
            return
        kind, number = struct.unpack_from("<HH", content, place)
        place += 4
        if number >= 0x8000:  # one with a name: skipped
            if place + 24 > len(content):
                return
            by_text, size = struct.unpack_from("<II", content, place + 16)
            place += 24 + (_padded(size) if by_text == 1 else 0)
        values, several, kind = 1, bool(kind & _SEVERAL), kind & ~_SEVERAL
        varies = kind in (_STRING, _UNICODE, _OBJECT, _BINARY)
        if several or varies:
            if place + 4 > len(content):
                return
            values = struct.unpack_from("<I", content, place)[0]
            place += 4
        if not varies and kind not in _FIXED:
            return
        first: Value = None
        for each in range(min(values, MAX_VALUES)):
            if varies:
                if place + 4 > len(content):
                    return
                size = struct.unpack_from("<I", content, place)[0]
                value: Value = _value(kind, content[place + 4 : place + 4 + size])
                place += 4 + _padded(size)
            else:
                value = int.from_bytes(content[place : place + _FIXED[kind]], "little")
                place += _FIXED[kind]
            first = value if each == 0 else first
        yield number, first
        if values > MAX_VALUES:
            return


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4


def _value(kind: int, value: bytes) -> Value:
    if kind == _UNICODE:
        return clean(value.decode("utf-16-le", "replace")).rstrip("\x00")
    return value


def _words(value: Value, charset: str) -> str:
    return _text(value, charset) if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _text(value: bytes, charset: str) -> str:
    return characters(value.split(b"\x00", 1)[0], charset)
