"""Pages ready-made: in parts between which each browser's token goes, compressed ahead, bounded by their bytes.

A few pieces near the top are one person's own: until then such a page is split at them as well.
"""

import re
import struct
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from core import metrics
from core.changes import Changes

# How old (s) a page may become: for what depends on the clock, and for what nobody announces, such as how often
# something was bought or read.
OLDEST = 60.0
TOKEN_SIZE = 128
# Smaller answers are not compressed, here as by Litestar.
_SMALL = 500
_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Key = tuple[str, bytes, str]
Headers = list[tuple[bytes, bytes]]


# What is put into a page for one person, by name.
Pieces = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Top:
    """A part of a page up to its next token: texts, and the names of the pieces that stand between them."""

    names: list[str]
    texts: list[bytes]
    packed: list[bytes]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in parts between which a token stands, as they are and as raw deflate that can be joined to a gzip.

    As it is for strangers; for someone else, what `tops` say comes first, instead of as many of the parts.
    `packed` is empty for what is too small to be worth it.
    """

    status: int
    made_at: float
    parts: list[bytes]
    packed: list[bytes]
    tops: list[Top]
    headers: Headers
    plain_headers: Headers
    packed_headers: Headers

    @property
    def size(self) -> int:
        """About what it takes of the memory, in bytes."""
        tops = sum(len(one) for top in self.tops for one in (*top.texts, *top.packed))
        return sum(map(len, self.parts)) + sum(map(len, self.packed)) + tops + 1024

    def body(self, token: bytes) -> bytes:
        return token.join(self.parts)

    def gzip(self, token: bytes) -> bytes:
        """A gzip member of the page with this token."""
        whole = token.join(self.parts)
        end = struct.pack("<LL", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)
        return b"".join((_GZIP, _stored(token).join(self.packed), end))

    def body_for(self, pieces: Pieces, token: bytes) -> bytes:
        """The page with somebody's own pieces."""
        tops = [_joined(top.texts, [pieces[name] for name in top.names]) for top in self.tops]
        return token.join([*tops, *self.parts[len(tops) :]])

    def gzip_for(self, pieces: Pieces, token: bytes) -> bytes:
        whole = self.body_for(pieces, token)
        tops = [_joined(top.packed, [_stored(pieces[name]) for name in top.names]) for top in self.tops]
        packed = _stored(token).join([*tops, *self.packed[len(tops) :]])
        return b"".join((_GZIP, packed, struct.pack("<LL", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)))

    def headers_for(self, length: int, packed: bool) -> Headers:
        """The headers of an answer of so many bytes."""
        return _headers(self.headers, length, packed)


def _joined(texts: list[bytes], between: list[bytes]) -> bytes:
    return b"".join(one for pair in zip(texts, [*between, b""], strict=True) for one in pair)


def _stored(piece: bytes) -> bytes:
    """A block of deflate that is not compressed: what the piece is, leaves no trace in the length."""
    size = len(piece)
    return b"\x00" + struct.pack("<HH", size, size ^ 0xFFFF) + piece


def assemble(
    status: int,
    headers: Headers,
    body: bytes,
    mark: bytes,
    made_at: float,
    marks: Pieces | None = None,
    strangers: Pieces | None = None,
) -> Page:
    """A page of a `body` in which `mark` stands wherever a token belongs, and each of `marks` where its piece does.

    What `strangers` get in their place is put in at once.
    """
    tops = _tops(body.split(mark), marks or {})
    for name, each in (marks or {}).items():
        body = body.replace(each, (strangers or {})[name])
    parts = body.split(mark)
    tokens = len(parts) - 1
    headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
    length = sum(map(len, parts)) + tokens * TOKEN_SIZE
    packed = _packed(parts) if length >= _SMALL else []
    packed_length = len(_GZIP) + sum(map(len, packed)) + tokens * (TOKEN_SIZE + 5) + 8
    return Page(
        status,
        made_at,
        parts,
        packed,
        tops,
        headers,
        _headers(headers, length, packed=False),
        _headers(headers, packed_length, packed=True),
    )


def _tops(parts: list[bytes], marks: Pieces) -> list[Top]:
    """What differs from one to the next, up to the last part in which something does."""
    names = {mark: name for name, mark in marks.items()}
    if not names:
        return []
    # Texts and marks by turns.
    split = [re.split(b"(" + b"|".join(names) + b")", part) for part in parts]
    last = max((place for place, found in enumerate(split) if len(found) > 1), default=-1)
    return [
        Top(
            [names[mark] for mark in found[1::2]],
            found[::2],
            _packed(found[::2], ends=place == len(parts) - 1),
        )
        for place, found in enumerate(split[: last + 1])
    ]


def _headers(headers: Headers, length: int, packed: bool) -> Headers:
    said = (b"content-length", b"%d" % length)
    return [*_with_vary(headers), (b"content-encoding", b"gzip"), said] if packed else [*headers, said]


def _packed(parts: list[bytes], *, ends: bool = True) -> list[bytes]:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush ends on a whole byte, and nothing after it refers to what came before.
    packed = [deflate.compress(part) + deflate.flush(zlib.Z_FULL_FLUSH) for part in parts[:-1]]
    end = zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH
    return [*packed, deflate.compress(parts[-1]) + deflate.flush(end)]


def _with_vary(headers: Headers) -> Headers:
    given = [value for name, value in headers if name.lower() == b"vary"]
    others = [pair for pair in headers if pair[0].lower() != b"vary"]
    return [*others, (b"vary", b", ".join([*given, b"Accept-Encoding"]))]


class Pages:
    """The pages of this process: at most so many bytes, the one asked for longest ago goes first."""

    def __init__(self, changes: Changes, most: int) -> None:
        self.changes = changes
        self.most = most
        self.size = 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        changes.tell(self.forget)

    def find(self, key: Key) -> Page | None:
        """The page that is still true."""
        page = self._pages.get(key)
        if page is None or not self.changes.sure:
            return None
        if time.monotonic() - page.made_at > OLDEST:
            self._drop(key)
            return None
        self._pages.move_to_end(key)
        return page

    def keep(self, key: Key, page: Page, as_of: int) -> None:
        """Keep a page that began to be made when `changes.number` was `as_of`, unless something changed meanwhile."""
        size = page.size + len(key[0]) + len(key[1])
        if as_of != self.changes.number or not self.changes.sure or size > self.most:
            return
        self._drop(key)
        self._pages[key] = page
        self.size += size
        while self.size > self.most:
            self._drop(next(iter(self._pages)))
        metrics.KEPT_PAGES_BYTES.set(self.size)

    def forget(self) -> None:
        self._pages.clear()
        self.size = 0
        metrics.KEPT_PAGES_BYTES.set(0)

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self.size -= page.size + len(key[0]) + len(key[1])
            metrics.KEPT_PAGES_BYTES.set(self.size)

    def __len__(self) -> int:
        return len(self._pages)
