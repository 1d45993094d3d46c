"""Signed reply addresses: `support+t.<token>@…` names a thread; only its participants have seen it."""

import base64
import hashlib
import hmac
import re
from uuid import UUID

from core.settings import Settings

_TOKEN = re.compile(r"\+t\.([a-z2-7]{26})([a-z2-7]{16})@", re.IGNORECASE)
_PURPOSE = b"throughline reply address 1\0"


def reply_address(settings: Settings, account: str, conversation_id: UUID) -> str:
    """The address of `account` that leads back into this thread; at most 62 characters before the @."""
    local, _, domain = account.rpartition("@")
    named = _base32(conversation_id.bytes)
    return f"{local.partition('+')[0]}+t.{named}{_sign(settings, named)}@{domain}"


def conversation_named(settings: Settings, address: str) -> UUID | None:
    """The thread that a reply address names, None unless the signature is ours."""
    found = _TOKEN.search(address)
    if found is None:
        return None
    named, signature = found[1].lower(), found[2].lower()
    if not hmac.compare_digest(signature, _sign(settings, named)):
        return None
    return UUID(bytes=base64.b32decode(named.upper() + "======"))


def _sign(settings: Settings, named: str) -> str:
    key = settings.secret_key.get_secret_value().encode()
    return _base32(hmac.new(key, _PURPOSE + named.encode(), hashlib.sha256).digest()[:10])


def _base32(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()
