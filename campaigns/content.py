"""What a broadcast says: compiled once when it is approved, filled in for each recipient."""

import re
from collections.abc import Mapping
from html import escape, unescape
from itertools import count
from typing import Any, Literal

import css_inline
import msgspec
import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from markdown_it import MarkdownIt

from campaigns import sms, templates
from campaigns.layout import MAIL, TEXT_FOOTER
from core.errors import Invalid

Format = Literal["markdown", "html"]
MAX_LINKS = 200

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BETWEEN_ROWS = re.compile(
    r"<(?:/?(?:table|thead|tbody|tfoot|tr)|/t[dh])\b[^>]*>(?:\s|\{%.*?%\})*\{%",
    re.DOTALL | re.IGNORECASE,
)
_ANCHOR = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'<img\b[^>]*?\salt="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]*>")
_OUR_ADDRESSES = ("unsubscribe_url", "preferences_url")
_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_PUNCTUATION = ".,;:!?)]’”"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")

_TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "div", "em", "figcaption", "figure", "h1", "h2", "h3",
    "h4", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "align", "class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": {"width", "cellpadding", "cellspacing", "border", "role", "bgcolor"},
    "td": {"width", "height", "valign", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "valign", "colspan", "rowspan", "bgcolor"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-top", "color", "display", "font", "font-family", "font-size",
    "font-style", "font-weight", "height", "letter-spacing", "line-height", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom",
    "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-transform",
    "vertical-align", "width",
}  # fmt: skip


class Compiled(msgspec.Struct, frozen=True):
    """Templates ready to be filled in, and where their links lead; link N is the value `link_N` in them."""

    channel: str
    subject: str
    html: str | None
    text: str
    links: list[str]


class Rendered(msgspec.Struct, frozen=True):
    """The message for one customer."""

    subject: str
    html: str | None
    text: str


def compile_content(channel: str, format: str, subject: str, body: str) -> Compiled:
    """Check what a marketer wrote and make it ready. Raises Invalid with `subject` or `body`."""
    if not body.strip():
        raise Invalid("There is nothing to send yet.", {"body": "Write the message."})
    templates.check(body, "body")
    if channel == "sms":
        return _compile_sms(body)
    if not subject.strip():
        raise Invalid("A mail needs a subject.", {"subject": "Say in a few words what it is about."})
    templates.check(subject, "subject")
    return _compile_mail(format, subject, body)


def render(compiled: Compiled, values: Mapping[str, Any]) -> Rendered:
    """The message with these values. Raises templates.MissingValue, or Invalid when it cannot be made."""
    text = re.sub(r"\n\s*\n\s*\n", "\n\n", templates.render(compiled.text, values, html=False))
    if compiled.channel == "sms":
        return Rendered("", None, sms.with_way_out(text.strip(), str(values["customer"].get("locale", "en"))))
    subject = " ".join(_CONTROL.sub(" ", templates.render(compiled.subject, values, html=False)).split())
    if not subject:
        raise Invalid("The subject is empty for this customer.", {"subject": "It comes out empty."})
    html = templates.render(compiled.html, values, html=True) if compiled.html is not None else None
    return Rendered(subject[:500], html, text)


def _compile_sms(body: str) -> Compiled:
    links: list[str] = []

    def replace(match: re.Match[str]) -> str:
        url = match.group().rstrip(_PUNCTUATION)
        if "{{" in url or "{%" in url:
            raise _personal_address(url)
        return _link(links, url) + match.group()[len(url) :]

    text = _WEB.sub(replace, body)
    return _checked(Compiled("sms", "", None, text, links))


def _compile_mail(format: str, subject: str, body: str) -> Compiled:
    if format == "html" and (match := _BETWEEN_ROWS.search(body)):
        line = body.count("\n", 0, match.end()) + 1
        raise Invalid(
            "A condition stands where HTML does not allow it.",
            {"body": f"Line {line}: put it inside a cell, not between the rows of a table."},
        )
    pieces = _Pieces(body)
    markup = (
        pieces.text if format == "html" else MarkdownIt("commonmark", {"html": False}).render(pieces.text)
    )
    markup = re.sub(rf"<p>\s*({pieces.pattern})\s*</p>", lambda m: pieces.alone(m[1], m[0]), markup)
    links: list[str] = []
    wrong: list[Invalid] = []

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) == ("a", "href"):
            try:
                return _address(value, pieces, links)
            except Invalid as error:
                wrong.append(error)
        if pieces.any_in(value) and name not in ("alt", "title"):
            wrong.append(_personal_address(pieces.restored(value)))
        return value

    clean = nh3.clean(
        markup,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    if wrong:
        raise wrong[0]
    if (lost := pieces.lost_in(clean)) is not None:
        raise Invalid(
            "A value stands where it cannot be kept.",
            {"body": f"{lost} stands in something that mail programs do not allow; move it into the text."},
        )
    text = get_text(f"<html><body>{_spelled_out(clean, pieces, links)}</body></html>", ParserConfig()).strip()
    page = css_inline.inline(
        MAIL.replace("@@BODY@@", clean), keep_at_rules=True, load_remote_stylesheets=False
    )
    return _checked(
        Compiled("email", subject, pieces.restored(page), pieces.restored(text) + TEXT_FOOTER, links)
    )


def _spelled_out(clean: str, pieces: "_Pieces", links: list[str]) -> str:
    """Clean HTML with the address of every link behind its words, in <>, where text has no other way to say it."""

    def replace(match: re.Match[str]) -> str:
        href, inside = match.groups()
        inside = _IMAGE.sub(r"\1", inside)
        words = unescape(_TAG.sub("", inside)).strip()
        scheme, _colon, rest = (address := unescape(href)).partition(":")
        if scheme in ("mailto", "tel"):
            address = rest.partition("?")[0]
        tracked = re.fullmatch(r"\{\{ link_(\d+) \}\}", pieces.sources.get(href, ""))
        leads_to = links[int(tracked[1])] if tracked else address
        if words and words.rstrip("/") not in (leads_to.rstrip("/"), address):
            return f"{inside} &lt;{escape(address)}&gt;"
        return escape(address)

    return _ANCHOR.sub(replace, clean)


def _checked(compiled: Compiled) -> Compiled:
    """What we made of it is checked like what was written: nothing new may have come together on the way."""
    own = frozenset(f"link_{i}" for i in range(len(compiled.links))) | {
        "company.footer",
        "words.unsubscribe",
        "words.preferences",
    }
    for source in (compiled.html or "", compiled.text):
        templates.check(source, "body", own=own)
    return compiled


def _address(value: str, pieces: "_Pieces", links: list[str]) -> str:
    """Where a link leads, with a place for the tracked address; only constant addresses are tracked."""
    value = value.strip()
    if (source := pieces.sources.get(value)) is not None:
        if source.strip("{} -") in _OUR_ADDRESSES:
            return value
        raise _personal_address(source)
    if pieces.any_in(value):
        raise _personal_address(pieces.restored(value))
    if _WEB.fullmatch(value):
        return pieces.add(_link(links, value))
    if value.lower().startswith(("mailto:", "tel:")):
        return value
    raise Invalid(
        "A link leads nowhere.", {"body": f"“{value[:100]}”: write the whole address, with https://."}
    )


def _link(links: list[str], url: str) -> str:
    if url not in links:
        if len(links) == MAX_LINKS:
            raise Invalid("There are too many links.", {"body": f"At most {MAX_LINKS} different ones."})
        links.append(url)
    return f"{{{{ link_{links.index(url)} }}}}"


def _personal_address(address: str) -> Invalid:
    return Invalid(
        "A link contains a personal value.",
        {"body": f"“{address[:100]}”: an address must be the same for everyone, without personal data."},
    )


class _Pieces:
    """The text with a word in place of every {{ }} and {% %}, which Markdown and HTML leave alone."""

    def __init__(self, source: str) -> None:
        stem = next(f"lq{n}x" for n in count() if f"lq{n}x" not in source.lower())
        self.sources: dict[str, str] = {}
        self.pattern = rf"{stem}\d+z"
        self._stem = stem
        self.text = _LIQUID.sub(lambda match: self.add(match.group()), source)
        self._expected = re.findall(self.pattern, self.text)

    def add(self, source: str) -> str:
        word = f"{self._stem}{len(self.sources)}z"
        self.sources[word] = source
        return word

    def any_in(self, text: str) -> bool:
        return re.search(self.pattern, text) is not None

    def alone(self, word: str, paragraph: str) -> str:
        """A condition on a line of its own is no paragraph."""
        return word if self.sources[word].startswith("{%") else paragraph

    def lost_in(self, text: str) -> str | None:
        found = set(re.findall(self.pattern, text))
        return next((self.sources[word] for word in self._expected if word not in found), None)

    def restored(self, text: str) -> str:
        return re.sub(self.pattern, lambda match: self.sources[match.group()], text)
