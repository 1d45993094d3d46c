"""Signing: DKIM (RFC 6376, RFC 8463) with the keys of the sender's domain, RSA and Ed25519 side by side."""

import asyncio
import base64
import hashlib
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from core.errors import Invalid

# What is signed where it stands. From is named once more than it stands, so that nobody can add another.
SIGNED = (
    "from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "auto-submitted", "list-id", "list-unsubscribe",
    "list-unsubscribe-post",
)  # fmt: skip
_SPACE = re.compile(rb"[ \t]+")
_END_OF_LINE = re.compile(rb"[ \t]+(?=\r\n)")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
SMALLEST_RSA = 1024


@dataclass(frozen=True)
class Key:
    """A private key, and the name under which its public half stands in the DNS."""

    domain: str
    selector: str
    secret: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.secret, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.secret, RSAPrivateKey):
            return self.secret.sign(data, PKCS1v15(), SHA256())
        return self.secret.sign(hashlib.sha256(data).digest())


def read_keys(named: str) -> dict[str, list[Key]]:
    """The keys that the setting `dkim_keys` names, by domain. Raises Invalid with what is wrong, never with a key."""
    keys: dict[str, list[Key]] = {}
    for part in filter(None, (each.strip() for each in named.split(","))):
        name, _, path = part.partition("=")
        selector, mark, domain = name.strip().partition("._domainkey.")
        if not (selector and mark and domain and path.strip()):
            raise Invalid(f"DKIM: {name!r} is not selector._domainkey.domain=file.")
        try:
            secret = load_pem_private_key(Path(path.strip()).read_bytes(), None)
        except OSError as error:
            raise Invalid(f"DKIM: the key of {name} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError):
            raise Invalid(
                f"DKIM: the file of {name} holds no private key without a password (PEM)."
            ) from None
        if not isinstance(secret, RSAPrivateKey | Ed25519PrivateKey):
            raise Invalid(f"DKIM: the key of {name} is neither RSA nor Ed25519.")
        if isinstance(secret, RSAPrivateKey) and secret.key_size < SMALLEST_RSA:
            raise Invalid(f"DKIM: the key of {name} is too short; make one of 2048 bits.")
        keys.setdefault(domain.lower(), []).append(Key(domain.lower(), selector, secret))
    return keys


def sign(raw: bytes, keys: list[Key], moment: int) -> bytes:
    """The mail (CRLF line ends) with a signature of each key before it; `moment` in seconds since 1970.

    Takes about a millisecond for an RSA key of 2048 bits, most of it without the interpreter's lock.
    """
    unsigned = drafts(raw, keys, moment)
    return together(raw, unsigned, [draft.key.sign(draft.covered) for draft in unsigned])


@dataclass(frozen=True)
class Draft:
    """A signature's header field but for the signature, and what that has to cover."""

    key: Key
    field: str
    covered: bytes


def drafts(raw: bytes, keys: list[Key], moment: int) -> list[Draft]:
    """What the keys have to sign of a mail: all but the signing itself."""
    if not keys:
        return []
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = _fields(head)
    names, listed, plain = _listed(tuple([name for name, _ in fields]))
    values: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    # Of several of a name, the last stands first (RFC 6376, 5.4.2).
    signed = b"".join([name + b":" + value + b"\r\n" for name in names for value in reversed(values[name])])
    digest = base64.b64encode(hashlib.sha256(_relaxed(body)).digest()).decode()
    made = []
    for key in keys:
        said = f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector}; t={moment};"
        covered = f"dkim-signature:{said} h={plain}; bh={digest}; b="
        field = f"{said}\r\n h={listed};\r\n bh={digest};\r\n b="
        made.append(Draft(key, field, signed + covered.encode()))
    return made


@lru_cache(64)
def _listed(there: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], str, str]:
    """Which names are signed of those there; the list of them, folded, and in the relaxed form."""
    names = tuple(name for name in map(str.encode, SIGNED) if name in there)
    listed = _folded(
        ":".join([*(name.decode() for name in names for _ in range(there.count(name))), "from"]), ":"
    )
    return names, listed, _plain(listed.encode()).decode()


def together(raw: bytes, unsigned: list[Draft], signatures: list[bytes]) -> bytes:
    """The mail with its signatures before it."""
    parts = []
    for draft, each in zip(unsigned, signatures, strict=True):
        text = base64.b64encode(each).decode()
        lines = "\r\n ".join(text[at : at + 70] for at in range(0, len(text), 70))
        parts.append(f"DKIM-Signature: {draft.field}{lines}\r\n".encode())
    return b"".join([*parts, raw])


class Signer:
    """Signs beside the loop. A thread of its own takes what waits, a few at a time, and does nothing but sign.

    What is Python is done on the loop: in a thread it would only fight for the interpreter's lock, and so would
    more threads than one, which signs a thousand a second. An Ed25519 signature costs less than the way there.
    """

    TOGETHER = 4

    def __init__(self) -> None:
        self._waiting: deque[tuple[Draft, asyncio.Future[bytes]]] = deque()
        self._thread: ThreadPoolExecutor | None = None
        self._busy = False

    async def sign(self, raw: bytes, keys: list[Key], moment: int) -> bytes:
        """As the function `sign`."""
        unsigned = drafts(raw, keys, moment)
        return together(raw, unsigned, [await self._signature(draft) for draft in unsigned])

    async def _signature(self, draft: Draft) -> bytes:
        if isinstance(draft.key.secret, Ed25519PrivateKey):
            return draft.key.sign(draft.covered)
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((draft, done))
        if not self._busy:
            self._begin()
        return await done

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "dkim")
        self._busy = True
        some = [self._waiting.popleft() for _ in range(min(self.TOGETHER, len(self._waiting)))]
        asyncio.get_running_loop().run_in_executor(
            self._thread, _sign_all, [draft for draft, _ in some]
        ).add_done_callback(lambda made: self._end(some, made))

    def _end(
        self, some: list[tuple[Draft, asyncio.Future[bytes]]], made: asyncio.Future[list[bytes]]
    ) -> None:
        self._busy = False
        if self._waiting:
            self._begin()
        error = asyncio.CancelledError() if made.cancelled() else made.exception()
        signatures = [b""] * len(some) if error else made.result()
        for (_, done), signature in zip(some, signatures, strict=True):
            if done.done():
                continue
            if error:
                done.set_exception(error)
            else:
                done.set_result(signature)

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None


def _sign_all(unsigned: list[Draft]) -> list[bytes]:
    return [draft.key.sign(draft.covered) for draft in unsigned]


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names in small letters, and values in the relaxed form."""
    if b"\r\n " in head or b"\r\n\t" in head:
        head = _FOLD.sub(b"", head)
    found = []
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        found.append((name.strip().lower(), _plain(value)))
    return found


def _plain(value: bytes) -> bytes:
    if b"\r\n" in value:
        value = _FOLD.sub(b"", value)
    if b"\t" in value or b"  " in value:
        value = _SPACE.sub(b" ", value)
    return value.strip()


def _relaxed(body: bytes) -> bytes:
    """The body without what mail servers change on the way: blanks doubled or at a line's end, empty last lines."""
    if b"\t" in body or b"  " in body:
        body = _SPACE.sub(b" ", body)
    if b" \r\n" in body:
        body = _END_OF_LINE.sub(b"", body)
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _folded(text: str, mark: str) -> str:
    """A list broken after its marks into lines of a decent length."""
    lines, line = [], ""
    for part in text.split(mark):
        if line and len(line) + len(part) > 66:
            lines.append(line)
            line = ""
        line += part + mark
    return "\r\n  ".join([*lines, line[: -len(mark)]])
