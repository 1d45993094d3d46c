"""Rendering: the Jinja environment of our own pages and mails, in the reader's language.

What marketers write is rendered elsewhere, in a language without attribute access or calls.
"""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import (
    TIMEDELTA_UNITS,
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_datetime_format,
)
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    pass_context,
    pass_eval_context,
    select_autoescape,
)
from jinja2.environment import TemplateModule
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escaped  # type: ignore[attr-defined]  # what escape() itself calls

from core import money
from core.clock import now
from core.words import Worded

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "hu": "Magyar", "pt": "Português"}
LOCALES = Path(__file__).resolve().parents[1] / "portal" / "locales"
ROOT = Path(__file__).resolve().parents[1]

# Words of a macro that are longer than so many characters are not kept.
KEPT = 2000

_locale: ContextVar[str] = ContextVar("locale", default="en")
_zone: ContextVar[str] = ContextVar("zone", default="Europe/Berlin")


@cache
def translations(locale: str) -> NullTranslations:
    """The message catalogue of a language, compiled from its .po file; English needs none."""
    source = LOCALES / locale / "LC_MESSAGES" / "messages.po"
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return GNUTranslations(compiled)


def current_locale() -> str:
    return _locale.get()


def current_zone() -> str:
    return _zone.get()


def spoken(locale: str | None = None) -> str:
    """A language (the reader's) as Babel knows it: English dates are those of Europe, 22 Nov and 24 hours."""
    locale = locale or _locale.get()
    return "en_GB" if locale == "en" else locale


def set_locale(locale: str, zone: str | None = None) -> None:
    """Speak this language for the rest of the task; unknown ones are English, unknown zones are ignored."""
    _locale.set(locale if locale in LANGUAGES else "en")
    if zone is not None and zone in _zones():
        _zone.set(zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speak a language within the block: mails are written in the customer's, pages in the reader's."""
    token = _locale.set(locale if locale in LANGUAGES else "en")
    try:
        yield
    finally:
        _locale.reset(token)


def gettext(message: str) -> str:
    """The message in the reader's language; one that nobody has translated stays English."""
    spoken = translations(_locale.get())
    if isinstance(message, Worded):
        return spoken.gettext(message.template) % message.values
    return spoken.gettext(message) if message else ""  # the empty message is the catalogue's own header


def ngettext(singular: str, plural: str, n: int) -> str:
    return translations(_locale.get()).ngettext(singular, plural, n)


def _money(amount: int, currency: str) -> str:
    return money.formatted(amount, currency, _locale.get())


def local(instant: datetime) -> datetime:
    """The instant on the reader's clock."""
    return instant.astimezone(ZoneInfo(_zone.get()))


# Days, months and clock times are few, and Babel puts each together anew: they are kept by language.
@lru_cache(4096)
def _full(day: date, style: str, locale: str) -> str:
    return str(format_date(day, style, locale=locale))


@lru_cache(4096)
def _partly(day: date, skeleton: str, locale: str) -> str:
    return str(format_skeleton(skeleton, day, locale=locale))


@lru_cache(4096)
def _clock(hour: int, minute: int, locale: str) -> str:
    return str(format_time(time(hour, minute), "short", locale=locale))


@cache
def _together(locale: str) -> str:
    return str(get_datetime_format("medium", locale=locale)).replace("'", "")


@lru_cache(4096)
def _counted(number: int, unit: Any, width: Literal["narrow", "long"], locale: str) -> str:
    span = timedelta(seconds=number * dict(TIMEDELTA_UNITS)[unit])
    return str(format_timedelta(span, granularity=unit, threshold=float("inf"), format=width, locale=locale))


def day(instant: datetime | date, style: str = "medium") -> str:
    """A day; "short" leaves out the year when it is this one."""
    at = local(instant).date() if isinstance(instant, datetime) else instant
    if style == "short":
        return _partly(at, "MMMd" if at.year == local(now()).year else "yMMMd", spoken())
    return _full(at, style, spoken())


def month(instant: datetime) -> str:
    """The month and its year."""
    return _partly(local(instant).date().replace(day=1), "yMMMM", _locale.get())


def clock(instant: datetime) -> str:
    """The hour and the minute."""
    at = local(instant)
    return _clock(at.hour, at.minute, spoken())


def moment(instant: datetime) -> str:
    """The day and the minute, as the reader's language puts them together."""
    return _together(spoken()).replace("{0}", clock(instant)).replace("{1}", day(instant))


def lasting(span: timedelta, width: Literal["narrow", "long"] = "long") -> str:
    """How long, in one unit: "3 hours", or "3h"; a larger unit from six fifths of it on."""
    seconds = abs(int(span.total_seconds()))
    unit, length = next((each for each in TIMEDELTA_UNITS if seconds >= 1.2 * each[1]), TIMEDELTA_UNITS[-1])
    return _counted(round(seconds / length), unit, width, spoken())


def _ago(instant: datetime, at: datetime | None = None) -> str:
    """How long before (or after) `at`, by default now: "5 minutes ago", "in 2 hours"."""
    return str(format_timedelta(instant - (at or now()), add_direction=True, threshold=1.1, locale=spoken()))


def _grouped(counted: Any) -> Any:
    """Jinja's ngettext with its number written as the reader writes it: 1,135 people."""

    @pass_context
    def write(context: Context, singular: str, plural: str, num: int, **variables: Any) -> Any:
        variables.setdefault("num", format_decimal(num, locale=spoken()))
        return counted(context, singular, plural, num, **variables)

    return write


@lru_cache(8192)
def _marked(message: str, locale: str) -> Markup:
    words = translations(locale).gettext(message) if message else ""
    return Markup(words)  # noqa: S704 - a sentence of our own templates


@lru_cache(8192)
def _said(message: str, locale: str) -> Markup:
    return _marked(message, locale) % {}


@pass_eval_context
def _say(context: EvalContext, message: str, /, **values: Any) -> str:
    """Jinja's gettext (new style) without what it does at every call: a copy of the context, a mark, a format."""
    if not context.autoescape or type(message) is not str:
        words = gettext(message)
        return (Markup(words) if context.autoescape else words) % values  # noqa: S704 - as Jinja's own does
    locale = _locale.get()
    return _marked(message, locale) % values if values else _said(message, locale)


def _kept(macro: Callable[..., Any]) -> Callable[..., Any]:
    """A macro whose words follow from its arguments and the reader's language and zone alone: written once for each."""

    @lru_cache(2048, typed=True)
    def written(locale: str, zone: str, /, *args: Any, **kwargs: Any) -> Any:
        return macro(*args, **kwargs)

    def write(*args: Any, **kwargs: Any) -> Any:
        # What is long is said once, and lists of things cannot be told apart.
        if all(len(each) < KEPT for each in (*args, *kwargs.values()) if isinstance(each, str)):
            with suppress(TypeError):
                return written(_locale.get(), _zone.get(), *args, **kwargs)
        return macro(*args, **kwargs)

    return write


def _written(value: Any) -> str:
    """markupsafe's escape, for what is only put together: without a mark on every piece."""
    kind = type(value)
    if kind is Markup:
        return str.__str__(value)
    if kind is str:
        return str(escaped(value))
    return escape(value)


class _Template(Template):
    """One of ours: all of an environment have the same globals, so what is imported from one is made once."""

    @classmethod
    def _from_namespace(
        cls, environment: Environment, namespace: MutableMapping[str, Any], globals: MutableMapping[str, Any]
    ) -> Template:
        namespace["escape"] = _written
        return super()._from_namespace(environment, namespace, globals)

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is None:
            self._module = self.make_module()
        return self._module


def environment(*folders: Path) -> Environment:
    """A Jinja environment over template folders: autoescaped, strict about missing names, in five languages.

    Filters: money(currency), number, date, time, moment (in the reader's zone), ago, iso, and translated, for a
    message in a variable: `_()` would take it for a format and for HTML. `kept(macro)` writes the same but once.
    """
    made = Environment(
        loader=FileSystemLoader(list(folders)),
        autoescape=select_autoescape(("html", "xml", "svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    made.template_class = _Template
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # the library declares less than it has
    made.globals |= {
        "_": _say,
        "gettext": _say,
        "ngettext": _grouped(made.globals["ngettext"]),
        "kept": _kept,
    }
    made.filters |= {
        "money": _money,
        "date": day,
        "time": clock,
        "moment": moment,
        "ago": _ago,
        "translated": gettext,
        "number": lambda number: format_decimal(number, locale=spoken()),
        "iso": lambda instant: instant.isoformat(),
    }
    return made


@cache
def package_environment(package: str) -> Environment:
    """The templates of one of our packages, with those that all mails share (portal/templates)."""
    return environment(ROOT / package / "templates", ROOT / "portal" / "templates")


def render(package: str, template: str, locale: str, /, **context: object) -> str:
    """One of a package's own templates (`email/receipt.html`) in a language; raises for a missing name."""
    with speaking(locale):
        return package_environment(package).get_template(template).render(context)
