"""The cart: a page of its own, and a fragment that answers without leaving where one is."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Invalid
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from estore import carts, catalogue, quotes
from portal import visits
from portal.customer import products
from portal.customer.store import amount, name_of, stock_words
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.pictures import picture
from portal.rendering import page
from portal.visits import Visit

NEW_CARTS = "60/hour"


class Adding(msgspec.Struct):
    sku: str
    slug: str
    quantity: int = 1


async def context(session: AsyncSession, visit: Visit, settings: Settings) -> dict[str, Any]:
    """What the cart page, its drawer and the checkout's summary show."""
    quote = await quotes.of_cart(
        session, visit.cart_id, visit.customer_id, settings.country, home=settings.country
    )
    if quote is None:
        return {"lines": [], "quote": None, "count": 0}
    return {"lines": [_line(line) for line in quote.lines], "quote": quote, **totals(quote)}


def totals(quote: quotes.Quote) -> dict[str, Any]:
    """The sums of a quote in words, line by line."""
    currency, sums = quote.currency, quote.totals
    rows: list[tuple[str, ...]] = [(_("Goods"), amount(sums.goods, currency))]
    if quote.shipping is not None:
        price = amount(sums.shipping, currency) if sums.shipping else _("Free")
        name = catalogue.words(quote.shipping, "name", current_locale())
        promise = catalogue.words(quote.shipping, "promise", current_locale())
        rows.append((name, price, promise))
    taxes = ", ".join(
        _("%(rate)s %% VAT: %(amount)s")
        % {"rate": f"{float(tax.rate * 100):g}", "amount": amount(tax.tax, currency)}
        for tax in sums.taxes
        if tax.tax
    )
    free_from = quote.shipping.free_from if quote.shipping else None
    missing = free_from - sums.goods if free_from and quote.totals.shipping else 0
    return {
        "rows": rows,
        "total": amount(sums.total, currency),
        "tax_words": _("including %(taxes)s") % {"taxes": taxes} if taxes else "",
        "count": sum(line.quantity for line in quote.lines),
        "until_free": amount(missing, currency) if missing > 0 else "",
    }


def _line(line: carts.Line) -> dict[str, Any]:
    detail = catalogue.label(line.product, line.sku, current_locale())
    if line.short:
        detail = f"{detail} · {stock_words(line.available)}" if detail else stock_words(line.available)
    return {
        "id": line.sku.id,
        "name": name_of(line.product),
        "href": f"/p/{line.product.slug}",
        "picture": picture(line.sku.picture or line.product.picture),
        "detail": detail,
        "unit": amount(line.sku.price, line.sku.currency),
        "amount": amount(line.total, line.sku.currency),
        "quantity": line.quantity,
        "short": line.short,
        "error": "",
    }


@get("/cart", guards=[anyone])
async def show_cart(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    async with database.statements() as session:
        facts = await context(session, visit, settings)
    return page("store/cart.html", facts)


@post("/cart/add", guards=[anyone])
async def add(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Put something in; htmx gets the drawer, anyone else the cart's page."""
    form = await read_form(request, Adding)
    hx = bool(request.headers.get("hx-request"))
    async with database.statements() as session:
        shown = await catalogue.show(session, form.slug)
    try:
        async with database.transaction() as session:
            offer = next((one for one in shown.offers if one.sku.code == form.sku), None)
            if offer is None:
                raise Invalid(_("Choose one of the variants."))
            if offer.available <= 0:
                raise Invalid(_("This one has just sold out. Choose another, or come back in a few days."))
            cart = await carts.open_cart(session, visit.cart_id, visit.customer_id, lock=True)
            if cart is None:
                await limits.take(NEW_CARTS, "cart", client(request))
                cart = await carts.begin(session, visit.customer_id)
            await carts.put(session, cart, offer.sku.id, form.quantity)
            visit = await visits.remember(
                session, request, cart_id=cart.id, cart_count=await carts.count(session, cart.id)
            )
            facts = await context(session, visit, settings) if hx else {}
    except Invalid as error:
        facts = products.context(shown, form.sku, _(next(iter(error.fields.values()), error.message)))
        async with database.transaction() as session:
            shell = request.app.state.get("shell")
            facts |= await products.around(session, shown, shell, visit, settings.country, form.sku)
        if hx:
            return page("store/_buy.html", facts, status_code=422, re_target="#buy", re_swap="outerHTML")
        return page("store/product.html", facts, status_code=422)
    if not hx:
        return Redirect("/cart", status_code=303)
    return page(
        "store/_added.html",
        facts | {"added": name_of(shown.product)},
        trigger_event="sheet",
        params={"id": "cart-drawer"},
        after="swap",
    )


@post("/cart", guards=[anyone])
async def change(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Take over every quantity on the page (inputs named quantity-<id>)."""
    form = await request.form()
    wanted: dict[UUID, int] = {}
    wrong: set[UUID] = set()
    for name, value in form.items():
        head, _sep, tail = str(name).partition("-")
        if head != "quantity":
            continue
        try:
            sku_id = UUID(tail)
        except ValueError:
            # No form of ours sends that.
            continue
        text = str(value).strip()
        if text.isdecimal() and len(text) < 9 and int(text) <= carts.MOST_OF_ONE:
            wanted[sku_id] = int(text)
        else:
            wrong.add(sku_id)
    return await _change(request, visit, database, settings, wanted, wrong)


@post("/cart/remove/{sku_id:uuid}", guards=[anyone])
async def remove(
    request: Request[Any, Any, Any],
    sku_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    return await _change(request, visit, database, settings, {sku_id: 0})


async def _change(
    request: Request[Any, Any, Any],
    visit: Visit,
    database: Database,
    settings: Settings,
    wanted: dict[UUID, int],
    wrong: Collection[UUID] = (),
) -> Response[Any]:
    """Take over these quantities; with a `wrong` one among them none, and the cart as it is says so there."""
    async with database.transaction() as session:
        cart = await carts.open_cart(session, visit.cart_id, visit.customer_id, lock=True)
        if cart is not None and not wrong:
            for sku_id, quantity in wanted.items():
                await carts.change(session, cart, sku_id, quantity)
            visit = await visits.remember(session, request, cart_count=await carts.count(session, cart.id))
        facts = await context(session, visit, settings)
    for line in facts["lines"]:
        if line["id"] in wrong:
            line["error"] = _("That is not a quantity. Enter a number from 0 to 99.")
    refused = any(line["error"] for line in facts["lines"])
    status = 422 if refused else 200
    if request.headers.get("hx-request"):
        drawer = request.headers.get("hx-target") == "drawer-body"
        name = "store/_drawer.html" if drawer else "store/_cart.html"
        return page(name, facts | {"out_of_band": True}, status_code=status)
    if refused:
        return page("store/cart.html", facts, status_code=status)
    return Redirect("/cart", status_code=303)


handlers = [show_cart, add, change, remove]
