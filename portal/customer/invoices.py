"""Invoices: as paper with a paying box beside it, for their customer or whoever holds a link to one."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.errors import DomainError, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from estore import access, attempts, documents, invoices, methods
from estore.books import Invoice, InvoiceKind, InvoiceStatus, PaymentStatus
from estore.gateway import Gateway
from portal.customer import paying
from portal.guards import anyone, customer
from portal.limits import Limits, client
from portal.rendering import page
from portal.visits import Visit

LINK_TRIES = "60/15 minutes"


async def context(database: Database, invoice: Invoice, path: str) -> dict[str, Any]:
    """What an invoice's page shows; `path` is where its forms and its PDF are."""
    async with database.transaction() as session:
        sheet = await documents.sheet(session, invoice)
        ways = await methods.offered(session)
        payment = await attempts.latest(session, invoice.id)
    transfer = next((one for one in ways if one.kind == "transfer"), None)
    return {
        "invoice": invoice,
        "sheet": sheet.facts,
        "path": path,
        "payable": invoice.kind == InvoiceKind.INVOICE and invoice.status == InvoiceStatus.OPEN,
        "card": next((one for one in ways if one.kind == "card"), None),
        "transfer": transfer,
        "reference": payment.reference if payment and payment.reference else invoice.label,
        "payment": payment,
        "unknown": payment is not None and payment.status == PaymentStatus.UNKNOWN,
        "message": "",
    }


async def _pdf(database: Database, invoice: Invoice) -> Response[bytes]:
    async with database.transaction() as session:
        sheet = await documents.sheet(session, invoice)
    content = await asyncio.to_thread(documents.pdf, sheet)
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{sheet.filename}"'},
    )


async def _pay(
    database: Database,
    gateway: Gateway,
    settings: Settings,
    invoice: Invoice,
    method: str,
    path: str,
    name: str,
) -> Response[Any]:
    try:
        target = await paying.pay(database, gateway, settings, invoice, method, path)
    except NotFound:
        raise
    except DomainError as error:
        facts = await context(database, invoice, path)
        return page(name, facts | {"message": _(error.message)}, status_code=409)
    return Redirect(target, status_code=303)


async def _fresh(
    request: Request[Any, Any, Any], database: Database, gateway: Gateway, invoice: Invoice
) -> Invoice:
    """The invoice after a look at what is under way for it."""
    async with database.transaction() as session:
        payment = await attempts.open_attempt(session, invoice.id)
    returned = paying.RETURNED in request.query_params
    if await paying.look(database, gateway, payment, returned=returned):
        async with database.transaction() as session:
            return await session.get_one(Invoice, invoice.id)
    return invoice


@get("/account/invoices", guards=[customer])
async def list_invoices(visit: NamedDependency[Visit], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        found = await invoices.of_customer(session, visit.customer)
    return page("account/invoices.html", {"invoices": found})


@get("/account/invoices/{label:str}", guards=[customer])
async def show_invoice(
    request: Request[Any, Any, Any],
    label: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    gateway: NamedDependency[Gateway],
) -> Response[Any]:
    invoice = await _own(database, label, visit)
    invoice = await _fresh(request, database, gateway, invoice)
    return page(
        "account/invoice.html", await context(database, invoice, f"/account/invoices/{invoice.label}")
    )


@get("/account/invoices/{label:str}/pdf", guards=[customer])
async def download_invoice(
    label: FromPath[str], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[bytes]:
    return await _pdf(database, await _own(database, label, visit))


@post("/account/invoices/{label:str}", guards=[customer])
async def pay_invoice(
    request: Request[Any, Any, Any],
    label: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
) -> Response[Any]:
    invoice = await _own(database, label, visit)
    method = str((await request.form()).get("payment", "card"))
    path = f"/account/invoices/{invoice.label}"
    return await _pay(database, gateway, settings, invoice, method, path, "account/invoice.html")


async def _own(database: Database, label: str, visit: Visit) -> Invoice:
    async with database.transaction() as session:
        return await invoices.theirs(session, label, visit.customer)


@get("/pay/{token:str}", guards=[anyone])
async def show_link(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    gateway: NamedDependency[Gateway],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """The invoice that a link opens; looking at it, however often, uses nothing up."""
    await limits.take(LINK_TRIES, "pay-link", client(request))
    async with database.transaction() as session:
        invoice = await access.open_link(session, token)
    invoice = await _fresh(request, database, gateway, invoice)
    facts = await context(database, invoice, f"/pay/{token}")
    return page("store/pay.html", facts, headers=paying.PRIVATE)


@get("/pay/{token:str}/pdf", guards=[anyone])
async def download_by_link(token: FromPath[str], database: NamedDependency[Database]) -> Response[bytes]:
    async with database.transaction() as session:
        invoice = await access.open_link(session, token)
    return await _pdf(database, invoice)


@post("/pay/{token:str}", guards=[anyone])
async def pay_by_link(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gateway: NamedDependency[Gateway],
) -> Response[Any]:
    async with database.transaction() as session:
        invoice = await access.open_link(session, token)
    method = str((await request.form()).get("payment", "card"))
    return await _pay(database, gateway, settings, invoice, method, f"/pay/{token}", "store/pay.html")


handlers = [
    list_invoices, show_invoice, download_invoice, pay_invoice, show_link, download_by_link, pay_by_link,
]  # fmt: skip
