"""Scanning: asks clamd whether a content holds a virus (INSTREAM, as in clamd(8))."""

import asyncio
import struct
from contextlib import suppress

from core.errors import Invalid, TransientError

PATIENCE = 60.0
_CHUNK = 64 * 1024


async def scan(clamd: str, content: bytes) -> str | None:
    """The name of what was found, None when nothing was. `clamd` is host:port or the path of a socket.

    Raises TransientError when there was no answer, or none that decides it, and Invalid for an address that is none.
    """
    answer = await _ask(clamd, b"zINSTREAM\0", content)
    if answer == "stream: OK":
        return None
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")[:200]
    raise TransientError(f"The virus scanner could not check it: {answer[:200] or 'it hung up.'}")


async def version(clamd: str) -> str:
    """What the scanner says that it is, with the date of what it knows. Raises as `scan` does."""
    return await _ask(clamd, b"zVERSION\0")


async def _ask(clamd: str, command: bytes, content: bytes | None = None) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await _connect(clamd)
            try:
                writer.write(command)
                # It hangs up on what is too large for it, with a word that is lost unless somebody listens already.
                answer = asyncio.ensure_future(reader.readuntil(b"\0"))
                with suppress(ConnectionError):
                    await _send(writer, content)
                return (await answer)[:-1].decode("utf-8", "replace").strip()
            finally:
                writer.close()
    except ConnectionResetError as error:
        raise TransientError("The virus scanner hung up: is its StreamMaxLength too small?") from error
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
        raise TransientError(f"The virus scanner does not answer ({type(error).__name__}).") from error


async def _send(writer: asyncio.StreamWriter, content: bytes | None) -> None:
    if content is not None:
        for start in range(0, len(content), _CHUNK):
            part = content[start : start + _CHUNK]
            writer.write(struct.pack(">I", len(part)) + part)
            await writer.drain()
        writer.write(struct.pack(">I", 0))
    await writer.drain()


async def _connect(clamd: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if clamd.startswith("/"):
        return await asyncio.open_unix_connection(clamd)
    host, _, port = clamd.rpartition(":")
    if not host or not port.isdigit():
        raise Invalid("THROUGHLINE_CLAMD is neither host:port nor the path of a socket.")
    return await asyncio.open_connection(host.strip("[]"), int(port))
