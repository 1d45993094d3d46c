"""Limits on how often something may be tried: atomic in Redis, shared by all processes, said in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from time import time
from typing import Any

from babel.dates import format_timedelta
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from litestar.connection import ASGIConnection
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.rendering import current_locale
from core.rendering import gettext as _
from portal.refusals import TooMany


@dataclass(frozen=True)
class Measured:
    """How much of a rule is left: `most` in all, `left` now, all of it again at `until` (seconds since 1970)."""

    most: int
    left: int
    until: float


class Limits:
    """The counters of one process; without Redis, each process counts for itself until it is back."""

    def __init__(self, redis_url: str, proxies: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self.proxies = proxies
        self._redis = Redis.from_url(redis_url)
        storage = RedisStorage(
            "async+redis://",  # the pool knows where
            implementation="redispy",
            key_prefix="throughline:limits",
            connection_pool=self._redis.connection_pool,  # type: ignore[arg-type]  # declared more narrowly than it takes
        )
        self._shared = MovingWindowRateLimiter(storage)
        self._own = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, rule: str, *who: str) -> None:
        """Count one try under every part of a rule ("5/15 minutes;20/day"). Raises TooMany, naming the wait.

        `who` says whose tries are counted together, beginning with what is tried.
        """
        for item in (parse(part) for part in rule.split(";")):
            try:
                wait = await _take(self._shared, item, who)
            except (RedisError, OSError):
                wait = await _take(self._own, item, who)
            if wait is not None:
                raise TooMany(
                    _("That was tried too often. Try again in %(wait)s.") % {"wait": _words(wait)}, wait
                )

    async def measure(self, rule: str, *who: str) -> Measured:
        """Count one try under a rule of one part ("600/minute"), and say how much is left. Raises TooMany."""
        await self.take(rule, *who)
        item = parse(rule)
        try:
            stats = await self._shared.get_window_stats(item, *who)
        except (RedisError, OSError):
            stats = await self._own.get_window_stats(item, *who)
        return Measured(item.amount, stats.remaining, stats.reset_time)

    async def close(self) -> None:
        await self._redis.aclose()


async def _take(limiter: MovingWindowRateLimiter, item: RateLimitItem, who: tuple[str, ...]) -> int | None:
    """None when it may go on, else the seconds until it may."""
    if await limiter.hit(item, *who):
        return None
    stats = await limiter.get_window_stats(item, *who)
    return max(1, round(stats.reset_time - time()))


def _words(seconds: int) -> str:
    return format_timedelta(seconds, threshold=1.2, locale=current_locale())


def client(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Who a request comes from: an address, of IPv6 the network that one customer gets (/64).

    Anyone may write X-Forwarded-For, so it counts only from a peer that is one of our proxies, and of it only
    what they wrote: the rightmost hop that is none of them.
    """
    host = request.client.host if request.client else ""
    address = _address(host)
    if address is None:
        return host
    limits: Limits = request.app.state.limits
    hops = ",".join(request.headers.getall("x-forwarded-for", [])).split(",")
    while hops and any(address in network for network in limits.proxies):
        before = _address(hops.pop())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def is_proxy(host: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether a peer is one of our own proxies, whose headers are believed."""
    address = _address(host)
    return address is not None and any(address in network for network in proxies)


@lru_cache(4096)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    """An address as a hop is written: 192.0.2.1, 192.0.2.1:443, 2001:db8::1 or [2001:db8::1]:443."""
    host = host.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
