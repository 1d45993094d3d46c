"""Finding products: every word counts, with forgiveness for typing; facets that say what is behind them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
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

from estore.goods import Category, Product, Sku, Stock

Sort = Literal["best", "price", "-price", "new", "name"]
SORTS: tuple[Sort, ...] = ("best", "price", "-price", "new", "name")
SIMILAR = 0.45
MOST_WORDS = 8
MOST_CHOICES = 4


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


@dataclass(frozen=True)
class Choice:
    """Something to choose among variants ("Colour"), and how many products there are of each value.

    `example` is a product that knows the words of it in other languages.
    """

    name: str
    values: list[tuple[str, int]]
    example: Product


@dataclass(frozen=True)
class Results:
    found: list[Found]
    total: int
    # (category, how many), for what was asked without the category itself
    categories: list[tuple[Category, int]] = field(default_factory=list)
    price_least: int = 0
    price_most: int = 0
    in_stock: int = 0
    # Only within a category: what its variants differ in.
    choices: list[Choice] = field(default_factory=list)


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
    )
    .outerjoin(Stock, Stock.sku_id == Sku.id)
    .where(Sku.active)
    .group_by(Sku.product_id)
    .subquery("offer")
)


async def find(session: AsyncSession, search: Search) -> Results:
    """The page of products asked for, how many there are in all, and the facets of what was asked."""
    words = plain(search.words).split()[:MOST_WORDS]
    if search.words.strip() and not words:  # signs alone: nothing is called that
        return Results([], 0)
    if words:
        await session.execute(
            text("SELECT set_config('pg_trgm.word_similarity_threshold', :limit, true)"),
            {"limit": str(SIMILAR)},
        )
    matches = _matches(words)
    if words:
        # Likeness is dear: asked once, not for the page, its numbers and each facet again.
        alike = list(await session.scalars(select(Product.id).where(*matches)))
        matches = [Product.id == any_(literal(alike, ARRAY(Uuid)))]
    narrowed = _narrowed(search)
    rank = _rank(words)
    query = (
        select(Product, OFFER.c.price, OFFER.c.most, OFFER.c.currency, OFFER.c.available, OFFER.c.skus)
        .join(OFFER, OFFER.c.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .where(*matches, *narrowed.values())
    )
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = await session.execute(_ordered(query, search.sort, rank).offset(search.offset).limit(search.limit))
    found = [
        Found(product, price, currency, price != most, available, skus)
        for product, price, most, currency, available, skus in rows
    ]
    categories = await _categories(session, matches, narrowed)
    least, most, stocked = (
        await session.execute(
            _facets(
                select(
                    func.coalesce(func.min(OFFER.c.price), 0),
                    func.coalesce(func.max(OFFER.c.most), 0),
                    func.count().filter(OFFER.c.available > 0),
                ),
                matches,
                [condition for name, condition in narrowed.items() if name == "category"],
            )
        )
    ).one()
    choices = await _choices(session, search, matches, narrowed) if search.category else []
    return Results(found, total, categories, least, most, stocked, choices)


async def variants(session: AsyncSession, search: Search, product_ids: Sequence[UUID]) -> dict[UUID, Sku]:
    """The first variant of each product that is as chosen; of none where nothing was chosen."""
    if not search.options:
        return {}
    rows = await session.scalars(
        select(Sku)
        .where(Sku.product_id.in_(product_ids), *_of_variant(search))
        .order_by(Sku.position.desc(), Sku.code.desc())
    )
    return {sku.product_id: sku for sku in rows}


async def suggest(session: AsyncSession, words: str, limit: int = 6) -> list[Found]:
    """The best few products for what was typed so far; nothing for nothing."""
    if not plain(words):
        return []
    return (await find(session, Search(words=words, limit=limit))).found


async def chosen(session: AsyncSession, product_ids: Sequence[UUID], limit: int = 4) -> list[Found]:
    """These products as a list shows them, in this order; what is not for sale or sold out is left out."""
    wanted = list(dict.fromkeys(product_ids))[: limit * 4]
    rows = await session.execute(
        select(Product, OFFER.c.price, OFFER.c.most, OFFER.c.currency, OFFER.c.available, OFFER.c.skus)
        .join(OFFER, OFFER.c.product_id == Product.id)
        .where(Product.id.in_(wanted), Product.active, OFFER.c.available > 0)
    )
    found = {
        product.id: Found(product, price, currency, price != most, available, skus)
        for product, price, most, currency, available, skus in rows
    }
    return [found[product_id] for product_id in wanted if product_id in found][:limit]


def _matches(words: Sequence[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Product.active.is_(True)]
    for word in words:
        begins = Product.search.op("@@")(func.to_tsquery("simple", literal(f"{word}:*")))
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
            + case((Product.search.op("@@")(func.to_tsquery("simple", literal(f"{word}:*"))), 1), else_=0)
            for word in words
        ),
        start=literal(0.0),
    )


def _narrowed(search: Search) -> dict[str, ColumnElement[bool]]:
    conditions: dict[str, ColumnElement[bool]] = {}
    if search.category:
        conditions["category"] = Category.slug == search.category
    if search.price_from is not None:
        conditions["price_from"] = OFFER.c.most >= search.price_from
    if search.price_to is not None:
        conditions["price_to"] = OFFER.c.price <= search.price_to
    if search.in_stock:
        conditions["in_stock"] = OFFER.c.available > 0
    if search.options:
        conditions["options"] = exists().where(Sku.product_id == Product.id, *_of_variant(search))
    return conditions


def _of_variant(search: Search, but: str = "") -> list[ColumnElement[bool]]:
    """What one and the same variant must be, leaving out one of the choices."""
    conditions: list[ColumnElement[bool]] = [Sku.active.is_(True)]
    conditions += [
        Sku.options[name].astext.in_(values) for name, values in search.options.items() if name != but
    ]
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


def _facets(
    query: Select[*tuple[Any, ...]],
    matches: Sequence[ColumnElement[bool]],
    narrowed: Sequence[ColumnElement[bool]],
) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(Product)
        .join(OFFER, OFFER.c.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .where(and_(*matches, *narrowed))
    )


async def _categories(
    session: AsyncSession, matches: Sequence[ColumnElement[bool]], narrowed: dict[str, ColumnElement[bool]]
) -> list[tuple[Category, int]]:
    others = [condition for name, condition in narrowed.items() if name != "category"]
    rows = await session.execute(
        _facets(select(Product.category_id, func.count().label("many")), matches, others).group_by(
            Product.category_id
        )
    )
    counts: dict[UUID, int] = {row.category_id: row.many for row in rows}
    categories = await session.scalars(select(Category).order_by(Category.position, Category.name))
    return [(category, counts[category.id]) for category in categories if category.id in counts]


async def _choices(
    session: AsyncSession,
    search: Search,
    matches: Sequence[ColumnElement[bool]],
    narrowed: dict[str, ColumnElement[bool]],
) -> list[Choice]:
    """What the variants found differ in; each counted as if nothing of its own were chosen."""
    names = (
        await session.scalars(
            select(func.jsonb_object_keys(Sku.options).label("choice"))
            .join(Product, Product.id == Sku.product_id)
            .join(Category, Category.id == Product.category_id)
            .where(Product.active, Sku.active, narrowed["category"])
            .group_by("choice")
            .order_by(func.count().desc(), "choice")
            .limit(MOST_CHOICES)
        )
    ).all()
    others = [condition for name, condition in narrowed.items() if name != "options"]
    found = []
    for name in names:
        value = Sku.options[name].astext
        rows = (
            await session.execute(
                select(
                    value,
                    func.count(Product.id.distinct()),
                    func.min(Sku.position).label("place"),
                    func.array_agg(Product.id)[1],
                )
                .select_from(Product)
                .join(OFFER, OFFER.c.product_id == Product.id)
                .join(Category, Category.id == Product.category_id)
                .join(Sku, Sku.product_id == Product.id)
                .where(*matches, *others, value.is_not(None), *_of_variant(search, but=name))
                .group_by(value)
                .order_by("place", value)
            )
        ).all()
        counts = [(one, many) for one, many, _place, _example in rows]
        # What was chosen stays to be seen, so that it can be taken back.
        counts += [(one, 0) for one in search.options.get(name, ()) if one not in dict(counts)]
        if rows and (len(counts) > 1 or name in search.options):
            found.append(Choice(name, counts, await session.get_one(Product, rows[0][3])))
    return found
