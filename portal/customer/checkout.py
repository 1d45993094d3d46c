"""Checking out: one page, three steps, the sum always in sight."""

from typing import Any

import msgspec
from babel import Locale
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Conflict, DomainError, Invalid
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities
from customers.models import Customer, IdentityKind
from estore import addresses, attempts, catalogue, checkout, invoices, quotes
from estore.gateway import Gateway
from estore.goods import PaymentMethod
from estore.models import Order
from portal import notices, visits
from portal.customer import paying
from portal.customer.cart import _line, totals
from portal.customer.store import amount
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.rendering import page
from portal.visits import Visit

BY_CLIENT = "30/hour"
FIELDS = (
    "email", "name", "company", "street", "postcode", "city", "country", "phone", "shipping", "payment",
    "instructions", "news",
)  # fmt: skip


class Filled(msgspec.Struct):
    email: str = ""
    name: str = ""
    company: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    shipping: str = ""
    payment: str = ""
    instructions: str = ""
    news: bool = False
    total: int | None = None
    total_shipping: str = ""
    total_country: str = ""


def news_wording() -> str:
    return _("Send me offers and news by e-mail, now and then. I can stop it at any time.")


async def _context(
    session: AsyncSession, visit: Visit, settings: Settings, filled: dict[str, Any]
) -> dict[str, Any] | None:
    """Everything the page shows; None when there is nothing to check out."""
    country = filled.get("country") or settings.country
    quote = await quotes.of_cart(
        session, visit.cart_id, visit.customer_id, country, filled.get("shipping", ""), home=settings.country
    )
    if quote is None or not quote.lines:
        return None
    goods, weight, currency = quote.totals.goods, quotes.weigh(quote.lines), quote.currency
    locale = current_locale()
    names = Locale.parse(locale).territories
    return {
        "filled": {**filled, "country": country},
        "lines": [_line(line) for line in quote.lines],
        **totals(quote),
        "total_minor": quote.totals.total,
        "countries": sorted(
            ((code, names.get(code, code)) for code in quote.countries), key=lambda pair: pair[1]
        ),
        "shippings": [
            (
                one.code,
                catalogue.words(one, "name", locale),
                catalogue.words(one, "promise", locale),
                _price(quotes.shipping_price(one, goods, weight), currency),
            )
            for one in quote.ways
        ],
        "shipping": quote.shipping.code if quote.shipping else "",
        "payments": [_way(one) for one in quote.payments],
        "payment": filled.get("payment") or next((one.code for one in quote.payments), ""),
        "news_wording": news_wording(),
        "signed_in": visit.customer_id is not None,
        "errors": {},
        "message": "",
        "tone": "danger",
    }


def _way(method: PaymentMethod) -> tuple[str, str, str]:
    name, detail = (catalogue.words(method, key, current_locale()) for key in ("name", "detail"))
    return method.code, name, detail


def _price(minor: int, currency: str) -> str:
    return amount(minor, currency) if minor else _("Free")


async def _prefilled(session: AsyncSession, visit: Visit) -> dict[str, Any]:
    """What we know of someone signed in; nothing of anyone else."""
    filled: dict[str, Any] = dict.fromkeys(FIELDS, "") | {"news": False}
    if visit.customer_id is None:
        return filled
    customer = await session.get(Customer, visit.customer_id)
    known = await identities.contacts(session, visit.customer_id)
    address = await addresses.last(session, visit.customer_id)
    filled["email"] = next((one.value for one in known if one.kind == IdentityKind.EMAIL), "")
    filled["phone"] = next((one.value for one in known if one.kind == IdentityKind.PHONE), "")
    if customer is not None:
        filled |= {"name": customer.name, "company": customer.company}
    if address is not None:
        for key in ("name", "company", "street", "postcode", "city", "country"):
            filled[key] = getattr(address, key)
    return filled


@get("/checkout", guards=[anyone])
async def show_checkout(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    async with database.statements() as session:
        facts = await _context(session, visit, settings, await _prefilled(session, visit))
    return page("store/checkout.html", facts) if facts else Redirect("/cart", status_code=303)


@post("/checkout/quote", guards=[anyone], status_code=200)
async def show_quote(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """The ways to ship and the sum for what is chosen so far, as fragments."""
    filled = msgspec.structs.asdict(await read_form(request, Filled))
    async with database.statements() as session:
        facts = await _context(session, visit, settings, filled)
    if facts is None:
        notices.leave(request, "cart.emptied")
        return Response("", headers={"HX-Redirect": "/cart"})
    return page("store/_quote.html", facts)


@post("/checkout", guards=[anyone])
async def place_order(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """Place the order, number its invoice, and lead on to the payment; a mistake keeps all that was typed."""
    filled = await read_form(request, Filled)
    await limits.take(BY_CLIENT, "checkout", client(request))
    if visit.cart_id is None:
        notices.leave(request, "cart.gone")
        return Redirect("/cart", status_code=303)
    try:
        async with database.transaction() as session:
            order = await checkout.place(session, _wish(filled, visit, settings), home=settings.country)
            await visits.remember(session, request, cart_id=None, cart_count=0)
    except (Invalid, Conflict) as error:
        return await _again(request, database, visit, settings, filled, error)
    return Redirect(await _onward(database, gateway, settings, order), status_code=303)


def _wish(filled: Filled, visit: Visit, settings: Settings) -> checkout.Checkout:
    assert visit.cart_id is not None
    return checkout.Checkout(
        cart_id=visit.cart_id,
        email=filled.email,
        name=filled.name,
        company=filled.company,
        street=filled.street,
        postcode=filled.postcode,
        city=filled.city,
        country=filled.country or settings.country,
        phone=filled.phone,
        shipping=filled.shipping,
        payment=filled.payment,
        instructions=filled.instructions,
        customer_id=visit.customer_id,
        locale=current_locale(),
        expected_total=filled.total,
        expected_shipping=filled.total_shipping,
        expected_country=filled.total_country,
        news_wording=news_wording() if filled.news else "",
    )


async def _again(
    request: Request[Any, Any, Any],
    database: Database,
    visit: Visit,
    settings: Settings,
    filled: Filled,
    error: Invalid | Conflict,
) -> Response[Any]:
    async with database.statements() as session:
        facts = await _context(session, visit, settings, msgspec.structs.asdict(filled))
    if facts is None:
        notices.leave(request, "cart.emptied")
        return Redirect("/cart", status_code=303)
    fields = {name: _(words) for name, words in getattr(error, "fields", {}).items()}
    status = 422 if isinstance(error, Invalid) else 409
    said = {
        "errors": fields,
        "message": _(error.message),
        "tone": "info" if isinstance(error, checkout.Unconfirmed) else "danger",
    }
    return page("store/checkout.html", facts | said, status_code=status)


async def _onward(database: Database, gateway: Gateway, settings: Settings, order: Order) -> str:
    """Where to go with a placed order, which stays placed whatever the card company says."""
    back = paying.order_path(order, settings, "/thanks")
    async with database.transaction() as session:
        invoice = await invoices.finalise_of(session, order.id)
        begun = await attempts.open_attempt(session, invoice.id)
    offline = begun is not None and begun.method == order.payment_code and begun.kind != "card"
    if not invoice.total or offline:
        return back
    try:
        return await paying.pay(database, gateway, settings, invoice, order.payment_code, back)
    except DomainError:
        return back


handlers = [show_checkout, show_quote, place_order]
