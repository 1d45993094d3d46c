"""A mail server that keeps what it gets, on the loop of the test; its answers can be set."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Sink:
    port: int = 0
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    # verb -> answer, asked for each command (MAIL, RCPT, DATA, END); None means yes, "drop" cuts the line.
    answer: Callable[[str, str], str | None] = lambda verb, line: None
    sessions: int = 0
    # What EHLO says, one extension a line.
    extensions: tuple[str, ...] = ("SMTPUTF8",)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        sender = ""
        recipients: list[str] = []
        writer.write(b"220 sink\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].split(":")[0].upper()
                said = self.answer(verb, line)
                if said == "drop":
                    return
                if said is not None:
                    writer.write(said.encode() + b"\r\n")
                elif verb == "EHLO":
                    lines = ["250-sink", *(f"250-{each}" for each in self.extensions[:-1])]
                    lines.append(f"250 {self.extensions[-1]}")
                    writer.write("".join(f"{line}\r\n" for line in lines).encode())
                elif verb == "DATA":
                    writer.write(b"354 go\r\n")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    said = self.answer("END", "")
                    if said == "drop":
                        return
                    if said == "keep and drop":
                        self.mails.append((sender, recipients, raw[:-3].replace(b"\r\n..", b"\r\n.")))
                        return
                    if said is None:
                        self.mails.append((sender, recipients, raw[:-3].replace(b"\r\n..", b"\r\n.")))
                    writer.write((said or "250 kept").encode() + b"\r\n")
                else:
                    if verb == "MAIL":
                        sender, recipients = line.partition("<")[2].partition(">")[0], []
                    elif verb == "RCPT":
                        recipients.append(line.partition("<")[2].partition(">")[0])
                    writer.write(b"250 ok\r\n" if verb != "QUIT" else b"221 bye\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running() -> AsyncIterator[Sink]:
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=2**24)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
