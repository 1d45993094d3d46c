"""Signed links of a campaign: who received it, and which link it is; nothing else is in them, or believed."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from core.errors import NotFound
from core.settings import Settings

Purpose = Literal["link", "unsubscribe", "preferences"]
PATHS: dict[Purpose, str] = {"link": "l", "unsubscribe": "u", "preferences": "preferences"}
SIGNATURE = 16
SAMPLE = "sample"


@dataclass(frozen=True)
class Named:
    """What a token names: a row of the recipient ledger, and for a link its position."""

    recipient_id: UUID
    position: int = 0


def address(settings: Settings, purpose: Purpose, named: Named) -> str:
    """The address that goes into a message, on our own public host."""
    content = named.recipient_id.bytes + named.position.to_bytes(2)
    token = base64.urlsafe_b64encode(content + _sign(settings, purpose, content)).decode().rstrip("=")
    return f"{_base(settings)}/{PATHS[purpose]}/{token}"


def sample(settings: Settings, purpose: Purpose) -> str:
    """The address that stands in previews and tests: its page explains, and changes nothing."""
    return f"{_base(settings)}/{PATHS[purpose]}/{SAMPLE}"


def read(settings: Settings, purpose: Purpose, token: str) -> Named:
    """What a token of ours names. Raises NotFound for anything that we did not sign for this purpose."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    content, signature = raw[:18], raw[18:]
    # The comparison of the encoded form refuses a second spelling of the same bytes.
    same = base64.urlsafe_b64encode(raw).decode().rstrip("=") == token
    if len(raw) != 18 + SIGNATURE or not same:
        raise NotFound("This link is not complete. Open it from the message again.")
    if not hmac.compare_digest(signature, _sign(settings, purpose, content)):
        raise NotFound("This link is not one of ours.")
    return Named(UUID(bytes=content[:16]), int.from_bytes(content[16:]))


def _sign(settings: Settings, purpose: Purpose, content: bytes) -> bytes:
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"throughline campaign {purpose} 1\0".encode() + content, hashlib.sha256).digest()[
        :SIGNATURE
    ]


def _base(settings: Settings) -> str:
    return settings.public_url.rstrip("/")
