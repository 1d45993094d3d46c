"""Resolving: the DNS, asked for what concerns mail."""

from collections.abc import Iterable
from typing import Any

from dns.exception import DNSException
from dns.resolver import NXDOMAIN
from dns.resolver import Resolver as _Resolver

from core.errors import TransientError

TIMEOUT = 5.0


class Resolver:
    """Asks one name server, or those that this machine asks."""

    def __init__(self, address: str | None = None, port: int = 53) -> None:
        self._resolver = _Resolver(configure=address is None)
        self._resolver.lifetime = TIMEOUT
        if address is not None:
            self._resolver.nameservers = [address]
            self._resolver.port = port

    def texts(self, name: str) -> list[str]:
        """The TXT records under a name, each in one piece. Raises TransientError without an answer."""
        return [b"".join(found.strings).decode("utf-8", "replace") for found in self._ask(name, "TXT")]

    def exchanges(self, name: str) -> list[tuple[int, str]]:
        """The MX records of a domain: preference and host. Raises TransientError without an answer."""
        return [
            (found.preference, found.exchange.to_text(omit_final_dot=True)) for found in self._ask(name, "MX")
        ]

    def _ask(self, name: str, kind: str) -> Iterable[Any]:
        try:
            return self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False).rrset or ()
        except NXDOMAIN:
            return ()
        except DNSException as error:
            raise TransientError(f"The DNS gave no answer about {name}: {type(error).__name__}.") from None
