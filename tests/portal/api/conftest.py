"""Programs with tokens, at the same door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from core.database import Database
from portal import tokens

Program = Callable[..., Awaitable[AsyncClient]]


@pytest.fixture
async def program(app: Litestar) -> AsyncIterator[Program]:
    """A client that carries a token with these scopes, all by default: `await program("customers:read")`."""
    clients: list[AsyncClient] = []

    async def begin(*scopes: str) -> AsyncClient:
        database: Database = app.state.database
        async with database.transaction() as session:
            _token, secret = await tokens.create(session, "A program", scopes or tokens.SCOPES)
        transport = ASGITransport(cast("Any", app), raise_app_exceptions=False)
        client = AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1:8000",
            headers={"authorization": f"Bearer {secret}"},
        )
        clients.append(client)
        return client

    yield begin
    for client in clients:
        await client.aclose()
