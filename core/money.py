"""Money: integer minor units with an ISO 4217 currency, one rounding function, exact splits."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.core import Locale
from babel.numbers import format_currency, get_currency_precision


def rounded(amount: Decimal) -> int:
    """A whole number of minor units, halves away from zero: the only rounding of money in Throughline."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(amount: int, rate: Decimal) -> int:
    """`rate` (0.19 is 19 %) of an amount in minor units, rounded."""
    return rounded(Decimal(amount) * rate)


def tax_within(gross: int, rate: Decimal) -> int:
    """The tax contained in a gross amount in minor units, rounded."""
    return gross - rounded(Decimal(gross) / (1 + rate))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` divided in proportion to `weights` by largest remainder; the parts sum to it exactly.

    With no weight at all, the whole amount goes to the first part. Raises ValueError for no parts.
    """
    if not weights:
        raise ValueError("an amount cannot be split into no parts")
    total = sum(weights)
    if total == 0:
        return [amount, *[0] * (len(weights) - 1)]
    sign = -1 if amount < 0 else 1
    parts = [abs(amount) * weight // total for weight in weights]
    rest = abs(amount) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(amount) * weights[i] % total), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return [sign * part for part in parts]


def as_decimal(amount: int, currency: str) -> Decimal:
    """Minor units as a decimal number of the currency's main unit."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))


@lru_cache(8192)
def formatted(amount: int, currency: str, locale: str = "en") -> str:
    """An amount in minor units as people write it in `locale` (`en`, `de`, `es`, `hu`, `pt`)."""
    # To Babel, "pt" is Brazil's way of writing.
    place = Locale.parse("pt_PT" if locale == "pt" else locale, sep="_")
    return format_currency(as_decimal(amount, currency), currency, locale=place)
