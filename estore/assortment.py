"""The assortment: what is taken into the catalogue, and taken out of sale."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core import slugs
from core.errors import Invalid, NotFound
from core.words import mark, worded
from estore import prices, search
from estore.goods import Category, Product, Sku, Stock, TaxRate

# It stands in addresses and on labels.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
HEAVIEST = 1_000_000
MOST_ON_HAND = 1_000_000
MOST_SKUS = 100


@dataclass(frozen=True, kw_only=True)
class NewSku:
    """One thing to buy; `price` in minor units including VAT, `weight` in grams, `options` like {"Size": "1 kg"}."""

    code: str
    price: int
    options: Mapping[str, str] = field(default_factory=dict)
    weight: int = 0
    on_hand: int = 0


@dataclass(frozen=True, kw_only=True)
class NewProduct:
    """`category` is a slug; without a `slug` of its own, one is made of the name."""

    name: str
    category: str
    skus: Sequence[NewSku]
    slug: str = ""
    tagline: str = ""
    description: str = ""
    specification: Sequence[tuple[str, str]] = ()
    tax_category: str = "standard"
    active: bool = True


async def add(session: AsyncSession, new: NewProduct, currency: str = "EUR") -> Product:
    """Take a product into the catalogue, behind the others of its category, with what can be bought of it.

    Raises Invalid with every field that is wrong, `skus/0/code` for one of the first SKU; Conflict when someone
    else takes the same code at this moment.
    """
    category = await session.scalar(
        select(Category).where(Category.slug == new.category, Category.retired_at.is_(None))
    )
    wrong = await _complaints(session, new)
    if category is None:
        wrong["category"] = mark("Choose one of the categories.")
    if wrong or category is None:
        raise Invalid("Some of what you entered needs another look.", wrong)
    name = new.name.strip()
    product = Product(
        slug=new.slug or await slugs.free(session, Product.slug, slugs.slug(name, "product")),
        name=name,
        tagline=new.tagline.strip()[:200],
        description=new.description.strip()[:20_000],
        specification=[list(row) for row in new.specification],
        category_id=category.id,
        tax_category=new.tax_category,
        active=new.active,
        position=await _behind(session, Product.position, Product.category_id == category.id),
    )
    session.add(product)
    await slugs.take(session)
    for position, sku in enumerate(new.skus, start=1):
        await _write(session, product, sku, position, currency)
    await search.index(session, product)
    return product


async def add_sku(session: AsyncSession, product_id: UUID, new: NewSku, currency: str = "EUR") -> Sku:
    """One more thing to buy of a product. Raises NotFound, Invalid, Conflict."""
    product = await session.get(Product, product_id, with_for_update=True, populate_existing=True)
    if product is None:
        raise NotFound("That product does not exist.")
    others = await _choices(session, product_id)
    wrong = await _wrong(session, new)
    if len(others) >= MOST_SKUS:
        wrong["code"] = worded("A product has at most %(most)s articles.", most=MOST_SKUS)
    wrong |= _apart(others, new.options)
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)
    position = await _behind(session, Sku.position, Sku.product_id == product_id)
    sku = await _write(session, product, new, position, currency)
    await search.index(session, product)
    return sku


async def change(
    session: AsyncSession,
    sku_id: UUID,
    *,
    active: bool | None = None,
    options: Mapping[str, str] | None = None,
) -> Sku:
    """Sell a SKU from now on, or no longer, and say what it is a choice of; orders that have it go on.

    Raises NotFound, Invalid for options that do not go with the others of its product.
    """
    sku = await session.get(Sku, sku_id, with_for_update={"key_share": True}, populate_existing=True)
    if sku is None:
        raise NotFound("That article does not exist.")
    if active is not None:
        sku.active = active
    if options is not None and dict(options) != sku.options:
        product = await session.get_one(Product, sku.product_id, with_for_update=True)
        if wrong := _apart(await _choices(session, product.id, sku.id), options):
            raise Invalid("That does not go with the others.", wrong)
        sku.options = dict(options)
        await search.index(session, product)
    await session.flush()
    return sku


async def tax_categories(session: AsyncSession) -> list[str]:
    """What kinds of goods VAT is known for."""
    return list(await session.scalars(select(TaxRate.category).distinct().order_by(TaxRate.category)))


async def _complaints(session: AsyncSession, new: NewProduct) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not new.name.strip() or len(new.name.strip()) > 120:
        wrong["name"] = mark("Enter a name of at most 120 characters.")
    if new.slug and slugs.slug(new.slug, "") != new.slug:
        wrong["slug"] = mark("Small letters, digits and hyphens only.")
    elif new.slug and await session.scalar(select(Product.id).where(Product.slug == new.slug)):
        wrong["slug"] = mark("Another product has this address.")
    if new.tax_category not in await tax_categories(session):
        wrong["tax_category"] = mark("VAT is not known for goods of this kind.")
    if not 1 <= len(new.skus) <= MOST_SKUS:
        wrong["skus"] = worded("A product has from 1 to %(most)s articles.", most=MOST_SKUS)
    met: list[dict[str, str]] = []
    codes: set[str] = set()
    for place, sku in enumerate(new.skus[:MOST_SKUS]):
        found = await _wrong(session, sku) | _apart(met, sku.options)
        if sku.code in codes:
            found["code"] = mark("Another article has this number.")
        wrong |= {f"skus/{place}/{name}": words for name, words in found.items()}
        met.append(dict(sku.options))
        codes.add(sku.code)
    return wrong


async def _wrong(session: AsyncSession, new: NewSku) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not CODE.fullmatch(new.code):
        wrong["code"] = mark("Up to 40 letters, digits, dots, hyphens and underscores.")
    elif await session.scalar(select(Sku.id).where(Sku.code == new.code)):
        wrong["code"] = mark("Another article has this number.")
    if not 0 < new.price <= prices.MOST:
        wrong["price"] = mark("Enter an amount above zero.")
    if not 0 <= new.weight <= HEAVIEST:
        wrong["weight"] = worded("From 0 to %(most)s grams.", most=HEAVIEST)
    if not 0 <= new.on_hand <= MOST_ON_HAND:
        wrong["on_hand"] = worded("From 0 to %(most)s.", most=MOST_ON_HAND)
    return wrong


def _apart(others: Sequence[Mapping[str, str]], options: Mapping[str, str]) -> dict[str, str]:
    """What keeps a buyer from telling it from the others of its product."""
    if others and set(others[0]) != set(options):
        return {"options": mark("All articles of a product offer the same things to choose.")}
    if any(dict(one) == dict(options) for one in others):
        return {"options": mark("Another article of this product is the same choice.")}
    return {}


async def _choices(session: AsyncSession, product_id: UUID, but: UUID | None = None) -> list[dict[str, str]]:
    """What the SKUs of a product are choices of."""
    rows = await session.scalars(select(Sku.options).where(Sku.product_id == product_id, Sku.id != but))
    return [{str(key): str(value) for key, value in options.items()} for options in rows]


async def _behind(
    session: AsyncSession, column: InstrumentedAttribute[int], where: ColumnElement[bool]
) -> int:
    """The place after the last of those `where` holds for."""
    return (await session.scalar(select(func.max(column)).where(where)) or 0) + 1


async def _write(session: AsyncSession, product: Product, new: NewSku, position: int, currency: str) -> Sku:
    sku = Sku(
        product_id=product.id,
        code=new.code,
        options=dict(new.options),
        price=new.price,
        currency=currency,
        weight=new.weight,
        position=position,
        active=True,
    )
    session.add(sku)
    await slugs.take(session)
    session.add(Stock(sku_id=sku.id, on_hand=new.on_hand, reserved=0))
    await session.flush()
    return sku
