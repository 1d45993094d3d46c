"""The whole HTTP door over a real database and Redis, spoken to as a browser would, without a socket."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from core.clock import now
from core.database import Database
from core.settings import Settings
from core.staff import Role, hire
from portal import visits
from portal.app import create_app
from portal.models import VisitRow

PASSWORD = "a long enough password"


class Browser(AsyncClient):
    """A client that carries cookies and posts forms with the token that the last page gave it."""

    app: Litestar

    async def request(self, *args: Any, **options: Any) -> Response:
        # What a test has just committed is heard of within a moment; here it is before whatever is asked next.
        with suppress(OSError):
            await self.app.state.changes.settle()
        return await super().request(*args, **options)

    async def submit(
        self, path: str, data: Mapping[str, object] | None = None, **options: object
    ) -> Response:
        if "csrftoken" not in self.cookies:
            await self.get("/health/live")
        form = {"_csrf_token": self.cookies["csrftoken"], **(data or {})}
        return await self.post(path, data=form, **options)  # type: ignore[arg-type]  # declared more narrowly than it takes


# What differs from test to test without changing how the application is put together.
CHANGING = {"database_url", "redis_url", "broker_url", "home"}
_apps: dict[str, tuple[Settings, Litestar]] = {}


def put_together(settings: Settings) -> Litestar:
    """The application for these settings; routes and templates are compiled once for the whole run."""
    fixed = [(name, value) for name, value in settings if name not in CHANGING]
    key = repr([(name, getattr(value, "get_secret_value", lambda: value)()) for name, value in fixed])  # noqa: B023 - called at once, in the same round
    if key not in _apps:
        own = settings.model_copy()
        _apps[key] = own, create_app(own)
    own, app = _apps[key]
    own.__dict__.update(settings.__dict__)
    return app


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    made = put_together(settings)
    started, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # A task of its own: the lifespan must end in the task that it began in, and a fixture's two halves do not.
        async with made.lifespan():
            started.set()
            await over.wait()

    life = asyncio.create_task(live())
    begun = asyncio.create_task(started.wait())
    await asyncio.wait([life, begun], return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        begun.cancel()
        life.result()
    yield made
    over.set()
    await life


@asynccontextmanager
async def browser(app: Litestar, token: str | None = None) -> AsyncIterator[Browser]:
    """Another browser at the same door; `token` is a visit's cookie."""
    transport = ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with Browser(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.app = app
        if token:
            client.cookies.set(visits.COOKIE, token)
        yield client


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[Browser]:
    """A stranger's browser."""
    async with browser(app) as client:
        yield client


async def signed_in(app: Litestar, **facts: object) -> str:
    """A visit made as a sign-in would: `customer_id`, or `staff_id` with `staff_epoch`; its cookie."""
    token = "test-" + "".join(f"{key}{value}" for key, value in facts.items())
    database: Database = app.state.database
    async with database.transaction() as session:
        session.add(VisitRow(token_hash=visits._hash(token), expires_at=now() + visits.LASTS, **facts))
    return token


async def employed(
    app: Litestar, *roles: Role, email: str = "ada@halden.test", name: str = "Ada Lund"
) -> str:
    """A new colleague in these roles, signed in; the cookie."""
    database: Database = app.state.database
    async with database.transaction() as session:
        staff = await hire(session, email, name, list(roles), PASSWORD)
    return await signed_in(app, staff_id=staff.id, staff_epoch=staff.session_epoch)


@pytest.fixture
async def agent_client(app: Litestar) -> AsyncIterator[Browser]:
    async with browser(app, await employed(app, Role.AGENT)) as client:
        yield client


@pytest.fixture
async def marketer_client(app: Litestar) -> AsyncIterator[Browser]:
    token = await employed(app, Role.MARKETER, email="mia@halden.test", name="Mia Berg")
    async with browser(app, token) as client:
        yield client


@pytest.fixture
async def merchandiser_client(app: Litestar) -> AsyncIterator[Browser]:
    token = await employed(app, Role.MERCHANDISER, email="sam@halden.test", name="Sam Vik")
    async with browser(app, token) as client:
        yield client


@pytest.fixture
async def admin_client(app: Litestar) -> AsyncIterator[Browser]:
    token = await employed(app, Role.ADMIN, email="owner@halden.test", name="Olga")
    async with browser(app, token) as client:
        yield client


def links(page: Response) -> list[str]:
    """Every address that a page leads to."""
    return re.findall(r'(?:href|action)="([^"]+)"', page.text)
