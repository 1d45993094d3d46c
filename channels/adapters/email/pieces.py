"""Pieces: what the parts of a mail (RFC 2045 to 2049) add up to: a text, perhaps HTML, files."""

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64
from contextlib import suppress
from dataclasses import dataclass
from email.feedparser import BytesFeedParser
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from html import unescape
from quopri import decodestring

from channels.adapters.email.characters import characters, clean, decoded
from channels.adapters.email.words import (
    MAX_TEXT,
    calendar,
    enriched,
    flowed,
    html_to_text,
    text_to_html,
    unpacked,
)
from channels.base import Enclosure
from channels.html import MAX_HTML

MAX_PARTS = 200
MAX_DEPTH = 20
# No character takes more bytes than four.
MAX_BYTES = 4 * MAX_TEXT

_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")
_SUFFIX = re.compile(r"\.\w{1,8}$")
_BOUNDARY = re.compile(r"^--([^\s\-][^\r\n]{0,69}?)[ \t\r]*\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
# Texts that are read by programs: files, even when nobody named them.
_FOR_PROGRAMS = {
    "text/calendar",
    "text/css",
    "text/csv",
    "text/directory",
    "text/javascript",
    "text/rfc822-headers",
    "text/rtf",
    "text/vcard",
    "text/x-vcard",
    "text/xml",
}
# The same again for readers of one provider or device.
_FOR_OTHERS = {"text/x-amp-html", "text/watch-html"}
_SUFFIXES = {
    "application/pdf": ".pdf",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/pgp-signature": ".asc",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
}


@dataclass(frozen=True)
class Said:
    """What a mail's parts say; text is bounded."""

    text: str
    html: str | None
    files: tuple[Enclosure, ...]


@dataclass(frozen=True)
class _Piece:
    """Something to read, as text, as HTML or as both; or a file."""

    text: str | None = None
    html: str | None = None
    file: Enclosure | None = None


def read_parts(message: Message, with_html: bool) -> Said:
    """What the parts of a mail say together; without HTML, its words alone."""
    walk = _Walk()
    pieces = walk.read(message, 0)
    html = None
    if any(piece.html is not None for piece in pieces):
        shown = [
            text_to_html(each.text or "") if each.html is None else each.html
            for each in pieces
            if _is_read(each)
        ]
        html = "\n".join(filter(None, shown))[:MAX_HTML]
    texts, room = [], MAX_HTML
    for piece in pieces:
        if piece.text is not None:
            texts.append(piece.text)
        elif piece.html is not None and room > 0:
            texts.append(html_to_text(piece.html[:room], laid_out=with_html and room > MAX_HTML // 2))
            room -= len(piece.html)
    files = [piece.file for piece in pieces if piece.file is not None]
    text = "\n".join(texts).strip()[:MAX_TEXT]
    if not text:
        text = _invitation(files)
    if "\nbegin " in "\n" + text:
        text, found = unpacked(text)
        files += [Enclosure(_safe(name), "application/octet-stream", content) for name, content in found]
    return Said(text.strip(), html if with_html else None, tuple(files))


def content_type(part: Message) -> str:
    return clean(part.get_content_type())[:100]


def _is_read(piece: _Piece) -> bool:
    return piece.html is not None or bool(piece.text and piece.text.strip())


def _invitation(files: list[Enclosure]) -> str:
    for file in files:
        if file.content_type == "text/calendar" and (words := calendar(characters(file.content))):
            return words
    return ""


class _Walk:
    """One reading of a tree of parts, at most MAX_PARTS of them; an enclosed mail counts as one part."""

    def __init__(self) -> None:
        self._count = 0
        self._files = 0

    def read(self, part: Message, depth: int) -> list[_Piece]:
        if self._count >= MAX_PARTS:
            return []
        if part.get_content_maintype() == "multipart" and depth < MAX_DEPTH:
            children = _children(part)
            if children is not None:
                if part.get_content_subtype() == "alternative":
                    return self._choose(children, depth)
                return [piece for child in children for piece in self.read(child, depth + 1)]
        self._count += 1
        return [self._leaf(part, is_root=depth == 0)]

    def _choose(self, children: list[Message], depth: int) -> list[_Piece]:
        """Several forms of one text (RFC 2046, 5.1.4): one to read as text, one as HTML, and all their files."""
        wanted = [child for child in children if child.get_content_type() not in _FOR_OTHERS]
        forms = [(child, self.read(child, depth + 1)) for child in wanted]
        texts: list[str] = []
        htmls: list[str] = []
        for child, pieces in forms:
            plain = [piece for piece in pieces if _is_read(piece)]
            if any(piece.html is not None for piece in plain):
                htmls.append("\n".join(piece.html or text_to_html(piece.text or "") for piece in plain))
                if child.get_content_maintype() == "multipart" and any(piece.text for piece in plain):
                    texts.append("\n".join(piece.text or html_to_text(piece.html or "") for piece in plain))
            elif plain and (child.get_content_type() == "text/plain" or not texts):
                texts.append("\n".join(piece.text or "" for piece in plain))
        text = "\n".join(dict.fromkeys(texts)) if texts else None
        html = "\n".join(dict.fromkeys(htmls)) if htmls else None
        files = [piece for _, pieces in forms for piece in pieces if piece.file is not None]
        return ([_Piece(text, html)] if text or html else []) + files

    def _leaf(self, part: Message, *, is_root: bool) -> _Piece:
        kind = content_type(part)
        disposition = re.split(
            r"[;\s(]", str(part.get("content-disposition", "")).strip().lower(), maxsplit=1
        )[0]
        if kind.startswith("multipart/") and not isinstance(part.get_payload(), list):
            kind = "text/plain"  # it has no parts: what stands there is all there is
        reads = kind.startswith("text/") and kind not in _FOR_PROGRAMS | _FOR_OTHERS
        if not reads or disposition not in ("", "inline") or (_filename(part) and not is_root):
            self._files += 1
            return _Piece(file=_file(part, kind, self._files))
        content = _payload(part)[:MAX_BYTES]
        charset = _parameter(part, "charset")
        if kind == "text/html":
            return _Piece(html=_lines(characters(content, charset, is_html=True)))
        text = _lines(characters(content, charset))
        if kind in ("text/enriched", "text/richtext"):
            text = unescape(enriched(text))
        elif _parameter(part, "format").lower() == "flowed":
            text = flowed(text, without_space=_parameter(part, "delsp").lower() == "yes")
        return _Piece(text=text)


def _children(part: Message) -> list[Message] | None:
    """The parts of a container; None when it has none, whatever it claims."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [each for each in payload if isinstance(each, Message)]
    text = str(getattr(part, "_payload", "") or "")
    boundary = _BOUNDARY.search(text[:10_000])
    if boundary is None:
        return None
    # Its boundary is missing or another one than it says.
    parser = BytesFeedParser(policy=part.policy)
    parser.feed(
        b'Content-Type: multipart/mixed; boundary="%s"\n\n' % _encoded(boundary[1].replace('"', '\\"'))
    )
    parser.feed(_encoded(text))
    found = parser.close().get_payload()
    return [each for each in found if isinstance(each, Message)] if isinstance(found, list) else None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parameter(part: Message, name: str) -> str:
    with suppress(Exception):
        found = part.get_param(name)
        if found is not None:
            return collapse_rfc2231_value(found).strip()
    return ""


def _encoding(part: Message) -> str:
    return re.split(r"[;\s(]", str(part.get("content-transfer-encoding", "")).strip().lower(), maxsplit=1)[0]


def _payload(part: Message) -> bytes:
    encoding = _encoding(part)
    if part.is_multipart():
        return _enclosed(part, encoding)
    if encoding == "base64":
        return _unpacked(
            _encoded(str(getattr(part, "_payload", None) or "")), part.get_content_maintype() == "text"
        )
    if encoding and str(part.get("content-transfer-encoding", "")).lower() != encoding:
        del part["content-transfer-encoding"]
        part["Content-Transfer-Encoding"] = encoding
    try:
        content = part.get_payload(decode=True)
    except Exception:
        content = None
    if isinstance(content, bytes):
        return content
    return _encoded(str(part.get_payload() or ""))


def _unpacked(content: bytes, is_text: bool) -> bytes:
    """What base64 says, also where some of it is missing; a text that never was base64 stays as it is."""
    if is_text and b" " in content.strip().partition(b"\n")[0].strip():
        return content
    try:
        return a2b_base64(content)
    except BinasciiError:
        plain = _NO_BASE64.sub(b"", content)
        return a2b_base64(plain[: len(plain) // 4 * 4])


def _enclosed(part: Message, encoding: str) -> bytes:
    """The bytes of a mail within a mail, with the line ends that mail has."""
    payload = part.get_payload()
    inside = [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    content = b"".join(
        each.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=0)) for each in inside
    )
    with suppress(Exception):  # RFC 2046, 5.2.1 forbids it, some do it
        if encoding == "base64":
            return _unpacked(content, False) or content
        if encoding == "quoted-printable":
            return decodestring(content).lstrip(b"\r\n")
    return content


def _filename(part: Message) -> str:
    """The name that a part gives itself, however it encodes it (RFC 2183, 2231 and what others do)."""
    for header, name in (("content-disposition", "filename"), ("content-type", "name")):
        with suppress(Exception):
            said = part.get_param(name, header=header)
            if isinstance(said, tuple):
                charset, _, value = said
                with suppress(UnicodeEncodeError):
                    value = characters(str(value).encode("latin-1"), charset or None)
                said = value
            if said and (found := decoded(str(said))):
                return found
    return ""


def _safe(name: str) -> str:
    name = _UNSAFE_NAME.sub("_", name).strip(". ")
    suffix = _SUFFIX.search(name)
    return name if len(name) <= 150 else name[:140] + (suffix[0] if suffix else "")


def _file(part: Message, kind: str, number: int) -> Enclosure:
    try:
        name = _safe(_filename(part))
        content = _payload(part)
    except Exception:
        name, content = "", b""
    if not name and kind == "message/rfc822":
        name = "mail.eml"
    if not name:
        name = "invite.ics" if kind == "text/calendar" else f"part-{number}{_SUFFIXES.get(kind, '')}"
    content_id = clean(str(part.get("content-id", ""))).strip().strip("<>")[:200]
    return Enclosure(name, kind, content, content_id or None)
