"""Quotes: what a cart comes to at an address, the ways that goods travel and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from estore import carts, pricing
from estore.goods import PaymentMethod, ShippingMethod
from estore.models import Cart


@dataclass(frozen=True)
class Quote:
    """What a cart comes to; `shipping` is None while nothing is sent to that country.

    `ways` are all that lead there, `countries` where we send to at all (ISO 3166-1 alpha-2), `payments` the ways to
    pay, in the order that they are offered in; `seller` is who sells.
    """

    totals: pricing.Totals
    lines: list[carts.Line]
    rates: list[Decimal]
    shipping: ShippingMethod | None
    currency: str
    shipping_price: int
    ways: list[ShippingMethod]
    countries: list[str]
    payments: list[PaymentMethod]
    seller: dict[str, Any]


@dataclass(frozen=True)
class _Terms:
    rates: dict[str, Decimal]
    ways: list[ShippingMethod]
    payments: list[PaymentMethod]
    seller: dict[str, Any]


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
    terms = await _terms(session, country, home)
    ways = [one for one in terms.ways if country in one.countries]
    chosen = next((one for one in ways if one.code == shipping), ways[0] if ways else None)
    goods = sum(line.total for line in lines)
    price = shipping_price(chosen, goods) if chosen and lines else 0
    standard = terms.rates.get("standard", Decimal(0))
    line_rates = [terms.rates.get(line.product.tax_category, standard) for line in lines]
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
        ways,
        _served(terms.ways),
        terms.payments,
        terms.seller,
    )


# Small tables that every quote needs, asked for at once.
_TERMS = text("""
SELECT
    (SELECT jsonb_agg(jsonb_build_array(r.country, r.category, cast(r.rate AS text)))
        FROM tax_rate r WHERE r.country IN (:country, :home)) AS rates,
    (SELECT jsonb_agg(s ORDER BY s.position, s.code) FROM shipping_method s WHERE s.enabled) AS ways,
    (SELECT jsonb_agg(p ORDER BY p.position, p.code) FROM payment_method p WHERE p.enabled) AS payments,
    (SELECT facts FROM seller) AS seller
""")


async def _terms(session: AsyncSession, country: str, home: str) -> _Terms:
    """VAT of the country where we charge it, else of `home`; what is offered is not in the session."""
    row = (await session.execute(_TERMS, {"country": country, "home": home})).one()
    charged: dict[str, dict[str, Decimal]] = {}
    for where, category, rate in row.rates or []:
        charged.setdefault(where, {})[category] = Decimal(rate)
    return _Terms(
        charged.get(country) or charged.get(home, {}),
        [ShippingMethod(**{**each, "id": UUID(each["id"])}) for each in row.ways or []],
        [PaymentMethod(**{**each, "id": UUID(each["id"])}) for each in row.payments or []],
        row.seller or {},
    )
