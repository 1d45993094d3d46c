"""SKUs over the API: each thing that can be bought, for how much, and how many are there."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.settings import Settings
from estore import assortment, prices, stock
from estore.goods import Sku, Stock
from portal.api.answers import once, require_match
from portal.api.fields import WORDS, Moment
from portal.guards import program

READ = program("catalogue:read")
WRITE = program("catalogue:write")

Price = Annotated[int, Meta(ge=1, le=prices.MOST, description="Minor units, VAT included.", examples=[24900])]
Word = Annotated[str, Meta(min_length=1, max_length=60, pattern=WORDS)]
OnHand = Annotated[
    int, Meta(ge=0, le=assortment.MOST_ON_HAND, description="What was counted.", examples=[12])
]


Options = Annotated[dict[str, Word], Meta(max_length=6, examples=[{"Colour": "black"}])]


class SkuOut(msgspec.Struct):
    """One thing that can be bought; prices in minor units, VAT included; `regular_price` while it is reduced."""

    id: UUID
    code: str
    options: dict[str, str]
    price: int
    regular_price: int | None
    reduced_at: Moment | None
    currency: str
    weight: int
    active: bool
    on_hand: int
    reserved: int


class SkuIn(msgspec.Struct, forbid_unknown_fields=True):
    """One thing to buy of a product; all of them offer the same things to choose."""

    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=40, examples=["KVERN-BLK"])]
    price: Price
    options: Options = {}
    weight: Annotated[int, Meta(ge=0, le=assortment.HEAVIEST, description="Grams.", examples=[4200])] = 0
    on_hand: OnHand = 0

    def wanted(self) -> assortment.NewSku:
        return assortment.NewSku(**msgspec.structs.asdict(self))


class SkuChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    active: Annotated[bool, Meta(description="Whether it is for sale.")] | UnsetType = UNSET
    options: Options | UnsetType = UNSET


class PriceIn(msgspec.Struct, forbid_unknown_fields=True):
    """A `regular_price` stands struck through beside the price while it is reduced; null takes it away.

    Left out, it stays while the price is below it.
    """

    price: Price
    regular_price: Annotated[int, Meta(ge=2, le=prices.MOST)] | UnsetType | None = UNSET


class StockIn(msgspec.Struct, forbid_unknown_fields=True):
    on_hand: OnHand


def show(sku: Sku, shelf: Stock | None) -> SkuOut:
    return SkuOut(
        sku.id,
        sku.code,
        {name: str(value) for name, value in sku.options.items()},
        sku.price,
        sku.regular_price,
        sku.reduced_at,
        sku.currency,
        sku.weight,
        sku.active,
        shelf.on_hand if shelf else 0,
        shelf.reserved if shelf else 0,
    )


async def _find(session: AsyncSession, code: str) -> Sku:
    sku = await session.scalar(select(Sku).where(Sku.code == code))
    if sku is None:
        raise NotFound(_("That article does not exist."))
    return sku


async def _current(session: AsyncSession, code: str) -> SkuOut:
    sku = await _find(session, code)
    return show(sku, await session.get(Stock, sku.id, populate_existing=True))


async def _held(request: Request[Any, Any, Any], session: AsyncSession, code: str) -> Sku:
    """The SKU, its row and its shelf locked, if it is still what If-Match names. Raises NotFound, Changed."""
    sku = await _find(session, code)
    await session.refresh(sku, with_for_update={"key_share": True})
    shelf = await session.get(Stock, sku.id, with_for_update=True, populate_existing=True)
    require_match(request, show(sku, shelf))
    return sku


@get("/skus/{code:str}", guards=[READ])
async def get_sku(code: FromPath[str], database: NamedDependency[Database]) -> SkuOut:
    """One thing that can be bought, by its code."""
    async with database.transaction() as session:
        return await _current(session, code)


@post("/products/{product_id:uuid}/skus", guards=[WRITE])
async def add_sku(
    product_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[SkuIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[SkuOut]:
    """One more thing to buy of a product."""

    async def act(session: AsyncSession) -> SkuOut:
        sku = await assortment.add_sku(session, product_id, data.wanted(), settings.currency)
        return await _current(session, sku.code)

    return await once(request, database, act)


@patch("/skus/{code:str}", guards=[WRITE])
async def change_sku(
    code: FromPath[str],
    request: Request[Any, Any, Any],
    data: JSONBody[SkuChange],
    database: NamedDependency[Database],
) -> SkuOut:
    """Sell it from now on, or no longer, and say what it is a choice of; orders that have it go on."""
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    async with database.transaction() as session:
        sku = await _held(request, session, code)
        await assortment.change(session, sku.id, **said)
        return await _current(session, code)


@put("/skus/{code:str}/price", guards=[WRITE])
async def set_price(
    code: FromPath[str],
    request: Request[Any, Any, Any],
    data: JSONBody[PriceIn],
    database: NamedDependency[Database],
) -> SkuOut:
    """Change what something costs; orders keep the price they were placed at."""
    async with database.transaction() as session:
        sku = await _held(request, session, code)
        if data.regular_price is UNSET:
            await prices.change(session, sku.id, data.price)
        else:
            await prices.reduce(session, sku.id, data.price, data.regular_price)
        return await _current(session, code)


@put("/skus/{code:str}/stock", guards=[WRITE])
async def set_stock(
    code: FromPath[str],
    request: Request[Any, Any, Any],
    data: JSONBody[StockIn],
    database: NamedDependency[Database],
) -> SkuOut:
    """Write down what was counted; never less than is promised to orders."""
    async with database.transaction() as session:
        sku = await _held(request, session, code)
        await stock.set_on_hand(session, sku.id, data.on_hand)
        return await _current(session, code)


handlers = [get_sku, add_sku, change_sku, set_price, set_stock]
