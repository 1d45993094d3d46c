"""Reassembly: from the pieces into which a provider took a mail, a mail again, for the road that every mail takes."""

import hashlib
import re
from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

# About how the pieces were packed, which they are no more.
_PACKING = re.compile(r"content-(?:type|transfer-encoding|disposition|length)|mime-version", re.IGNORECASE)
_NAME = re.compile(r"[!-9;-~]{1,200}")
_ENDS = re.compile(r"[\r\n]+[ \t]*")
_KIND = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,100}")
_REPORT = re.compile(r"multipart/report\b[^\r\n]{0,200}", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A file of the mail; with a `content_id`, its HTML shows it."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


def reassembled(
    headers: Sequence[tuple[str, str]], text: str | None, html: str | None, files: Sequence[Piece]
) -> bytes:
    """The mail of these headers and pieces (RFC 5322, 2046); from the same pieces always the same bytes.

    Headers keep their order and their words; letters beyond ASCII stand there as UTF-8.
    """
    packed = next((value for name, value in headers if name.lower() == "content-type"), "")
    kept = [
        _field(name, value)
        for name, value in headers
        if _NAME.fullmatch(name) and not _PACKING.fullmatch(name)
    ]
    body = _words(text, html)
    if files:
        # A report keeps its name: it is known by it.
        report = _REPORT.match(" ".join(packed.split()))
        kind = "multipart/report" if report else "multipart/mixed"
        body = _several(kind, [body, *map(_file, files)])
    return b"".join([*kept, b"MIME-Version: 1.0\r\n", body])


def _field(name: str, value: str) -> bytes:
    flat = _ENDS.sub("\r\n ", value.replace("\x00", "")).strip()
    return f"{name}: {flat}\r\n".encode("utf-8", "replace")


def _words(text: str | None, html: str | None) -> bytes:
    parts = [
        _part(f"text/{kind}; charset=utf-8", words.encode("utf-8", "replace"))
        for kind, words in (("plain", text), ("html", html))
        if words
    ]
    if not parts:
        return _part("text/plain; charset=utf-8", b"")
    return parts[0] if len(parts) == 1 else _several("multipart/alternative", parts)


def _file(piece: Piece) -> bytes:
    kind = piece.content_type.partition(";")[0].strip().lower()
    kind = kind if _KIND.fullmatch(kind) else "application/octet-stream"
    lines = []
    if piece.filename or not piece.content_id:
        shown = "inline" if piece.content_id else "attachment"
        name = f"; filename*=utf-8''{quote(piece.filename[:200], safe='')}" if piece.filename else ""
        lines.append(f"Content-Disposition: {shown}{name}\r\n")
    if content_id := re.sub(r"[<>\s]", "", piece.content_id)[:200]:
        lines.append(f"Content-ID: <{content_id}>\r\n")
    return _part(kind, piece.content, "".join(lines), packed=True)


def _part(kind: str, content: bytes, more: str = "", *, packed: bool = False) -> bytes:
    encoding = "base64" if packed else "8bit"
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n"
    written = encodebytes(content).replace(b"\n", b"\r\n") if packed else content
    return head.encode("utf-8", "replace") + written


def _several(kind: str, parts: Sequence[bytes]) -> bytes:
    # Made of what it parts, so that it cannot stand within.
    boundary = hashlib.sha256(b"".join(parts)).hexdigest().encode()
    inside = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return b'Content-Type: %s; boundary="%s"\r\n\r\n%s--%s--\r\n' % (
        kind.encode(),
        boundary,
        inside,
        boundary,
    )
