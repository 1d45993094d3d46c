"""Products over the API: what the store shows, with what can be bought of each."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.settings import Settings
from estore import assortment, catalogue, pictures
from estore.goods import Product, Sku, Stock
from portal.api.answers import once, require_match
from portal.api.fields import TEXT, WORDS, Moment
from portal.api.paging import Cursor, Limit, Page, paged
from portal.api.pictures import PictureOut
from portal.api.pictures import show as show_picture
from portal.api.skus import SkuIn, SkuOut, Word
from portal.api.skus import show as show_sku
from portal.guards import program

READ = program("catalogue:read")
WRITE = program("catalogue:write")


Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=WORDS, examples=["Kvern"])]
Tagline = Annotated[str, Meta(max_length=200, pattern=TEXT)]
Description = Annotated[str, Meta(max_length=20_000, pattern=TEXT)]


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """A row of a product's table."""

    label: Word
    value: Annotated[str, Meta(min_length=1, max_length=200, pattern=WORDS, examples=["64 mm"])]


class ProductOut(msgspec.Struct):
    id: UUID
    slug: str
    name: str
    category: str
    tagline: str
    description: str
    specification: list[Row]
    tax_category: str
    active: bool
    created_at: Moment
    skus: list[SkuOut]
    pictures: list[PictureOut]


class ProductChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    tagline: Tagline | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ProductIn(msgspec.Struct, forbid_unknown_fields=True):
    """A new product with what can be bought of it; without a `slug`, one is made of the name."""

    name: Name
    category: Annotated[str, Meta(max_length=80, pattern=TEXT, description="A slug.", examples=["grinders"])]
    skus: Annotated[list[SkuIn], Meta(min_length=1, max_length=assortment.MOST_SKUS)]
    slug: Annotated[str, Meta(max_length=80, pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")] = ""
    tagline: Tagline = ""
    description: Description = ""
    specification: Annotated[list[Row], Meta(max_length=40)] = []
    tax_category: Annotated[str, Meta(max_length=40, pattern=TEXT, examples=["standard"])] = "standard"
    active: bool = True


class CategoryOut(msgspec.Struct):
    """Where products stand in the store."""

    slug: str
    name: str
    description: str


async def _show(session: AsyncSession, products: list[Product], public_url: str) -> list[ProductOut]:
    rows = await session.execute(
        select(Sku, Stock)
        .outerjoin(Stock, Stock.sku_id == Sku.id)
        .where(Sku.product_id.in_([product.id for product in products]))
        .order_by(Sku.position, Sku.id)
    )
    categories = {one.id: one.slug for one in await catalogue.categories(session)}
    shown: dict[UUID, list[SkuOut]] = {product.id: [] for product in products}
    codes: dict[UUID, str] = {}
    for sku, shelf in rows:
        shown[sku.product_id].append(show_sku(sku, shelf))
        codes[sku.id] = sku.code
    seen: dict[UUID, list[PictureOut]] = {product.id: [] for product in products}
    for one in await pictures.of_products(session, list(seen)):
        seen[one.product_id].append(show_picture(one, codes, public_url))
    return [
        ProductOut(
            product.id,
            product.slug,
            product.name,
            categories[product.category_id],
            product.tagline,
            product.description,
            [Row(str(label), str(value)) for label, value in product.specification],
            product.tax_category,
            product.active,
            product.created_at,
            shown[product.id],
            seen[product.id],
        )
        for product in products
    ]


Code = Annotated[str | None, QueryParameter(description="Only the product that this code belongs to.")]


@get("/products", guards=[READ])
async def list_products(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
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
        return Page(await _show(session, found.data, settings.public_url), found.next_cursor)


@get("/products/{product_id:uuid}", guards=[READ])
async def get_product(
    product_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> ProductOut:
    """One product."""
    async with database.transaction() as session:
        return (await _show(session, [await _product(session, product_id)], settings.public_url))[0]


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
    settings: NamedDependency[Settings],
) -> ProductOut:
    """Change a product's words, or whether it is for sale."""
    async with database.transaction() as session:
        product = await _product(session, product_id)
        require_match(request, (await _show(session, [product], settings.public_url))[0])
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        facts = {
            "name": product.name,
            "tagline": product.tagline,
            "description": product.description,
            "active": product.active,
        }
        changed = await catalogue.edit(session, product.slug, **{**facts, **said})
        return (await _show(session, [changed], settings.public_url))[0]


@post("/products", guards=[WRITE])
async def create_product(
    request: Request[Any, Any, Any],
    data: JSONBody[ProductIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[ProductOut]:
    """Take a product into the catalogue, all of it or nothing."""
    new = assortment.NewProduct(
        name=data.name,
        category=data.category,
        skus=[sku.wanted() for sku in data.skus],
        slug=data.slug,
        tagline=data.tagline,
        description=data.description,
        specification=[(row.label, row.value) for row in data.specification],
        tax_category=data.tax_category,
        active=data.active,
    )

    async def act(session: AsyncSession) -> ProductOut:
        product = await assortment.add(session, new, settings.currency)
        return (await _show(session, [product], settings.public_url))[0]

    return await once(request, database, act)


@get("/categories", guards=[READ])
async def list_categories(database: NamedDependency[Database]) -> list[CategoryOut]:
    """The store's categories, in the order that they are shown in."""
    async with database.transaction() as session:
        return [
            CategoryOut(one.slug, one.name, one.description) for one in await catalogue.categories(session)
        ]


handlers = [list_products, get_product, create_product, change_product, list_categories]
