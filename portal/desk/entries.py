"""An entry of the line, opened in place: the words that were written, what was ordered, what was owed."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Message
from core.database import Database
from core.errors import NotAllowed, NotFound
from core.money import formatted
from core.rendering import current_locale
from core.rendering import gettext as _
from core.staff import Role
from customers import merging
from customers.models import ConsentRecord, TimelineEntry
from customers.timeline import entry as find
from estore import invoices, orders
from portal import timeline
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit
from support.models import Note, Ticket

# Whoever may open the part of the desk may read the entry in full.
ROLES = {
    "inbox": (Role.AGENT,),
    "store": (Role.AGENT, Role.MERCHANDISER),
    "money": (Role.AGENT, Role.MERCHANDISER),
    "customers": (Role.AGENT, Role.MARKETER, Role.MERCHANDISER),
}


@dataclass(frozen=True)
class Opened:
    """An entry in full: words as they were written, lines of (what, how much), facts of (name, value)."""

    words: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    status: tuple[str, str] | None = None
    href: str = ""
    leads: str = ""


@get(
    "/desk/customers/{customer_id:uuid}/line/{entry_id:uuid}",
    guards=[staff(Role.AGENT, Role.MARKETER, Role.MERCHANDISER)],
)
async def show_entry(
    customer_id: FromPath[UUID],
    entry_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """What the line unfolds under a sentence: a fragment."""
    async with database.transaction() as session:
        entry = await find(session, customer_id, entry_id)
        told = timeline.tell(entry)
        if told.place and not visit.colleague.may_act_as(*ROLES[told.place]):
            raise NotAllowed("Your role does not include this part of the desk.")
        theirs = await merging.group(session, customer_id)
        opened = await _open(session, entry, theirs)
    return page("desk/customers/_opened.html", {"opened": opened, "told": told})


async def _open(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    match entry.kind.split(".")[0]:
        case "message":
            return await _message(session, entry, theirs)
        case "note":
            return await _note(session, entry, theirs)
        case "ticket":
            return await _ticket(session, entry, theirs)
        case "order":
            return await _order(session, entry, theirs)
        case "invoice" | "payment":
            return await _invoice(session, entry, theirs)
        case "consent":
            return await _consent(session, entry, theirs)
    return Opened(facts=_facts(entry))


def _key(entry: TimelineEntry) -> UUID | None:
    """The id in a source key such as "note:0198…"."""
    try:
        return UUID(entry.source_key.split(":")[1])
    except (IndexError, ValueError):
        return None


async def _message(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    key = _key(entry)
    message = await session.get(Message, key) if key else None
    if message is None or message.customer_id not in theirs:
        return Opened(words=str(entry.payload.get("preview", "")), facts=_facts(entry))
    facts = [(_("Subject"), message.subject)] if message.subject else []
    facts.append((_("From"), message.sender_name or message.sender))
    return Opened(message.text, facts=facts, status=("message", str(message.status)))


async def _note(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    key = _key(entry)
    note = await session.get(Note, key) if key else None
    return (
        Opened(note.body) if note is not None and note.customer_id in theirs else Opened(facts=_facts(entry))
    )


async def _ticket(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    key = _key(entry)
    ticket = await session.get(Ticket, key) if key else None
    if ticket is None or ticket.customer_id not in theirs:
        return Opened(facts=_facts(entry))
    return Opened(
        facts=[(_("Ticket"), str(ticket.number)), (_("Subject"), ticket.subject)],
        status=("ticket", str(ticket.status)),
    )


async def _order(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    try:
        order = await orders.by_number(session, str(entry.payload.get("number", "")))
    except NotFound:
        return Opened(facts=_facts(entry))
    if order.customer_id not in theirs:
        return Opened(facts=_facts(entry))
    lines = [
        (
            " ".join(part for part in (f"{line.quantity} ×", line.name, line.detail) if part),
            _money(line.total, order.currency),
        )
        for line in await orders.lines(session, order.id)
    ]
    if order.discount:
        lines.append((_("Discount"), "−" + _money(order.discount, order.currency)))
    lines.append((order.shipping_name, _money(order.shipping, order.currency)))
    lines.append((_("Total"), _money(order.total, order.currency)))
    facts = [(_("Carrier"), f"{order.carrier} {order.tracking}".strip())] if order.carrier else []
    return Opened(lines=lines, facts=facts, status=("order", str(order.status)))


async def _invoice(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    label = str(entry.payload.get("number") or entry.payload.get("invoice") or "")
    try:
        invoice = await invoices.by_label(session, label)
    except NotFound:
        return Opened(facts=_facts(entry))
    if invoice.customer_id not in theirs:
        return Opened(facts=_facts(entry))
    facts = [
        (_("Invoice"), invoice.label),
        (_("Total"), _money(invoice.total, invoice.currency)),
    ]
    if reason := entry.payload.get("reason"):
        facts.append((_("Reason"), str(reason)))
    state = "credit_note" if invoice.kind == "credit_note" else str(invoice.status)
    return Opened(facts=facts, status=("invoice", state))


async def _consent(session: AsyncSession, entry: TimelineEntry, theirs: list[UUID]) -> Opened:
    number = entry.source_key.partition(":")[2]
    record = await session.get(ConsentRecord, int(number)) if number.isdecimal() else None
    if record is None or record.customer_id not in theirs:
        return Opened(facts=_facts(entry))
    return Opened(
        record.wording,
        facts=[
            (name, value)
            for name, value in (
                (_("Where"), record.source.replace("_", " ").capitalize()),
                (_("Address"), record.address),
                (_("Said by"), record.actor),
            )
            if value
        ],
    )


def _money(amount: int, currency: str) -> str:
    return formatted(amount, currency, current_locale())


def _facts(entry: TimelineEntry) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " ").capitalize(), str(value))
        for name, value in entry.payload.items()
        if value not in ("", None, [], False) and not name.endswith("_id")
    ]


handlers = [show_entry]
