"""The marketers' language: Liquid with a few tags, a few filters and a fixed list of values, nothing else.

No attribute access, no call, no loop, and no template that includes another; length and memory are bounded.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.context import RenderContext
from liquid.exceptions import FilterArgumentError, LiquidError, ResourceLimitError, UndefinedError
from liquid.filter import with_context
from liquid.template import BoundTemplate
from liquid.undefined import FalsyStrictUndefined
from markupsafe import escape

from core.errors import Invalid
from core.money import formatted

SOURCE_LIMIT = 200_000
OUTPUT_LIMIT = 500_000

# What may stand between {{ and }}, with what it is.
VALUES = {
    "customer.first_name": "the first word of the customer's name",
    "customer.name": "the customer's whole name",
    "customer.company": "the customer's company",
    "customer.locale": "their language: en, de, es, hu or pt",
    "spend": "what they have paid us so far; write {{ spend | money }}",
    "orders": "how many orders they have placed",
    "company.name": "our name",
    "company.website": "our address on the web",
    "unsubscribe_url": "the way out of this topic",
    "preferences_url": "the page where they choose what to hear about",
}
TAGS = ("assign", "capture", "case", "comment", "if", "unless", "#", "content", "output", "illegal")
FILTERS = ("capitalize", "default", "downcase", "escape", "strip", "truncate", "truncatewords", "upcase")


class Missing(FalsyStrictUndefined):
    """A value this customer has not got: false in a condition, replaced by `default`, an error elsewhere."""

    force_liquid_default = True

    def __bool__(self) -> bool:
        return False


class MissingValue(Invalid):
    """A template needs a value that this customer has not got; `value` names it."""

    def __init__(self, value: str) -> None:
        super().__init__(f"There is no {value} for this customer.", {"body": f"{value} is missing."})
        self.value = value


def sentence(error: Invalid) -> str:
    """Why a message cannot be made for someone, and what to do about it."""
    if isinstance(error, MissingValue):
        return f"There is no {error.value}. Write {{{{ {error.value} | default: '…' }}}}, or leave them out."
    return error.message


@with_context
def money(amount: object, *, context: RenderContext) -> str:
    """Minor units as people write them in the customer's language."""
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise FilterArgumentError("money needs an amount, such as spend", token=None)
    ours, theirs = context.globals.get("company"), context.globals.get("customer")
    assert isinstance(ours, Mapping)
    assert isinstance(theirs, Mapping)
    return formatted(amount, str(ours["currency"]), str(theirs.get("locale", "en")))


class _Language(Environment):
    output_stream_limit = OUTPUT_LIMIT
    local_namespace_limit = 20_000
    loop_iteration_limit = 1
    block_nesting_limit = 10

    def __init__(self, *, html: bool) -> None:
        super().__init__(undefined=Missing, autoescape=html, strict_filters=True)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: self.filters[name] for name in FILTERS} | {"money": money}


_HTML, _TEXT = _Language(html=True), _Language(html=False)


def check(source: str, field: str, *, own: frozenset[str] = frozenset()) -> None:
    """Raises Invalid, naming the line, for anything that the language does not have.

    `field` is the form's field that the message stands beside; `own` are values that we put in ourselves.
    """
    if len(source) > SOURCE_LIMIT:
        raise _wrong(field, f"The text is longer than {SOURCE_LIMIT:,} characters.")
    template = _parsed(source, field)
    found = template.analyze(include_partials=False)
    for uses in found.globals.values():
        for use in uses:
            if str(use) not in VALUES and str(use) not in own:
                known = ", ".join(VALUES)
                raise _wrong(
                    field,
                    f"{_line(source, use.span.index)}“{use}” is not a value to be used here. Use {known}.",
                )
    for name, spans in found.filters.items():
        if name not in _TEXT.filters:
            known = ", ".join(sorted(_TEXT.filters))
            raise _wrong(
                field,
                f"{_line(source, spans[0].index)}“{name}” is not a filter to be used here. Use {known}.",
            )


def render(source: str, values: Mapping[str, Any], *, html: bool) -> str:
    """The text for one customer; in HTML every value is escaped. The source has passed `check`.

    Raises MissingValue, or Invalid when the text cannot be made at all.
    """
    try:
        if (pieces := _pieces(source, html)) is not None:
            return _filled(pieces, values, html)
        return _compiled(source, html).render(values)
    except UndefinedError as error:
        raise MissingValue(str(error.message).removesuffix(" is undefined").strip("'")) from None
    except ResourceLimitError:
        raise Invalid(
            "The text becomes too long.", {"body": "It needs too much room when it is put together."}
        ) from None
    except LiquidError as error:
        raise Invalid(
            f"The text cannot be put together: {error.message}.", {"body": str(error.message)}
        ) from None


@lru_cache(maxsize=128)
def _compiled(source: str, html: bool) -> BoundTemplate:
    return (_HTML if html else _TEXT).from_string(source)


# A value as it is, which is what most of a message is filled in with.
_OUTPUT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r"[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)?")


@lru_cache(maxsize=128)
def _pieces(source: str, html: bool) -> tuple[list[str], list[str], list[BoundTemplate]] | None:
    """A text without conditions: what stands between its values, their paths (or empty) and them as templates.

    None for any other, and for one in which blanks are taken away around values.
    """
    if "{%" in source:
        return None
    between, asked = _OUTPUT.split(source)[::2], [each.strip() for each in _OUTPUT.findall(source)]
    if any("{{" in each for each in between) or any(each[:1] == "-" or each[-1:] == "-" for each in asked):
        return None
    try:
        alone = [_compiled(f"{{{{ {each} }}}}", html) for each in asked]
    except LiquidError:
        return None
    return between, [each if _PATH.fullmatch(each) else "" for each in asked], alone


def _filled(
    pieces: tuple[list[str], list[str], list[BoundTemplate]], values: Mapping[str, Any], html: bool
) -> str:
    """The same as the whole template would write, at a tenth of the cost."""
    between, paths, alone = pieces
    written: dict[str, str] = {}
    parts = [between[0]]
    for path, template, after in zip(paths, alone, between[1:], strict=True):
        word = written.get(path)
        if word is None:
            first, _, second = path.partition(".")
            value = values.get(first)
            if second:
                value = value.get(second) if isinstance(value, Mapping) else None
            plain = path and type(value) is str
            word = (str(escape(value)) if html else str(value)) if plain else template.render(values)
            if plain:
                written[path] = word
        parts += (word, after)
    made = "".join(parts)
    if len(made) > OUTPUT_LIMIT:
        raise ResourceLimitError("output limit reached", token=None)
    return made


def _parsed(source: str, field: str) -> BoundTemplate:
    try:
        return _TEXT.from_string(source)
    except LiquidError as error:
        context = error.context()
        line = f"Line {context[0]}: " if context else ""
        raise _wrong(field, f"{line}{error.message}.") from None


def _line(source: str, index: int) -> str:
    return f"Line {source.count(chr(10), 0, max(index, 0)) + 1}: "


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid("The text has something in it that cannot be sent.", {field: sentence})
