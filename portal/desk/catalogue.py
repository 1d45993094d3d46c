"""The catalogue at the desk: what is for sale, its words, its prices, what is on the shelf."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy import select

from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import LANGUAGES
from core.rendering import gettext as _
from core.staff import Role
from core.words import mark
from estore import assortment, catalogue, pictures, prices, stock
from estore.goods import Category, Product, Sku, Stock
from portal.customer.products import alt_of
from portal.desk.wording import OTHERS, read_translations
from portal.desk.wording import shown as translations_shown
from portal.forms import read_form
from portal.guards import staff
from portal.pictures import picture
from portal.rendering import page

HERE = "/desk/store"
# With these, a telephone sends JPEG instead of what only it reads.
PICTURE_TYPES = "image/jpeg,image/png,image/webp,image/avif,image/gif"


# The kinds of goods that VAT is told apart by, in words.
KINDS = {
    "standard": mark("Standard rate"),
    "food": mark("Food"),
}
WORDS = ("name", "tagline", "description")


class Words(msgspec.Struct):
    name: str
    category: str = ""
    tax_category: str = ""
    tagline: str = ""
    description: str = ""
    active: bool = False


class Shelf(msgspec.Struct):
    price: str
    on_hand: int
    regular: str = ""
    choice: str = ""
    active: bool = False


class Article(msgspec.Struct):
    """One more article, as it is typed."""

    code: str = ""
    price: str = ""
    on_hand: str = ""
    weight: str = ""
    choice: str = ""


def minor(text: str) -> int:
    """What a person typed as an amount ("12.50", "12,50") in minor units. Raises Invalid."""
    try:
        amount = Decimal(text.strip().replace(",", ".")) * 100
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) > 10**9:
        raise Invalid("That is not an amount.", {"amount": "Enter an amount like 12.50."})
    return int(amount)


def options(choice: str) -> dict[str, str]:
    """What "Colour: Black, Size: 1 kg" says. Raises Invalid."""
    found: dict[str, str] = {}
    for part in choice.split(","):
        name, colon, value = (piece.strip() for piece in part.partition(":"))
        if not part.strip():
            continue
        if not (name and colon and value) or name in found or len(name) > 60 or len(value) > 60:
            raise Invalid(
                "That is no choice.", {"options": mark("Write it like “Colour: Black, Size: 1 kg”.")}
            )
        found[name] = value
    return found


@get(HERE, guards=[staff(Role.MERCHANDISER, Role.AGENT)])
async def list_products(
    request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    words = str(request.query_params.get("q", ""))[:100].strip()
    like = "%" + words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    query = (
        select(Product, Category, Sku, Stock)
        .join(Category, Category.id == Product.category_id)
        .join(Sku, Sku.product_id == Product.id)
        .join(Stock, Stock.sku_id == Sku.id)
        .order_by(Category.position, Product.position, Sku.position)
        .limit(500)
    )
    if words:
        query = query.where(Product.name.ilike(like) | Sku.code.ilike(like))
    async with database.transaction() as session:
        rows = [
            {
                "product": product,
                "category": category,
                "sku": sku,
                "stock": kept,
                "left": kept.on_hand - kept.reserved,
                "state": catalogue.Offer(sku, kept.on_hand - kept.reserved).stock,
            }
            for product, category, sku, kept in await session.execute(query)
        ]
    return page("desk/catalogue.html", {"rows": rows, "words": words})


async def product_page(
    database: Database,
    slug: str,
    *,
    errors: dict[str, str] | None = None,
    typed: Article | None = None,
    refused: list[str] | None = None,
    removed: UUID | None = None,
    status: int = 200,
) -> Response[Any]:
    """A product with its articles; `typed` is one more that was not taken, with what is wrong under `new-…`.

    `refused` says what was wrong with pictures, and `removed` is the one that was just taken off.
    """
    async with database.transaction() as session:
        shown = await catalogue.show(session, slug, inactive=True)
        there = await pictures.of_product(session, shown.product.id)
        ids = [offer.sku.id for offer in shown.offers]
        kept = {row.sku_id: row for row in await session.scalars(select(Stock).where(Stock.sku_id.in_(ids)))}
        lowest = await prices.lowest(session, [offer.sku for offer in shown.offers])
        categories = await catalogue.categories(session)
        kinds = await assortment.tax_categories(session)
    context = {
        "categories": [(one.slug, one.name) for one in categories],
        "kinds": [(kind, _(KINDS.get(kind, kind))) for kind in kinds],
        "said": translations_shown(shown.product.translations, *WORDS),
        "others": OTHERS,
        "product": shown.product,
        "category": shown.category,
        "pictures": [
            (
                one,
                picture(one.file),
                alt_of(shown, one),
                {code: one.translations.get(code, {}).get("alt", "") for code in LANGUAGES if code != "en"},
            )
            for one in there
        ],
        "shelf_choices": [(str(offer.sku.id), offer.sku.label or offer.sku.code) for offer in shown.offers],
        "order": " ".join(str(one.id) for one in there),
        "most_pictures": pictures.MOST,
        "picture_types": PICTURE_TYPES,
        "refused": refused or [],
        "removed": removed,
        "shelves": [
            (
                offer.sku,
                kept[offer.sku.id],
                ", ".join(f"{name}: {word}" for name, word in offer.sku.options.items()),
            )
            for offer in shown.offers
            if offer.sku.id in kept
        ],
        "lowest": lowest,
        "errors": errors or {},
        "typed": typed or Article(),
        "adding": typed is not None,
    }
    return page("desk/catalogue_product.html", context, status_code=status)


@get(f"{HERE}/products/{{slug:str}}", guards=[staff(Role.MERCHANDISER, Role.AGENT)])
async def show_product(
    slug: FromPath[str], database: NamedDependency[Database], removed: FromQuery[UUID | None] = None
) -> Response[Any]:
    return await product_page(database, slug, removed=removed)


@post(f"{HERE}/products/{{slug:str}}", guards=[staff(Role.MERCHANDISER)])
async def edit_product(
    request: Request[Any, Any, Any], slug: FromPath[str], database: NamedDependency[Database]
) -> Response[Any]:
    try:
        form = await read_form(request, Words)
        posted = await request.form()
        # Who leaves them out says nothing of them.
        said = await read_translations(request, *WORDS) if "name-de" in posted else None
        async with database.transaction() as session:
            await catalogue.edit(session, slug, **msgspec.structs.asdict(form), translations=said)
    except Invalid as error:
        return await product_page(database, slug, errors=error.fields, status=422)
    return Redirect(f"{HERE}/products/{slug}", status_code=303)


@post(f"{HERE}/products/{{slug:str}}/skus/{{sku_id:uuid}}", guards=[staff(Role.MERCHANDISER)])
async def edit_sku(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    sku_id: FromPath[UUID],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Take over a price, a count of the shelf, what it is a choice of and whether it is for sale: all or nothing."""
    try:
        form = await read_form(request, Shelf)
        async with database.transaction() as session:
            shown = await catalogue.show(session, slug, inactive=True)
            if sku_id not in {offer.sku.id for offer in shown.offers}:
                raise NotFound("That article does not exist.")
            regular = minor(form.regular) if form.regular.strip() else None
            await prices.reduce(session, sku_id, minor(form.price), regular)
            await stock.set_on_hand(session, sku_id, form.on_hand)
            await assortment.change(session, sku_id, active=form.active, options=options(form.choice))
    except Invalid as error:
        words = next(iter(error.fields.values()), error.message)
        return await product_page(database, slug, errors={f"sku-{sku_id}": _(words)}, status=422)
    return Redirect(f"{HERE}/products/{slug}", status_code=303)


handlers = [list_products, show_product, edit_product, edit_sku]
