"""A mail server that says yes and forgets: `python -m tests.bench.mailsink` prints its port."""

import asyncio


class Session(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_data = transport, bytearray(), False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            at = self.buffer.find(end)
            if at < 0:
                return
            line = bytes(self.buffer[:4]).upper()
            del self.buffer[: at + len(end)]
            if self.in_data:
                self.in_data = False
                self.transport.write(b"250 kept\r\n")
            elif line == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go\r\n")
            else:
                self.transport.write(b"250 ok\r\n" if line != b"QUIT" else b"221 bye\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0, backlog=128)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
