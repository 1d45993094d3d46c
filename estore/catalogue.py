"""The catalogue: what is for sale, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Invalid, NotFound
from core.words import mark
from estore import search
from estore.goods import (
    FEW,
    Category,
    PaymentMethod,
    Product,
    ProductPicture,
    ShippingMethod,
    Sku,
    Stock,
    TaxRate,
)


@dataclass(frozen=True)
class Offer:
    """A SKU and how many of it can still be sold."""

    sku: Sku
    available: int

    @property
    def stock(self) -> str:
        """in_stock, low or out."""
        return "out" if self.available <= 0 else "low" if self.available <= FEW else "in_stock"


@dataclass(frozen=True)
class Shown:
    """A product with all that its page shows."""

    product: Product
    category: Category
    offers: list[Offer]


Worded = Product | ProductPicture | Category | ShippingMethod | PaymentMethod


def words(thing: Worded, key: str, locale: str) -> str:
    """A text of what the shop offers in a language, in English where nobody has translated it."""
    translated = thing.translations.get(locale, {}).get(key)
    return str(translated or getattr(thing, key))


def label(product: Product, sku: Sku, locale: str) -> str:
    """What tells a SKU from its product's others ("Black"); empty where there is nothing to choose."""
    return ", ".join(option(product, str(value), locale) for value in sku.options.values())


def option(product: Product, word: str, locale: str) -> str:
    """The name or a value of something to choose (a colour, a size) in a language, else as it is."""
    return str(product.translations.get(locale, {}).get("options", {}).get(word, word))


def specification(product: Product, locale: str) -> list[tuple[str, str]]:
    """The rows of a product's table: term and value."""
    rows = product.translations.get(locale, {}).get("specification") or product.specification
    return [(str(term), str(value)) for term, value in rows]


async def categories(session: AsyncSession) -> list[Category]:
    """Those that the store shows, in its order."""
    query = select(Category).where(Category.retired_at.is_(None))
    return list(await session.scalars(query.order_by(Category.position, Category.name)))


async def category(session: AsyncSession, slug: str) -> Category:
    """Raises NotFound; see `shelves.moved` for what it is called now."""
    found = await session.scalar(select(Category).where(Category.slug == slug, Category.retired_at.is_(None)))
    if found is None:
        raise NotFound("There is no such category.")
    return found


async def show(session: AsyncSession, slug: str, *, inactive: bool = False) -> Shown:
    """The product with this slug and its SKUs. Raises NotFound; what is not for sale only with `inactive`."""
    row = (
        await session.execute(
            select(Product, Category)
            .join(Category, Category.id == Product.category_id)
            .where(Product.slug == slug)
        )
    ).one_or_none()
    if row is None or not (row[0].active or inactive):
        raise NotFound("We do not sell that any more, or never did.")
    product, its_category = row
    return Shown(product, its_category, await offers(session, [product.id], inactive=inactive))


async def offers(
    session: AsyncSession, product_ids: Sequence[UUID], *, inactive: bool = False
) -> list[Offer]:
    """The SKUs of these products in the order that they are shown in."""
    query = (
        select(Sku, Stock.on_hand - Stock.reserved)
        .outerjoin(Stock, Stock.sku_id == Sku.id)
        .where(Sku.product_id.in_(product_ids))
        .order_by(Sku.product_id, Sku.position, Sku.code)
    )
    if not inactive:
        query = query.where(Sku.active)
    return [Offer(sku, available or 0) for sku, available in await session.execute(query)]


async def related(session: AsyncSession, shown: Shown, limit: int = 4) -> list[search.Found]:
    """A few others of the same category."""
    others = await search.find(session, search.Search(category=shown.category.slug, limit=limit + 1))
    return [found for found in others if found.product.id != shown.product.id][:limit]


async def newest(session: AsyncSession, limit: int = 4) -> list[search.Found]:
    return await search.find(session, search.Search(sort="new", limit=limit))


async def edit(
    session: AsyncSession,
    slug: str,
    *,
    name: str,
    tagline: str,
    description: str,
    active: bool,
    category: str = "",
    tax_category: str = "",
    translations: Mapping[str, Mapping[str, str]] | None = None,
) -> Product:
    """Change a product's words and whether it is for sale; what is left out stays. Raises NotFound, Invalid.

    `category` is a slug, `translations` {locale: {"name": …, "tagline": …, "description": …}}.
    """
    product = (await show(session, slug, inactive=True)).product
    if not name.strip() or len(name) > 120:
        raise Invalid("A product needs a name.", {"name": "Enter a name of at most 120 characters."})
    if category:
        product.category_id = (await _category_of(session, category)).id
    if tax_category and tax_category != product.tax_category:
        if (
            await session.scalar(select(TaxRate.rate).where(TaxRate.category == tax_category).limit(1))
            is None
        ):
            raise Invalid(
                "Some of what you entered needs another look.",
                {"tax_category": mark("VAT is not known for goods of this kind.")},
            )
        product.tax_category = tax_category
    if translations is not None:
        product.translations = _translated(product, translations)
    product.name, product.tagline = name.strip(), tagline.strip()[:200]
    product.description, product.active = description.strip()[:20_000], active
    await search.index(session, product)
    return product


async def _category_of(session: AsyncSession, slug: str) -> Category:
    try:
        return await category(session, slug)
    except NotFound:
        raise Invalid(
            "Some of what you entered needs another look.",
            {"category": mark("Choose one of the categories.")},
        ) from None


def _translated(product: Product, said: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """The product's translations with these words, and with all else that they hold."""
    limits = {"name": 120, "tagline": 200, "description": 20_000}
    found: dict[str, dict[str, Any]] = {locale: dict(words) for locale, words in product.translations.items()}
    for locale, words in said.items():
        kept = {key: text for key, text in found.get(locale, {}).items() if key not in limits}
        kept |= {key: words[key].strip()[:most] for key, most in limits.items() if words.get(key, "").strip()}
        found[locale] = kept
    return {locale: words for locale, words in found.items() if words}
