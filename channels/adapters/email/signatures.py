"""Signatures: which DKIM signatures of a mail (RFC 6376, 8301, 8463) hold. For the cell: hostile ones cost time.

The library (dkimpy) does the sums; what it takes and we do not is refused here first: a length, SHA-1, a signature
that leaves From out, a key that is withdrawn, on trial or for something else, and mails of which two readers may see
two different things.
"""

import logging
import re
from contextlib import suppress

from dkim import DKIM
from dkim.util import parse_tag_value

from channels.adapters.email.parsing import own_bytes

MAX_TRIED = 4
# The largest records in use hold RSA keys of 4096 bits.
MAX_RECORD = 2_000
# How far the signer's clock may be from ours (seconds).
SLOP = 300

ALGORITHMS = {b"rsa-sha256": b"rsa", b"ed25519-sha256": b"ed25519"}
# What a mail has once (RFC 5322, 3.6; RFC 2045): with two, nobody knows which was signed and which is read.
ONCE = {
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition",
}  # fmt: skip
_BARE_RETURN = re.compile(rb"\r(?!\n)")

_silent = logging.getLogger(__name__)
_silent.disabled = True  # it would quote the mail

Tags = dict[bytes, bytes]


def holding(raw: bytes, records: dict[str, str], moment: int) -> list[str]:
    """The names, of those in `records` (selector._domainkey.domain to what stands there), whose signature holds.

    `moment` is when the mail came, in seconds since 1970. Never raises.
    """
    try:
        plain = own_bytes(raw)
        # To some readers a bare CR ends a line: what is signed must be what is read.
        if plain is None or _BARE_RETURN.search(plain):
            return []
        mail = DKIM(plain, logger=_silent)
        names = [name.lower() for name, _ in mail.headers]
        if any(names.count(name) > 1 for name in ONCE):
            return []
        stated = [value for name, value in mail.headers if name.lower() == b"dkim-signature"]
    except Exception:  # whatever the library stumbles over, it is no signature
        return []
    found: list[str] = []
    tried = 0
    for place, value in enumerate(stated[:100]):
        with suppress(Exception):
            tags = parse_tag_value(value)
            name = f"{tags[b's'].decode()}._domainkey.{tags[b'd'].decode()}".lower()
            record = records.get(name, "").encode("ascii")
            if tried < MAX_TRIED and record and name not in found and _is_sound(tags, record, moment):
                tried += 1
                if mail.verify(place, lambda *_, said=record, **__: said):
                    found.append(name)
    return found


def _is_sound(tags: Tags, record: bytes, moment: int) -> bool:
    """Whether a signature says something of the whole mail, now, and its key may be used for that."""
    signed = {name.strip().lower() for name in tags[b"h"].split(b":")}
    if b"l" in tags or b"from" not in signed or tags[b"a"] not in ALGORITHMS:
        return False
    if b"x" in tags and int(tags[b"x"]) + SLOP < moment:
        return False
    if b"t" in tags and int(tags[b"t"]) - SLOP > moment:
        return False
    return _is_usable(parse_tag_value(record), tags) if len(record) <= MAX_RECORD else False


def _is_usable(key: Tags, tags: Tags) -> bool:
    if key.get(b"v", b"DKIM1") != b"DKIM1" or not key.get(b"p"):
        return False
    if key.get(b"k", b"rsa").lower() != ALGORITHMS[tags[b"a"]]:
        return False
    if b"h" in key and b"sha256" not in _words(key[b"h"]):
        return False
    if b"s" in key and not {b"*", b"email"} & _words(key[b"s"]):
        return False
    flags = _words(key.get(b"t", b""))
    by = tags.get(b"i", b"@").rpartition(b"@")[2].lower()
    # A domain that tries DKIM out wants its mails treated as if they were not signed.
    return b"y" not in flags and (b"s" not in flags or by in (b"", tags[b"d"].lower()))


def _words(value: bytes) -> set[bytes]:
    return {word.strip().lower() for word in value.split(b":")}
