"""An order's page, for its customer or whoever holds its link; and what is told after paying."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.clock import now
from core.database import Database
from core.errors import Conflict, DomainError, NotFound
from core.rendering import current_locale
from core.rendering import gettext as _
from core.settings import Settings
from estore import access, carriers, catalogue, orders
from estore.books import PaymentStatus
from estore.gateway import Gateway
from estore.goods import PaymentMethod
from estore.models import Order, OrderStatus
from portal.customer import paying
from portal.customer.store import amount
from portal.guards import anyone, customer
from portal.pictures import picture
from portal.rendering import page
from portal.visits import Visit

Token = Annotated[str, QueryParameter(name="token", max_length=300)]
FRESH = timedelta(minutes=30)


def steps(order: Order, *, pays_later: bool = False) -> list[tuple[str, str, Any]]:
    """The road of an order: (done, now, later or failed; word; when)."""
    moments = [
        (_("Placed"), order.placed_at),
        (_("Paid"), order.paid_at),
        (_("Packed"), order.packed_at),
        (_("Shipped"), order.shipped_at),
        (_("Delivered"), order.delivered_at),
    ]
    if pays_later:
        moments.append(moments.pop(1))
    if order.status == OrderStatus.CANCELLED:
        passed = [("done", word, when) for word, when in moments if when is not None]
        return [*passed, ("failed", _("Cancelled"), order.cancelled_at)]
    road = []
    waiting = False
    for word, when in moments:
        road.append(("done" if when else "later" if waiting else "now", word, when))
        waiting = waiting or when is None
    return road


def context(settings: Settings, shown: orders.Shown, token: str = "") -> dict[str, Any]:
    """What an order's page shows."""
    order, payment, ways = shown.order, shown.payment, shown.ways
    method = next((one for one in ways if one.code == order.payment_code), None)
    return {
        "order": order,
        "follow": carriers.page(order.carrier, order.tracking, current_locale()),
        "token": token or access.order_token(order.id, settings.secret_key.get_secret_value()),
        "lines": [
            {
                "name": line.name,
                "detail": line.detail,
                "quantity": line.quantity,
                "href": f"/p/{line.slug}",
                "picture": picture(line.picture),
                "amount": amount(line.total, order.currency),
            }
            for line in shown.lines
        ],
        "rows": [
            (_("Goods"), amount(order.goods, order.currency)),
            (order.shipping_name, amount(order.shipping, order.currency) if order.shipping else _("Free")),
        ],
        "total": amount(order.total, order.currency),
        "steps": steps(order, pays_later=method is not None and method.kind == "later"),
        "documents": [one for one in shown.invoices if one.number is not None],
        "payment": payment,
        "state": _state(shown, method),
        "method": method,
        "bank": method.instructions if method and method.kind == "transfer" else {},
        "deadline": shown.until,
        "payments": [
            (one.code, *(catalogue.words(one, key, current_locale()) for key in ("name", "detail")))
            for one in ways
            if not one.for_companies and one.kind != "later"
        ],
        "message": "",
    }


def _state(shown: orders.Details, method: PaymentMethod | None) -> str:
    """How the money stands, in one word that the page has sentences for."""
    order, payment = shown.order, shown.payment
    if order.status == OrderStatus.CANCELLED:
        return "cancelled"
    if order.paid_at is not None or order.total == 0:
        return "paid"
    if payment is None or payment.status == PaymentStatus.FAILED:
        return "failed"
    if payment.status == PaymentStatus.UNKNOWN:
        return "unknown"
    if payment.kind == "card":
        return "waiting" if payment.provider_session else "unpaid"
    return payment.kind


@get("/orders/{number:str}", guards=[anyone])
async def show_order(
    number: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    token: Token = "",
) -> Response[Any]:
    shown = await paying.open_order(database, settings, visit, number, token)
    return page("store/order.html", context(settings, shown, token), headers=paying.PRIVATE)


@get("/orders/{number:str}/thanks", guards=[anyone])
async def show_thanks(
    number: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
    token: Token = "",
) -> Response[Any]:
    """How it stands, asked anew: nothing is thanked for that has not happened."""
    facts = await _thanks(database, settings, gateway, visit, number, token)
    return page("store/thanks.html", facts, headers=paying.PRIVATE)


@get("/orders/{number:str}/thanks/state", guards=[anyone])
async def show_state(
    number: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
    token: Token = "",
) -> Response[Any]:
    """The same as a fragment, for the page that waits."""
    facts = await _thanks(database, settings, gateway, visit, number, token)
    return page("store/_thanks.html", facts, headers=paying.PRIVATE)


async def _thanks(
    database: Database, settings: Settings, gateway: Gateway, visit: Visit, number: str, token: str
) -> dict[str, Any]:
    shown = await paying.open_order(database, settings, visit, number, token)
    if await paying.look(database, gateway, shown.payment):
        shown = await paying.open_order(database, settings, visit, number, token)
    facts = context(settings, shown, token)
    return facts | {"fresh": shown.order.placed_at > now() - FRESH}


@post("/orders/{number:str}/pay", guards=[anyone])
async def pay_order(
    request: Request[Any, Any, Any],
    number: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
    token: Token = "",
) -> Response[Any]:
    shown = await paying.open_order(database, settings, visit, number, token)
    method = str((await request.form()).get("payment", "")) or shown.order.payment_code
    back = paying.order_path(shown.order, settings, "/thanks")
    if shown.invoice is None:
        raise Conflict("There is nothing to pay on this order.")
    try:
        invoice = await paying.invoice_number(database, shown.invoice.id)
        target = await paying.pay(database, gateway, settings, invoice, method, back)
    except NotFound:
        raise
    except DomainError as error:
        shown = await paying.open_order(database, settings, visit, number, token)
        facts = context(settings, shown, token)
        return page("store/order.html", facts | {"message": _(error.message)}, status_code=409)
    return Redirect(target, status_code=303)


@get("/account/orders", guards=[customer])
async def list_orders(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        found = await orders.of_customer(session, visit.customer)
        first = {order.id: await orders.lines(session, order.id) for order in found[:50]}
    return page(
        "account/orders.html",
        {
            "orders": [
                (order, amount(order.total, order.currency), first.get(order.id, [])) for order in found
            ]
        },
    )


@get("/account/orders/{number:str}", guards=[customer])
async def show_own_order(
    number: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    shown = await paying.open_order(database, settings, visit, number, "")
    return page("account/order.html", context(settings, shown))


handlers = [show_order, show_thanks, show_state, pay_order, list_orders, show_own_order]
