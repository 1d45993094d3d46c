"""Disclosures: secrets that a page shows once, after the redirect from where they were made.

So a reload makes no second one. Redis holds them for minutes, sealed with a key made of the visit's cookie, which
nobody but the browser has.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from litestar.response import Redirect
from redis.asyncio import Redis
from redis.exceptions import RedisError

from portal.visits import Visit

LASTS = 600


class Disclosure(msgspec.Struct, frozen=True):
    """A secret, what it belongs to, and the name that people know that by."""

    of: str
    name: str
    secret: str


async def keep(redis: Redis, visit: Visit, disclosure: Disclosure) -> str | None:
    """Lay it by for ten minutes; the word that finds it again, None when Redis does not answer."""
    word = token_urlsafe(12)
    sealed = _box(visit).encrypt(msgspec.json.encode(disclosure))
    try:
        await redis.set(_key(word), sealed, ex=LASTS)
    except (RedisError, OSError):
        return None
    return word


async def lead_to(redis: Redis, visit: Visit, address: str, disclosure: Disclosure) -> Redirect | None:
    """On to the page that shows it, once, found by `made`; None when Redis does not answer.

    Then better shown by the answer itself than never.
    """
    made = await keep(redis, visit, disclosure)
    return Redirect(f"{address}?made={made}", status_code=303) if made else None


async def find(redis: Redis, visit: Visit, made: str, of: str) -> tuple[Disclosure | None, bool]:
    """What `made` finds, once; and whether it was asked for too late."""
    issued = await take(redis, visit, made, of) if made else None
    return issued, bool(made) and issued is None


async def take(redis: Redis, visit: Visit, word: str, of: str) -> Disclosure | None:
    """What was laid by for this browser, which is gone thereafter; None for anything else."""
    try:
        sealed = await redis.get(_key(word))
        if sealed is None:
            return None
        found = msgspec.json.decode(_box(visit).decrypt(sealed), type=Disclosure)
        # Of two who read at once only one gets it.
        return found if found.of == of and await redis.delete(_key(word)) else None
    except (InvalidToken, RedisError, OSError):
        return None


def _box(visit: Visit) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(f"disclosure:{visit.token}".encode()).digest()))


def _key(word: str) -> str:
    return "throughline:disclosure:" + sha256(word.encode()).hexdigest()
