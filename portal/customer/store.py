"""The store's front: home, listing, search."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core import money
from core.database import Database
from core.errors import NotFound
from core.rendering import current_locale, ngettext
from core.rendering import gettext as _
from estore import catalogue, facets, prices, reviews, sales, search, shelves
from estore.goods import FEW, Category, Product, Sku
from portal.guards import anyone
from portal.kept import kept
from portal.pictures import Picture, picture
from portal.rendering import page
from portal.shell import Shell
from portal.visits import Visit
from support import articles

PAGE_SIZE = 24
# How many products stand side by side where a few are shown.
SHELF = 4
HERO = "pictures/hero.svg"
# Between the name of what there is to choose and what was chosen.
IS = ":"
MOST_OPTIONS = 20
# What an address may say of a listing.
NARROWED = ("q", "from", "to", "stock", "option", "sort", "page")
PRICE = re.compile(r"[0-9]{1,7}([.,][0-9]{1,2})?")

Words = Annotated[str, QueryParameter(name="q", max_length=200)]


@dataclass(frozen=True)
class Card:
    """A product as a list shows it, in words."""

    name: str
    href: str
    picture: Picture
    amount: str
    several: bool
    tagline: str
    stock: str | None
    # The average of the stars and how many people gave them; None where nobody did.
    rating: float | None = None
    rated_by: int = 0
    # While it is reduced: the price before, and the lowest of the thirty days before that, in words.
    before: str | None = None
    lowest: str | None = None


def amount(minor: int, currency: str) -> str:
    return money.formatted(minor, currency, current_locale())


def name_of(thing: Product | Category) -> str:
    return catalogue.words(thing, "name", current_locale())


def said_of(category: Category) -> str:
    return catalogue.words(category, "description", current_locale())


async def cards(
    session: AsyncSession, found: Sequence[search.Found], wanted: search.Search | None = None
) -> list[Card]:
    """Products as lists show them, with how they are rated; in the colour that was `wanted`."""
    ids = [one.product.id for one in found]
    rated = await reviews.ratings(session, ids)
    chosen = await search.variants(session, wanted, ids) if wanted is not None else {}
    reduced = await prices.reduced(session, [one.product.id for one in found if one.reduced])
    return [
        _reduced(
            card(one, rated.get(one.product.id), chosen.get(one.product.id)),
            reduced.get((one.product.id, one.price)),
        )
        for one in found
    ]


def _reduced(shown: Card, found: prices.Reduction | None) -> Card:
    if found is None:
        return shown
    before, lowest = amount(found.regular, found.currency), lowest_words(found.lowest, found.currency)
    return replace(shown, before=before, lowest=lowest)


def lowest_words(lowest: int, currency: str) -> str:
    """What must stand beside a reduced price."""
    return _("Lowest price of the 30 days before: %(price)s") % {"price": amount(lowest, currency)}


def card(found: search.Found, rating: reviews.Rating | None = None, chosen: Sku | None = None) -> Card:
    product = found.product
    return Card(
        name_of(product),
        f"/p/{product.slug}" + (f"?sku={chosen.code}" if chosen is not None else ""),
        picture((chosen.picture if chosen is not None else "") or product.picture),
        amount(found.price, found.currency),
        found.several_prices,
        catalogue.words(product, "tagline", current_locale()),
        stock_words(found.available) if found.available <= FEW else None,
        round(rating.average, 1) if rating else None,
        rating.count if rating else 0,
    )


def stock_words(available: int) -> str:
    if available <= 0:
        return _("Sold out for now")
    if available <= FEW:
        return ngettext("Only %(left)s left", "Only %(left)s left", available) % {"left": available}
    return _("In stock")


@get("/", guards=[anyone], opt=kept())
async def home(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    shell: Shell | None = request.app.state.get("shell")
    sold = shell.sales if shell is not None else sales.Sales()
    async with database.statements() as session:
        categories = await catalogue.categories(session)
        best = await search.chosen(session, sold.best, SHELF)
        if len(best) < SHELF:
            best = await search.find(session, search.Search(limit=SHELF, in_stock=True))
        new = await catalogue.newest(session, SHELF)
        theirs = []
        if visit.customer_id is not None:
            bought = await sales.bought(session, visit.customer_id)
            theirs = await search.chosen(session, sold.goes_with(bought), SHELF)
        rows = {
            "best": await cards(session, best),
            "new": await cards(session, new),
            "theirs": await cards(session, theirs),
        }
        read = await articles.popular(session, current_locale(), 3)
    return page(
        "store/home.html",
        {
            "hero": picture(HERO),
            "shelves": [
                (name_of(one), f"/c/{one.slug}", picture(one.picture), said_of(one))
                for one in categories
                if one.parent_id is None
            ],
            "articles": read,
            **rows,
        },
    )


@dataclass(frozen=True)
class Asked:
    """What a listing's address asks for; `url` makes the address of a variation of it."""

    path: str
    words: str
    category: str
    # In euros, as they were typed but in the right order.
    price_from: Decimal | None
    price_to: Decimal | None
    in_stock: bool
    options: dict[str, tuple[str, ...]]
    sort: search.Sort
    page: int
    # What was typed for a price and is none.
    no_prices: tuple[str, ...] = ()

    def url(self, **changes: Any) -> str:
        facts = {
            "q": self.words,
            "category": self.category if self.path == "/search" else "",
            "from": "" if self.price_from is None else self.price_from,
            "to": "" if self.price_to is None else self.price_to,
            "stock": "1" if self.in_stock else "",
            "option": [f"{name}{IS}{value}" for name, values in self.options.items() for value in values],
            "sort": self.sort if self.sort != "best" else "",
            "page": "",
            **changes,
        }
        query = urlencode(
            {name: value for name, value in facts.items() if value not in ("", None)}, doseq=True
        )
        return f"{self.path}?{query}" if query else self.path


def read_asked(request: Request[Any, Any, Any], path: str, category: str = "") -> Asked:
    """What the address asks for; what makes no sense in it is left out, never an error, and prices are named."""
    given = request.query_params
    sort = given.get("sort", "best")
    typed = [str(given.get(name, "")).strip()[:40] for name in ("from", "to")]
    least, most = (_price(one) for one in typed)
    if least is not None and most is not None and least > most:
        least, most = most, least
    return Asked(
        path,
        str(given.get("q", ""))[:200],
        category or str(given.get("category", ""))[:60],
        least,
        most,
        given.get("stock") == "1",
        _options(given.getall("option", [])),
        sort if sort in search.SORTS else "best",
        max(1, min(_whole(given.get("page")) or 1, 200)),
        tuple(one for one in typed if one and _price(one) is None),
    )


def _options(given: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """The variants asked for, as the boxes name them: "Colour:Black"."""
    options: dict[str, tuple[str, ...]] = {}
    for one in given[:MOST_OPTIONS]:
        name, _is, value = str(one)[:120].replace("\x00", "").partition(IS)
        if name and value and value not in options.get(name, ()):
            options[name] = (*options.get(name, ()), value)
    return options


def _price(text: str) -> Decimal | None:
    """Euros as people write them: 12, 12.50 or 12,50."""
    return Decimal(text.replace(",", ".")) if PRICE.fullmatch(text) else None


def _whole(value: Any) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and len(text) <= 7 else None


async def _listing(request: Request[Any, Any, Any], database: Database, asked: Asked) -> Response[Any]:
    wanted = search.Search(
        words=asked.words,
        category=asked.category,
        price_from=None if asked.price_from is None else int(asked.price_from * 100),
        price_to=None if asked.price_to is None else int(asked.price_to * 100),
        in_stock=asked.in_stock,
        options=asked.options if asked.category else {},
        sort=asked.sort,
        offset=(asked.page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    # What the words of a search need is set for a transaction.
    async with database.transaction() if asked.words else database.statements() as session:
        category = await catalogue.category(session, asked.category) if asked.path != "/search" else None
        results = await facets.listing(session, wanted)
        found = await cards(session, results.found, wanted)
    shell: Shell | None = request.app.state.get("shell")
    known = shell.categories if shell is not None else []
    context = {
        "asked": asked,
        "heading": name_of(category)
        if category
        else (
            _("Results for “%(words)s”") % {"words": asked.words} if asked.words else _("Everything we sell")
        ),
        "lead": said_of(category) if category else "",
        "above": next(
            ((name_of(one), f"/c/{one.slug}") for one in known if category and one.id == category.parent_id),
            None,
        ),
        "below": [
            (name_of(one), f"/c/{one.slug}") for one in known if category and one.parent_id == category.id
        ],
        "cards": found,
        "total": results.total,
        "kinds": [(one.slug, name_of(one), count) for one, count in results.categories],
        "in_stock_count": results.in_stock,
        "choices": [_choice(one, asked) for one in results.choices],
        "price_least": results.price_least // 100,
        "price_most": -(-results.price_most // 100),
        "chips": _chips(asked, results),
        "left_out": [
            _("“%(typed)s” is not a price, so it was left out.") % {"typed": one} for one in asked.no_prices
        ],
        "clear": asked.path + (f"?{urlencode({'q': asked.words})}" if asked.words else ""),
        "sorts": [
            ("best", _("Best match") if asked.words else _("Our order")),
            ("price", _("Price, low to high")),
            ("-price", _("Price, high to low")),
            ("new", _("Newest")),
            ("name", _("Name")),
        ],
        "previous": asked.url(page=asked.page - 1) if asked.page > 1 else None,
        "next": asked.url(page=asked.page + 1) if asked.page * PAGE_SIZE < results.total else None,
        "search_query": asked.words,
    }
    fragment = request.headers.get("hx-target") == "listing"
    return page("store/_listing.html" if fragment else "store/listing.html", context)


def _chips(asked: Asked, results: facets.Listing) -> list[tuple[str, str]]:
    chips = []
    if asked.category and asked.path == "/search":
        named = next((name_of(one) for one, _n in results.categories if one.slug == asked.category), None)
        chips.append((named or asked.category, asked.url(category="")))
    if asked.price_from is not None:
        chips.append((_("From %(price)s") % {"price": asked.price_from}, asked.url(**{"from": ""})))
    if asked.price_to is not None:
        chips.append((_("Up to %(price)s") % {"price": asked.price_to}, asked.url(to="")))
    if asked.in_stock:
        chips.append((_("In stock"), asked.url(stock="")))
    for choice in results.choices:
        for value in asked.options.get(choice.name, ()):
            left = [f"{name}{IS}{one}" for name, ones in asked.options.items() for one in ones]
            left.remove(f"{choice.name}{IS}{value}")
            words = catalogue.option(choice.example, value, current_locale())
            chips.append((words, asked.url(option=left)))
    return chips


def _choice(choice: facets.Choice, asked: Asked) -> tuple[str, list[tuple[str, str, int, bool, str]]]:
    """A facet in words: its name, and (value of the box, word, how many, chosen, hue) of each."""
    locale = current_locale()
    return catalogue.option(choice.example, choice.name, locale), [
        (
            f"{choice.name}{IS}{value}",
            catalogue.option(choice.example, value, locale),
            many,
            value in asked.options.get(choice.name, ()),
            value.lower() if choice.name == "Colour" else "",
        )
        for value, many in choice.values
    ]


@get("/c/{slug:str}", guards=[anyone], opt=kept(*NARROWED, for_customers=True))
async def show_category(
    request: Request[Any, Any, Any], slug: FromPath[str], database: NamedDependency[Database]
) -> Response[Any]:
    """The products of a category; under a name that it had before, the way to it."""
    try:
        return await _listing(request, database, read_asked(request, f"/c/{slug}", slug))
    except NotFound:
        async with database.statements() as session:
            now = await shelves.moved(session, slug)
        if now is None:
            raise
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(f"/c/{now}{query}", status_code=301)


@get("/search", guards=[anyone], opt=kept("category", *NARROWED, for_customers=True))
async def show_search(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Response[Any]:
    return await _listing(request, database, read_asked(request, "/search"))


@get("/search/suggest", guards=[anyone])
async def suggest(database: NamedDependency[Database], q: Words = "") -> Response[Any]:
    """A few products for what was typed so far, as a fragment."""
    async with database.transaction() as session:
        found = await search.suggest(session, q)
    return page("store/_suggest.html", {"cards": [card(one) for one in found], "words": q})


handlers = [home, show_category, show_search, suggest]
