"""Products and stock over the API: what can be bought, for how much, and how many are there."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from estore import catalogue, stock
from estore.goods import Product, Sku, Stock
from portal.api.answers import require_match
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.guards import program

READ = program("catalogue:read")
WRITE = program("catalogue:write")


class SkuOut(msgspec.Struct):
    """One thing that can be bought; `price` in minor units, VAT included."""

    id: UUID
    code: str
    options: dict[str, str]
    price: int
    currency: str
    active: bool
    on_hand: int
    reserved: int


class ProductOut(msgspec.Struct):
    id: UUID
    slug: str
    name: str
    tagline: str
    description: str
    active: bool
    created_at: Moment
    skus: list[SkuOut]


class ProductChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS)] | UnsetType = UNSET
    tagline: Annotated[str, Meta(max_length=200, pattern=TEXT)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=20_000, pattern=TEXT)] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class PriceIn(msgspec.Struct, forbid_unknown_fields=True):
    price: Annotated[
        int, Meta(ge=1, le=100_000_00, description="Minor units, VAT included.", examples=[24900])
    ]


class StockIn(msgspec.Struct, forbid_unknown_fields=True):
    on_hand: Annotated[int, Meta(ge=0, le=1_000_000, description="What was counted.", examples=[12])]


async def _show(session: AsyncSession, products: list[Product]) -> list[ProductOut]:
    rows = await session.execute(
        select(Sku, Stock)
        .outerjoin(Stock, Stock.sku_id == Sku.id)
        .where(Sku.product_id.in_([product.id for product in products]))
        .order_by(Sku.position, Sku.id)
    )
    skus: dict[UUID, list[SkuOut]] = {product.id: [] for product in products}
    for sku, shelf in rows:
        skus[sku.product_id].append(_show_sku(sku, shelf))
    return [
        ProductOut(
            product.id,
            product.slug,
            product.name,
            product.tagline,
            product.description,
            product.active,
            product.created_at,
            skus[product.id],
        )
        for product in products
    ]


def _show_sku(sku: Sku, shelf: Stock | None) -> SkuOut:
    return SkuOut(
        sku.id,
        sku.code,
        {name: str(value) for name, value in sku.options.items()},
        sku.price,
        sku.currency,
        sku.active,
        shelf.on_hand if shelf else 0,
        shelf.reserved if shelf else 0,
    )


async def _find(session: AsyncSession, code: str) -> Sku:
    sku = await session.scalar(select(Sku).where(Sku.code == code))
    if sku is None:
        raise NotFound(_("That article does not exist."))
    return sku


Code = Annotated[str | None, QueryParameter(description="Only the product that this code belongs to.")]


@get("/products", guards=[READ])
async def list_products(
    database: NamedDependency[Database],
    active: FromQuery[bool | None] = None,
    code: Code = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[ProductOut]:
    """Products with what can be bought of each, the newest first."""
    query = select(Product)
    if active is not None:
        query = query.where(Product.active.is_(active))
    if code is not None:
        query = query.where(Product.id.in_(select(Sku.product_id).where(Sku.code == code)))
    async with database.transaction() as session:
        found = await paged(session, query, [Product.id], lambda product: product, cursor, limit)
        return Page(await _show(session, found.data), found.next_cursor)


@get("/products/{product_id:uuid}", guards=[READ])
async def get_product(product_id: FromPath[UUID], database: NamedDependency[Database]) -> ProductOut:
    """One product."""
    async with database.transaction() as session:
        return (await _show(session, [await _product(session, product_id)]))[0]


async def _product(session: AsyncSession, product_id: UUID) -> Product:
    product = await session.get(Product, product_id)
    if product is None:
        raise NotFound(_("That article does not exist."))
    return product


@patch("/products/{product_id:uuid}", guards=[WRITE])
async def change_product(
    product_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[ProductChange],
    database: NamedDependency[Database],
) -> ProductOut:
    """Change a product's words, or whether it is for sale."""
    async with database.transaction() as session:
        product = await _product(session, product_id)
        require_match(request, (await _show(session, [product]))[0])
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        facts = {
            "name": product.name,
            "tagline": product.tagline,
            "description": product.description,
            "active": product.active,
        }
        changed = await catalogue.edit(session, product.slug, **{**facts, **said})
        return (await _show(session, [changed]))[0]


@put("/skus/{code:str}/price", guards=[WRITE])
async def set_price(
    code: FromPath[str], data: JSONBody[PriceIn], database: NamedDependency[Database]
) -> SkuOut:
    """Change what something costs; orders keep the price they were placed at."""
    async with database.transaction() as session:
        sku = await catalogue.set_price(session, (await _find(session, code)).id, data.price)
        return _show_sku(sku, await session.get(Stock, sku.id))


@put("/skus/{code:str}/stock", guards=[WRITE])
async def set_stock(
    code: FromPath[str], data: JSONBody[StockIn], database: NamedDependency[Database]
) -> SkuOut:
    """Write down what was counted; never less than is promised to orders."""
    async with database.transaction() as session:
        sku = await _find(session, code)
        await stock.set_on_hand(session, sku.id, data.on_hand)
        return _show_sku(sku, await session.get(Stock, sku.id))


handlers = [list_products, get_product, change_product, set_price, set_stock]
