"""Browsers by the dozen: keep-alive connections that cost next to nothing, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode, urlsplit

NUMBERS = count(1)
Act = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: bytes
    body: bytes

    def header(self, name: str) -> str:
        for line in self.headers.split(b"\r\n"):
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode()
        return ""


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiting: asyncio.Future[Answer] | None = None
        self.closed = False
        self.on_chunk: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.on_chunk is not None:
            self.on_chunk(data)
            return
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end])
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            size = int(lower[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + size:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + size])
        elif b"transfer-encoding: chunked" in lower:
            if not self.buffer.endswith(b"0\r\n\r\n"):
                return
            body = _joined(bytes(self.buffer[end + 4 :]))
        else:
            body = b""
        self.buffer.clear()
        self._done(Answer(int(head[9:12]), head, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("the server closed the connection"))

    def _done(self, answer: Answer) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


def _joined(chunked: bytes) -> bytes:
    body = b""
    while True:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body
        body += rest[:length]
        chunked = rest[length + 2 :]


@dataclass
class Browser:
    """One visitor: a connection, cookies, an address of their own."""

    site: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    address: str = field(default_factory=lambda: "10.{}.{}.{}".format(*next(NUMBERS).to_bytes(3, "big")))
    wire: _Wire | None = None

    async def open(self) -> _Wire:
        if self.wire is None or self.wire.closed:
            parts = urlsplit(self.site)
            assert parts.hostname
            assert parts.port
            loop = asyncio.get_running_loop()
            _, self.wire = await loop.create_connection(_Wire, parts.hostname, parts.port)
        return self.wire

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> bytes:
        """A request as bytes: made once, it can be sent many times."""
        given = {"host": urlsplit(self.site).netloc, "x-forwarded-for": self.address, **self.headers}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            given |= {"content-length": str(len(body)), "content-type": kind}
            if "csrftoken" in self.cookies:
                given["x-csrftoken"] = self.cookies["csrftoken"]
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    async def send(self, raw: bytes) -> Answer:
        wire = await self.open()
        wire.waiting = asyncio.get_running_loop().create_future()
        wire.transport.write(raw)
        return await wire.waiting

    async def get(self, path: str, **headers: str) -> Answer:
        return self._read(await self.send(self.request("GET", path, b"", "", **headers)))

    async def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        raw = self.request(
            "POST", path, urlencode(form).encode(), "application/x-www-form-urlencoded", **headers
        )
        return self._read(await self.send(raw))

    def _read(self, answer: Answer) -> Answer:
        for line in answer.headers.split(b"\r\n"):
            if line.lower().startswith(b"set-cookie:"):
                name, _, value = line[11:].split(b";")[0].strip().decode().partition("=")
                self.cookies[name] = value
        return answer

    def close(self) -> None:
        if self.wire is not None:
            self.wire.transport.close()


@dataclass(frozen=True)
class Load:
    """What came of it: how many a second, and how long each took (ms)."""

    rate: float
    waits: list[float]
    number: int


async def crowd(acts: Sequence[Act], number: int) -> Load:
    """Let each of `acts` go on, one after the other, until `number` are done between them."""
    numbers = iter(range(number))
    waits: list[float] = []

    async def go(act: Act) -> None:
        for each in numbers:
            began = time.perf_counter()
            await act(each)
            waits.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(go(act) for act in acts))
    return Load(number / (time.perf_counter() - began), waits, number)


async def paced(act: Act, rate: float, seconds: float) -> Load:
    """Begin `rate` acts a second, whether those before are done or not; waits count from when each was due."""
    waits: list[float] = []
    began = time.perf_counter()
    tasks = []

    async def one(number: int, due: float) -> None:
        await act(number)
        waits.append((time.perf_counter() - due) * 1000)

    number = int(rate * seconds)
    for each in range(number):
        due = began + each / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(one(each, due)))
    await asyncio.gather(*tasks)
    return Load(number / (time.perf_counter() - began), waits, number)
