"""Pieces: what the parts of a mail (RFC 2045 to 2049) add up to: a text, perhaps HTML, files."""

import re
from dataclasses import dataclass
from email.errors import MissingHeaderBodySeparatorDefect
from email.feedparser import BytesFeedParser
from email.message import Message
from html import unescape
from mimetypes import MimeTypes

from channels.adapters.email import pkcs7, rtf, tnef
from channels.adapters.email.characters import characters, clean
from channels.adapters.email.contents import (
    content_type,
    enclosure,
    encoded,
    filename,
    parameter,
    payload,
    safe_name,
)
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

_BOUNDARY = re.compile(r"^--([^\s\-][^\r\n]{0,69}?)[ \t\r]*\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_CONTENT_FIELD = re.compile(r"^content-[a-z-]+:", re.MULTILINE | re.IGNORECASE)
_NO_FIELD = re.compile(r"^(?![!-9;-~]+:|[ \t])", re.MULTILINE)
_KIND = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,100}")
_TYPES = MimeTypes(filenames=())  # the same on every machine
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
    # The same once more, for mails that say it nowhere else.
    spare: bool = False


def read_parts(message: Message, with_html: bool) -> Said:
    """What the parts of a mail say together; without HTML, its words alone."""
    pieces = _Walk(with_html).read(message, 0)
    if any(_is_read(piece) for piece in pieces if not piece.spare):
        pieces = [piece for piece in pieces if not piece.spare]
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
        files += [
            Enclosure(safe_name(name) or f"part-{number}", "application/octet-stream", content)
            for number, (name, content) in enumerate(found, len(files) + 1)
        ]
    return Said(text.strip(), html if with_html else None, tuple(files))


def _is_read(piece: _Piece) -> bool:
    return piece.html is not None or bool(piece.text and piece.text.strip())


def _invitation(files: list[Enclosure]) -> str:
    for file in files:
        if file.content_type == "text/calendar" and (words := calendar(characters(file.content))):
            return words
    return ""


class _Walk:
    """One reading of a tree of parts, at most MAX_PARTS of them; an enclosed mail counts as one part."""

    def __init__(self, with_html: bool) -> None:
        self._with_html = with_html
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
        if (wrapped := _wrapped(part)) is not None and (pieces := self._unwrap(wrapped)):
            return pieces
        leaf = self._leaf(part, is_root=depth == 0)
        if depth < MAX_DEPTH and (signed := _signed(part)) is not None:
            return [*self.read(signed, depth + 1), leaf]
        return [leaf]

    def _unwrap(self, wrapped: bytes) -> list[_Piece]:
        """What Outlook put into its own wrapping; nothing when that cannot be opened."""
        found = tnef.opened(wrapped)
        text, html = found.text, found.html
        if found.rtf and not text.strip() and not html and self._with_html:
            said, is_html = rtf.read(rtf.unpacked(found.rtf))
            text, html = ("", said) if is_html else (said, "")
        words = (
            [_Piece(text=_lines(text) or None, html=_lines(html) or None, spare=True)] if text or html else []
        )
        return words + self._unwrapped(found)

    def _unwrapped(self, found: tnef.Opened) -> list[_Piece]:
        pieces: list[_Piece] = []
        for file in found.files:
            if self._count >= MAX_PARTS:
                break
            self._count += 1
            self._files += 1
            name, kind, content = safe_name(file.name), file.content_type, file.content
            if (
                file.inner is not None
            ):  # a message that was enclosed: its words as a file, its files as the mail's
                content = (file.inner.text or html_to_text(file.inner.html)).encode()
                name, kind = f"{name or 'message'}.txt", "text/plain"
            if not _KIND.fullmatch(kind):
                kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
            if content or file.inner is None:
                name = name or f"part-{self._files}"
                pieces.append(
                    _Piece(file=Enclosure(name, kind, content, clean(file.content_id)[:200] or None))
                )
            if file.inner is not None:
                pieces += self._unwrapped(file.inner)
        return pieces

    def _choose(self, children: list[Message], depth: int) -> list[_Piece]:
        """Several forms of one text (RFC 2046, 5.1.4): one to read as text, one as HTML, and all their files."""
        wanted = [child for child in children if child.get_content_type() not in _FOR_OTHERS]
        forms = [(child, self.read(child, depth + 1)) for child in wanted]
        texts: list[str] = []
        htmls: list[str] = []
        for child, pieces in forms:
            plain = [piece for piece in pieces if _is_read(piece) and not piece.spare]
            if any(piece.html is not None for piece in plain):
                htmls.append("\n".join(piece.html or text_to_html(piece.text or "") for piece in plain))
                if child.get_content_maintype() == "multipart" and any(piece.text for piece in plain):
                    texts.append("\n".join(piece.text or html_to_text(piece.html or "") for piece in plain))
            elif plain and (child.get_content_type() == "text/plain" or not texts):
                texts.append("\n".join(piece.text or "" for piece in plain))
        text = "\n".join(dict.fromkeys(texts)) if texts else None
        html = "\n".join(dict.fromkeys(htmls)) if htmls else None
        files = [piece for _, pieces in forms for piece in pieces if piece.file is not None or piece.spare]
        return ([_Piece(text, html)] if text or html else []) + files

    def _leaf(self, part: Message, *, is_root: bool) -> _Piece:
        kind = content_type(part)
        disposition = re.split(
            r"[;\s(]", str(part.get("content-disposition", "")).strip().lower(), maxsplit=1
        )[0]
        if kind.startswith("multipart/") and not isinstance(part.get_payload(), list):
            kind = "text/plain"  # it has no parts: what stands there is all there is
        reads = kind.startswith("text/") and kind not in _FOR_PROGRAMS | _FOR_OTHERS
        if not reads or disposition not in ("", "inline") or (filename(part) and not is_root):
            self._files += 1
            return _Piece(file=enclosure(part, kind, self._files))
        content = payload(part)[:MAX_BYTES]
        charset = parameter(part, "charset")
        if kind == "text/html":
            return _Piece(html=_lines(characters(content, charset, is_html=True)))
        text = _lines(characters(content, charset))
        if kind in ("text/enriched", "text/richtext"):
            text = unescape(enriched(text))
        elif parameter(part, "format").lower() == "flowed":
            text = flowed(text, without_space=parameter(part, "delsp").lower() == "yes")
        return _Piece(text=text)


def _wrapped(part: Message) -> bytes | None:
    """The bytes of a part in Outlook's own wrapping; None for any other."""
    if part.is_multipart():
        return None
    kind = content_type(part)
    if kind in tnef.KINDS or (kind == "application/octet-stream" and filename(part).lower() == "winmail.dat"):
        return payload(part)
    return None


def _signed(part: Message) -> Message | None:
    """The mail in a signed shell; None for any other part."""
    if part.is_multipart():
        return None
    kind = content_type(part)
    named = kind == "application/octet-stream" and filename(part).lower().endswith(".p7m")
    content = pkcs7.signed_content(payload(part)) if named or kind in pkcs7.KINDS else None
    if content is None:
        return None
    parser = BytesFeedParser(policy=part.policy)
    parser.feed(content)
    return parser.close()


def _children(part: Message) -> list[Message] | None:
    """The parts of a container; None when it has none, whatever it claims."""
    inside = part.get_payload()
    if isinstance(inside, list):
        found = [_healed(each) for each in inside if isinstance(each, Message)]
        return found + _behind(part)
    text = str(getattr(part, "_payload", "") or "")
    boundary = _BOUNDARY.search(text[:10_000])
    if boundary is None:
        return None
    # Its boundary is missing or another one than it says.
    return _split(part, boundary[1], text)


def _split(part: Message, boundary: str, text: str) -> list[Message] | None:
    """The parts that a boundary separates in a text; None when it does not."""
    parser = BytesFeedParser(policy=part.policy)
    parser.feed(b'Content-Type: multipart/mixed; boundary="%s"\n\n' % encoded(boundary.replace('"', '\\"')))
    parser.feed(encoded(text))
    found = parser.close().get_payload()
    return [each for each in found if isinstance(each, Message)] if isinstance(found, list) else None


def _behind(part: Message) -> list[Message]:
    """Parts that stand behind the end: some programs give what is nested the boundary of what it stands in."""
    epilogue = str(part.epilogue or "")
    boundary = part.get_boundary()
    if not boundary or f"--{boundary}" not in epilogue:
        return []
    return _split(part, boundary, epilogue) or []


def _healed(part: Message) -> Message:
    """A part whose head was cut by a line that lacks the space of a folded one."""
    text = getattr(part, "_payload", None)
    if not isinstance(text, str) or not any(
        isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in part.defects
    ):
        return part
    cut = _EMPTY_LINE.search(text[:10_000])
    if cut is None or not _CONTENT_FIELD.search(text, 0, cut.start()):
        return part
    stated = "".join(f"{name}: {value}\n" for name, value in part._headers)  # type: ignore[attr-defined]  # the library declares less than it has
    parser = BytesFeedParser(policy=part.policy)
    parser.feed(encoded(stated + _NO_FIELD.sub("\t", text[: cut.start()]) + text[cut.start() :]))
    return parser.close()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
