"""Resolving: the DNS, asked for what concerns mail."""

import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from dns.asyncresolver import Resolver as _AsyncResolver
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, BaseResolver, LRUCache
from dns.resolver import Resolver as _Resolver

from channels.adapters.email.domains import organisation
from core.errors import Invalid, TransientError

TIMEOUT = 5.0
# How long whoever did not answer is not asked again (seconds).
SILENCE = 60.0
MAX_KEPT = 2_000


def place(stated: str) -> tuple[str | None, int]:
    """Address and port of a name server, "192.0.2.1" or "192.0.2.1:5353"; None for those of this machine.

    Raises Invalid for anything else.
    """
    if not stated:
        return None, 53
    host, _, port = stated.rpartition(":") if stated.count(":") == 1 else (stated, "", "53")
    try:
        return str(ip_address(host)), int(port)
    except ValueError:
        raise Invalid(f"{stated} is not the address of a name server.") from None


class Resolver:
    """Asks one name server, or those that this machine asks."""

    def __init__(self, address: str | None = None, port: int = 53) -> None:
        self._resolver = _Resolver(configure=address is None)
        _configure(self._resolver, address, port)

    def texts(self, name: str) -> list[str]:
        """The TXT records under a name, each in one piece. Raises TransientError without an answer."""
        return _texts(self._ask(name, "TXT"))

    def exchanges(self, name: str) -> list[tuple[int, str]]:
        """The MX records of a domain: preference and host. Raises TransientError without an answer."""
        return [
            (found.preference, found.exchange.to_text(omit_final_dot=True)) for found in self._ask(name, "MX")
        ]

    def addresses(self, name: str) -> list[str]:
        """The addresses of a host, of both kinds. Raises TransientError without an answer."""
        return [found.address for kind in ("A", "AAAA") for found in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> Iterable[Any]:
        try:
            return self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False).rrset or ()
        except NXDOMAIN:
            return ()
        except DNSException as error:
            raise TransientError(f"The DNS gave no answer about {name}: {type(error).__name__}.") from None


class Asker:
    """The same on the running loop. Answers are kept for as long as they say; who is silent is left alone a while."""

    def __init__(self, address: str | None = None, port: int = 53) -> None:
        self._resolver: _AsyncResolver | None = None
        with suppress(
            DNSException
        ):  # a machine without any: nothing is known then, and mail comes in all the same
            self._resolver = _AsyncResolver(configure=address is None)
            _configure(self._resolver, address, port)
            self._resolver.cache = LRUCache(MAX_KEPT)
        self._silent: dict[str, float] = {}

    async def texts(self, name: str) -> list[str]:
        """The TXT records under a name, each in one piece. Raises TransientError without an answer."""
        owner = organisation(name) or name
        if self._resolver is None or self._silent.get(owner, 0) > time.monotonic():
            raise TransientError(f"The DNS gives no answer about {name}.")
        try:
            answer = await self._resolver.resolve(name, "TXT", raise_on_no_answer=False, search=False)
        except NXDOMAIN:
            return []
        except (DNSException, OSError) as error:
            if len(self._silent) >= MAX_KEPT:
                self._silent.clear()
            self._silent[owner] = time.monotonic() + SILENCE
            raise TransientError(f"The DNS gave no answer about {name}: {type(error).__name__}.") from None
        return _texts(answer.rrset or ())


def _configure(resolver: BaseResolver, address: str | None, port: int) -> None:
    resolver.lifetime = TIMEOUT
    if address is not None:
        resolver.nameservers = [address]
        resolver.port = port


def _texts(records: Iterable[Any]) -> list[str]:
    return [b"".join(found.strings).decode("utf-8", "replace") for found in records]
