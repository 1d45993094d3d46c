"""Facets of a listing: how many there are, of which category, at which prices, and what their variants differ in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from estore.goods import Category, Product, Sku
from estore.search import OFFER, Found, Search, find, matching, narrowed, of_variant, within

MOST_CHOICES = 4
# Of so many products with a value, one is looked for that is known already.
_EXAMPLES = 24


@dataclass(frozen=True)
class Choice:
    """Something to choose among variants ("Colour"), and how many products there are of each value.

    `example` is a product that knows the words of it in other languages.
    """

    name: str
    values: list[tuple[str, int]]
    example: Product


@dataclass(frozen=True)
class Listing:
    """A page of products, and the facets of what was asked."""

    found: list[Found]
    total: int = 0
    # (category, how many), for what was asked without the category itself
    categories: list[tuple[Category, int]] = field(default_factory=list)
    price_least: int = 0
    price_most: int = 0
    in_stock: int = 0
    # Only within a category: what its variants differ in.
    choices: list[Choice] = field(default_factory=list)


async def listing(session: AsyncSession, search: Search) -> Listing:
    """The page of products asked for, how many there are in all, and the facets of what was asked."""
    matches = await matching(session, search)
    if matches is None:
        return Listing([])
    others = [condition for name, condition in narrowed(search).items() if name != "category"]
    rows = (
        await session.execute(
            select(
                Category,
                func.count().filter(and_(true(), *others)),
                func.min(OFFER.c.price),
                func.max(OFFER.c.most),
                func.count().filter(OFFER.c.available > 0),
                within(search.category) if search.category else true(),
            )
            .select_from(Product)
            .join(OFFER, OFFER.c.product_id == Product.id)
            .join(Category, Category.id == Product.category_id)
            .where(*matches)
            .group_by(Category.id)
            .order_by(Category.position, Category.name)
        )
    ).all()
    asked = [row for row in rows if row[5]]
    return Listing(
        await find(session, search, matches),
        sum(row[1] for row in asked),
        [(row[0], row[1]) for row in rows if row[1]],
        min((row[2] for row in asked), default=0),
        max((row[3] for row in asked), default=0),
        sum(row[4] for row in asked),
        await _choices(session, search, matches) if search.category else [],
    )


async def _choices(
    session: AsyncSession, search: Search, matches: Sequence[ColumnElement[bool]]
) -> list[Choice]:
    """What the variants found differ in; each counted as if nothing of its own were chosen."""
    option = func.jsonb_each_text(Sku.options).table_valued("key", "value").lateral("option")
    names = (
        select(option.c.key, func.count().label("many"))
        .select_from(Sku)
        .join(option, true())
        .join(Product, Product.id == Sku.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(Product.active, Sku.active, within(search.category))
        .group_by(option.c.key)
        .order_by(func.count().desc(), option.c.key)
        .limit(MOST_CHOICES)
        .subquery("names")
    )
    others = [condition for name, condition in narrowed(search).items() if name != "options"]
    rows = await session.execute(
        select(
            names.c.key,
            option.c.value,
            func.count(Product.id.distinct()),
            func.array_agg(Product.id),
        )
        .select_from(Product)
        .join(OFFER, OFFER.c.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .join(Sku, Sku.product_id == Product.id)
        .join(option, true())
        .join(names, names.c.key == option.c.key)
        .where(
            *matches,
            *others,
            option.c.value.is_not(None),
            *of_variant(search, unless=lambda name: option.c.key == name),
        )
        .group_by(names.c.key, names.c.many, option.c.value)
        .order_by(names.c.many.desc(), names.c.key, func.min(Sku.position), option.c.value)
    )
    counted: dict[str, list[tuple[str, int]]] = {}
    examples: dict[str, list[UUID]] = {}
    for name, value, many, product_ids in rows:
        counted.setdefault(name, []).append((value, many))
        examples.setdefault(name, product_ids[:_EXAMPLES])
    found = []
    for name, counts in counted.items():
        # What was chosen stays to be seen, so that it can be taken back.
        counts += [(one, 0) for one in search.options.get(name, ()) if one not in dict(counts)]
        if len(counts) > 1 or name in search.options:
            found.append(Choice(name, counts, await _example(session, examples[name])))
    return found


async def _example(session: AsyncSession, product_ids: Sequence[UUID]) -> Product:
    """One of these, read anew only when none was read before."""
    for known in session.identity_map.values():
        if isinstance(known, Product) and known.id in product_ids:
            return known
    return await session.get_one(Product, product_ids[0])
