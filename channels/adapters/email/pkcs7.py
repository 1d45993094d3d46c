"""PKCS #7: the mail inside a signed shell (RFC 8551, 3.5.2), which anybody may read; an encrypted one stays shut."""

from collections.abc import Iterator
from typing import NamedTuple

KINDS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
# Nothing of what is looked for lies deeper, and a mail of 25 MB in pieces of 1000 bytes has fewer.
MAX_DEPTH = 12
MAX_ELEMENTS = 200_000
_SIGNED = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_SEQUENCE, _NAME, _INSIDE, _OCTETS, _OCTETS_IN_PIECES = 0x30, 0x06, 0xA0, 0x04, 0x24


class _Element(NamedTuple):
    """One element of BER (X.690): what stands between `start` and `stop`; the next one begins at `after`."""

    tag: int
    start: int
    stop: int
    after: int


def signed_content(shell: bytes) -> bytes | None:
    """What was signed; None for anything else than a signed shell that holds it. Never raises."""
    reader = _Reader(shell)
    try:
        [kind, inside, *_] = reader.children(reader.element(0), _SEQUENCE)
        if reader.name(kind) != _SIGNED:
            return None
        [signed] = reader.children(inside, _INSIDE)
        [_version, _digests, held, *_] = reader.children(signed, _SEQUENCE)
        [kind, content] = reader.children(held, _SEQUENCE)
        if reader.name(kind) != _DATA:
            return None
        [octets] = reader.children(content, _INSIDE)
        return b"".join(reader.octets(octets))
    except (IndexError, ValueError):
        return None


class _Reader:
    """One reading of BER; whatever is not of its form raises IndexError or ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS

    def element(self, place: int, depth: int = 0) -> _Element:
        """The element that begins here."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise ValueError("there is too much of it")
        tag, length, start = self._data[place], self._data[place + 1], place + 2
        if length == 0x80:  # it goes on until an end is marked
            stop = start
            while self._data[stop : stop + 2] != b"\0\0":
                stop = self.element(stop, depth + 1).after
            return _Element(tag, start, stop, stop + 2)
        if length > 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(self._data[start : start + size]), start + size
        if start + length > len(self._data):
            raise ValueError("its end is missing")
        return _Element(tag, start, start + length, start + length)

    def children(self, parent: _Element, tag: int) -> list[_Element]:
        """What an element of this tag consists of."""
        if parent.tag != tag:
            raise ValueError("it is of another kind")
        found: list[_Element] = []
        place = parent.start
        while place < parent.stop:
            found.append(self.element(place))
            place = found[-1].after
        return found

    def name(self, element: _Element) -> bytes:
        return self._data[element.start : element.stop] if element.tag == _NAME else b""

    def octets(self, element: _Element, depth: int = 0) -> Iterator[bytes]:
        """The bytes of a string, which may come in pieces."""
        if element.tag == _OCTETS:
            yield self._data[element.start : element.stop]
            return
        if depth > MAX_DEPTH:
            raise ValueError("it is too deep")
        for piece in self.children(element, _OCTETS_IN_PIECES):
            yield from self.octets(piece, depth + 1)
