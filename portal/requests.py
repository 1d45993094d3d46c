"""Every request from outside: its id, its line in the log, its figures. The outermost layer of the application."""

import random
import re
from functools import cache
from time import perf_counter

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram
from structlog.contextvars import bind_contextvars, reset_contextvars

from core import metrics, tracing
from core.settings import Settings
from portal.limits import is_proxy

log = structlog.get_logger()

HEADER = b"x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Counted, but no line each: they would hide the others.
_QUIET = ("/static/", "/health/")
# What nginx writes when the one who asked is gone before the answer began.
GONE = 499


class Requests:
    """Wraps the whole application, so that also what no route takes is seen."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.proxies = settings.proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        peer = scope.get("client")
        believed = bool(peer and self.proxies and is_proxy(str(peer[0]), self.proxies))
        # Nothing rests on its being hard to guess.
        request_id = (believed and _given(scope)) or f"{random.getrandbits(96):024x}"
        begun = perf_counter()
        status = 0
        told = False

        def tell() -> None:
            nonlocal told
            if not told:
                told = True
                _tell(scope, status or GONE, perf_counter() - begun)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ())]
                message["headers"] = [*headers, (HEADER, request_id.encode())]
                for name, value in headers:
                    if name == b"content-type" and value.startswith(b"text/event-stream"):
                        tell()
            elif scope["method"] == "HEAD" and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        method = _method(scope)
        bound = bind_contextvars(request_id=request_id)
        try:
            with tracing.request(method, scope["headers"], believed=believed) as span:
                try:
                    await self.app(scope, receive, answer)
                except Exception:
                    status = status or 500
                    raise
                finally:
                    tell()
                    span.tell(_route(scope), status or GONE)
        finally:
            reset_contextvars(**bound)


def _given(scope: HTTPScope) -> str | None:
    """The id that the request came with, when it is one."""
    for name, value in scope["headers"]:
        if name == HEADER and _WELL_FORMED.fullmatch(given := value.decode("latin-1")):
            return given
    return None


def _route(scope: HTTPScope) -> str:
    return str(scope.get("path_template") or "unmatched")


def _method(scope: HTTPScope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


@cache
def _figures(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """What counts them; there are no more of these than routes, methods and kinds of answers."""
    return metrics.REQUESTS.labels(route, method, str(status)), metrics.REQUEST_SECONDS.labels(route, method)


def _tell(scope: HTTPScope, status: int, seconds: float) -> None:
    route = _route(scope)
    method = _method(scope)
    requests, durations = _figures(route, method, status)
    requests.inc()
    durations.observe(seconds)
    if not route.startswith(_QUIET):
        log.info("request", route=route, method=method, status=status, ms=round(seconds * 1000, 1))
