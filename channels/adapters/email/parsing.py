"""Parsing: from the bytes of a mail to what it says. Whatever the bytes are, `parse` returns."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from channels.base import Enclosure

MAX_PARTS = 200
MAX_DEPTH = 20
MAX_TEXT = 500_000
MAX_HTML = 1_000_000
MAX_LINE = 2_000
MAX_IDS = 100
MAX_ADDRESSES = 100

_ID = re.compile(r"<([^<>\s]{1,500})>")
_ADDRESS = re.compile(r"[^\s<>\",;:()\[\]\\]+@[^\s<>\",;:()\[\]\\]+")
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
    broken: str = ""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    def addressed(self) -> list[str]:
        """Every address that any header says it was delivered to."""
        routed = [*self.values("delivered-to"), *self.values("x-original-to")]
        return [*self.to, *self.cc, *(each for value in routed for each in _addresses(value))]


def parse(raw: bytes) -> ParsedMail:
    """What these bytes say. Never raises; text is bounded and free of what the database cannot hold."""
    try:
        return _read(message_from_bytes(raw, policy=policy.compat32))
    except Exception as error:
        # The standard parser raises many kinds on what is found in the wild.
        return ParsedMail(broken=f"{type(error).__name__}: {error}"[:300])


def _read(message: Message) -> ParsedMail:
    headers = [(name.lower(), _raw(value)) for name, value in message._headers]  # type: ignore[attr-defined]
    decoded = [(clean(name)[:100], _decoded(value)) for name, value in headers[:500]]

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
        senders=len(senders),
        to=tuple(address for _, address in _pairs(of("to"))),
        cc=tuple(address for _, address in _pairs(of("cc"))),
        subject=next((_decoded(value) for value in of("subject")), "")[:MAX_LINE],
        text=text or (html_to_text(html) if html else ""),
        html=html,
        files=tuple(files),
        content_type=_content_type(message),
    )


def clean(text: str) -> str:
    """Text without what PostgreSQL refuses: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def html_to_text(html: str) -> str:
    """The words of an HTML text, laid out; empty when it is beyond reading."""
    try:
        return clean(get_text(html[:MAX_HTML], _LAYOUT)).strip()[:MAX_TEXT]
    except Exception:
        return clean(re.sub(r"<[^>]*>", " ", html))[:MAX_TEXT]


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
    if "=?" in flat:
        with suppress(Exception):  # what cannot be decoded is shown as it stands
            flat = "".join(
                part if isinstance(part, str) else _characters(part, charset)
                for part, charset in decode_header(flat)
            )
    return clean(_CONTROLS.sub("", " ".join(flat.split())))


def _pairs(values: list[str]) -> list[tuple[str, str]]:
    """(name, address) of address headers; addresses are parsed before names are decoded."""
    found: list[tuple[str, str]] = []
    for value in values:
        pairs = [pair for pair in getaddresses([value]) if _ADDRESS.fullmatch(pair[1])]
        if not pairs:
            pairs = [("", address) for address in _ADDRESS.findall(value)]
        found += [(_decoded(name)[:200], clean(address)[:254]) for name, address in pairs]
    return found[:MAX_ADDRESSES]


def _addresses(value: str) -> list[str]:
    return [address for _, address in _pairs([value])] or [parseaddr(value)[1]]


def _ids(values: list[str]) -> list[str]:
    return [clean(each) for value in values for each in _ID.findall(value)]


def _bare_id(values: list[str]) -> str:
    return clean(values[0].strip())[:500] if values and " " not in values[0].strip() else ""


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
