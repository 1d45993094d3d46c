"""The demo company's shop: Halden Coffee Works. Loading it again changes nothing that is there already."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from estore import demo_products, demo_translations, search
from estore.goods import (
    Category,
    FormerPrice,
    PaymentMethod,
    Product,
    ProductPicture,
    Seller,
    ShippingMethod,
    Sku,
    Stock,
    TaxRate,
)

# Since when the reduced things are reduced.
REDUCED_FOR = timedelta(days=8)
SPACE = UUID("6a2a1f2e-8c39-4f0f-9d3c-2f9f6f0c1f00")
EUROPE = ["AT", "BE", "DE", "ES", "FR", "HU", "IT", "NL", "PT"]

SELLER = {
    "name": "Halden Coffee Works GmbH",
    "tagline": "Machines, grinders and beans, and people who repair them",
    "street": "Speicherstraße 12",
    "postcode": "10243",
    "city": "Berlin",
    "country": "DE",
    "country_name": "Germany",
    "email": "shop@halden.test",
    "phone": "+49 30 555010",
    "website": "halden.test",
    "vat_id": "VAT ID DE 811 907 980",
    "register": "Amtsgericht Charlottenburg, HRB 204817",
    "time_zone": "Europe/Berlin",
}
RATES = {
    "DE": {"standard": "0.19", "food": "0.07"},
    "AT": {"standard": "0.20", "food": "0.10"},
    "ES": {"standard": "0.21", "food": "0.10"},
    "PT": {"standard": "0.23", "food": "0.23"},
    "HU": {"standard": "0.27", "food": "0.27"},
    "FR": {"standard": "0.20", "food": "0.055"},
    "IT": {"standard": "0.22", "food": "0.22"},
    "NL": {"standard": "0.21", "food": "0.09"},
    "BE": {"standard": "0.21", "food": "0.06"},
}
SHIPPING: list[dict[str, Any]] = [
    {
        "code": "standard",
        "name": "Standard delivery",
        "promise": "With you in 2 to 3 working days",
        "price": 490,
        "free_from": 7500,
        "countries": ["DE"],
    },
    {
        "code": "express",
        "name": "Express delivery",
        "promise": "Ordered by 14:00, with you tomorrow",
        "price": 1290,
        "free_from": None,
        "countries": ["DE"],
    },
    {
        "code": "europe",
        "name": "Delivery within the EU",
        "promise": "With you in 4 to 6 working days",
        "price": 1190,
        "free_from": 20000,
        "countries": [country for country in EUROPE if country != "DE"],
    },
]
PAYMENT: list[dict[str, Any]] = [
    {"code": "card", "kind": "card", "name": "Card", "detail": "Visa, Mastercard and others, at once"},
    {
        "code": "bank_transfer",
        "kind": "transfer",
        "name": "Bank transfer",
        "detail": "We pack as soon as the money is here",
        "days_to_pay": 7,
        "instructions": {
            "account_holder": "Halden Coffee Works GmbH",
            "iban": "DE02 1203 0000 0000 2020 51",
            "bic": "BYLADEM1001",
            "bank": "Deutsche Kreditbank Berlin",
        },
    },
    {
        "code": "invoice",
        "kind": "later",
        "name": "On account",
        "detail": "For companies: pay within 14 days of delivery",
        "days_to_pay": 14,
        "for_companies": True,
    },
    {
        "code": "cash_on_delivery",
        "kind": "later",
        "name": "Cash on delivery",
        "detail": "Pay the carrier at the door",
        "enabled": False,
    },
]


def demo_id(kind: str, name: str) -> UUID:
    """The same id for the same thing in every demo, so that links to it can be kept."""
    return uuid5(SPACE, f"{kind}:{name}")


async def load(session: AsyncSession) -> None:
    """The catalogue with stock, ways to ship and pay, VAT and the seller's particulars."""
    await _add(session, Seller, [{"id": 1, "facts": SELLER}])
    await _add(
        session,
        TaxRate,
        [
            {"country": country, "category": category, "rate": Decimal(rate)}
            for country, rates in RATES.items()
            for category, rate in rates.items()
        ],
    )
    for kind, model, rows, said in (
        ("shipping", ShippingMethod, SHIPPING, demo_translations.SHIPPING),
        ("payment", PaymentMethod, PAYMENT, demo_translations.PAYMENT),
    ):
        for position, row in enumerate(rows, start=1):
            facts = {
                "id": demo_id(kind, row["code"]),
                "position": position,
                "translations": said[row["code"]],
            }
            await _add(session, model, [facts | row])
    for position, row in enumerate(demo_products.CATEGORIES, start=1):
        picture = f"pictures/categories/{row['slug']}.svg"
        await _add(
            session,
            Category,
            [
                {
                    "id": demo_id("category", row["slug"]),
                    "position": position,
                    "picture": picture,
                    "translations": demo_translations.of(row),
                    **row,
                }
            ],
        )
    await _add_products(session)


async def _add_products(session: AsyncSession) -> None:
    products, skus, stocks = [], [], []
    # {(product, file): the articles that it shows}
    drawings: dict[tuple[UUID, str], list[UUID]] = {}
    for position, row in enumerate(demo_products.PRODUCTS, start=1):
        product_id = demo_id("product", row["slug"])
        drawings[product_id, _drawing(row.get("picture", row["slug"]))] = []
        products.append(
            {
                "id": product_id,
                "slug": row["slug"],
                "name": row["name"],
                "tagline": row["tagline"],
                "description": row["description"],
                "specification": row["specification"],
                "translations": demo_translations.of(row),
                "category_id": demo_id("category", row["category"]),
                "picture": _drawing(row.get("picture", row["slug"])),
                "tax_category": row.get("tax", "standard"),
                "position": position,
            }
        )
        for place, (code, options, price, weight, on_hand, *drawn) in enumerate(row["skus"], start=1):
            if drawn:
                drawings.setdefault((product_id, _drawing(drawn[0])), []).append(demo_id("sku", code))
            skus.append(
                {
                    "id": demo_id("sku", code),
                    "product_id": product_id,
                    "code": code,
                    "options": options,
                    "picture": _drawing(drawn[0]) if drawn else "",
                    "price": price,
                    "weight": weight,
                    "position": place,
                }
            )
            stocks.append({"sku_id": demo_id("sku", code), "on_hand": on_hand})
    at = now() - REDUCED_FOR
    former = []
    for sku in skus:
        regular = demo_products.REDUCED.get(sku["code"])
        sku |= {"regular_price": regular, "reduced_at": at if regular else None}
        if regular:
            row = {
                "id": demo_id("former price", sku["code"]),
                "sku_id": sku["id"],
                "price": regular,
                "until": at,
            }
            former.append(row)
    pictures = [
        {
            "id": demo_id("picture", f"{product_id} {file}"),
            "product_id": product_id,
            "file": file,
            "sku_ids": sku_ids,
            "position": place,
        }
        for place, ((product_id, file), sku_ids) in enumerate(drawings.items(), start=1)
    ]
    for model, rows in (
        (Product, products),
        (ProductPicture, pictures),
        (Sku, skus),
        (Stock, stocks),
        (FormerPrice, former),
    ):
        await _add(session, model, rows)
    for product in await session.scalars(select(Product).where(Product.document == "")):
        await search.index(session, product)


def _drawing(name: str) -> str:
    return f"pictures/products/{name}.svg"


async def _add(session: AsyncSession, model: Any, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(model).values(rows).on_conflict_do_nothing())
