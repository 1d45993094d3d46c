"""The HTTP door: `create_app(settings)`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar_htmx import HTMXPlugin
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError

from core import tasks
from core.changes import Changes
from core.database import Database
from core.rendering import set_locale
from core.settings import Settings
from core.storage import Storage, open_storage
from estore.gateway import Gateway
from portal import errors, files, guards, indexing, inputs, languages, notices, routes, visits
from portal.api import answers
from portal.kept import Kept
from portal.limits import Limits
from portal.live import Live
from portal.pages import Pages
from portal.pictures import Shelf
from portal.rendering import STATIC, make_environment
from portal.requests import Requests
from portal.sheets import FOR_EVER
from portal.shell import Shell
from portal.visits import COOKIE, Visit

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'{elsewhere}; frame-ancestors 'self'"
)
# Only what anybody may read is compressed: the length of a private page must not tell what stands in it.
NOT_COMPRESSED = r"^/(?!$|static/(sheets|css|js|vendor)/|static/.*\.svg$|c/|p/|search|help|legal/)"


def create_app(settings: Settings) -> Litestar:
    """The whole site and desk as an ASGI application; the loop that runs it owns its connections."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        _one_after_the_other(app)
        redis = Redis.from_url(settings.redis_url)
        app.state.database = Database(settings.database_url, redis, pool_size=10)
        app.state.live = Live(redis)
        app.state.live.start()
        app.state.limits = Limits(settings.redis_url, settings.proxies)
        app.state.api_rate = settings.api_rate
        app.state.shell = Shell(app.state.database)
        app.state.changes = Changes(settings.database_url)
        app.state.changes.tell(app.state.shell.forget)
        app.state.pages = Pages(app.state.changes, settings.kept_pages * 1024 * 1024)
        app.state.changes.start()
        app.state.gateway = Gateway(settings)
        app.state.storage = open_storage(settings)
        app.state.pictures = Shelf()
        app.state.zone = settings.time_zone
        clearing = asyncio.create_task(
            visits.keep_clear(app.state.database, visits.forget_expired, answers.forget_old)
        )
        yield
        await tasks.end(clearing)
        await app.state.changes.stop()
        await app.state.live.stop()
        await app.state.gateway.close()
        await app.state.limits.close()
        await app.state.database.close()
        await redis.aclose()

    def database(state: State) -> Database:
        return state.database  # type: ignore[no-any-return]  # state holds what lifespan put there

    def live(state: State) -> Live:
        return state.live  # type: ignore[no-any-return]  # state holds what lifespan put there

    def limits(state: State) -> Limits:
        return state.limits  # type: ignore[no-any-return]  # state holds what lifespan put there

    def gateway(state: State) -> Gateway:
        return state.gateway  # type: ignore[no-any-return]  # state holds what lifespan put there

    def storage(state: State) -> Storage | None:
        return state.storage  # type: ignore[no-any-return]  # state holds what lifespan put there

    def visit(request: Request[Any, Any, Any]) -> Visit:
        return visits.current(request)

    def configured() -> Settings:
        return settings

    secret = settings.secret_key.get_secret_value()
    csrf = CSRFConfig(
        secret=sha256(f"csrf:{secret}".encode()).hexdigest(),
        cookie_secure=settings.secure_cookies,
        cookie_samesite="lax",
    )
    static = create_static_files_router(
        "/static",
        [STATIC],
        guards=[guards.anyone],
        cache_control=None,
        after_request=_cache_for_ever,
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[static, *routes.ROUTES],
        lifespan=[lifespan],
        plugins=[HTMXPlugin()],
        middleware=[Visits, inputs.Legible],
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=6, exclude=[NOT_COMPRESSED]),
        csrf_config=csrf,
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(make_environment(settings))
        ),
        dependencies={
            "database": Provide(database, sync_to_thread=False),
            "live": Provide(live, sync_to_thread=False),
            "limits": Provide(limits, sync_to_thread=False),
            "gateway": Provide(gateway, sync_to_thread=False),
            "storage": Provide(storage, sync_to_thread=False),
            "visit": Provide(visit, sync_to_thread=False),
            "settings": Provide(configured, sync_to_thread=False),
        },
        exception_handlers={**errors.HANDLERS, DBAPIError: inputs.on_database_error},
        before_send=[_finish(settings)],
        request_max_body_size=30 * 1024 * 1024,
        openapi_config=None,
        include_in_schema=False,
        debug=False,
        logging_config=None,
    )
    app.asgi_handler = Requests(files.Elsewhere(Kept(app.asgi_handler, csrf), settings), settings)
    return app


def _one_after_the_other(app: Litestar) -> None:
    """Have a handler's dependencies resolved in turn: none of ours waits for anything, and a task each costs more."""
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            model.dependency_batches = [{each} for batch in model.dependency_batches for each in batch]


def _cache_for_ever(response: Any) -> Any:
    response.headers["cache-control"] = FOR_EVER
    return response


class Visits:
    """Finds out who is asking, and in which language, before anything else looks at a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(
            ("/static/", "/pictures/", "/webhooks/", "/health/", "/api/")
        ):
            request: Request[Any, Any, Any] = Request(scope)
            state = scope["litestar_app"].state
            # Kept pages have to know before.
            visit = scope["state"].get("visit")
            if visit is None:
                visit = await visits.find(state.database, request.cookies.get(COOKIE))
            scope["state"]["visit"] = visit
            at_desk = scope["path"].startswith("/desk")
            # The desk is English for now; half of it in another language would be worse.
            set_locale(
                "en" if at_desk else _language(request, visit),
                state.zone,
            )
            if not at_desk:
                await state.shell.refresh()
        await self.app(scope, receive, send)


def _language(request: Request[Any, Any, Any], visit: Visit) -> str:
    asked = languages.asked(str(request.query_params.get(indexing.LANGUAGE, "")))
    return asked or visit.locale or languages.preferred(request.headers.get("accept-language", ""))


def _finish(settings: Settings) -> Any:
    # The card company's payment page is where our pay buttons lead after their redirect.
    elsewhere = f" {settings.stripe_api_base}" if settings.stripe_api_base else " https://checkout.stripe.com"
    policy = POLICY.format(elsewhere=elsewhere)
    strict = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "x-frame-options": "SAMEORIGIN",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }
    if settings.secure_cookies:
        strict["strict-transport-security"] = "max-age=31536000"
    pairs = [(name.encode(), value.encode()) for name, value in strict.items()]
    not_kept = (b"cache-control", b"no-store")

    async def finish(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start" or scope["state"].get("finished"):
            return
        # At every answer: as bytes, because the headers' own class looks through all of them for each.
        said = list(message.get("headers", ()))
        names = {name.lower() for name, _ in said}
        wanted = pairs if scope["path"].startswith("/static/") else [*pairs, not_kept]
        message["headers"] = said + [pair for pair in wanted if pair[0] not in names]
        notices.carry(message, scope, secure=settings.secure_cookies)
        if cookie := scope["state"].get("new_cookie"):
            MutableScopeHeaders.from_message(message).add(
                "set-cookie",
                Cookie(
                    key=COOKIE,
                    value=cookie,
                    max_age=int(visits.LASTS.total_seconds()),
                    httponly=True,
                    secure=settings.secure_cookies,
                    samesite="lax",
                    path="/",
                ).to_header(header=""),
            )

    return finish
