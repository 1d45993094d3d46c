"""Kept pages: what everybody sees of the store, ready-made in the memory of the web process.

A page is made for nobody: from a request that carries its address and a language, and nothing of whoever asked. What is
one person's own is put in as the page is sent: the token of the forms, and for who is known the number of things in the
cart and the name. Everything is dropped as soon as PostgreSQL says that something these pages show was changed
(core/changes.py), nothing is served while that cannot be heard, and no page becomes older than a minute.
"""

import hmac
import re
import secrets
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware.csrf import CSRF_SECRET_BYTES, CSRFMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from litestar.utils import normalize_path
from sqlalchemy.exc import DBAPIError

from core import metrics
from core.rendering import speaking
from portal import languages, notices, visits
from portal.indexing import LANGUAGE
from portal.pages import TOKEN_SIZE, Headers, Key, Page, Pages, Pieces, assemble
from portal.visits import STRANGER, Visit

_OPT = "kept"
_KNOWN, _NOTICE = (f"{name}=".encode() for name in (visits.COOKIE, notices.COOKIE))
# The macros of what is one person's own, and the pieces that they write.
_PERSONAL = "layouts/_personal.html"
_PIECES = ("tools", "account_word")
_HOST = re.compile(rb"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?")
# As Litestar makes them; whoever brings another is answered by Litestar.
_TOKEN = re.compile(rf"[0-9a-f]{{{TOKEN_SIZE}}}")
_MARK = b"0" * TOKEN_SIZE
# What an answer says in the state of its request when it is for one person.
_SAID = ("new_cookie", "notice_left", "notice_taken")

_HIT, _MISS, _UNSURE = (metrics.KEPT_PAGES.labels(outcome) for outcome in ("hit", "miss", "unsure"))


@dataclass(frozen=True, slots=True)
class Rule:
    """What of a query matters to a page, and whether it is the same for who is signed in but for the name."""

    parameters: tuple[str, ...]
    for_customers: bool


def kept(*parameters: str, for_customers: bool = False) -> dict[str, Any]:
    """`opt` of a public GET whose page may come from memory: of its query only these `parameters` matter.

    The handler may use nothing of a request but path, query and language, and every table that it reads has to be
    announced (core/changes.py), or may be a minute old. Unless it is `for_customers`, it may show something else to
    those who are signed in: for them the page is made anew.
    """
    return {_OPT: Rule((*parameters, LANGUAGE), for_customers)}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; `token` and `packed` are the browser's: its token, and whether it takes gzip.

    `known` is its cookie, where it has one of ours, and `visit` what that turns out to stand for.
    """

    key: Key
    route: str
    rule: Rule
    # Whether the address asks for the language of the key.
    asked: bool
    token: str | None
    packed: bool
    known: str | None
    visit: Visit = STRANGER


class Kept:
    """Wraps the application: who may be is answered from memory, everybody else as ever."""

    def __init__(self, app: ASGIApp, csrf: CSRFConfig) -> None:
        self.app = app
        self._csrf = CSRFMiddleware(app, csrf)
        self._cookie: tuple[bytes, bytes] | None = None
        self._secret = csrf.secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = self._question(scope) if scope["type"] == ScopeType.HTTP else None
        if question is not None and question.known is not None:
            question = await self._recognised(scope, question)
        if question is None or scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        pages: Pages = scope["litestar_app"].state.pages
        page = pages.find(question.key)
        if page is not None:
            _HIT.inc()
            scope["path_template"] = question.route
            # Its headers were finished as it was made.
            scope["state"]["finished"] = True
        else:
            (_MISS if pages.changes.sure else _UNSURE).inc()
            page = await self._make(scope, receive, question, pages)
        await self._answer(scope, page, question, send)

    async def _recognised(self, scope: Scope, question: Question) -> Question | None:
        """The question of somebody with a cookie of ours; None when it has to be answered as ever."""
        try:
            visit = await visits.find(scope["litestar_app"].state.database, question.known)
        except (DBAPIError, OSError):
            # Whoever asks next says what has to be said about it.
            return None
        if visit.customer_id is not None and not question.rule.for_customers:
            scope["state"]["visit"] = visit
            return None
        path, query, language = question.key
        if visit.locale and not question.asked:
            language = visit.locale
        return replace(question, key=(path, query, language), visit=visit)

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
        if _NOTICE in cookies or b"json" in said.get(b"accept", b""):
            return None
        if not _HOST.fullmatch(said.get(b"host", b"-")):
            return None
        found = self._route(scope)
        if found is None or not scope["litestar_app"].state.pages.most:
            return None
        route, rule = found
        token = known = None
        if cookies:
            # A copy: nothing that is read here may stick to the request itself.
            request: Request[Any, Any, Any] = Request({**scope, "state": {}})
            token = request.cookies.get(self._csrf.config.cookie_name)
            if token is not None and not _TOKEN.fullmatch(token):
                return None
            if _KNOWN in cookies:
                known = request.cookies.get(visits.COOKIE)
        query, asked = _asked(scope["query_string"], rule.parameters)
        language = asked or languages.preferred(said.get(b"accept-language", b"").decode("latin-1"))
        packed = b"gzip" in said.get(b"accept-encoding", b"")
        key = (scope["path"], query, language)
        return Question(key, route, rule, bool(asked), token, packed, known or None)

    def _route(self, scope: HTTPScope) -> tuple[str, Rule] | None:
        """The template of the route and its rule, when its pages are kept."""
        try:
            _app, handler, _path, _given, route = scope["litestar_app"].asgi_router.handle_routing(
                path=normalize_path(scope["path"]), method="GET"
            )
        except HTTPException:
            return None
        rule = handler.opt.get(_OPT)
        return None if rule is None else (route, rule)

    async def _make(self, scope: HTTPScope, receive: Receive, question: Question, pages: Pages) -> Page:
        """The page as the application makes it for nobody; kept when it is one for everybody."""
        as_of, begun = pages.changes.number, time.monotonic()
        _path, query, language = question.key
        mark = secrets.token_hex(TOKEN_SIZE // 2)
        slots = {name: secrets.token_hex(16) for name in _PIECES}
        inner: Any = {
            **scope,
            "method": "GET",
            "query_string": query,
            "headers": [
                (b"accept-language", language.encode()),
                (b"cookie", f"{self._csrf.config.cookie_name}={mark}".encode()),
            ],
            "state": {"slots": slots},
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
        for_one = any(name in inner["state"] for name in _SAID) or any(
            name.lower() == b"set-cookie" for name, _ in headers
        )
        keeps = status == 200 and not for_one
        if keeps:
            headers = await _finished(inner, headers)
        marks = {name: each.encode() for name, each in slots.items()}
        strangers = self._pieces(scope, STRANGER, language)
        page = assemble(status, headers, bytes(body), mark.encode(), begun, marks, strangers)
        if keeps:
            pages.keep(question.key, page, as_of)
        return page

    def _pieces(self, scope: Scope, visit: Visit, language: str) -> Pieces:
        """What of a page is somebody's own."""
        templates: Any = scope["litestar_app"].template_engine
        macros: Any = templates.get_template(_PERSONAL).module
        name = None if visit.customer_id is None else visit.customer_name
        with speaking(language):
            written = {
                "tools": macros.tools(name, visit.cart_count, ""),
                "account_word": macros.account_word(name),
            }
        return {piece: str(words).encode() for piece, words in written.items()}

    async def _answer(self, scope: Scope, page: Page, question: Question, send: Send) -> None:
        token = (question.token or self._new_token()).encode()
        packed = question.packed and page.packed != []
        if question.visit.customer_id is None and not question.visit.cart_count:
            headers = [*(page.packed_headers if packed else page.plain_headers)]
            body = page.gzip(token) if packed else page.body(token)
        else:
            pieces = self._pieces(scope, question.visit, question.key[2])
            body = page.gzip_for(pieces, token) if packed else page.body_for(pieces, token)
            headers = page.headers_for(len(body), packed)
        if question.token is None:
            name, value = self._cookie or await self._make_cookie()
            headers.append((name, value.replace(_MARK, token)))
        await send({"type": "http.response.start", "status": page.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _new_token(self) -> str:
        """A token as Litestar makes them (`generate_csrf_token`), in a third of the time."""
        secret = secrets.token_hex(CSRF_SECRET_BYTES)
        return secret + hmac.digest(self._secret, secret.encode(), "sha256").hex()

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


async def _finished(scope: Any, headers: Headers) -> Headers:
    """The headers as they are sent, so that nothing has to be added to each answer."""
    message: Any = {"type": "http.response.start", "status": 200, "headers": headers}
    for finish in scope["litestar_app"].before_send:
        await finish(message, scope)
    return [*message["headers"]]


@lru_cache(256)
def _asked(query: bytes, parameters: tuple[str, ...]) -> tuple[bytes, str]:
    """What matters of a query, always in the same order, and the language that it asks for."""
    # Read as Litestar reads it.
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    matter = sorted(((name, value) for name, value in given if name in parameters), key=lambda pair: pair[0])
    language = next((value for name, value in matter if name == LANGUAGE), "")
    return urlencode(matter).encode(), languages.asked(language)
