"""Stripe's form-encoded, nested parameters: `line_items[0][price_data][unit_amount]=2500`."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.cards.errors import StripeError, missing

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SUB = re.compile(r"\[([^\[\]]*)\]")
CURRENCIES = frozenset(
    (
        "eur",
        "usd",
        "gbp",
        "huf",
        "chf",
        "sek",
        "nok",
        "dkk",
        "pln",
        "czk",
        "ron",
        "brl",
        "jpy",
        "cad",
        "aud",
        "nzd",
    )
)


def decode(text: str) -> dict[str, Any]:
    """The nested dicts (lists have "0", "1", ... as keys) that a form body or query stands for."""
    result: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.fullmatch(key)
        if match is None:
            raise StripeError(400, f"Invalid parameter name: {key}", param=key)
        path = [match[1], *_SUB.findall(match[2])]
        place = result
        for name, following in zip(path, [*path[1:], None], strict=True):
            name = name or str(len(place))
            if following is None:
                place[name] = value
            else:
                place = place.setdefault(name, {})
                if not isinstance(place, dict):
                    raise StripeError(400, f"Invalid value for {key}", param=key)
    return result


class Params:
    """Parameters of one request, read by type; `done()` refuses those that nobody read."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()
        self._children: list[Params] = []

    def _name(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def _get(self, name: str, required: bool) -> Any:
        self._read.add(name)
        value = self._values.get(name)
        if required and value in (None, ""):
            raise missing(self._name(name))
        return value

    def ignore(self, *names: str) -> None:
        """Take parameters that change nothing here."""
        self._read.update(names)

    def has(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, *, required: bool = False) -> str | None:
        value = self._get(name, required)
        if value is not None and not isinstance(value, str):
            raise StripeError(400, f"Invalid string: {self._name(name)}", param=self._name(name))
        return value or None

    def require(self, name: str) -> str:
        return self.text(name, required=True) or ""

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is not None and value not in choices:
            allowed = ", ".join(choices)
            raise StripeError(
                400, f"Invalid {self._name(name)}: must be one of {allowed}", param=self._name(name)
            )
        return value or default

    def integer(self, name: str, *, required: bool = False, minimum: int = 0) -> int | None:
        value = self._get(name, required)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,12}", value):
            raise StripeError(
                400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=self._name(name)
            )
        if int(value) < minimum:
            raise StripeError(
                400,
                f"This value must be greater than or equal to {minimum}.",
                code="parameter_invalid_integer",
                param=self._name(name),
            )
        return int(value)

    def boolean(self, name: str) -> bool | None:
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def currency(self, name: str) -> str:
        value = self.require(name).lower()
        if value not in CURRENCIES:
            raise StripeError(400, f"Invalid currency: {value}.", param=self._name(name))
        return value

    def nested(self, name: str, *, required: bool = False) -> "Params":
        value = self._get(name, required)
        if value not in (None, "") and not isinstance(value, dict):
            raise StripeError(400, f"Invalid object: {self._name(name)}", param=self._name(name))
        child = Params(value or {}, self._name(name))
        self._children.append(child)
        return child

    def items(self, name: str, *, required: bool = False) -> list["Params"]:
        """The members of an array of objects."""
        array = self.nested(name, required=required)
        return [array.nested(key) for key in array._values]

    def texts(self, name: str) -> list[str]:
        """The members of an array of strings."""
        array = self.nested(name)
        return [array.require(key) for key in array._values]

    def metadata(self, name: str = "metadata") -> dict[str, str]:
        """Key-value pairs: at most 50, keys to 40 and values to 500 characters."""
        pairs = self.nested(name)
        kept = {key: pairs.text(key) or "" for key in pairs._values}
        if len(kept) > 50:
            raise StripeError(400, "Metadata can have up to 50 keys.", param=self._name(name))
        for key, value in kept.items():
            if len(key) > 40 or len(value) > 500:
                raise StripeError(
                    400,
                    "Metadata keys can have up to 40 characters, and values up to 500 characters.",
                    param=f"{self._name(name)}[{key}]",
                )
        return kept

    def done(self) -> None:
        """Refuse what nobody read, as Stripe does."""
        for name in self._values:
            if name not in self._read:
                raise StripeError(
                    400,
                    f"Received unknown parameter: {self._name(name)}",
                    code="parameter_unknown",
                    param=self._name(name),
                )
        for child in self._children:
            child.done()
