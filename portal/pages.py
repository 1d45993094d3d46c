"""Pages ready-made: in parts between which each browser's token goes, compressed ahead, bounded by their bytes."""

import struct
import time
import zlib
from collections import OrderedDict
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


@dataclass(frozen=True, slots=True)
class Page:
    """A page in parts between which a token stands, as they are and as raw deflate that can be joined to a gzip.

    `packed` is empty for what is too small to be worth it.
    """

    status: int
    made_at: float
    parts: list[bytes]
    packed: list[bytes]
    plain_headers: Headers
    packed_headers: Headers

    @property
    def size(self) -> int:
        """About what it takes of the memory, in bytes."""
        return sum(map(len, self.parts)) + sum(map(len, self.packed)) + 1024

    def body(self, token: bytes) -> bytes:
        return token.join(self.parts)

    def gzip(self, token: bytes) -> bytes:
        """A gzip member of the page with this token."""
        whole = token.join(self.parts)
        # A stored block: what the token is, leaves no trace in the length.
        block = b"\x00" + struct.pack("<HH", len(token), len(token) ^ 0xFFFF) + token
        end = struct.pack("<LL", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)
        return b"".join((_GZIP, block.join(self.packed), end))


def assemble(status: int, headers: Headers, body: bytes, mark: bytes, made_at: float) -> Page:
    """A page of a `body` in which `mark` stands wherever a token belongs."""
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
        [*headers, (b"content-length", b"%d" % length)],
        [
            *_with_vary(headers),
            (b"content-encoding", b"gzip"),
            (b"content-length", b"%d" % packed_length),
        ],
    )


def _packed(parts: list[bytes]) -> list[bytes]:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush ends on a whole byte, and nothing after it refers to what came before.
    packed = [deflate.compress(part) + deflate.flush(zlib.Z_FULL_FLUSH) for part in parts[:-1]]
    return [*packed, deflate.compress(parts[-1]) + deflate.flush(zlib.Z_FINISH)]


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
