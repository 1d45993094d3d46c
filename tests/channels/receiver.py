"""A program that receives webhooks, on loopback: it can be down, come back, refuse and hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.sandbox.stand_in import find_free_port


@dataclass
class Receiver:
    """Listens at `url` while it is up; `calls` are the headers and bodies that came, `taken` what it said yes to."""

    port: int = field(default_factory=find_free_port)
    status: int = 204
    answer: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """What came, each checked against its signature with the library that receivers use."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.calls]

    async def up(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def down(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            body = await request.read()
            await self.may_answer.wait()
            self.calls.append(({name.lower(): value for name, value in request.headers.items()}, body))
            if 200 <= self.status < 300:
                self.taken.append(request.headers["webhook-id"])
            return web.Response(status=self.status, text=self.answer, headers=self.headers)
        finally:
            self.under_way -= 1


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that is up."""
    receiver = Receiver()
    await receiver.up()
    try:
        yield receiver
    finally:
        receiver.may_answer.set()
        await receiver.down()


class Door:
    """Counts who knocks at a port of loopback."""

    def __init__(self) -> None:
        self.knocks = 0

    async def __aenter__(self) -> "Door":
        self._server = await asyncio.start_server(self._knock, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _knock(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks += 1
        writer.close()
