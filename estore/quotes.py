"""Quotes: what a cart comes to at an address, the ways that goods travel and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core import rows
from estore import carts, pricing
from estore.goods import PaymentMethod, Product, ShippingMethod, Sku
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


def shipping_price(method: ShippingMethod, goods: int, weight: int = 0) -> int:
    """What a method costs for goods worth this much (minor units) that weigh so much (grams)."""
    if method.free_from is not None and goods >= method.free_from:
        return 0
    measured = weight if method.tiers_by == "weight" else goods
    return max(
        ((least, price) for least, price in method.tiers if measured >= least), default=(0, method.price)
    )[1]


def weigh(lines: Sequence[carts.Line]) -> int:
    """Grams."""
    return sum(line.sku.weight * line.quantity for line in lines)


async def quote(
    session: AsyncSession, cart: Cart, country: str, shipping: str = "", *, home: str = "DE"
) -> Quote:
    """What a cart comes to, sent to `country`; VAT of that country where we charge it, else of `home`.

    Without `shipping` (a code) the first method is taken, so that a total can be shown early. What is in it and what is
    offered is not in the session.
    """
    row = (await session.execute(_QUOTED, {"cart": cart.id, "country": country, "home": home})).one()
    return _quote(row, country, shipping, home)


async def of_cart(
    session: AsyncSession,
    cart_id: UUID | None,
    customer_id: UUID | None,
    country: str,
    shipping: str = "",
    *,
    home: str = "DE",
) -> Quote | None:
    """The same for the cart of this id, by one statement; None where `carts.open_cart` opens none."""
    if cart_id is None:
        return None
    row = (await session.execute(_QUOTED, {"cart": cart_id, "country": country, "home": home})).one_or_none()
    if row is None or row.order_id is not None or row.merged_into_id is not None:
        return None
    if not await carts.opens(session, row.customer_id, customer_id):
        return None
    return _quote(row, country, shipping, home)


def _quote(row: Any, country: str, shipping: str, home: str) -> Quote:
    lines = [
        carts.Line(rows.shared(Sku, sku), rows.shared(Product, product), quantity, max(available, 0))
        for sku, product, quantity, available in zip(
            row.skus or (), row.products or (), row.quantities or (), row.available or (), strict=True
        )
    ]
    offered = rows.all_shared(ShippingMethod, row.ways)
    charged = _rates(row.rates)
    # VAT of the country where we charge it, else of `home`.
    rates = charged.get(country) or charged.get(home, {})
    ways = [one for one in offered if country in one.countries]
    chosen = next((one for one in ways if one.code == shipping), ways[0] if ways else None)
    goods = sum(line.total for line in lines)
    price = shipping_price(chosen, goods, weigh(lines)) if chosen and lines else 0
    standard = rates.get("standard", Decimal(0))
    line_rates = [rates.get(line.product.tax_category, standard) for line in lines]
    items = [
        pricing.Item(line.sku.price, line.quantity, rate)
        for line, rate in zip(lines, line_rates, strict=True)
    ]
    return Quote(
        pricing.add_up(items, price),
        lines,
        line_rates,
        chosen,
        row.currency,
        price,
        ways,
        _served(offered),
        list(rows.all_shared(PaymentMethod, row.payments)),
        msgspec.json.decode(row.seller) if row.seller else {},
    )


# What is in a cart, in the order that it was put there, and the small tables that every quote needs, asked for at once.
_QUOTED = text("""
SELECT c.customer_id, c.currency, c.order_id, c.merged_into_id,
    held.quantities, held.available, held.skus, held.products,
    (SELECT cast(
            jsonb_agg(jsonb_build_array(r.country, r.category, cast(r.rate AS text)) ORDER BY r.valid_from) AS text)
        FROM tax_rate r WHERE r.country IN (:country, :home) AND r.valid_from <= cast(now() AT TIME ZONE
            coalesce((SELECT facts->>'time_zone' FROM seller), 'Europe/Berlin') AS date)) AS rates,
    (SELECT cast(jsonb_agg(s ORDER BY s.position, s.code) AS text) FROM shipping_method s WHERE s.enabled) AS ways,
    (SELECT cast(jsonb_agg(p ORDER BY p.position, p.code) AS text) FROM payment_method p WHERE p.enabled) AS payments,
    (SELECT cast(facts AS text) FROM seller) AS seller
FROM cart c
CROSS JOIN LATERAL (
    SELECT array_agg(line.quantity ORDER BY line.added_at, line.code) AS quantities,
        array_agg(line.available ORDER BY line.added_at, line.code) AS available,
        array_agg(line.sku ORDER BY line.added_at, line.code) AS skus,
        array_agg(line.product ORDER BY line.added_at, line.code) AS products
    FROM (
        SELECT l.quantity, l.added_at, sku.code, coalesce(k.on_hand - k.reserved, 0) AS available,
            cast(to_jsonb(sku) AS text) AS sku,
            (SELECT cast(to_jsonb(told) AS text) FROM (
                SELECT p.id, p.slug, p.name, p.translations, p.picture, p.tax_category, p.active
            ) AS told) AS product
        FROM cart_line l
        JOIN sku ON sku.id = l.sku_id
        JOIN product p ON p.id = sku.product_id
        LEFT JOIN stock k ON k.sku_id = sku.id
        WHERE l.cart_id = c.id
    ) AS line
) AS held
WHERE c.id = :cart
""")


@lru_cache(64)
def _rates(facts: str | None) -> dict[str, dict[str, Decimal]]:
    charged: dict[str, dict[str, Decimal]] = {}
    for where, category, rate in msgspec.json.decode(facts or "[]"):
        charged.setdefault(where, {})[category] = Decimal(rate)
    return charged
