"""Finding products: every word counts, with forgiveness for typing."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    any_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from estore.goods import Category, Product, Sku, Stock

Sort = Literal["best", "price", "-price", "new", "name"]
SORTS: tuple[Sort, ...] = ("best", "price", "-price", "new", "name")
SIMILAR = 0.45
MOST_WORDS = 8


@dataclass(frozen=True)
class Search:
    """What someone looks for. Prices in minor units, both ends included."""

    words: str = ""
    category: str = ""
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    # What a variant must be, by what there is to choose: {"Colour": ("Black", "Cream")} is either.
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: Sort = "best"
    offset: int = 0
    limit: int = 24


@dataclass(frozen=True)
class Found:
    """A product as a list shows it."""

    product: Product
    price: int
    currency: str
    several_prices: bool
    available: int
    skus: int
    # Whether one of its SKUs is.
    reduced: bool


def plain(words: str) -> str:
    """Lower case without accents: "Mühle, Größe 2" becomes "muhle grosse 2"."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", letters.replace("\x00", " ")))


def document(product: Product, category: Category, skus: Sequence[Sku]) -> str:
    """Everything that a search may find a product by."""
    parts = [product.name, product.tagline, category.name]
    parts += [str(value) for sku in skus for value in (sku.code, sku.label)]
    parts += [str(texts.get("name", "")) for texts in category.translations.values()]
    for texts in product.translations.values():
        parts += [str(texts.get(key, "")) for key in ("name", "tagline", "description")]
    parts += [value for _, value in product.specification]
    parts.append(product.description)
    seen = dict.fromkeys(word for part in parts for word in plain(part).split())
    return " ".join(seen)


async def index(session: AsyncSession, product: Product) -> None:
    """Write down what a product can be found by; call it whenever its words change."""
    category = await session.get_one(Category, product.category_id)
    skus = (
        await session.scalars(select(Sku).where(Sku.product_id == product.id).order_by(Sku.position))
    ).all()
    product.document = document(product, category, skus)
    await session.flush()


OFFER = (
    select(
        Sku.product_id,
        func.min(Sku.price).label("price"),
        func.max(Sku.price).label("most"),
        func.min(Sku.currency).label("currency"),
        func.coalesce(func.sum(Stock.on_hand - Stock.reserved), 0).label("available"),
        func.count().label("skus"),
        (func.count(Sku.regular_price) > 0).label("reduced"),
    )
    .outerjoin(Stock, Stock.sku_id == Sku.id)
    .where(Sku.active)
    .group_by(Sku.product_id)
    .subquery("offer")
)


_FOUND = (
    select(
        Product,
        OFFER.c.price,
        OFFER.c.most,
        OFFER.c.currency,
        OFFER.c.available,
        OFFER.c.skus,
        OFFER.c.reduced,
    )
    .join(OFFER, OFFER.c.product_id == Product.id)
    .join(Category, Category.id == Product.category_id)
)


async def matching(session: AsyncSession, search: Search) -> list[ColumnElement[bool]] | None:
    """The conditions that the words of a search put; None when nothing can be called that.

    What is only alike is found where nothing is called so. In a transaction: how alike words must be is set for it.
    """
    words = _words(search)
    if not words:
        # Signs alone: nothing is called that.
        return None if search.words.strip() else [Product.active.is_(True)]
    called = await session.scalars(select(Product.id).where(*_called(words)))
    if found := called.all():
        return [_one_of(found)]
    await session.execute(
        text("SELECT set_config('pg_trgm.word_similarity_threshold', :limit, true)"),
        {"limit": str(SIMILAR)},
    )
    # Likeness is dear: asked once, not for the page and again for its facets.
    return [_one_of((await session.scalars(select(Product.id).where(*_alike(words)))).all())]


def _one_of(product_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Product.id == any_(literal(list(product_ids), ARRAY(Uuid)))


def _begins(word: str) -> ColumnElement[Any]:
    return func.to_tsquery("simple", literal(f"{word}:*"))


async def find(
    session: AsyncSession, search: Search, matches: Sequence[ColumnElement[bool]] | None = None
) -> list[Found]:
    """The page of products asked for; `matches` is what `matching` said, when it was asked already."""
    if matches is None:
        matches = await matching(session, search)
    if matches is None:
        return []
    query = _ordered(_FOUND.where(*matches, *narrowed(search).values()), search.sort, _rank(_words(search)))
    return _found(await session.execute(query.offset(search.offset).limit(search.limit)))


def _found(rows: Iterable[Any]) -> list[Found]:
    return [
        Found(product, price, currency, price != most, available, skus, reduced)
        for product, price, most, currency, available, skus, reduced in rows
    ]


def _words(search: Search) -> list[str]:
    return plain(search.words).split()[:MOST_WORDS]


async def variants(session: AsyncSession, search: Search, product_ids: Sequence[UUID]) -> dict[UUID, Sku]:
    """The first variant of each product that is as chosen; of none where nothing was chosen."""
    if not search.options:
        return {}
    rows = await session.scalars(
        select(Sku)
        .where(Sku.product_id.in_(product_ids), *of_variant(search))
        .order_by(Sku.position.desc(), Sku.code.desc())
    )
    return {sku.product_id: sku for sku in rows}


async def suggest(session: AsyncSession, words: str, limit: int = 6) -> list[Found]:
    """The best few products for what was typed so far; nothing for nothing."""
    if not plain(words):
        return []
    return await find(session, Search(words=words, limit=limit))


async def chosen(session: AsyncSession, product_ids: Sequence[UUID], limit: int = 4) -> list[Found]:
    """These products as a list shows them, in this order; what is not for sale or sold out is left out."""
    wanted = list(dict.fromkeys(product_ids))[: limit * 4]
    if not wanted:
        return []
    query = _FOUND.where(Product.id.in_(wanted), Product.active, OFFER.c.available > 0)
    found = {one.product.id: one for one in _found(await session.execute(query))}
    return [found[product_id] for product_id in wanted if product_id in found][:limit]


def _called(words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Every word begins a word of the product's, or stands within a longer one (Mühle in Kaffeemühle)."""
    conditions: list[ColumnElement[bool]] = [Product.active.is_(True)]
    for word in words:
        begins = Product.search.op("@@")(_begins(word))
        within = Product.document.contains(word, autoescape=True)
        conditions.append(or_(begins, within) if len(word) > 3 else begins)
    return conditions


def _alike(words: Sequence[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Product.active.is_(True)]
    for word in words:
        begins = Product.search.op("@@")(_begins(word))
        # Short words have too few letters to be alike.
        alike = literal(word).op("<%")(Product.document)
        conditions.append(or_(begins, alike) if len(word) > 3 else begins)
    return conditions


def _rank(words: Sequence[str]) -> ColumnElement[Any] | None:
    if not words:
        return None
    name = func.lower(Product.name)
    return sum(
        (
            func.word_similarity(word, name) * 2
            + func.word_similarity(word, Product.document)
            + case((Product.search.op("@@")(_begins(word)), 1), else_=0)
            for word in words
        ),
        start=literal(0.0),
    )


def narrowed(search: Search) -> dict[str, ColumnElement[bool]]:
    """What else a search asks for, by what it is about."""
    conditions: dict[str, ColumnElement[bool]] = {}
    if search.category:
        conditions["category"] = within(search.category)
    if search.price_from is not None:
        conditions["price_from"] = OFFER.c.most >= search.price_from
    if search.price_to is not None:
        conditions["price_to"] = OFFER.c.price <= search.price_to
    if search.in_stock:
        conditions["in_stock"] = OFFER.c.available > 0
    if search.options:
        conditions["options"] = exists().where(Sku.product_id == Product.id, *of_variant(search))
    return conditions


def within(category: str) -> ColumnElement[bool]:
    """Whether a category is the one with this slug, or below it."""
    above = aliased(Category)
    parent = select(above.id).where(above.slug == category).scalar_subquery()
    return or_(Category.slug == category, Category.parent_id == parent)


def of_variant(
    search: Search, unless: Callable[[str], ColumnElement[bool]] | None = None
) -> list[ColumnElement[bool]]:
    """What one and the same variant must be; of what there is to choose by a name, only `unless` the name says so."""
    conditions: list[ColumnElement[bool]] = [Sku.active.is_(True)]
    for name, values in search.options.items():
        chosen = Sku.options[name].astext.in_(values)
        conditions.append(chosen if unless is None else or_(unless(name), chosen))
    if search.in_stock:
        conditions.append(
            exists().where(Stock.sku_id == Sku.id, Stock.on_hand > Stock.reserved).correlate(Sku)
        )
    return conditions


def _ordered(query: Select[Any], sort: Sort, rank: ColumnElement[Any] | None) -> Select[Any]:
    orders: dict[str, list[Any]] = {
        "price": [OFFER.c.price],
        "-price": [OFFER.c.price.desc()],
        "new": [Product.created_at.desc()],
        "name": [Product.name],
        "best": [rank.desc()] if rank is not None else [Category.position, Product.position],
    }
    return query.order_by(*orders[sort], Product.name, Product.id)
