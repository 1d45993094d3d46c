"""Signed addresses: `support+t.<token>@…` names a thread, `shop+b.<token>@…` a mail that comes back.

Only those who were written to, and the mail systems on the way, have seen them.
"""

import base64
import hashlib
import hmac
import re
from uuid import UUID

from core.settings import Settings

_TOKEN = re.compile(r"\+([tb])\.([a-z2-7]{26})([a-z2-7]{16})@", re.IGNORECASE)
_PURPOSES = {"t": b"throughline reply address 1\0", "b": b"throughline bounce address 1\0"}


def reply_address(settings: Settings, account: str, conversation_id: UUID) -> str:
    """The address of `account` that leads back into this thread; at most 62 characters before the @."""
    return _address(settings, account, "t", conversation_id)


def bounce_address(settings: Settings, account: str, message_id: UUID) -> str:
    """The address of `account` to which mail systems send this message back (VERP)."""
    return _address(settings, account, "b", message_id)


def conversation_named(settings: Settings, address: str) -> UUID | None:
    """The thread that a reply address names, None unless the signature is ours."""
    return _named(settings, "t", address)


def message_returned(settings: Settings, address: str) -> UUID | None:
    """The message that is sent back to this address, None unless the signature is ours."""
    return _named(settings, "b", address)


def _address(settings: Settings, account: str, kind: str, about: UUID) -> str:
    local, _, domain = account.rpartition("@")
    named = _base32(about.bytes)
    return f"{local.partition('+')[0]}+{kind}.{named}{_sign(settings, kind, named)}@{domain}"


def _named(settings: Settings, kind: str, address: str) -> UUID | None:
    found = _TOKEN.search(address)
    if found is None or found[1].lower() != kind:
        return None
    named, signature = found[2].lower(), found[3].lower()
    if not hmac.compare_digest(signature, _sign(settings, kind, named)):
        return None
    return UUID(bytes=base64.b32decode(named.upper() + "======"))


def _sign(settings: Settings, kind: str, named: str) -> str:
    key = settings.secret_key.get_secret_value().encode()
    return _base32(hmac.new(key, _PURPOSES[kind] + named.encode(), hashlib.sha256).digest()[:10])


def _base32(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()
