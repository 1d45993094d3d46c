"""Written: pages of the desk and parts of them, kept by what they are made of.

Who looks at a page has been asked for, and the database, before anything is looked up here: a page is known by the
very words that PostgreSQL told for it. So nothing here can be out of date, and nothing has to be forgotten; where the
words are the same, they are not read, put into sentences and set again. What is a browser's own, the token of its
forms, is put in as the page is sent.
"""

import html
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from jinja2 import Environment
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from core.clock import now
from core.rendering import current_locale, current_zone
from portal import places, visits
from portal.visits import Visit

# Seconds: how long "now" lasts for what is kept, and so how late a page may say how long somebody waits.
MOMENT = 10
# Bytes that all that is kept takes at most.
MOST = 16 * 1024 * 1024
# Stands for the token of the forms; nobody can write it, because nobody knows it.
_MARK = secrets.token_hex(16)
_MARKED = f'<input type="hidden" name="_csrf_token" value="{_MARK}" />'


def this_moment() -> datetime:
    """The present as pages say it: the end of these ten seconds, so that it lies behind nothing that happened."""
    seconds = int(now().timestamp())
    return datetime.fromtimestamp(seconds - seconds % MOMENT + MOMENT, UTC)


@dataclass(frozen=True)
class Principal:
    kind: str
    name: str
    roles: list[str]


@dataclass(frozen=True)
class Part:
    """A page or a part of one: its template, the words it follows from, and what makes its context of them.

    A value of the context may be a part itself. `for_all` says that it is the same for every colleague: it reads
    neither `principal` nor `desk_sections`. Everything else that it depends on has to stand in `told`.
    """

    name: str
    told: tuple[object, ...]
    make: Callable[[], dict[str, Any]]
    for_all: bool = False
    # What is done to it last, every time.
    finish: Callable[[str], str] | None = None


class Kept:
    """What was written, the least recently used to go first."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.size = 0
        self._found: OrderedDict[bytes, str] = OrderedDict()

    def get(self, key: bytes) -> str | None:
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
        return found

    def keep(self, key: bytes, written: str) -> None:
        size = _size(written)
        if size > self.most // 8 or key in self._found:
            return
        self._found[key] = written
        self.size += size
        while self.size > self.most:
            self.size -= _size(self._found.popitem(last=False)[1])

    def __len__(self) -> int:
        return len(self._found)


def _size(written: str) -> int:
    # What a string takes depends on its widest sign.
    return 128 + len(written) * (1 if written.isascii() else 2)


KEPT = Kept()


@dataclass(frozen=True)
class Reader:
    """Who looks: what every page of the desk says of them."""

    principal: Principal | None
    sections: list[str]

    @property
    def told(self) -> tuple[object, ...]:
        one = self.principal
        return (one.name, *one.roles, "", *self.sections) if one else ()


def _reader(request: Request[Any, Any, Any], visit: Visit) -> Reader:
    if visit.staff is None:
        return Reader(None, [])
    principal = Principal("staff", visit.staff.name, list(visit.staff.roles))
    return Reader(principal, places.open_to(request.app, visit.staff))


def write(environment: Environment, part: Part, reader: Reader) -> str:
    """A part in words, from memory where the same were told before; the mark stands for the forms' token."""
    own = () if part.for_all else reader.told
    key = _key(part.name, current_locale(), current_zone(), *own, "", *part.told)
    written = KEPT.get(key)
    if written is None:
        common: dict[str, Any] = {
            "locale": current_locale(),
            "csrf_input": Markup(_MARKED),  # noqa: S704 - our own
        }
        if not part.for_all:
            common |= {
                "principal": reader.principal,
                "desk_sections": reader.sections,
                "canonical": "",
                "notices": [],
            }
        made = {
            name: Markup(write(environment, value, reader)) if isinstance(value, Part) else value  # noqa: S704 - a template's
            for name, value in part.make().items()
        }
        written = environment.get_template(part.name).render({**common, **made})
        KEPT.keep(key, written)
    return part.finish(written) if part.finish is not None else written


def _key(*told: object) -> bytes:
    said = [each if type(each) is str else repr(each) for each in told]
    # Their lengths say where each ends.
    whole = "".join([",".join([str(len(each)) for each in said]), "|", *said])
    return blake2b(whole.encode(errors="surrogatepass"), digest_size=20).digest()


class Written(Response[bytes]):
    """An answer at the desk that is put together of parts that are kept."""

    def __init__(self, part: Part, *, status_code: int = 200) -> None:
        super().__init__(b"", status_code=status_code, media_type=MediaType.HTML)
        self.part = part

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **about: Any) -> Any:
        engine: Any = request.app.template_engine
        token = ScopeState.from_scope(request.scope).csrf_token
        words = write(engine.engine, self.part, _reader(request, visits.current(request)))
        self.content = words.replace(_MARK, html.escape(token if isinstance(token, str) else "")).encode()
        return super().to_asgi_response(app, request, **about)
