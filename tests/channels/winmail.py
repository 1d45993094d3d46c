"""Outlook's wrapping (MS-OXTNEF), written down from its description: for mails of tests."""

import struct

from compressed_rtf import compress

MESSAGE, FILE = 1, 2


def attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) % 65536)


def properties(*pairs: tuple[int, int, bytes | str | int]) -> bytes:
    """(type, number, value): 0x1E and 0x1F texts, 0x102 bytes, 0x0D an object, 3 a number."""
    made = struct.pack("<I", len(pairs))
    for kind, number, value in pairs:
        made += struct.pack("<HH", kind, number)
        if isinstance(value, int):
            made += struct.pack("<I", value)
            continue
        if isinstance(value, str):
            value = (value + "\0").encode("utf-16-le" if kind == 0x1F else "cp1252")
        made += struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return made


def named(text: str) -> bytes:
    """A property that has a name of its own, before one that has not."""
    name = (text + "\0").encode("utf-16-le")
    head = struct.pack("<HH", 0x1E, 0x8001) + b"G" * 16 + struct.pack("<II", 1, len(name))
    return head + name + b"\0" * (-len(name) % 4) + struct.pack("<II", 1, 4) + b"abc\0"


def file(title: bytes, content: bytes, *more: tuple[int, int, bytes | str | int], data: bool = True) -> bytes:
    made = attribute(FILE, 0x00069002, b"\x01\0" + b"\xff" * 12) + attribute(FILE, 0x00018010, title + b"\0")
    if data:
        made += attribute(FILE, 0x0006800F, content)
    return made + (attribute(FILE, 0x00069005, properties(*more)) if more else b"")


def message(*more: tuple[int, int, bytes | str | int]) -> bytes:
    return attribute(MESSAGE, 0x00069003, properties(*more))


def wrapped(*attributes: bytes, codepage: int = 1252) -> bytes:
    head = struct.pack("<IH", 0x223E9F78, 1) + attribute(MESSAGE, 0x00089006, b"\0\0\1\0")
    return head + attribute(MESSAGE, 0x00069007, struct.pack("<II", codepage, 0)) + b"".join(attributes)


def rtf(text: bytes) -> tuple[int, int, bytes]:
    return (0x102, 0x1009, compress(text))


def compressed(text: bytes) -> bytes:
    """RTF as it stands when nothing is gained by compressing: quick for long ones."""
    return bytes(compress(text, compressed=False))
