"""Folding: what a mail in HTML repeats of the one before, and its signature, behind three dots; never cut away."""

import re
from html import escape
from html.parser import HTMLParser

from core.rendering import gettext as _

_VOID = {"area", "br", "col", "hr", "img", "wbr"}
_ANY = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


def fold_quote(html: str) -> str:
    """What a mail repeats of the one before, folded: only where something else is said, and nothing after it."""
    quote = _Quote()
    quote.find(html)
    if quote.begin is None or not quote.said_before:
        return html
    end = quote.end
    if quote.to_the_end or quote.said_after:
        if not quote.to_the_end:
            return html  # answered line by line, or signed below: everything is needed
        end = _close(html, quote.begin)
    if end is None:
        return html
    summary = f'<summary aria-label="{escape(_("Show quoted text"))}">\u2026</summary>'
    return f'{html[: quote.begin]}<details class="folded">{summary}{html[quote.begin : end]}</details>{html[end:]}'


class _Quote(HTMLParser):
    """Finds where what a mail repeats begins, in clean HTML, and where the element ends that holds it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.begin: int | None = None
        self.end: int | None = None
        self.to_the_end = False
        self.depth = 0
        self.place = 0
        self.said_before = False
        self.said_after = False
        self._name = ""
        self._starts = [0]

    def find(self, html: str) -> None:
        for line in html.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        mark = said.get("class") or said.get("id") or ""
        marked = bool(mark) or (tag == "blockquote" and said.get("type") == "cite")
        # A quote may follow a signature: they fold together.
        if marked and (self.begin is None or (self.end is not None and not self.said_after)):
            if self.begin is None:
                self.begin = self._here()
            self._name, self.depth, self.end = tag, 1, None
            # Outlook marks only where it begins.
            self.to_the_end |= mark in ("divRplyFwdMsg", "appendonsend", "moz-cite-prefix")
        elif self.end is None and tag == self._name:
            self.depth += 1
        if tag == "img":
            self._say()

    def handle_endtag(self, tag: str) -> None:
        if self.begin is not None and self.end is None and tag == self._name:
            self.depth -= 1
            if self.depth == 0:
                self.end = self._here() + len(tag) + 3

    def handle_data(self, data: str) -> None:
        if data.strip("\u00a0 \n\t\u200b"):
            self._say()

    def handle_entityref(self, name: str) -> None:
        if name != "nbsp":
            self._say()

    def handle_charref(self, name: str) -> None:
        self._say()

    def _say(self) -> None:
        if self.begin is None:
            self.said_before = True
        elif self.end is not None:
            self.said_after = True


def _close(html: str, begin: int) -> int:
    """Where the element ends that holds what begins at a place: its siblings up to there fold along."""
    depth = 0
    for tag in _ANY.finditer(html, begin):
        if tag[2] in _VOID:
            continue
        depth += -1 if tag[1] else 1
        if depth < 0:
            return tag.start()
    return len(html)
