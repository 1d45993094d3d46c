"""Contents: what one part of a mail (RFC 2045, 2183, 2231) holds, under which name and of which type."""

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64
from contextlib import suppress
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from quopri import decodestring

from channels.adapters.email.characters import characters, clean, decoded
from channels.base import Enclosure

_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")
_SUFFIX = re.compile(r"\.\w{1,8}$")
_PIECES = re.compile(rb"[A-Za-z0-9+/=\r\n]*")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
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


def content_type(part: Message) -> str:
    """Its type in lower case; text/plain where it names none."""
    said = clean(part.get_content_type())
    return (said.split(maxsplit=1) or [said])[0][:100]


def parameter(part: Message, name: str) -> str:
    """A parameter of the Content-Type, empty when there is none."""
    with suppress(Exception):
        found = part.get_param(name)
        if found is not None:
            return collapse_rfc2231_value(found).strip()
    return ""


def encoded(text: str) -> bytes:
    """The bytes that the parser made this text of."""
    return text.encode("utf-8", "surrogateescape")


def _encoding(part: Message) -> str:
    return re.split(r"[;\s(]", str(part.get("content-transfer-encoding", "")).strip().lower(), maxsplit=1)[0]


def payload(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as that can be. Never raises."""
    encoding = _encoding(part)
    if part.is_multipart():
        return _enclosed(part, encoding)
    if encoding == "base64":
        return _unpacked(
            encoded(str(getattr(part, "_payload", None) or "")), part.get_content_maintype() == "text"
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
    return encoded(str(part.get_payload() or ""))


def _unpacked(content: bytes, is_text: bool) -> bytes:
    """What base64 says, also where some of it is missing; a text that never was base64 stays as it is."""
    if is_text and b" " in content.strip().partition(b"\n")[0].strip():
        return content
    if b"=" in (inside := content.rstrip(b"=\r\n \t")) and _PIECES.fullmatch(inside):
        # Each piece, or each line, was encoded by itself: the standard decoder would stop at the first end.
        return b"".join(_piece(piece) for piece in inside.split(b"="))
    try:
        return a2b_base64(content)
    except BinasciiError:
        return _piece(content)


def _piece(content: bytes) -> bytes:
    plain = _NO_BASE64.sub(b"", content)
    if len(plain) % 4 == 1:  # six bits make no byte
        plain = plain[:-1]
    return a2b_base64(plain + b"=" * (-len(plain) % 4))


def _enclosed(part: Message, encoding: str) -> bytes:
    """The bytes of a mail within a mail, with the line ends of RFC 5322."""
    inner = part.get_payload()
    inside = [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []
    content = b"".join(
        each.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=0)) for each in inside
    )
    with suppress(Exception):  # RFC 2046, 5.2.1 forbids it, some do it
        if encoding == "base64":
            return _unpacked(content, False) or content
        if encoding == "quoted-printable":
            return decodestring(content).lstrip(b"\r\n")
    return content


def filename(part: Message) -> str:
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


def safe_name(name: str) -> str:
    """A file's name without paths, controls and what hides its ending; empty when nothing is left."""
    name = _UNSAFE_NAME.sub("_", name).strip(". ")
    suffix = _SUFFIX.search(name)
    return name if len(name) <= 150 else name[:140] + (suffix[0] if suffix else "")


def enclosure(part: Message, kind: str, number: int) -> Enclosure:
    """The file that a part is; `number` names it when nothing else does."""
    try:
        name = safe_name(filename(part))
        content = payload(part)
    except Exception:
        name, content = "", b""
    if not name and kind == "message/rfc822":
        name = "mail.eml"
    if not name:
        name = "invite.ics" if kind == "text/calendar" else f"part-{number}{_SUFFIXES.get(kind, '')}"
    content_id = clean(str(part.get("content-id", ""))).strip().strip("<>")[:200]
    return Enclosure(name, kind, content, content_id or None)
