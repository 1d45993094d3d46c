"""A clamd of the tests' own: it speaks INSTREAM and VERSION, and knows one virus, EICAR's test file."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

# Not in one piece, so that no scanner takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Scanner:
    """`limit` is the size from which it hangs up, as StreamMaxLength; `asked` counts the files that it saw.

    `says`, if set, is what it answers to any of them; empty, it hangs up instead.
    """

    address: str = ""
    limit: int = 25_000_000
    asked: int = 0
    says: bytes | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            command = await reader.readuntil(b"\0")
            if command == b"zVERSION\0":
                writer.write(b"ClamAV 1.4.6/27800/Sun Nov 22 08:00:00 2026\0")
            elif command == b"zINSTREAM\0":
                self.asked += 1
                writer.write(await self._look(reader))
            else:
                writer.write(b"UNKNOWN COMMAND\0")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _look(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            if len(content) + length > self.limit:
                return b"INSTREAM size limit exceeded. ERROR\0"
            content += await reader.readexactly(length)
        if self.says is not None:
            return self.says and self.says + b"\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def running_scanner() -> AsyncIterator[Scanner]:
    scanner = Scanner()
    server = await asyncio.start_server(scanner.serve, "127.0.0.1", 0)
    scanner.address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]  # noqa: UP031 - short
    try:
        yield scanner
    finally:
        server.close()
