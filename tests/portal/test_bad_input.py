"""Whatever is sent to a route, in its address or its form, nobody is answered with a 500, and nothing hangs."""

import asyncio
import inspect
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import select

from campaigns import demo as campaign_demo
from campaigns.models import Broadcast, Segment
from core.clock import now
from core.database import Database
from core.settings import Settings
from core.staff import Role, hire
from customers import identities
from estore import demo as store_demo
from estore.demo import demo_id
from portal import guards, visits
from portal.limits import Limits
from portal.models import VisitRow
from support import demo as help_demo
from support.models import Article, ArticleCategory
from support.triage import triage
from tests.portal.conftest import Browser, browser
from tests.support import talk

TOKEN = "bad-input"
UNKNOWN = str(uuid4())
PATIENCE = 10.0
LONG = "x" * 100_000
NASTY = "\x00\r\n'\"<script>{{7*7}}%s\\\U0001f9a0\u202e"
# What stands where a parameter of that kind belongs.
JUNK_IN_PATHS = {
    "str": ["nothing-like-it", "%00", "%ff%fe", "..%2f..%2fetc", quote(NASTY), "x" * 3000],
    "uuid": [UNKNOWN, "not-a-uuid", "%00"],
    "int": ["0", "-1", "9" * 30, "abc"],
}
JUNK = ["", NASTY, "9" * 30, LONG]
MIXED = ["-1", "NaN", UNKNOWN, "2026-99-99T99:99", "1e999", "[{]"]


@dataclass(frozen=True)
class Door:
    """One way in: a route, a method, and the names of what its handler reads."""

    path: str
    method: str
    names: tuple[str, ...]
    open: bool

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return re.findall(r"\{(\w+):(\w+)\}", self.path)

    def at(self, values: dict[str, str]) -> str:
        return re.sub(r"\{(\w+):\w+\}", lambda found: values[found[1]], self.path)


def doors(app: Litestar) -> list[Door]:
    found = []
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith("/static"):
            continue
        for method, (handler, model) in route.route_handler_map.items():
            if method in ("GET", "POST"):
                asked = {field.field_alias for field in model.expected_query_params}
                names = tuple(sorted(asked | set(_read_by(handler))))
                found.append(Door(route.path, str(method), names, guards.anyone in handler.resolve_guards()))
    return found


def _read_by(handler: HTTPRouteHandler) -> Iterator[str]:
    """The names of inputs that a handler's module knows: its forms' fields, and what it asks forms for."""
    module = sys.modules[inspect.unwrap(handler.fn).__module__]
    for _name, kind in inspect.getmembers(module, inspect.isclass):
        if issubclass(kind, msgspec.Struct):
            yield from (field.encode_name for field in msgspec.structs.fields(kind))
    if module.__name__.startswith("portal."):
        yield from re.findall(r'\.get(?:all)?\("(\w+)"', inspect.getsource(module))


@pytest.fixture
async def known(app: Litestar) -> dict[str, str]:
    """Something real behind every parameter, so that what is junk is all that is wrong."""
    database: Database = app.state.database
    async with database.transaction() as session:
        await store_demo.load(session)
        await help_demo.load(session)
        await campaign_demo.load(session, "http://127.0.0.1:8000")
        customer = await talk.customer(session)
        await identities.verify(session, identities.email("ana@example.com"), by="link", customer_id=customer)
        conversation = await talk.begin(session, customer)
        message = await talk.say(session, conversation, "The steam wand is blocked")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        staff = await hire(session, "all@halden.test", "All Roles", [Role.ADMIN], "a long enough password")
        colleague = await hire(session, "one@halden.test", "One Role", [Role.AGENT], "a long enough password")
        session.add(
            VisitRow(
                token_hash=visits._hash(TOKEN),
                expires_at=now() + visits.LASTS,
                customer_id=customer,
                staff_id=staff.id,
                staff_epoch=staff.session_epoch,
            )
        )
        found = {
            "customer_id": customer,
            "conversation_id": conversation.id,
            "message_id": message.id,
            "ticket_id": ticket.id,
            "staff_id": colleague.id,
            "article_id": await session.scalar(select(Article.id).where(Article.slug == "warranty")),
            "category_id": await session.scalar(select(ArticleCategory.id).limit(1)),
            "broadcast_id": await session.scalar(select(Broadcast.id).where(Broadcast.channel == "email")),
            "segment_id": await session.scalar(select(Segment.id).limit(1)),
            "sku_id": demo_id("sku", "DAW-250"),
        }
    return {name: str(value) for name, value in found.items()}


class Unlimited(Limits):
    async def take(self, rule: str, *who: str) -> None:
        """Junk is to reach the handlers, however much there is of it."""


def _known(door: Door, known: dict[str, str]) -> dict[str, str]:
    slug = "dawn-blend" if "/p/" in door.path or "products" in door.path else "warranty"
    slug = "machines" if "/topics/" in door.path else "beans" if door.path.startswith("/c/") else slug
    usual = {"slug": slug, "name": "stripe", "code": "card", "act": "cancel", "seq": "0", "job_id": "1"}
    return {
        name: known.get(name) or usual.get(name) or (UNKNOWN if kind == "uuid" else "nothing")
        for name, kind in door.parameters
    }


def _addresses(door: Door, known: dict[str, str]) -> Iterator[str]:
    """The door with each of its parameters wrong in turn."""
    right = _known(door, known)
    for name, kind in door.parameters:
        for junk in JUNK_IN_PATHS[kind]:
            yield door.at({**right, name: junk})


def _mixed(names: list[str]) -> Iterator[str]:
    """Every name with three of the other kinds of junk."""
    for start in range(0, 6, 2) if names else ():
        yield urlencode(list(zip(names, islice(cycle(MIXED), start, None), strict=False)))


def _forms(names: Iterable[str]) -> Iterator[tuple[bytes, str]]:
    """Bodies that no page of ours sends, with their content type."""
    plain = "application/x-www-form-urlencoded"
    listed = list(names)
    for junk in JUNK if listed else JUNK[:1]:
        yield urlencode([(name, junk) for name in listed]).encode(), plain
    for mixed in _mixed(listed):
        yield mixed.encode(), plain
    yield urlencode([(name, value) for name in listed for value in ("a", "b", "")]).encode(), plain
    yield b"&".join(name.encode() + b"=%ff%00%zz" for name in listed) + b"&=&%00=1", plain
    yield b'{"a": [1, {"b": null}]}', "application/json"
    parts = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="a\x00.svg"\r\n\r\nx\r\n'
        for name in listed
    )
    yield f"{parts}--cut--\r\n".encode(), "multipart/form-data; boundary=cut"
    yield b"--cut\r\nContent-Disposition: form-data; na", "multipart/form-data; boundary=cut"
    yield b"no boundary at all", "multipart/form-data"


def _queries(names: Iterable[str]) -> Iterator[str]:
    listed = list(names)
    if not listed:
        yield "junk=junk"
        return
    for junk in JUNK[1:-1]:
        yield urlencode([(name, junk) for name in listed])
    yield from _mixed(listed)
    yield urlencode([(name, value) for name in listed for value in ("a", "b", "")])
    yield "&".join(f"{quote(name)}=%ff%00" for name in listed)


async def _send(client: Browser, door: Door, url: str, **options: Any) -> str | None:
    """What was wrong with the answer; None when a person could read it."""
    # Whatever the last request did to the visit (signed out, renewed), the next one is the same person's.
    client.cookies.clear()
    client.cookies.set("csrftoken", options.pop("csrf"))
    if token := options.pop("token"):
        client.cookies.set(visits.COOKIE, token)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await client.request(door.method, url, **options)
    except TimeoutError:
        return f"{door.method} {url[:120]} hangs"
    if answer.status_code >= 500 and answer.headers.get("retry-after") is None:
        body = str(options.get("content", b""))[:80]
        return f"{door.method} {url[:120]} {answer.status_code} {body}"
    return None


async def _try_all(
    app: Litestar, settings: Settings, known: dict[str, str], method: str, token: str | None
) -> list[str]:
    limits, app.state.limits = app.state.limits, Unlimited(settings.redis_url)
    await limits.close()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each of thousands
    wrong = []
    async with browser(app) as client:
        await client.get("/health/live")
        csrf = client.cookies["csrftoken"]
        same = {"csrf": csrf, "token": token}
        for door in doors(app):
            if door.method != method or (token and door.path.endswith("/sign-out")):
                continue
            headers = {"x-csrftoken": csrf}
            urls = [(url, b"", "") for url in _addresses(door, known)]
            here = door.at(_known(door, known))
            if method == "POST":
                urls += [(here, body, kind) for body, kind in _forms(door.names)]
            elif not door.path.endswith("/live"):  # a stream does not end
                urls += [(f"{here}?{query}", b"", "") for query in _queries(door.names)]
            if token is None and not door.open:
                del urls[2:]  # the guard answers, whatever is sent
            for number, (url, body, kind) in enumerate(urls):
                sent = headers | ({"content-type": kind} if kind else {})
                if number % 3 == 2:
                    sent["hx-request"] = "true"
                elif number % 3 == 1:
                    sent["accept"] = "application/json"
                if found := await _send(client, door, url, headers=sent, content=body, **same):
                    wrong.append(found)
    return wrong


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", [TOKEN, None], ids=["signed-in", "stranger"])
async def test_junk_is_answered_in_words_and_never_with_a_500(
    app: Litestar, settings: Settings, known: dict[str, str], method: str, token: str | None
) -> None:
    assert await _try_all(app, settings, known, method, token) == []
    async with browser(app, TOKEN) as client:
        assert (await client.get("/desk/operations")).status_code == 200
        assert (await client.get("/account")).status_code == 200
