"""Prices: what a basket comes to, with the VAT of each rate. Integers; only `core.money` rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core import money


@dataclass(frozen=True)
class Item:
    """So many of one thing: `unit_price` in minor units, `rate` of VAT (0.19 is 19 %)."""

    unit_price: int
    quantity: int
    rate: Decimal


@dataclass(frozen=True)
class Tax:
    rate: Decimal
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax

    def facts(self) -> dict[str, Any]:
        """As it is stored with an order or invoice; `stored` reads it back."""
        return {"rate": rate_text(self.rate), "net": self.net, "tax": self.tax, "gross": self.gross}


@dataclass(frozen=True)
class Totals:
    """`lines`: what each item comes to after its share of the discount (`discounts`), in item order."""

    goods: int
    discount: int
    shipping: int
    total: int
    lines: list[int]
    discounts: list[int]
    taxes: list[Tax] = field(default_factory=list)

    @property
    def tax(self) -> int:
        return sum(tax.tax for tax in self.taxes)


def rate_text(rate: Decimal) -> str:
    """A rate without superfluous zeros: "0.19"."""
    return format(rate.normalize(), "f")


def add_up(
    items: Sequence[Item],
    shipping: int = 0,
    discount: int = 0,
    *,
    shipping_rate: Decimal | None = None,
    inclusive: bool = True,
) -> Totals:
    """What these items come to: prices include VAT, or (`inclusive=False`) VAT comes on top of them.

    A discount is split over the lines in proportion to their worth. Shipping is taxed at `shipping_rate`,
    without one at the rates of the goods that it carries, in proportion to their worth. VAT is worked out
    once per rate, on the sum.
    """
    worth = [item.unit_price * item.quantity for item in items]
    goods = sum(worth)
    discount = min(discount, goods)
    discounts = money.split(discount, worth) if items else []
    lines = [amount - off for amount, off in zip(worth, discounts, strict=True)]
    per_rate: dict[Decimal, int] = {}
    for item, amount in zip(items, lines, strict=True):
        per_rate[item.rate] = per_rate.get(item.rate, 0) + amount
    if shipping_rate is not None:
        per_rate[shipping_rate] = per_rate.get(shipping_rate, 0) + shipping
    elif shipping and per_rate:
        rates = sorted(per_rate, reverse=True)
        for rate, part in zip(rates, money.split(shipping, [per_rate[rate] for rate in rates]), strict=True):
            per_rate[rate] += part
    taxes = [_tax(per_rate[rate], rate, inclusive) for rate in sorted(per_rate, reverse=True)]
    return Totals(goods, discount, shipping, sum(tax.gross for tax in taxes), lines, discounts, taxes)


def _tax(amount: int, rate: Decimal, inclusive: bool) -> Tax:
    if inclusive:
        tax = money.tax_within(amount, rate)
        return Tax(rate, amount - tax, tax)
    return Tax(rate, amount, money.share(amount, rate))


def stored(facts: Sequence[Mapping[str, Any]]) -> list[Tax]:
    """The VAT table as it was stored."""
    return [Tax(Decimal(row["rate"]), row["net"], row["tax"]) for row in facts]


def part_of(taxes: Sequence[Tax], amount: int) -> list[Tax]:
    """The VAT within a part (gross, minor units) of what a stored table covers, by the same proportions.

    The whole amount gives back the table itself, so that what is refunded in full cancels to the last cent.
    """
    whole = sum(tax.gross for tax in taxes)
    if amount == whole:
        return list(taxes)
    parts = money.split(amount, [tax.gross for tax in taxes])
    return [_tax(part, tax.rate, True) for tax, part in zip(taxes, parts, strict=True) if part]
