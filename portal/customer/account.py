"""The customer's own pages: what is open first, then the history, and what they say about themselves."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from babel import Locale
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

import portal.timeline
from core.clock import now
from core.database import Database
from core.errors import Invalid
from core.money import formatted
from core.rendering import LANGUAGES, current_locale
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities, merging, profile
from customers.models import AddressKind, IdentityKind
from estore import invoices, orders, quotes
from estore.books import InvoiceKind, InvoiceStatus
from estore.models import OrderStatus
from portal import visits
from portal.forms import read_form
from portal.guards import customer
from portal.rendering import page
from portal.visits import Visit
from support import tickets
from support.models import TicketStatus

ON_ITS_WAY = (OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.SHIPPED)
A_FEW = 10
PARTS = ("messages", "orders", "money", "tickets")  # the chips that stand above a customer's own history


@dataclass(frozen=True)
class Open:
    """Something that waits: for the customer's money, the parcel service, or an answer."""

    kind: str
    title: str
    detail: str
    href: str
    act: str
    urgent: bool = False


async def _to_pay(session: AsyncSession, customer_id: UUID) -> list[Open]:
    today = now().date()
    found = []
    for invoice in await invoices.of_customer(session, customer_id):
        if invoice.kind != InvoiceKind.INVOICE or invoice.status != InvoiceStatus.OPEN:
            continue
        overdue = invoice.due_on is not None and invoice.due_on < today
        found.append(
            Open(
                "invoice.issued",
                _("Invoice %(number)s, %(amount)s")
                % {
                    "number": invoice.label,
                    "amount": formatted(invoice.total, invoice.currency, current_locale()),
                },
                _("overdue") if overdue else _("not paid yet"),
                f"/account/invoices/{invoice.label}",
                _("Pay"),
                overdue,
            )
        )
    return found


async def _on_its_way(session: AsyncSession, customer_id: UUID) -> list[Open]:
    words = {
        OrderStatus.PAID: _("paid, we are about to pack it"),
        OrderStatus.PACKED: _("packed, waiting to be fetched"),
        OrderStatus.SHIPPED: _("with the parcel service"),
    }
    return [
        Open(
            "order.shipped",
            _("Order %(number)s") % {"number": order.number},
            words[OrderStatus(order.status)],
            f"/account/orders/{order.number}",
            _("Follow"),
        )
        for order in await orders.of_customer(session, customer_id)
        if order.status in ON_ITS_WAY
    ]


async def _asked(session: AsyncSession, customer_id: UUID) -> list[Open]:
    found = []
    for ticket in await tickets.of_customer(session, customer_id, undone=True):
        theirs = ticket.status == TicketStatus.PENDING
        found.append(
            Open(
                "ticket.opened",
                ticket.subject or _("Ticket %(number)s") % {"number": ticket.number},
                _("we wait for your answer") if theirs else _("we are on it"),
                f"/account/tickets/{ticket.id}",
                _("Answer") if theirs else _("Read"),
                theirs,
            )
        )
    return sorted(found, key=lambda item: not item.urgent)


@get("/account", guards=[customer])
async def show_home(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        context = {
            "to_pay": await _to_pay(session, visit.customer),
            "on_its_way": await _on_its_way(session, visit.customer),
            "asked": await _asked(session, visit.customer),
            "line": await portal.timeline.read(
                session, await merging.group(session, visit.customer), at_desk=False, limit=A_FEW
            ),
            "name": (await profile.show(session, visit.customer)).name,
        }
    return page("account/home.html", context)


@get("/account/history", guards=[customer])
async def show_history(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    part: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    part = part if part in PARTS else ""
    async with database.transaction() as session:
        records = await merging.group(session, visit.customer)
        line = await portal.timeline.read(session, records, at_desk=False, family=part, before=before or None)
    older = f"/account/history?{urlencode({'part': part, 'before': line.older})}" if line.older else ""
    chips = [("", _("All"), "/account/history")] + [
        (name, words, f"/account/history?part={name}", kind)
        for name, words, kind in portal.timeline.families()
        if name in PARTS
    ]
    return page("account/history.html", {"line": line, "part": part, "older": older, "chips": chips})


class Profile(msgspec.Struct):
    name: str
    company: str = ""
    phone: str = ""
    language: str = "en"


class PostalAddress(msgspec.Struct):
    name: str
    street: str
    postcode: str
    city: str
    country: str
    kind: str = "delivery"
    company: str = ""


@get("/account/profile", guards=[customer])
async def show_profile(
    visit: NamedDependency[Visit], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _profile_page(database, visit.customer, settings)


async def _profile_page(
    database: Database,
    customer_id: UUID,
    settings: Settings,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
    form: str = "",
) -> Response[Any]:
    async with database.transaction() as session:
        person = await profile.show(session, customer_id)
        contacts = await identities.contacts(session, customer_id)
        context = {
            "person": {
                "name": person.name,
                "company": person.company,
                "language": person.locale,
                "phone": next((one.value for one in contacts if one.kind == IdentityKind.PHONE), ""),
            },
            "contacts": [one for one in contacts if one.kind != IdentityKind.CHAT],
            "addresses": await profile.addresses(session, customer_id),
            "countries": _named(await quotes.countries(session) or [settings.country]),
        }
    if typed is not None and form == "profile":
        context["person"] = typed
    context |= {"errors": errors or {}, "form": form, "typed": typed if form == "address" and typed else {}}
    return page("account/profile.html", context, status_code=422 if errors else 200)


def _named(countries: list[str]) -> list[tuple[str, str]]:
    """Country codes with their names in the reader's language, in its order."""
    names = Locale.parse(current_locale()).territories
    return sorted(((code, names.get(code, code)) for code in countries), key=lambda pair: pair[1])


def _told(error: Invalid) -> dict[str, str]:
    return {name: _(sentence) for name, sentence in error.fields.items()}


async def _typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


@post("/account/profile", guards=[customer])
async def change_profile(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    try:
        form = await read_form(request, Profile)
        language = form.language if form.language in LANGUAGES else "en"
        async with database.transaction() as session:
            await profile.change(
                session,
                visit.customer,
                name=form.name,
                company=form.company,
                phone=form.phone,
                locale=language,
                country=settings.country,
            )
            await visits.remember(session, request, locale=language)
    except Invalid as error:
        typed = {"name": "", "company": "", "phone": "", "language": "en"} | await _typed(request)
        return await _profile_page(
            database, visit.customer, settings, errors=_told(error), typed=typed, form="profile"
        )
    return Redirect("/account/profile", status_code=303)


@post("/account/addresses", guards=[customer])
async def add_address(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    try:
        form = msgspec.structs.asdict(await read_form(request, PostalAddress))
        kind = AddressKind.BILLING if form.pop("kind") == AddressKind.BILLING else AddressKind.DELIVERY
        async with database.transaction() as session:
            await profile.add_address(session, visit.customer, kind, **form)
    except Invalid as error:
        return await _profile_page(
            database,
            visit.customer,
            settings,
            errors=_told(error) or {"name": _(error.message)},
            typed=await _typed(request),
            form="address",
        )
    return Redirect("/account/profile", status_code=303)


@post("/account/addresses/{address_id:uuid}/remove", guards=[customer])
async def remove_address(
    address_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await profile.remove_address(session, visit.customer, address_id)
    return Redirect("/account/profile", status_code=303)


handlers = [show_home, show_history, show_profile, change_profile, add_address, remove_address]
