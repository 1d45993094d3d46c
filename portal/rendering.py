"""Pages: Jinja over portal/templates, with what every page may use."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment
from litestar import Request
from litestar.response import Template
from litestar_htmx import HTMXTemplate
from markupsafe import Markup, escape

from core.money import as_decimal
from core.rendering import LANGUAGES, current_locale, environment
from core.rendering import gettext as _
from core.settings import Settings
from core.words import mark
from customers import identities
from portal import indexing, notices, places, visits
from portal.sheets import stylesheet
from portal.written import Principal
from support import enclosures

HERE = Path(__file__).parent
STATIC = HERE / "static"


@dataclass(frozen=True)
class Company:
    """As pages name it; `phone` is spaced for reading."""

    name: str
    tagline: str
    email: str
    phone: str
    address: str


@cache
def static(path: str) -> str:
    """The address of a file under portal/static; it changes with the file, so may be kept for ever."""
    digest = sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


def place(name: str) -> Markup:
    """Where in words that are kept `filled` puts what differs from page to page; nothing from outside has a NUL."""
    return Markup(f"\x00{name}\x00")  # noqa: S704 - names in our own templates


def filled(words: Markup, **pieces: str) -> Markup:
    """These words with each piece in its place, escaped unless it is HTML."""
    whole = str(words)
    for name, piece in pieces.items():
        whole = whole.replace(f"\x00{name}\x00", str(escape(piece)))
    return Markup(whole)  # noqa: S704 - words of our own templates, and what was escaped here


def make_environment(settings: Settings) -> Environment:
    made = environment(HERE / "templates")
    made.filters["telephone"] = identities.spaced
    made.filters["plain"] = lambda minor, currency: str(as_decimal(minor, currency))
    made.filters["filled"] = filled
    made.globals |= {
        "place": place,
        "static": static,
        "stylesheet": stylesheet,
        "file_endings": ",".join(sorted(enclosures.ENDINGS)),
        "languages": list(LANGUAGES.items()),
        "public_url": settings.public_url.rstrip("/"),
        "company": Company(
            settings.company_name,
            mark("Machines, grinders and beans, and people who repair them"),
            settings.support_address,
            identities.spaced(settings.twilio_number),
            "Speicherstraße 12, 10243 Berlin",
        ),
    }
    return made


def legal_links() -> tuple[tuple[str, str], ...]:
    """The last column of the store's footer."""
    return (
        (_("Imprint"), "/legal/imprint"),
        (_("Privacy"), "/legal/privacy"),
        (_("Terms of sale"), "/legal/terms"),
        (_("Right of withdrawal"), "/legal/withdrawal"),
    )


class Page(HTMXTemplate):
    """A template answer that knows who is asking."""

    def create_template_context(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        context = super().create_template_context(request)
        visit = visits.current(request)
        at_desk = request.url.path.startswith("/desk")
        principal = None
        sections: list[str] = []
        if at_desk and visit.staff is not None:
            principal = Principal("staff", visit.staff.name, list(visit.staff.roles))
            sections = places.open_to(request.app, visit.staff)
        elif not at_desk and visit.customer_id is not None:
            principal = Principal("customer", visit.customer_name, [])
        shell = request.app.state.get("shell")
        canonical, alternates = "", list[tuple[str, str]]()
        if self.status_code in (None, 200):
            asked = request.query_params
            canonical, alternates = indexing.addresses(
                "", request.url.path, str(asked.get("page", "")), str(asked.get(indexing.LANGUAGE, ""))
            )
        return {
            "canonical": canonical,
            "alternates": alternates,
            "categories": tuple(shell.shelves(current_locale())) if shell is not None else (),
            "principal": principal,
            "desk_sections": sections,
            "legal_links": () if at_desk else legal_links(),
            "cart_count": visit.cart_count,
            "slots": request.scope["state"].get("slots"),
            "notices": [] if at_desk or request.headers.get("hx-request") else notices.take(request),
            "locale": current_locale(),
            "current_path": request.url.path,
            **context,
            "csrf_input": Markup(context["csrf_input"]),  # noqa: S704 - Litestar escapes the token
        }


def page(
    name: str, context: dict[str, Any] | None = None, *, status_code: int = 200, **htmx: Any
) -> Template:
    """A page or a fragment of one. `htmx` takes litestar-htmx's `push_url`, `re_target`, `trigger_event` …"""
    return Page(template_name=name, context=context or {}, status_code=status_code, **htmx)
