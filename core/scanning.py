"""Scanning: asks clamd whether a content holds a virus (INSTREAM, as in clamd(8))."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

from core.errors import Invalid, TransientError

PATIENCE = 60.0
_CHUNK = 64 * 1024
_LONGEST = 4096


class TooLarge(Exception):
    """The scanner looks at no content of this size, or not at all of it: asking again changes nothing."""


async def scan(clamd: str, content: bytes) -> str | None:
    """The name of what was found, None when nothing was. `clamd` is host:port or the path of a socket.

    Raises TooLarge, TransientError when there was no answer, or none that decides it, and Invalid for an address
    that is none.
    """
    answer = await _ask(clamd, b"zINSTREAM\0", content)
    if answer == "stream: OK":
        return None
    if "size limit exceeded" in answer or answer.startswith("stream: Heuristics.Limits.Exceeded"):
        raise TooLarge(answer[:200])
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")[:200]
    raise TransientError(f"The virus scanner could not check it: {answer[:200] or 'it hung up.'}")


async def version(clamd: str) -> str:
    """What the scanner says that it is, with the date of what it knows. Raises as `scan` does."""
    return await _ask(clamd, b"zVERSION\0")


async def _ask(clamd: str, command: bytes, content: bytes | None = None) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            with await _connect(clamd) as line:
                # It hangs up on what is too large for it. The word that it said before lies here all the same, and
                # is read: hence a bare socket, since a stream drops that with the first write that fails.
                with suppress(ConnectionError):
                    await _send(line, command, content)
                return await _answer(line)
    except ConnectionError as error:
        raise TransientError("The virus scanner hung up.") from error
    except (OSError, TimeoutError, EOFError) as error:
        raise TransientError(f"The virus scanner does not answer ({type(error).__name__}).") from error


async def _send(line: socket.socket, command: bytes, content: bytes | None) -> None:
    send = asyncio.get_running_loop().sock_sendall
    await send(line, command)
    if content is not None:
        for start in range(0, len(content), _CHUNK):
            part = content[start : start + _CHUNK]
            await send(line, struct.pack(">I", len(part)) + part)
        await send(line, struct.pack(">I", 0))


async def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST:
        more = await asyncio.get_running_loop().sock_recv(line, _LONGEST)
        if not more:
            raise EOFError
        said += more
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


async def _connect(clamd: str) -> socket.socket:
    loop = asyncio.get_running_loop()
    places: list[tuple[int, str | tuple[Any, ...]]] = [(socket.AF_UNIX, clamd)]
    if not clamd.startswith("/"):
        host, _, port = clamd.rpartition(":")
        if not host or not port.isdigit():
            raise Invalid("THROUGHLINE_CLAMD is neither host:port nor the path of a socket.")
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        places = [(family, address) for family, _, _, _, address in found]
    for number, (family, address) in enumerate(places, 1):
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.setblocking(False)
            await loop.sock_connect(line, address)
        except BaseException as error:
            line.close()
            if number == len(places) or not isinstance(error, OSError):
                raise
        else:
            return line
    raise OSError("it has no address")
