"""Parsing: from the bytes of a mail to what it says. Whatever the bytes are, `parse` returns."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from channels.base import Enclosure
from channels.html import MAX_HTML

MAX_PARTS = 200
MAX_DEPTH = 20
MAX_TEXT = 500_000
MAX_LINE = 2_000
MAX_IDS = 100
MAX_ADDRESSES = 100
# Many readings of a header, and of HTML, take the square of its length: these keep the square small.
MAX_HEADER = 16_384
MAX_HEADERS = 262_144
MAX_ENCODED_WORDS = 100
MAX_LINES = 500_000
MAX_LAID_OUT = 100_000
MAX_TAGS = 5_000

_ID = re.compile(r"<([^<>\s]{1,500})>")
_BETWEEN = re.compile(r"[\s<>\",;:()\[\]\\]+")
_ADDRESS = re.compile(r"[^\s<>\",;:()\[\]\\]+@[^\s<>\",;:()\[\]\\]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})?[^<>]*>")
_UNSEEN = {"head", "noscript", "script", "style", "template", "title"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class ParsedMail:
    """What a mail says; `broken` tells why nothing could be read, and then the rest is empty."""

    headers: list[tuple[str, str]] = field(default_factory=list)  # lower-case names, in the order of the mail
    message_id: str = ""
    references: tuple[str, ...] = ()  # oldest first, the one answered last; without angle brackets
    sender: str = ""
    sender_name: str = ""
    senders: int = 0
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    files: tuple[Enclosure, ...] = ()
    content_type: str = "text/plain"
    written_at: datetime | None = None  # as the author's clock has it, in UTC
    broken: str = ""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    def others(self) -> list[str]:
        """Whom Sender and Reply-To name: for a mail without From."""
        return [
            each
            for name in ("sender", "reply-to")
            for value in self.values(name)
            for each in _addresses(value)
        ]

    def addressed(self) -> list[str]:
        """Every address that any header says it was delivered to."""
        routed = [*self.values("delivered-to"), *self.values("x-original-to")]
        return [*self.to, *self.cc, *(each for value in routed for each in _addresses(value))]


class _Bounded(Compat32):
    """Headers as they came, but none longer than MAX_HEADER: of a thread's ids the first and the last stay."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if len(value) <= MAX_HEADER:
            return name, value
        if name.lower() == "references":
            return name, f"{value[:1000]} {value[1001 - MAX_HEADER :]}"
        # Half a relay's word may say the contrary.
        return name, "" if name.lower() == "authentication-results" else value[:MAX_HEADER]


_POLICY = _Bounded()


def parse(raw: bytes, *, with_html: bool = True) -> ParsedMail:
    """What these bytes say. Never raises; text is bounded and free of what the database cannot hold.

    Without HTML, its words alone are kept. `isolation.parse` also bounds the time that hostile bytes cost.
    """
    try:
        if raw.count(b"\n") > MAX_LINES:
            raise ValueError("it has too many lines")
        return _read(_message(raw), with_html)
    except Exception as error:
        # The standard parser raises many kinds on what is found in the wild.
        return ParsedMail(broken=clean(f"{type(error).__name__}: {error}")[:300])


def head(raw: bytes) -> ParsedMail:
    """What the headers of a mail say, its body left unread. Never raises."""
    return parse(raw[:MAX_HEADERS].replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")


def own_id(raw: bytes) -> str:
    """The Message-ID that the head of a mail names, empty when it names none."""
    return head(raw).message_id


def _message(raw: bytes) -> Message:
    # Fed in pieces: whole, it is copied to four bytes a character.
    parser = BytesFeedParser(policy=_POLICY)
    for start in range(0, len(raw), 65_536):
        parser.feed(raw[start : start + 65_536])
    return parser.close()


def _read(message: Message, with_html: bool) -> ParsedMail:
    stated: list[tuple[str, str]] = message._headers  # type: ignore[attr-defined]  # the library declares less than it has
    if sum(len(name) + len(value) for name, value in stated) > MAX_HEADERS:
        raise ValueError("its headers are too long")
    # Whom a header names that was cut, nobody knows.
    cut = sum(name.lower() == "from" and len(value) >= MAX_HEADER for name, value in stated)
    headers = [(name.lower(), _raw(value)) for name, value in stated]
    decoded = [(clean(name)[:100], _shown(name, value)) for name, value in headers[:500]]

    def of(name: str) -> list[str]:
        return [value for key, value in headers if key == name]

    senders = _pairs(of("from"))
    name, address = senders[0] if senders else ("", "")
    answered = _ids(of("in-reply-to"))
    chain = [each for each in _ids(of("references")) if each not in answered[-1:]] + answered[-1:]
    texts: list[str] = []
    htmls: list[str] = []
    files: list[Enclosure] = []
    for part in _leaves(message):
        kind, content = _sort(part)
        if kind == "text":
            texts.append(content)
        elif kind == "html":
            htmls.append(content)
        else:
            files.append(_file(part, len(files) + 1))
    html = "\n".join(htmls)[:MAX_HTML] if htmls else None
    text = "\n".join(texts).strip()[:MAX_TEXT]
    return ParsedMail(
        headers=decoded,
        message_id=next(iter(_ids(of("message-id"))), "") or _bare_id(of("message-id")),
        references=tuple(chain[:1] + chain[1:][-MAX_IDS:]),
        sender=address,
        sender_name=name,
        senders=len(senders) + cut,
        to=tuple(address for _, address in _pairs(of("to"))),
        cc=tuple(address for _, address in _pairs(of("cc"))),
        subject=next((_decoded(value) for value in of("subject")), "")[:MAX_LINE],
        text=text or (html_to_text(html, laid_out=with_html) if html else ""),
        html=html if with_html else None,
        files=tuple(files),
        content_type=_content_type(message),
        written_at=next((_instant(value) for value in of("date")), None),
    )


def clean(text: str) -> str:
    """Text without what PostgreSQL refuses: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def html_to_text(html: str, *, laid_out: bool = True) -> str:
    """The words of an HTML text; laid out, unless it is too long or too intricate for that."""
    if laid_out and len(html) <= MAX_LAID_OUT and html.count("<") <= MAX_TAGS:
        with suppress(Exception):
            return clean(get_text(html, _LAYOUT)).strip()[:MAX_TEXT]
    words = " ".join(_stripped(html[:MAX_HTML]).split())
    with suppress(ValueError):
        words = unescape(words)
    return clean(words)[:MAX_TEXT]


def _stripped(html: str) -> str:
    """HTML without its tags, and without what browsers do not show."""
    seen: list[str] = []
    place, hidden = 0, ""
    for tag in _TAG.finditer(html):
        if not hidden:
            seen.append(html[place : tag.start()])
        place, name = tag.end(), (tag[2] or "").lower()
        if hidden:
            hidden = "" if tag[1] and name == hidden else hidden
        elif not tag[1] and name in _UNSEEN:
            hidden = name
    return " ".join(seen if hidden else [*seen, html[place:]])


_LAYOUT = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)


def _raw(value: object) -> str:
    """A header as the characters it was meant to be: bytes beyond ASCII are UTF-8, else Windows-1252."""
    text = str(value)
    if text.isascii():
        return text
    return _characters(text.encode("utf-8", "surrogateescape"))


def _characters(content: bytes, charset: str | None = None) -> str:
    for name in (charset, "utf-8", "cp1252", "latin-1"):
        try:
            if name:
                return clean(content.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return clean(content.decode("utf-8", "replace"))


def _decoded(value: str) -> str:
    flat = " ".join(value.split())
    if 0 < flat.count("=?") <= MAX_ENCODED_WORDS:
        with suppress(Exception):  # what cannot be decoded is shown as it stands
            flat = "".join(
                part if isinstance(part, str) else _characters(part, charset)
                for part, charset in decode_header(flat)
            )
    return clean(_CONTROLS.sub("", " ".join(flat.split())))


def _shown(name: str, value: str) -> str:
    """A header for reading. What was encoded in a relay's results must not become part of their grammar."""
    return " ".join(clean(value).split()) if name == "authentication-results" else _decoded(value)


def _pairs(values: list[str]) -> list[tuple[str, str]]:
    """(name, address) of address headers; addresses are parsed before names are decoded."""
    found: list[tuple[str, str]] = []
    for value in values:
        pairs = [pair for pair in getaddresses([value]) if _is_address(pair[1])]
        if not pairs:
            pairs = [("", word) for word in _BETWEEN.split(value) if _is_address(word)]
        found += [(_decoded(name)[:200], clean(address)[:254]) for name, address in pairs]
    return found[:MAX_ADDRESSES]


def _is_address(word: str) -> bool:
    return "@" in word and len(word) <= 320 and _ADDRESS.fullmatch(word) is not None


def _addresses(value: str) -> list[str]:
    return [address for _, address in _pairs([value])]


def _ids(values: list[str]) -> list[str]:
    return [clean(each) for value in values for each in _ID.findall(value)]


def _bare_id(values: list[str]) -> str:
    return clean(values[0].strip())[:500] if values and " " not in values[0].strip() else ""


def _instant(value: str) -> datetime | None:
    with suppress(Exception):  # years beyond the calendar, zones that are none
        said = parsedate_to_datetime(value[:100])
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _content_type(part: Message) -> str:
    return clean(part.get_content_type())[:100]


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that is not a container, at most MAX_PARTS of them; an enclosed mail counts as one part."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    count = 0
    while waiting and count < MAX_PARTS:
        part, depth = waiting.pop()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart" and depth < MAX_DEPTH:
            waiting += [(each, depth + 1) for each in reversed(payload) if isinstance(each, Message)]
        else:
            count += 1
            yield part


def _sort(part: Message) -> tuple[str, str]:
    """("text" | "html", content) for what is read, ("file", "") for what is enclosed."""
    kind = part.get_content_type()
    disposition = str(part.get("content-disposition", "")).strip().lower()
    named = part.get_filename() if "name" in str(part.get("content-type", "")) + disposition else None
    if kind not in ("text/plain", "text/html") or disposition.startswith("attachment") or named:
        return "file", ""
    return ("text" if kind == "text/plain" else "html"), _characters(
        _payload(part), part.get_content_charset()
    )


def _payload(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"".join(each.as_bytes() for each in payload if isinstance(each, Message))
    try:
        content = part.get_payload(decode=True)
    except Exception:
        content = None
    if isinstance(content, bytes):
        return content
    return str(payload or "").encode("utf-8", "surrogateescape")


def _file(part: Message, number: int) -> Enclosure:
    try:
        name = _decoded(str(part.get_filename() or ""))
        content = _payload(part)
    except Exception:
        name, content = "", b""
    kind = _content_type(part)
    if not name and kind == "message/rfc822":
        name = "mail.eml"
    name = _UNSAFE_NAME.sub("_", name).strip(". ")[:150] or f"part-{number}"
    content_id = clean(str(part.get("content-id", ""))).strip().strip("<>")[:200]
    return Enclosure(name, kind, content, content_id or None)
