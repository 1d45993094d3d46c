"""A mail server that says yes and forgets: `python -m tests.bench.mailsink` prints its port."""

import asyncio


class Session(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_data = transport, bytearray(), False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = b""
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            at = self.buffer.find(end)
            if at < 0:
                break
            line = bytes(self.buffer[:4]).upper()
            del self.buffer[: at + len(end)]
            answers += self.answer(line)
        if answers:
            self.transport.write(answers)

    def answer(self, line: bytes) -> bytes:
        if self.in_data:
            self.in_data = False
            return b"250 kept\r\n"
        if line == b"EHLO":
            return b"250-sink\r\n250 PIPELINING\r\n"
        if line == b"DATA":
            self.in_data = True
            return b"354 go\r\n"
        return b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n"


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0, backlog=128)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
