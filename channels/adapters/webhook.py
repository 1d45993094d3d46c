"""Webhooks out, signed as standardwebhooks.com says; never into our own network unless settings allow it."""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks.webhooks import Webhook

from channels.addresses import is_public
from channels.calls import Answer, Call
from core.clock import now
from core.settings import Settings

TIMEOUT = 10
# Of an answer we read no more than this (bytes).
READ = 4096
# How many calls to one endpoint a process has under way at once, and how many while it is failing: one that hangs
# must not keep the hands busy that other jobs need.
AT_ONCE, AT_ONCE_FAILING = 4, 1
AGENT = "Throughline-Webhooks/1"


class PrivateAddressError(OSError):
    """An address within a private network, which we do not call."""


class _Public(AbstractResolver):
    """Resolves names, and refuses one of which any address is private."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            _refuse_private(each["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _refuse_private(address: str) -> None:
    if not is_public(address):
        raise PrivateAddressError("The address lies within a private network.")


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """The socket of one connection: the last word, on the very address that it is about to connect to."""
    family, kind, protocol, _name, address = info
    _refuse_private(str(address[0]))
    return socket.socket(family, kind, protocol)


class Sender:
    """Calls endpoints; make it on the loop that uses it, and `close()` it there."""

    def __init__(self, settings: Settings) -> None:
        private = settings.webhooks_to_private
        self._schemes = {"http", "https"} if private else {"https"}
        connector = (
            aiohttp.TCPConnector(limit=0)
            if private
            # No cache: a name is judged by what it leads to now.
            else aiohttp.TCPConnector(
                limit=0, resolver=_Public(), use_dns_cache=False, socket_factory=_public_socket
            )
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A small answer may unpack into a large one.
            auto_decompress=False,
            trust_env=False,
        )
        self._under_way: Counter[UUID] = Counter()

    @contextmanager
    def room(self, call: Call) -> Iterator[bool]:
        """Whether another call to this endpoint may begin now; it counts as under way within the block."""
        free = self._under_way[call.endpoint_id] < (AT_ONCE_FAILING if call.failing else AT_ONCE)
        self._under_way[call.endpoint_id] += free
        try:
            yield free
        finally:
            self._under_way[call.endpoint_id] -= free
            if not self._under_way[call.endpoint_id]:
                del self._under_way[call.endpoint_id]

    async def send(self, call: Call) -> Answer:
        """Post a call and say what came back; never raises for what the other side does."""
        began = time.monotonic()
        status, text, error = await self._post(call)
        return Answer(status, text, error, round((time.monotonic() - began) * 1000))

    async def _post(self, call: Call) -> tuple[int | None, str, str | None]:
        if call.url.partition("://")[0].lower() not in self._schemes:
            return None, "", "Its address is not one that begins with https://."
        try:
            async with self._session.post(
                call.url, data=call.body, headers=headers(call, now()), allow_redirects=False
            ) as response:
                text = await _beginning(response)
                if not response.content.at_eof():
                    # What is left of a long answer is not waited for.
                    response.close()
                error = None
                if 300 <= response.status < 400:
                    error = "It answered with a redirect, which is not followed."
                return response.status, text, error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return None, "", _why(error)

    async def close(self) -> None:
        await self._session.close()


def headers(call: Call, at: datetime) -> dict[str, str]:
    """What names, dates and signs a call."""
    message_id = str(call.delivery_id)
    body = call.body.decode()
    return {
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in call.secrets),
    }


async def _beginning(response: aiohttp.ClientResponse) -> str:
    read = b""
    while len(read) < READ and (some := await response.content.read(READ - len(read))):
        read += some
    return read.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _why(error: BaseException) -> str:
    """Why there was no answer, in words; nothing that the other side wrote."""
    for each in _causes(error):
        if isinstance(each, PrivateAddressError):
            return "Its address lies within a private network: nothing was sent."
    match error:
        case TimeoutError():
            return f"It did not answer within {TIMEOUT} seconds."
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return "Its TLS certificate could not be trusted, or TLS failed."
        case aiohttp.ClientConnectorDNSError():
            return "Its name could not be resolved."
        case aiohttp.ClientConnectorError():
            return "It could not be reached: nobody took the connection."
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "It broke the connection off."
        case _:
            return f"It gave no answer that could be read: {type(error).__name__}"


def _causes(error: BaseException) -> Sequence[BaseException]:
    found = [error]
    for each in found:
        found += [
            inner
            for inner in (each.__cause__, each.__context__, getattr(each, "os_error", None))
            if inner is not None and inner not in found
        ]
        if isinstance(each, BaseExceptionGroup):
            found += each.exceptions
    return found
