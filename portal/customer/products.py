"""A product's page: what it is, what it costs, when it comes, and what those say who have it."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Invalid
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from estore import catalogue, pictures, prices, quotes, reviews, search
from estore.goods import Product, ProductPicture, Sku
from portal import notices
from portal.customer.store import SHELF, amount, cards, lowest_words, name_of, stock_words
from portal.guards import anyone, customer
from portal.kept import kept
from portal.limits import Limits
from portal.pictures import Picture, picture
from portal.rendering import page
from portal.shell import Shell
from portal.visits import Visit
from support import articles

REVIEWS_BY_CUSTOMER = "10/hour"
FIRST_REVIEWS = 4
MANY_REVIEWS = 100
Code = Annotated[str, QueryParameter(name="sku", max_length=60)]


@dataclass(frozen=True)
class Frame:
    """A picture in the gallery; `alt` says what is to be seen."""

    picture: Picture
    alt: str


def chosen_of(shown: catalogue.Shown, sku: str) -> catalogue.Offer | None:
    """The offer with this article number, else the first that is to be had, else the first."""
    named = [offer for offer in shown.offers if offer.sku.code == sku]
    return next(iter(named or [one for one in shown.offers if one.available > 0] or shown.offers), None)


def context(shown: catalogue.Shown, sku: str = "", error: str = "") -> dict[str, Any]:
    """What the buying box shows."""
    product, locale = shown.product, current_locale()
    chosen = chosen_of(shown, sku)
    choice = next((key for offer in shown.offers for key in offer.sku.options), "")
    return {
        "product": product,
        "name": name_of(product),
        "tagline": catalogue.words(product, "tagline", locale),
        "story": [part for part in catalogue.words(product, "description", locale).split("\n") if part],
        "category": (name_of(shown.category), f"/c/{shown.category.slug}"),
        "option": catalogue.option(product, choice, locale) if choice else "",
        "options": [_option(product, offer, shown.offers) for offer in shown.offers],
        "specification": catalogue.specification(product, locale),
        "chosen": chosen,
        "stock_words": stock_words(chosen.available) if chosen else _("Sold out for now"),
        "error": error,
    }


async def _gallery(session: AsyncSession, shown: catalogue.Shown, sku: str) -> list[Frame]:
    """The pictures of a product, that of the chosen article first; a plain parcel where there is none."""
    there = await pictures.of_product(session, shown.product.id)
    chosen = chosen_of(shown, sku)
    of_chosen = chosen.sku.picture if chosen is not None else ""
    there.sort(key=lambda one: one.file != of_chosen if of_chosen else False)
    return [Frame(picture(one.file), alt_of(shown, one)) for one in there] or [
        Frame(picture(""), name_of(shown.product))
    ]


def alt_of(shown: catalogue.Shown, one: ProductPicture) -> str:
    """What is to be seen in a picture: in words of its own, else the name and what keeps the article apart."""
    locale = current_locale()
    if said := catalogue.words(one, "alt", locale):
        return said
    shows = [offer.sku for offer in shown.offers if offer.sku.id in one.sku_ids]
    label = catalogue.label(shown.product, shows[0], locale) if len(shows) == 1 else ""
    return f"{name_of(shown.product)}, {label}" if label else name_of(shown.product)


def _option(
    product: Product, offer: catalogue.Offer, offers: list[catalogue.Offer]
) -> tuple[str, str, str | None, bool]:
    sku: Sku = offer.sku
    label = catalogue.label(product, sku, current_locale()) or sku.code
    hue = sku.options.get("Colour", "").lower() or None
    if len({one.sku.price for one in offers}) > 1:
        label = f"{label}, {amount(sku.price, sku.currency)}"
    return (sku.code, label, hue, offer.available > 0)


async def around(
    session: AsyncSession,
    shown: catalogue.Shown,
    shell: Shell | None,
    visit: Visit,
    country: str,
    sku: str = "",
) -> dict[str, Any]:
    """What the page shows beside and below the buying box, and the promise of delivery in it."""
    locale = current_locale()
    ways = await quotes.shipping_methods(session, country)
    lowest = await prices.lowest(session, [offer.sku for offer in shown.offers])
    others = await search.chosen(session, shell.sales.goes_with([shown.product.id]) if shell else [])
    if len(others) < SHELF:
        seen = {one.product.id for one in others}
        others += [one for one in await catalogue.related(session, shown) if one.product.id not in seen]
    questions = await articles.search(session, name_of(shown.category), locale, limit=3)
    return {
        "gallery": await _gallery(session, shown, sku),
        "delivery_words": _delivery(ways[0]) if ways else "",
        "lowest": {
            offer.sku.id: lowest_words(lowest[offer.sku.id], offer.sku.currency)
            for offer in shown.offers
            if offer.sku.id in lowest
        },
        "others": await cards(session, others[:SHELF]),
        "questions": questions,
        **await _reviewed(session, shown.product, visit, FIRST_REVIEWS),
    }


def _delivery(way: Any) -> str:
    promise = catalogue.words(way, "promise", current_locale())
    if not way.free_from:
        return promise
    return _("%(promise)s; free from %(amount)s") % {
        "promise": promise,
        "amount": amount(way.free_from, "EUR"),
    }


async def _reviewed(
    session: AsyncSession, product: Product, visit: Visit, limit: int, stars: int = 0
) -> dict[str, Any]:
    told = await reviews.told(session, product.id, limit, stars)
    known: UUID | None = visit.customer_id
    may_write, theirs = False, None
    if known is not None:
        theirs = await reviews.of_customer(session, known, product.id)
        may_write = theirs is None and await reviews.received(session, known, product.id) is not None
    return {
        "reviews": told.reviews,
        "spread": told.spread,
        "rating": told.rating,
        "rating_words": f"{told.rating.average:.1f}",
        "stars": stars,
        "may_write": may_write,
        "has_written": theirs is not None,
    }


@get("/p/{slug:str}", guards=[anyone], opt=kept("sku"))
async def show_product(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    sku: Code = "",
) -> Response[Any]:
    async with database.statements() as session:
        shown = await catalogue.show(session, slug)
        more = await around(session, shown, request.app.state.get("shell"), visit, settings.country, sku)
    return page("store/product.html", context(shown, sku) | more)


@get("/p/{slug:str}/reviews", guards=[anyone], opt=kept("stars"))
async def show_reviews(
    slug: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    stars: FromQuery[int] = 0,
) -> Response[Any]:
    """All that is said of a product, or what those say who gave it so many stars."""
    return await _reviews_page(database, visit, slug, stars=stars)


async def _reviews_page(
    database: Database,
    visit: Visit,
    slug: str,
    *,
    stars: int = 0,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    async with database.statements() as session:
        shown = await catalogue.show(session, slug)
        facts = await _reviewed(session, shown.product, visit, MANY_REVIEWS, stars)
    facts |= context(shown) | {"typed": typed or {}, "errors": errors or {}}
    return page("store/reviews.html", facts, status_code=422 if errors else 200)


@post("/p/{slug:str}/reviews", guards=[customer])
async def write_review(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """Say what one thinks of a product that one received."""
    form = await request.form()
    given, body = str(form.get("rating", "")), str(form.get("body", ""))
    rating = int(given) if given in ("1", "2", "3", "4", "5") else 0
    await limits.take(REVIEWS_BY_CUSTOMER, "review", str(visit.customer))
    try:
        async with database.transaction() as session:
            await reviews.write(session, visit.customer, slug, rating, body, current_locale())
    except Invalid as error:
        errors = {name: _(said) for name, said in error.fields.items()}
        return await _reviews_page(
            database, visit, slug, typed={"rating": rating, "body": body}, errors=errors
        )
    notices.leave(request, "review.written")
    return Redirect(f"/p/{slug}#reviews", status_code=303)


handlers = [show_product, show_reviews, write_review]
