"""Money at the desk: invoices, and the money that fits nothing yet."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.rendering import gettext as _
from core.staff import Role
from estore import documents, invoices, refunds, tasks
from estore.books import InvoiceStatus
from estore.models import Order
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/money"
MONEY = staff(Role.MERCHANDISER, Role.AGENT)
PAGE_SIZE = 50


@get(HERE, guards=[MONEY])
async def list_invoices(
    request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    status = str(request.query_params.get("status", ""))
    status = status if status in {*InvoiceStatus, "overdue"} - {InvoiceStatus.DRAFT} else ""
    given = str(request.query_params.get("page", "1"))
    number = min(int(given), 1000) if given.isdecimal() and len(given) < 5 and int(given) else 1
    async with database.transaction() as session:
        found = await invoices.recent(session, status, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
        waiting = await tasks.list_tasks(session)
    query = f"status={status}&" if status else ""
    return page(
        "desk/invoices.html",
        {
            "invoices": found[:PAGE_SIZE],
            "tasks": waiting,
            "status": status,
            "tabs": [
                ("", _("All"), HERE),
                ("open", _("Open"), f"{HERE}?status=open"),
                ("overdue", _("Overdue"), f"{HERE}?status=overdue"),
                ("paid", _("Paid"), f"{HERE}?status=paid"),
                ("void", _("Void"), f"{HERE}?status=void"),
            ],
            "previous": f"{HERE}?{query}page={number - 1}" if number > 1 else None,
            "next": f"{HERE}?{query}page={number + 1}" if len(found) > PAGE_SIZE else None,
        },
    )


@get(f"{HERE}/invoices/{{label:str}}", guards=[MONEY])
async def show_invoice(label: FromPath[str], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        invoice = await invoices.by_label(session, label)
        sheet = await documents.sheet(session, invoice)
        order = await session.get(Order, invoice.order_id) if invoice.order_id else None
    return page("desk/invoice.html", {"invoice": invoice, "sheet": sheet.facts, "order": order})


@get(f"{HERE}/invoices/{{label:str}}/pdf", guards=[MONEY])
async def download_invoice(label: FromPath[str], database: NamedDependency[Database]) -> Response[bytes]:
    async with database.transaction() as session:
        sheet = await documents.sheet(session, await invoices.by_label(session, label))
    content = await asyncio.to_thread(documents.pdf, sheet)
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{sheet.filename}"'},
    )


@post(f"{HERE}/tasks/{{task_id:uuid}}/done", guards=[MONEY])
async def finish_task(
    task_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """A colleague has dealt with it; money sent back by hand counts as refunded from now on."""
    async with database.transaction() as session:
        task = await tasks.finish(session, task_id, visit.colleague.id)
        if task.kind == "refund_by_transfer":
            await refunds.done(session, UUID(task.facts["refund_id"]))
    return Redirect(HERE, status_code=303)


handlers = [list_invoices, show_invoice, download_invoice, finish_task]
