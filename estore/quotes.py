"""Quotes: what a cart comes to at an address, the ways that goods travel and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from estore import carts, pricing
from estore.goods import ShippingMethod, TaxRate
from estore.models import Cart


@dataclass(frozen=True)
class Quote:
    """What a cart comes to; `shipping` is None while nothing is sent to that country.

    `ways` are all that lead there, `countries` where we send to at all (ISO 3166-1 alpha-2).
    """

    totals: pricing.Totals
    lines: list[carts.Line]
    rates: list[Decimal]
    shipping: ShippingMethod | None
    currency: str
    shipping_price: int = 0
    ways: list[ShippingMethod] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)


async def countries(session: AsyncSession) -> list[str]:
    """Where we send to (ISO 3166-1 alpha-2)."""
    return _served(await shipping_methods(session))


def _served(methods: Sequence[ShippingMethod]) -> list[str]:
    return sorted({country for one in methods for country in one.countries})


async def shipping_methods(session: AsyncSession, country: str = "") -> list[ShippingMethod]:
    """The ways that goods travel, to this country or to any."""
    query = select(ShippingMethod).where(ShippingMethod.enabled)
    if country:
        query = query.where(ShippingMethod.countries.contains([country]))
    return list(await session.scalars(query.order_by(ShippingMethod.position, ShippingMethod.code)))


def shipping_price(method: ShippingMethod, goods: int) -> int:
    """What a method costs for goods worth this much, minor units."""
    return 0 if method.free_from is not None and goods >= method.free_from else method.price


async def quote(
    session: AsyncSession, cart: Cart, country: str, shipping: str = "", *, home: str = "DE"
) -> Quote:
    """What a cart comes to, sent to `country`; VAT of that country where we charge it, else of `home`.

    Without `shipping` (a code) the first method is taken, so that a total can be shown early.
    """
    lines = await carts.lines(session, cart)
    rates = await _rates(session, country, home)
    everywhere = await shipping_methods(session)
    methods = [one for one in everywhere if country in one.countries]
    chosen = next((one for one in methods if one.code == shipping), methods[0] if methods else None)
    goods = sum(line.total for line in lines)
    price = shipping_price(chosen, goods) if chosen and lines else 0
    line_rates = [rates.get(line.product.tax_category, rates.get("standard", Decimal(0))) for line in lines]
    items = [
        pricing.Item(line.sku.price, line.quantity, rate)
        for line, rate in zip(lines, line_rates, strict=True)
    ]
    return Quote(
        pricing.add_up(items, price),
        lines,
        line_rates,
        chosen,
        cart.currency,
        price,
        methods,
        _served(everywhere),
    )


async def _rates(session: AsyncSession, country: str, home: str) -> dict[str, Decimal]:
    rows = (await session.scalars(select(TaxRate).where(TaxRate.country.in_([country, home])))).all()
    abroad = {row.category: row.rate for row in rows if row.country == country}
    return abroad or {row.category: row.rate for row in rows}
