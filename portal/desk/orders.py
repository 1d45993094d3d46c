"""Orders at the desk: from paid to delivered, or off."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.days import chosen
from core.errors import Conflict, Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from estore import carriers, orders, payments, refunds
from estore.books import PaymentStatus
from estore.models import OrderStatus
from portal import periods
from portal.customer.orders import steps
from portal.desk.catalogue import minor
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page

HERE = "/desk/store/orders"
STORE = staff(Role.MERCHANDISER, Role.AGENT)
PAGE_SIZE = 50


class Shipping(msgspec.Struct):
    carrier: str = ""
    tracking: str = ""


class Reason(msgspec.Struct):
    reason: str = ""


class Money(msgspec.Struct):
    amount: str
    reason: str = ""


@get(HERE, guards=[STORE])
async def list_orders(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Everyone's, newest first; `from` and `to` keep those that were placed in these days."""
    span = chosen(request.query_params, settings.zone)
    status = str(request.query_params.get("status", ""))
    status = status if status in set(OrderStatus) else ""
    words = str(request.query_params.get("q", ""))[:100]
    given = str(request.query_params.get("page", "1"))
    number = min(int(given), 1000) if given.isdecimal() and len(given) < 5 and int(given) else 1
    async with database.transaction() as session:
        found = await orders.recent(session, status, words, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE, span)
        counts = await orders.counts(session, span)
    placed = f"{periods.query(span)}&" if span else ""
    query = placed + (f"status={status}&" if status else "")
    return page(
        "desk/orders.html",
        {
            "orders": found[:PAGE_SIZE],
            "status": status,
            "words": words,
            "placed": periods.words(span) if span else "",
            "any_day": f"{HERE}?status={status}" if status else HERE,
            "tabs": [("", _("All"), f"{HERE}?{placed}".rstrip("?&"), sum(counts.values()))]
            + [
                (str(one), word, f"{HERE}?{placed}status={one}", counts.get(one, 0))
                for one, word in (
                    (OrderStatus.PLACED, _("Placed")),
                    (OrderStatus.PAID, _("To pack")),
                    (OrderStatus.PACKED, _("To ship")),
                    (OrderStatus.SHIPPED, _("On its way")),
                    (OrderStatus.DELIVERED, _("Delivered")),
                    (OrderStatus.CANCELLED, _("Cancelled")),
                )
            ],
            "previous": f"{HERE}?{query}page={number - 1}" if number > 1 else None,
            "next": f"{HERE}?{query}page={number + 1}" if len(found) > PAGE_SIZE else None,
        },
    )


async def _page(
    database: Database,
    number: str,
    *,
    message: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    async with database.transaction() as session:
        shown = await orders.details(session, await orders.by_number(session, number))
        payment = shown.payment
        left = payment.amount - await refunds.promised(session, payment.id) if payment else 0
    order = shown.order
    later = payment is not None and payment.kind == "later"
    context = {
        "order": order,
        "follow": carriers.page(order.carrier, order.tracking),
        "carriers": list(carriers.PAGES),
        "lines": shown.lines,
        "documents": [one for one in shown.invoices if one.number is not None],
        "payment": payment,
        "steps": steps(order, pays_later=later),
        "can_pack": order.status == OrderStatus.PAID or (order.status == OrderStatus.PLACED and later),
        "can_cancel": order.status in orders.CAN_BE_CANCELLED,
        "can_receive": payment is not None
        and payment.kind != "card"
        and payment.status in (PaymentStatus.PENDING, PaymentStatus.UNKNOWN),
        "refundable": left if payment is not None and payment.status == PaymentStatus.SUCCEEDED else 0,
        "message": message,
        "errors": errors or {},
    }
    return page("desk/order.html", context, status_code=status)


@get(f"{HERE}/{{number:str}}", guards=[STORE])
async def show_order(number: FromPath[str], database: NamedDependency[Database]) -> Response[Any]:
    return await _page(database, number)


@post(f"{HERE}/{{number:str}}/{{act:str}}", guards=[STORE])
async def act_on_order(
    request: Request[Any, Any, Any],
    number: FromPath[str],
    act: FromPath[str],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Pack, ship, deliver, cancel, refund, or mark money as received; what is refused is said on the page."""
    try:
        async with database.transaction() as session:
            order = await orders.by_number(session, number)
            match act:
                case "pack":
                    await orders.advance(session, order.id, OrderStatus.PACKED)
                case "ship":
                    sent = await read_form(request, Shipping)
                    await orders.advance(
                        session, order.id, OrderStatus.SHIPPED, carrier=sent.carrier, tracking=sent.tracking
                    )
                case "deliver":
                    await orders.advance(session, order.id, OrderStatus.DELIVERED)
                case "cancel":
                    said = await read_form(request, Reason)
                    await orders.cancel(session, order.id, said.reason or _("Cancelled by us."))
                case "receive":
                    money = await read_form(request, Money)
                    await payments.receive(
                        session, await _payment(session, order), minor(money.amount), money.reason
                    )
                case "refund":
                    money = await read_form(request, Money)
                    await refunds.refund(
                        session,
                        await _payment(session, order),
                        minor(money.amount),
                        money.reason or _("Refund"),
                    )
                case _:
                    raise NotFound("There is nothing at this address.")
    except (Conflict, Invalid) as error:
        fields = {name: _(words) for name, words in getattr(error, "fields", {}).items()}
        return await _page(database, number, message=_(error.message), errors=fields, status=409)
    return Redirect(f"{HERE}/{number}", status_code=303)


async def _payment(session: Any, order: Any) -> UUID:
    payment = (await orders.details(session, order)).payment
    if payment is None:
        raise Conflict("There is no payment for this order.")
    return payment.id


handlers = [list_orders, show_order, act_on_order]
