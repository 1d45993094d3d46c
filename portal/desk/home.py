"""The first page of the desk: what today looks like, each number leading to what is behind it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.models import Broadcast, BroadcastState
from core.clock import now
from core.database import Database
from core.settings import Settings
from core.staff import Role
from estore.models import Invoice, InvoiceKind, InvoiceStatus, Order, OrderStatus, Payment, PaymentStatus
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit
from support.models import UNDONE, Ticket, TicketStatus

ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Store:
    """Orders and money since midnight, beside the same hours of yesterday; amounts in minor units."""

    orders: int
    orders_before: int
    taken: int
    taken_before: int
    to_pack: int
    unpaid: int
    unpaid_sum: int


async def store(session: AsyncSession, at: datetime) -> Store:
    midnight = at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    counted = Order.status != OrderStatus.CANCELLED
    orders = (
        await session.execute(
            select(
                func.count().filter(Order.placed_at >= midnight, counted),
                func.count().filter(Order.placed_at.between(midnight - day, at - day), counted),
                func.count().filter(Order.status == OrderStatus.PAID),
            ).where((Order.placed_at >= midnight - day) | (Order.status == OrderStatus.PAID))
        )
    ).one()
    taken = (
        await session.execute(
            select(
                func.coalesce(func.sum(Payment.amount).filter(Payment.settled_at >= midnight), 0),
                func.coalesce(
                    func.sum(Payment.amount).filter(Payment.settled_at.between(midnight - day, at - day)), 0
                ),
            ).where(Payment.settled_at >= midnight - day, Payment.status == PaymentStatus.SUCCEEDED)
        )
    ).one()
    unpaid = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(Invoice.total), 0)).where(
                Invoice.status == InvoiceStatus.OPEN, Invoice.kind == InvoiceKind.INVOICE
            )
        )
    ).one()
    return Store(orders[0], orders[1], int(taken[0]), int(taken[1]), orders[2], unpaid[0], int(unpaid[1]))


@dataclass(frozen=True)
class Support:
    undone: int
    new: int
    unassigned: int
    mine: int
    oldest_waiting_at: datetime | None


async def support(session: AsyncSession, visit: Visit) -> Support:
    row = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(Ticket.status == TicketStatus.NEW),
                func.count().filter(Ticket.assignee_id.is_(None)),
                func.count().filter(Ticket.assignee_id == visit.colleague.id),
                func.min(Ticket.waiting_since),
            ).where(Ticket.status.in_(UNDONE))
        )
    ).one()
    return Support(*row)


async def campaigns(session: AsyncSession) -> list[Broadcast]:
    """What is on its way or planned."""
    over = (BroadcastState.FINISHED, BroadcastState.CANCELLED)
    return list(
        await session.scalars(
            select(Broadcast).where(Broadcast.state.not_in(over)).order_by(Broadcast.id.desc()).limit(5)
        )
    )


@get("/desk", guards=[staff()])
async def show_home(
    visit: NamedDependency[Visit], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """Only what the colleague's roles include is asked for and shown."""
    me = visit.colleague
    context: dict[str, Any] = {"now": now(), "me": me, "currency": settings.currency}
    async with database.transaction() as session:
        context["store"] = await store(session, now()) if me.may_act_as(Role.MERCHANDISER) else None
        context["support"] = await support(session, visit) if me.may_act_as(Role.AGENT) else None
        context["campaigns"] = await campaigns(session) if me.may_act_as(Role.MARKETER) else None
    return page("desk/home.html", context)


handlers = [show_home]
