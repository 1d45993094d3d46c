"""The assortment at the desk: a new product, and one more article of it."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from core.words import mark
from estore import assortment, catalogue
from portal.desk.catalogue import HERE, KINDS, Article, minor, options, product_page
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page

MERCHANDISER = staff(Role.MERCHANDISER)


class Product(Article):
    name: str = ""
    category: str = ""
    tagline: str = ""
    description: str = ""
    tax_category: str = "standard"
    active: bool = False


def _number(form: Article, name: str) -> int:
    typed = getattr(form, name) or "0"
    if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
        raise Invalid("That is not a number.", {name: mark("Enter a whole number, or leave this empty.")})
    return int(typed)


def _new_sku(form: Article) -> assortment.NewSku:
    """Raises Invalid."""
    try:
        price = minor(form.price)
    except Invalid as error:
        raise Invalid(error.message, {"price": mark("Enter an amount like 12.50.")}) from None
    return assortment.NewSku(
        code=form.code.strip(),
        price=price,
        options=options(form.choice),
        weight=_number(form, "weight"),
        on_hand=_number(form, "on_hand"),
    )


async def _form(database: Database, typed: Product, errors: dict[str, str] | None = None) -> Response[Any]:
    async with database.transaction() as session:
        categories = await catalogue.categories(session)
        kinds = await assortment.tax_categories(session)
    context = {
        "typed": typed,
        "categories": [(one.slug, one.name) for one in categories],
        "kinds": [(kind, _(KINDS.get(kind, kind))) for kind in kinds],
        "errors": {name: _(words) for name, words in (errors or {}).items()},
    }
    return page("desk/product_new.html", context, status_code=422 if errors else 200)


@get(f"{HERE}/new", guards=[MERCHANDISER])
async def show_new(database: NamedDependency[Database]) -> Response[Any]:
    return await _form(database, Product(active=True))


@post(f"{HERE}/new", guards=[MERCHANDISER])
async def add_product(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Take a product in with its first article; a mistake keeps all that was typed."""
    form = await read_form(request, Product)
    try:
        new = assortment.NewProduct(
            name=form.name,
            category=form.category,
            tagline=form.tagline,
            description=form.description,
            tax_category=form.tax_category,
            active=form.active,
            skus=[_new_sku(form)],
        )
        async with database.transaction() as session:
            product = await assortment.add(session, new, settings.currency)
    except Invalid as error:
        return await _form(
            database, form, {name.removeprefix("skus/0/"): words for name, words in error.fields.items()}
        )
    return Redirect(f"{HERE}/products/{product.slug}", status_code=303)


@post(f"{HERE}/products/{{slug:str}}/skus", guards=[MERCHANDISER])
async def add_sku(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """One more article of a product."""
    form = await read_form(request, Article)
    try:
        new = _new_sku(form)
        async with database.transaction() as session:
            shown = await catalogue.show(session, slug, inactive=True)
            await assortment.add_sku(session, shown.product.id, new, settings.currency)
    except Invalid as error:
        errors = {f"new-{name}": _(words) for name, words in error.fields.items()}
        return await product_page(database, slug, errors=errors, typed=form, status=422)
    return Redirect(f"{HERE}/products/{slug}", status_code=303)


handlers = [show_new, add_product, add_sku]
