"""RTF: the words of a text that Outlook kept so, and the HTML that it was made of, where it was (MS-OXRTFEX)."""

import re
from html import escape

from compressed_rtf import decompress

from channels.adapters.email.characters import characters, clean

# Of both together it makes at most eight times as much.
MAX_COMPRESSED = 100_000
MAX_TOKENS = 300_000
MAX_DEPTH = 200

_TOKEN = re.compile(
    rb"""
    \\'(?P<byte>[0-9a-fA-F]{2})
  | \\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})?[ ]?
  | \\(?P<sign>[^a-zA-Z])
  | (?P<open>\{) | (?P<close>\})
  | (?P<end>[\r\n]+)
  | (?P<text>[^\\{}\r\n]+)
    """,
    re.VERBOSE | re.DOTALL,
)
# Groups that say something about the text, and are none of it.
_ASIDE = {
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"headerl", b"headerr",
    b"footerl", b"footerr", b"generator", b"listtable", b"listoverridetable", b"themedata", b"datastore",
}  # fmt: skip
_SAID = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"emdash": "—", b"endash": "–",
         b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•"}  # fmt: skip


def unpacked(compressed: bytes) -> bytes:
    """The RTF that Outlook compressed (MS-OXRTFCP); nothing for what is none, or too much."""
    if len(compressed) > MAX_COMPRESSED:
        return b""
    try:
        return bytes(decompress(compressed))
    except Exception:  # the library raises many kinds
        return b""


def read(rtf: bytes) -> tuple[str, bool]:
    """What an RTF text says, and whether that is HTML. Never raises."""
    head = rtf[:1_000]
    if not head.startswith(b"{\\rtf"):
        return "", False
    page = re.search(rb"\\ansicpg(\d{1,5})", head)
    reader = _Reader(f"cp{page[1].decode()}" if page else "cp1252", b"\\fromhtml1" in head)
    for count, token in enumerate(_TOKEN.finditer(rtf)):
        if count > MAX_TOKENS:
            break
        reader.take(token)
    return clean(reader.said()).strip(), reader.is_html


class _Reader:
    """Words on their way through the groups."""

    def __init__(self, charset: str, is_html: bool) -> None:
        self.is_html = is_html
        self._charset = charset
        self._out: list[str] = []
        self._bytes = bytearray()
        # For each open group: whether it is left out, whether it is HTML's own, how many characters stand for one.
        self._groups = [(False, False, 1)]
        self._hidden = False  # what RTF alone shows (\htmlrtf)
        self._fresh = False  # a group has just begun
        self._star = False
        self._skip = 0

    def said(self) -> str:
        self._flush()
        # What lies beyond the first 65,536 characters is written in halves.
        return "".join(self._out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def take(self, token: re.Match[bytes]) -> None:
        kind = token.lastgroup
        if kind in ("open", "close"):
            self._flush()
        if kind == "open":
            self._groups = [*self._groups[-MAX_DEPTH:], self._groups[-1]]
            self._fresh, self._star = True, False
            return
        if kind == "close":
            if len(self._groups) > 1:
                self._groups.pop()
        elif kind in ("word", "number"):
            self._word(token["word"], int(token["number"]) if token["number"] else None)
            return
        elif kind == "sign" and token["sign"] == b"*":
            self._star = True
            return
        elif kind == "sign":
            self._put(
                {b"~": "\xa0", b"_": "-"}.get(token["sign"], token["sign"].decode("latin-1").strip("-"))
            )
        elif kind == "byte":
            if self._skip:
                self._skip -= 1
            elif self._shown():
                self._bytes.append(int(token["byte"], 16))
        elif kind == "text":
            text = token["text"]
            text, self._skip = text[self._skip :], max(0, self._skip - len(text))
            if self._shown():
                self._bytes += text
        self._fresh = self._star = False

    def _word(self, word: bytes, number: int | None) -> None:
        aside, html, width = self._groups[-1]
        if word == b"htmltag" and self._star:
            self._groups[-1] = (not self.is_html, True, width)
        elif (self._fresh and word in _ASIDE) or (self._star and self._fresh):
            self._groups[-1] = (True, html, width)
        elif word == b"htmlrtf":
            self._flush()
            self._hidden = number != 0
        elif word == b"uc":
            self._groups[-1] = (aside, html, max(0, min(number or 0, 10)))
        elif word == b"u" and number is not None:
            self._put(chr(number % 0x10000))
            self._skip = width
        elif word in _SAID and not (self.is_html and html):
            self._put(_SAID[word])
        elif word in (b"par", b"line"):
            self._put("\n")
        self._fresh = self._star = False

    def _shown(self) -> bool:
        return not self._groups[-1][0] and not self._hidden

    def _put(self, text: str) -> None:
        if self._shown() and text:
            self._flush()
            self._out.append(self._plain(text))

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(self._plain(characters(bytes(self._bytes), self._charset)))
            self._bytes.clear()

    def _plain(self, text: str) -> str:
        """Within HTML, what stands between its tags is not meant as one."""
        return escape(text, quote=False) if self.is_html and not self._groups[-1][1] else text
