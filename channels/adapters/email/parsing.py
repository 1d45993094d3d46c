"""Parsing: from the bytes of a mail to what it says. Whatever the bytes are, `parse` returns."""

import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.feedparser import BufferedSubFile, BytesFeedParser  # type: ignore[attr-defined]  # the library declares less than it has
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import islice
from typing import Any

from channels.adapters.email.addressees import pairs
from channels.adapters.email.characters import characters, clean, decoded
from channels.adapters.email.contents import content_type, parameter
from channels.adapters.email.pieces import read_parts
from channels.base import Enclosure

MAX_LINE = 2_000
MAX_IDS = 100
# Many readings of a header take the square of its length: these keep the square small.
MAX_HEADER = 16_384
MAX_HEADERS = 262_144
MAX_LINES = 500_000

_ID = re.compile(r"<([^<>]{1,600})>")
# What stands above a mail in files: a byte order mark, empty lines, the From line of an mbox (RFC 4155).
_ABOVE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From (?![ \t]*:)[^\r\n]*(?:\r\n|\r|\n))*")
_FIELD = re.compile(rb"[!-9;-~]+:|[ \t]|\Z")
_SPACED_FIELD = re.compile(rb"([!-9;-~]+)[ \t]+:")
_PARAMETER = re.compile(
    rb"(?:boundary|charset|filename|format|name|protocol|report-type|type)\*?=", re.IGNORECASE
)
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-type|received|reply-to)[ \t]*:",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(rb"\bboundary[ \t]*=[ \t]*\"?([^\s\";]{1,70})", re.IGNORECASE)
_FORWARD = re.compile(
    r"\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|wg|rv|enc|tov\S*|tr|weitergeleitet)\s*:", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"^[ >*]*(?:begin forwarded message|_{10,}\s*$|[-_]{2,}\s*(?:forwarded|original message|weitergeleitet"
    r"|urspr(?:ü|ue)ngliche|mensaje (?:reenviado|original)|mensagem (?:encaminhada|original)|tov(?:á|a)bb|eredeti)"
    r"|(?:from|von|de|felad(?:ó|o)):.{0,300}\n(?:.{0,300}\n){0,4}?[ >*]*(?:subject|betreff|asunto|assunto|tárgy):)",
    re.IGNORECASE | re.MULTILINE,
)


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

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name, []).append(value)
        return found

    def values(self, name: str) -> list[str]:
        return self._by_name.get(name, [])

    def first(self, name: str) -> str:
        return next(iter(self._by_name.get(name, ())), "")

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
        routed = [*self.values("delivered-to"), *self.values("x-original-to"), *self.values("envelope-to")]
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

    def header_fetch_parse(self, name: str, value: str) -> str:
        return _raw(value)


class _Part(Message):
    """A part whose headers are found without being read through each time."""

    _known: dict[str, str] | None = None
    _kind: str | None = None
    _stated: dict[str, Any] | None = None

    def get(self, name: str, failobj: Any = None) -> Any:
        if self._known is None:
            self._known = {}
            for key, value in self._headers:  # type: ignore[attr-defined]  # the library declares less than it has
                self._known.setdefault(key.lower(), value)
        found = self._known.get(name.lower())
        return failobj if found is None else self.policy.header_fetch_parse(name, found)

    def get_content_type(self) -> str:
        if self._kind is None:
            self._kind = super().get_content_type()
        return self._kind

    def _get_params_preserve(self, failobj: Any, header: str) -> Any:
        if self._stated is None:
            self._stated = {}
        if header not in self._stated:
            # Taken apart once, however many of its parameters are asked for.
            self._stated[header] = super()._get_params_preserve(None, header)  # type: ignore[misc]  # the library declares less than it has
        found = self._stated[header]
        return failobj if found is None else list(found)

    def _forget(self) -> None:
        self._known = self._kind = self._stated = None

    def set_raw(self, name: str, value: str) -> None:
        self._forget()
        super().set_raw(name, value)

    def __setitem__(self, name: str, value: Any) -> None:
        self._forget()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self._forget()
        super().__delitem__(name)

    def set_type(self, *given: Any, **more: Any) -> None:
        self._forget()
        super().set_type(*given, **more)

    def set_default_type(self, kind: str) -> None:
        self._kind = None
        super().set_default_type(kind)


_POLICY = _Bounded(message_factory=_Part)


class _Lines(BufferedSubFile):  # type: ignore[misc]  # as above
    """Lines of a mail. What ends a part begins with a dash or is an empty line: the others are not asked about it."""

    def __next__(self) -> Any:
        waiting: deque[str] = self._lines
        if waiting and waiting[0][:1] not in "-\r\n":
            return waiting.popleft()
        return super().__next__()


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
    above = raw[:MAX_HEADERS].replace(b"\r\n", b"\n")
    return parse(above[_above(above) :].partition(b"\n\n")[0] + b"\n\n")


def own_id(raw: bytes) -> str:
    """The Message-ID that the head of a mail names, empty when it names none."""
    return head(raw).message_id


def own_bytes(raw: bytes) -> bytes | None:
    """A mail without what stands above it in files; None when some line of its head is no field."""
    place = _above(raw)
    return raw[place:] if _end_of_head(raw, place) is None else None


def _above(raw: bytes) -> int:
    found = _ABOVE.match(raw[:10_000])
    return found.end() if found else 0


def _message(raw: bytes) -> Message:
    # Fed in pieces: whole, it is copied to four bytes a character.
    parser = BytesFeedParser(policy=_POLICY)
    parser._input = _Lines()  # type: ignore[attr-defined]  # the library declares less than it has
    place = _above(raw)
    if (end := _end_of_head(raw, place)) is not None:
        parser.feed(_mended(raw[place:end]))
        place = end
    for start in range(place, len(raw), 65_536):
        parser.feed(raw[start : start + 65_536])
    return parser.close()


def _end_of_head(raw: bytes, place: int) -> int | None:
    """Where the head ends if some line of it is no field, None when nothing is to be mended."""
    ends = [
        found for sign in (b"\n\n", b"\n\r\n") if (found := raw.find(sign, place, place + MAX_HEADERS)) >= 0
    ]
    end = min(ends, default=min(len(raw), place + MAX_HEADERS) - 1) + 1
    head = raw[place:end]
    if all(_FIELD.match(line.rstrip(b"\r")) for line in head.split(b"\n")):
        return None
    # Its parts may begin where no empty line is.
    if named := _BOUNDARY.search(head):
        begun = re.search(rb"^--" + re.escape(named[1]) + rb"[ \t\r]*$", head, re.MULTILINE)
        return place + begun.start() if begun else end
    return end


def _mended(head: bytes) -> bytes:
    """A head without lines that are no fields, as long as fields that are known follow them (else: the body)."""
    lines = head.split(b"\n")
    last = max((number for number, line in enumerate(lines) if _KNOWN_FIELD.match(line)), default=-1)
    kept = []
    for number, line in enumerate(lines):
        if spaced := _SPACED_FIELD.match(line):  # RFC 5322, 4.5.8
            line = spaced[1] + b":" + line[spaced.end() :]
        elif _PARAMETER.match(line):  # its line was folded, but the space that says so is missing
            line = b"\t" + line
        elif number < last and not _FIELD.match(line.rstrip(b"\r")):
            continue
        kept.append(line)
    return b"\n".join(kept)


def _read(message: Message, with_html: bool) -> ParsedMail:
    stated: list[tuple[str, str]] = message._headers  # type: ignore[attr-defined]  # the library declares less than it has
    if sum(len(name) + len(value) for name, value in stated) > MAX_HEADERS:
        raise ValueError("its headers are too long")
    # Whom a header names that was cut, nobody knows.
    cut = sum(name.lower() == "from" and len(value) >= MAX_HEADER for name, value in stated)
    charset = _charset(message) if any(not str(value).isascii() for _, value in stated) else ""
    headers = [(name.lower(), _raw(value, charset)) for name, value in stated]
    shown = [(clean(name)[:100], _shown(name, value)) for name, value in headers[:500]]

    def of(name: str) -> list[str]:
        return [value for key, value in headers if key == name]

    senders = pairs(of("from"))
    name, address = senders[0] if senders else ("", "")
    answered = _ids(of("in-reply-to"))
    chain = [each for each in _ids(of("references")) if each not in answered[-1:]] + answered[-1:]
    subject = next((decoded(value) for value in of("subject")), "")[:MAX_LINE]
    said = read_parts(message, with_html)
    if _is_forward(subject, said.text, said.files) or of("x-forwarded-message-id"):
        chain = []  # what it names is the thread it was taken from, not one that it answers
    return ParsedMail(
        headers=shown,
        message_id=next(iter(_ids(of("message-id"))), ""),
        references=tuple(chain[:1] + chain[1:][-MAX_IDS:]),
        sender=address,
        sender_name=name,
        senders=len(senders) + cut,
        to=tuple(address for _, address in pairs(of("to"))),
        cc=tuple(address for _, address in pairs(of("cc"))),
        subject=subject,
        text=said.text,
        html=said.html,
        files=said.files,
        content_type=content_type(message),
        written_at=next((_instant(value) for value in of("date")), None),
    )


def _is_forward(subject: str, text: str, files: tuple[Enclosure, ...]) -> bool:
    """Whether somebody passes on what they were written: its subject says so, and something is enclosed."""
    if not _FORWARD.match(subject):
        return False
    return bool(_FORWARDED.search(text[:20_000])) or any(
        file.content_type == "message/rfc822" for file in files
    )


def _raw(value: object, charset: str = "") -> str:
    """A header as the characters it was meant to be: bytes beyond ASCII are UTF-8, else of the text's charset."""
    text = str(value)
    if text.isascii():
        return text
    content = text.encode("utf-8", "surrogateescape")
    try:
        return clean(content.decode())
    except UnicodeDecodeError:
        return characters(content, charset)


def _charset(message: Message) -> str:
    """The charset of a mail's first text, empty unless it is one that holds ASCII as it is."""
    for part in islice(message.walk(), 10):
        if charset := parameter(part, "charset"):
            return "" if re.match(r"utf-?(?:7|16|32)|iso-2022|hz-|ucs", charset, re.IGNORECASE) else charset
    return ""


def _shown(name: str, value: str) -> str:
    """A header for reading. What was encoded in a relay's results must not become part of their grammar."""
    return " ".join(clean(value).split()) if name == "authentication-results" else decoded(value)


def _addresses(value: str) -> list[str]:
    return [address for _, address in pairs([value])]


def _ids(values: list[str]) -> list[str]:
    """The ids in these headers, also where a relay folded one in two; one alone may lack its brackets."""
    found: list[str] = []
    for value in values:
        inside = ["".join(clean(each).split())[:500] for each in _ID.findall(value)]
        bare = value.strip().strip("<>")
        if not inside and bare and " " not in bare:
            inside = [clean(bare)[:500]]
        found += [each for each in inside if each]
    return found


def _instant(value: str) -> datetime | None:
    with suppress(Exception):  # years beyond the calendar, zones that are none
        said = parsedate_to_datetime(value[:100])
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    return None
