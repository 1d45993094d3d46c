"""Characters: from bytes and encoded words to text, whatever charset they claim, and whether or not it is true."""

import binascii
import codecs
import re

MAX_ENCODED_WORDS = 100

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?(.*?)\?=")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_META = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)

_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]+")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")

# What labels mean in the field (WHATWG Encoding): the larger set that senders really use.
_MEANT = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "x-windows-949": "cp949",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
}
# Codecs of Python that are no charsets.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "mbcs", "oem"}
# Sets of one byte a character, in whose texts what is valid UTF-8 is never meant otherwise.
_SINGLE = re.compile(r"cp125\d|windows-125\d|iso8859-(?!11)\d+|koi8-[ru]|mac-roman|cp437|cp850")
_STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}


def clean(text: str) -> str:
    """Text without what PostgreSQL refuses: NUL and lone surrogates."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def characters(content: bytes, charset: str | None = None, *, is_html: bool = False) -> str:
    """The text of these bytes: in the charset they claim if that can be, else in the likeliest.

    Never raises. Without a charset, HTML may name its own; else it is UTF-8, and whatever is not, Windows-1252.
    """
    name = _known(charset)
    if name is None and is_html and (meta := _META.search(content[:4096])):
        name = _known(meta[1].decode("ascii", "replace"))
        name = "utf-8" if name and name.startswith("utf-16") else name
    name = name or _guessed(content)
    if name == "utf-8" or (_SINGLE.fullmatch(name) and _is_utf8(content)):
        return _tidy(_mostly_utf8(content))
    try:
        return _tidy(content.decode(name))
    except (LookupError, UnicodeError, ValueError):
        pass
    if _is_utf8(content):
        return _tidy(content.decode())
    if name.startswith("iso2022_jp"):
        return _tidy(_japanese(content))
    try:  # a few bytes that are wrong must not spoil the others
        text = content.decode(name, "replace")
    except (LookupError, UnicodeError, ValueError):
        return _tidy(_mostly_utf8(content))
    foreign = sum(byte > 0x7F for byte in content[:4000])
    if text[:4000].count("\ufffd") * 5 > max(foreign, 5):
        return _tidy(_mostly_utf8(content))
    return _tidy(text)


def decoded(value: str) -> str:
    """A header for reading, on one line: its encoded words (RFC 2047) decoded, as far as they can be."""
    flat = " ".join(value.split())
    if "=?" not in flat and flat.isascii() and flat.isprintable():
        return flat
    if 0 < flat.count("=?") <= MAX_ENCODED_WORDS:
        flat = _without_encoding(flat)
    return clean(_CONTROLS.sub("", " ".join(flat.split())))


def _known(charset: str | None) -> str | None:
    """The codec of a charset's name; None for a name that says nothing."""
    name = (charset or "").strip(" \t\"'").lower().partition("*")[0]
    try:
        found = codecs.lookup(_MEANT.get(name, name)).name
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if found in _NO_CHARSETS else found


def _guessed(content: bytes) -> str:
    """The charset of a text that names none; utf-8 where nothing says more."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\x1b$" in content[:20_000] and not _has_foreign(content):
        return "iso2022_jp"
    return "utf-8"


def _has_foreign(content: bytes) -> bool:
    return not content.isascii()


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return False
    try:
        content.decode()
    except UnicodeError:
        return False
    return True


def _japanese(content: bytes) -> str:
    """ISO-2022-JP as it is sent in the field: with the signs that makers added to the set, and narrow letters."""
    first, *rest = content.split(b"\x1b")
    text = [first.decode("latin-1")]
    for piece in rest:
        if piece[:2] in (b"$B", b"$@"):
            signs = piece[2:]
            pairs = [signs[place : place + 2] for place in range(0, len(signs), 2)]
            text.append("".join(_japanese_sign(pair) for pair in pairs))
        elif piece[:2] == b"(I":
            text.append(bytes(byte | 0x80 for byte in piece[2:]).decode("cp932", "replace"))
        else:
            text.append(piece[2:].decode("latin-1"))
    return "".join(text)


def _japanese_sign(pair: bytes) -> str:
    """The sign in a row and a cell of JIS X 0208 or what NEC and IBM added; line ends as they are."""
    if len(pair) < 2 or min(pair) < 0x21 or max(pair) > 0x7E:
        return pair.decode("latin-1")
    row, cell = pair
    first = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    second = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
    return bytes((first, second)).decode("cp932", "replace")


def _mostly_utf8(content: bytes) -> str:
    """UTF-8, and each byte that is none of it as Windows-1252 has it: two texts of two charsets in one."""
    text = content.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text
    if (cyrillic := _cyrillic(content[:4000])) and not _is_utf8(content):
        return content.decode(cyrillic, "replace")
    return text.translate(_STRAY)


def _cyrillic(content: bytes) -> str:
    """The charset of Russian letters that name none, empty for any other text.

    Their words are of such letters only, nearly all of them small: KOI8-R has those where Windows-1251 has the large.
    """
    words = [word for word in _LETTERS.findall(content) if not word.isascii()]
    foreign = [word for word in words if len(word) > 1 and not _ASCII_LETTER.search(word)]
    letters = b"".join(foreign)
    small, large = (sum(first <= byte < first + 32 for byte in letters) for first in (0xC0, 0xE0))
    if len(letters) < 4 or len(foreign) < 0.8 * len(words) or small + large < 0.95 * len(letters):
        return ""
    return "koi8_r" if small > large else "cp1251"


def _tidy(text: str) -> str:
    return clean(text.removeprefix("\ufeff"))


def _without_encoding(flat: str) -> str:
    """Encoded words beside each other are one text, even when a character was cut in two (RFC 2047, 6.2)."""
    out: list[str] = []
    charset, waiting, place = "", b"", 0
    for word in _WORD.finditer(flat):
        between = flat[place : word.start()]
        content = _bytes(word[2].lower(), word[3])
        named = word[1].lower().partition("*")[0]
        joins = bool(waiting) and not between.strip()
        if content is None:
            continue  # it stays as it stands
        if not joins or named != charset:
            if waiting:
                out.append(characters(waiting, charset))
                waiting = b""
            if not joins:
                out.append(between)
        charset, waiting, place = named, waiting + content, word.end()
    if waiting:
        out.append(characters(waiting, charset))
    return "".join([*out, flat[place:]])


def _bytes(encoding: str, content: str) -> bytes | None:
    raw = content.encode("utf-8", "surrogateescape")
    if encoding == "q":
        return _QUOTED.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4)) or (None if raw.strip() else b"")
    except binascii.Error:
        return None
