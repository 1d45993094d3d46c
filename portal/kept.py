"""Kept pages: what a stranger sees of the store, ready-made in the memory of the web process.

A page is made for nobody: from a request that carries its address and a language, and nothing of whoever asked. Only
the token of the forms is each browser's own; it is put in as the page is sent. Everything is dropped as soon as
PostgreSQL says that something these pages show was changed (core/changes.py), nothing is served while that cannot be
heard, and no page becomes older than a minute.
"""

import re
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware.csrf import CSRFMiddleware, generate_csrf_token
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from litestar.utils import normalize_path

from core import metrics
from portal import languages, notices, visits
from portal.indexing import LANGUAGE
from portal.pages import TOKEN_SIZE, Headers, Key, Page, Pages, assemble

_OPT = "kept"
_PERSONAL = tuple(f"{name}=".encode() for name in (visits.COOKIE, notices.COOKIE))
_HOST = re.compile(rb"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?")
# As Litestar makes them; whoever brings another is answered by Litestar.
_TOKEN = re.compile(rf"[0-9a-f]{{{TOKEN_SIZE}}}")
_MARK = b"0" * TOKEN_SIZE
# What an answer says in the state of its request when it is for one person.
_SAID = ("new_cookie", "notice_left", "notice_taken")

_HIT, _MISS, _UNSURE = (metrics.KEPT_PAGES.labels(outcome) for outcome in ("hit", "miss", "unsure"))


def kept(*parameters: str) -> dict[str, Any]:
    """`opt` of a public GET whose page strangers may get from memory: of its query only these `parameters` matter.

    The handler may use nothing of a request but path, query and language, and every table that it reads has to be
    announced (core/changes.py), or may be a minute old.
    """
    return {_OPT: (*parameters, LANGUAGE)}


@dataclass(frozen=True, slots=True)
class Question:
    """What a stranger asks for; `token` and `packed` are the browser's: its token, and whether it takes gzip."""

    key: Key
    route: str
    token: str | None
    packed: bool


class Kept:
    """Wraps the application: a stranger is answered from memory, everybody else as ever."""

    def __init__(self, app: ASGIApp, csrf: CSRFConfig) -> None:
        self.app = app
        self._csrf = CSRFMiddleware(app, csrf)
        self._cookie: tuple[bytes, bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = self._question(scope) if scope["type"] == ScopeType.HTTP else None
        if question is None or scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        pages: Pages = scope["litestar_app"].state.pages
        page = pages.find(question.key)
        if page is not None:
            _HIT.inc()
            scope["path_template"] = question.route
        else:
            (_MISS if pages.changes.sure else _UNSURE).inc()
            page = await self._make(scope, receive, question, pages)
        await self._answer(page, question, send)

    def _question(self, scope: HTTPScope) -> Question | None:
        """What is asked for, when it is something that is kept and nobody in particular asks."""
        if scope["method"] not in ("GET", "HEAD") or scope.get("root_path") or "\x00" in scope["path"]:
            return None
        said: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name.startswith(b"hx-") or (name == b"cookie" and name in said):
                return None
            said.setdefault(name, value)
        cookies = said.get(b"cookie", b"")
        if any(name in cookies for name in _PERSONAL) or b"json" in said.get(b"accept", b""):
            return None
        if not _HOST.fullmatch(said.get(b"host", b"-")):
            return None
        found = self._route(scope)
        if found is None or not scope["litestar_app"].state.pages.most:
            return None
        route, parameters = found
        token = None
        if cookies:
            # A copy: nothing that is read here may stick to the request itself.
            request: Request[Any, Any, Any] = Request({**scope, "state": {}})
            token = request.cookies.get(self._csrf.config.cookie_name)
            if token is not None and not _TOKEN.fullmatch(token):
                return None
        query, language = _asked(scope["query_string"], parameters)
        language = language or languages.preferred(said.get(b"accept-language", b"").decode("latin-1"))
        packed = b"gzip" in said.get(b"accept-encoding", b"")
        return Question((scope["path"], query, language), route, token, packed)

    def _route(self, scope: HTTPScope) -> tuple[str, tuple[str, ...]] | None:
        """The template and the parameters of the route, when its pages are kept."""
        try:
            _app, handler, _path, _given, route = scope["litestar_app"].asgi_router.handle_routing(
                path=normalize_path(scope["path"]), method="GET"
            )
        except HTTPException:
            return None
        parameters = handler.opt.get(_OPT)
        return None if parameters is None else (route, parameters)

    async def _make(self, scope: HTTPScope, receive: Receive, question: Question, pages: Pages) -> Page:
        """The page as the application makes it for nobody; kept when it is one for everybody."""
        as_of, begun = pages.changes.number, time.monotonic()
        _path, query, language = question.key
        mark = secrets.token_hex(TOKEN_SIZE // 2)
        inner: Any = {
            **scope,
            "method": "GET",
            "query_string": query,
            "headers": [
                (b"accept-language", language.encode()),
                (b"cookie", f"{self._csrf.config.cookie_name}={mark}".encode()),
            ],
            "state": {},
        }
        status, headers, body = 500, Headers(), bytearray()

        async def take(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                body.extend(message["body"])

        await self.app(inner, receive, take)
        scope["path_template"] = inner.get("path_template", question.route)
        scope["state"].update((name, inner["state"][name]) for name in _SAID if name in inner["state"])
        page = assemble(status, headers, bytes(body), mark.encode(), begun)
        for_one = any(name in inner["state"] for name in _SAID) or any(
            name.lower() == b"set-cookie" for name, _ in headers
        )
        if status == 200 and not for_one:
            pages.keep(question.key, page, as_of)
        return page

    async def _answer(self, page: Page, question: Question, send: Send) -> None:
        token = (question.token or generate_csrf_token(self._csrf.config.secret)).encode()
        packed = question.packed and page.packed
        headers = [*(page.packed_headers if packed else page.plain_headers)]
        if question.token is None:
            name, value = self._cookie or await self._make_cookie()
            headers.append((name, value.replace(_MARK, token)))
        body = page.gzip(token) if packed else page.body(token)
        await send({"type": "http.response.start", "status": page.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _make_cookie(self) -> tuple[bytes, bytes]:
        """The header that Litestar sets the token's cookie with, once for all tokens."""
        made: list[tuple[bytes, bytes]] = []

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                made.extend(message["headers"])

        set_cookie = self._csrf.create_send_wrapper(take, _MARK.decode(), None)
        await set_cookie({"type": "http.response.start", "status": 200, "headers": []})
        self._cookie = made[0]
        return self._cookie


@lru_cache(256)
def _asked(query: bytes, parameters: tuple[str, ...]) -> tuple[bytes, str]:
    """What matters of a query, always in the same order, and the language that it asks for."""
    # Read as Litestar reads it.
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    matter = sorted(((name, value) for name, value in given if name in parameters), key=lambda pair: pair[0])
    language = next((value for name, value in matter if name == LANGUAGE), "")
    return urlencode(matter).encode(), languages.asked(language)
