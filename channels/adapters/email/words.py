"""Words: what a person reads of a part: flowed lines joined, HTML and calendars as text, files taken out of it."""

import binascii
import re
from contextlib import suppress
from html import escape, unescape
from itertools import islice

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from channels.adapters.email.characters import clean
from channels.html import MAX_HTML

MAX_TEXT = 500_000
MAX_LAID_OUT = 100_000
MAX_TAGS = 5_000
MAX_UNPACKED = 20

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})?[^<>]*>")
_DOCUMENT = re.compile(r"</?(?:html|body)\b[^<>]*>", re.IGNORECASE)
_UNSEEN = {"head", "noscript", "script", "style", "template", "title"}
_LAYOUT = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)
_BEGIN = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,200})\n", re.MULTILINE)
_FIELD = re.compile(r"(SUMMARY|DTSTART|DTEND|LOCATION|DESCRIPTION)((?:;[^:\n]*)?):(.*)", re.IGNORECASE)
_METHOD = re.compile(r"^METHOD:\s*(CANCEL|REPLY|COUNTER)", re.IGNORECASE | re.MULTILINE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ZONE = re.compile(r"TZID=\"?([^\";:]{1,60})", re.IGNORECASE)


def html_to_text(html: str, *, laid_out: bool = True) -> str:
    """The words of an HTML text; laid out, unless it is too long or too intricate for that."""
    if laid_out and len(html) <= MAX_LAID_OUT and html.count("<") <= MAX_TAGS:
        if (
            len(re.findall(r"<(?:html|body)\b", html, re.IGNORECASE)) > 2
        ):  # the layout would stop at the first end
            html = _DOCUMENT.sub(" ", html)
        with suppress(Exception):
            return clean(get_text(html, _LAYOUT)).strip()[:MAX_TEXT]
    words = " ".join(_stripped(html[:MAX_HTML]).split())
    with suppress(ValueError):
        words = unescape(words)
    return clean(words)[:MAX_TEXT]


def text_to_html(text: str) -> str:
    """Text as it stands beside HTML."""
    return "<p>" + escape(text.strip()).replace("\n", "<br>") + "</p>"


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


def enriched(text: str) -> str:
    """The words of text/enriched (RFC 1896): a single line end is a space, each further one a line end."""
    plain = re.sub(r"<(?i:param)>[^<]*</(?i:param)>", "", text.replace("<<", "\0"))
    plain = re.sub(r"</?[\w-]{1,60}>", "", plain).replace("\0", "<")
    return re.sub(r"\n+", lambda ends: "\n" * (len(ends[0]) - 1) or " ", plain)


def flowed(text: str, *, without_space: bool) -> str:
    """Text whose soft line ends are gone (RFC 3676); `without_space` when DelSp says that theirs go, too."""
    lines: list[str] = []
    pieces: list[str] = []
    depth = 0

    def end() -> None:
        if pieces:
            lines.append((">" * depth + " " if depth else "") + "".join(pieces).rstrip(" "))
            pieces.clear()

    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if content == "-- ":  # a signature follows
            end()
            lines.append((">" * level + " " if level else "") + content)
            continue
        if level != depth:
            end()
            depth = level
        soft = content.endswith(" ")
        pieces.append(content[:-1] if soft and without_space else content)
        if not soft:
            end()
    end()
    return "\n".join(lines)


def unpacked(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text without the files that were put into it by uuencode, and these: (name, content)."""
    files: list[tuple[str, bytes]] = []
    rest: list[str] = []
    place = 0
    for begin in islice(_BEGIN.finditer(text), MAX_UNPACKED):
        if begin.start() < place:
            continue
        end = text.find("\nend", begin.end() - 1)
        if end < 0:
            break
        try:
            content = b"".join(
                binascii.a2b_uu(line.rstrip("\r"))
                for line in text[begin.end() : end].split("\n")
                if line.strip()
            )
        except (binascii.Error, ValueError):
            continue
        rest.append(text[place : begin.start()])
        files.append((begin[1].strip(), content))
        place = end + 4
    return ("".join([*rest, text[place:]]), files) if files else (text, [])


def calendar(content: str) -> str:
    """What a calendar's first entry is, when and where (RFC 5545), one fact a line."""
    lines = re.sub(r"\r?\n[ \t]", "", content[:100_000])
    start = re.search(r"^BEGIN:V(?:EVENT|TODO|JOURNAL)", lines, re.IGNORECASE | re.MULTILINE)
    if start is None:
        return ""
    facts: dict[str, tuple[str, str]] = {}
    for line in lines[start.end() :].splitlines():
        if line.upper().startswith(("END:VE", "END:VT", "END:VJ", "BEGIN:VALARM")):
            break
        if field := _FIELD.fullmatch(line):
            facts.setdefault(field[1].upper(), (field[2], field[3]))
    title = _plain(facts.get("SUMMARY", ("", ""))[1])
    if method := _METHOD.search(lines):
        title = f"{title} ({method[1].lower()})".strip()
    moments = [_moment(*facts[name]) for name in ("DTSTART", "DTEND") if name in facts]
    rest = [_plain(facts.get(name, ("", ""))[1]) for name in ("LOCATION", "DESCRIPTION")]
    return "\n".join(line for line in (title, " – ".join(filter(None, moments)), *rest) if line)


def _plain(value: str) -> str:
    return re.sub(r"\\([nN,;\\])", lambda sign: "\n" if sign[1] in "nN" else sign[1], value).strip()


def _moment(parameters: str, value: str) -> str:
    found = _MOMENT.match(value)
    if found is None:
        return ""
    day = f"{found[1]}-{found[2]}-{found[3]}"
    zone = _ZONE.search(parameters)
    named = "UTC" if found[6] else zone[1] if zone else ""
    return f"{day} {found[4]}:{found[5]} {named}".strip() if found[4] else day
