"""What a broadcast came to: every recipient in exactly one place, so that the parts always make the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.models import AttributedOrder, BroadcastRecipient, Click, Link, RecipientState
from customers.models import Customer


@dataclass(frozen=True)
class Money:
    currency: str
    amount: int


@dataclass(frozen=True)
class Figures:
    """`audience` is always `open + sent + failed + suppressed + held + unknown`."""

    audience: int
    open: int
    sent: int
    failed: int
    suppressed: int
    held: int
    unknown: int
    delivered: int
    clicked: int
    unsubscribed: int
    bought: int
    revenue: tuple[Money, ...]

    def adds_up(self) -> bool:
        parts = self.open + self.sent + self.failed + self.suppressed + self.held + self.unknown
        return parts == self.audience


@dataclass(frozen=True)
class LinkFigures:
    url: str
    people: int
    clicks: int
    not_human: int


@dataclass(frozen=True)
class LedgerRow:
    id: UUID
    customer_id: UUID
    name: str
    address: str
    state: str
    reason: str | None
    clicked: bool
    unsubscribed: bool


async def figures(session: AsyncSession, broadcast_id: UUID) -> Figures:
    """Counted from the ledger in one statement, so that what is shown was true at one instant."""
    mine = BroadcastRecipient.broadcast_id == broadcast_id
    rows = (
        await session.execute(
            select(
                BroadcastRecipient.state,
                func.count(),
                func.count(BroadcastRecipient.delivered_at),
                func.count(BroadcastRecipient.human_click_at),
                func.count(BroadcastRecipient.unsubscribed_at),
            )
            .where(mine)
            .group_by(BroadcastRecipient.state)
        )
    ).all()
    by_state = {row[0]: row[1] for row in rows}
    orders = (
        await session.execute(
            select(AttributedOrder.currency, func.count(), func.sum(AttributedOrder.amount))
            .where(AttributedOrder.broadcast_id == broadcast_id)
            .group_by(AttributedOrder.currency)
            .order_by(AttributedOrder.currency)
        )
    ).all()
    return Figures(
        audience=sum(by_state.values()),
        open=by_state.get(RecipientState.PENDING, 0) + by_state.get(RecipientState.QUEUED, 0),
        sent=by_state.get(RecipientState.SENT, 0),
        failed=by_state.get(RecipientState.FAILED, 0),
        suppressed=by_state.get(RecipientState.SUPPRESSED, 0),
        held=by_state.get(RecipientState.HELD, 0),
        unknown=by_state.get(RecipientState.UNKNOWN, 0),
        delivered=sum(row[2] for row in rows),
        clicked=sum(row[3] for row in rows),
        unsubscribed=sum(row[4] for row in rows),
        bought=sum(row[1] for row in orders),
        revenue=tuple(Money(currency, int(amount)) for currency, _, amount in orders),
    )


async def reasons(session: AsyncSession, broadcast_id: UUID) -> list[tuple[str, str, int]]:
    """Why recipients were not reached: (state, reason, how many), the most frequent first."""
    count = func.count()
    rows = await session.execute(
        select(BroadcastRecipient.state, BroadcastRecipient.reason, count)
        .where(BroadcastRecipient.broadcast_id == broadcast_id, BroadcastRecipient.reason.is_not(None))
        .group_by(BroadcastRecipient.state, BroadcastRecipient.reason)
        .order_by(count.desc(), BroadcastRecipient.state, BroadcastRecipient.reason)
        .limit(50)
    )
    return [(state, reason or "", number) for state, reason, number in rows]


async def links(session: AsyncSession, broadcast_id: UUID) -> list[LinkFigures]:
    """Each link with the people who followed it, their clicks, and the clicks that were nobody's."""
    human = Click.human.is_(True)
    rows = await session.execute(
        select(
            Link.url,
            func.count(Click.recipient_id.distinct()).filter(human),
            func.count(Click.id).filter(human),
            func.count(Click.id).filter(Click.human.is_(False)),
        )
        .outerjoin(Click, Click.link_id == Link.id)
        .where(Link.broadcast_id == broadcast_id)
        .group_by(Link.id)
        .order_by(Link.position)
    )
    return [LinkFigures(*row) for row in rows]


async def ledger(
    session: AsyncSession,
    broadcast_id: UUID,
    *,
    states: Sequence[str] = (),
    after: UUID | None = None,
    limit: int = 50,
) -> list[LedgerRow]:
    """A page of the recipients, in the order they were frozen; `after` is the last id of the page before."""
    query = (
        select(
            BroadcastRecipient.id,
            BroadcastRecipient.customer_id,
            Customer.name,
            BroadcastRecipient.address,
            BroadcastRecipient.state,
            BroadcastRecipient.reason,
            BroadcastRecipient.human_click_at.is_not(None),
            BroadcastRecipient.unsubscribed_at.is_not(None),
        )
        .join(Customer, Customer.id == BroadcastRecipient.customer_id)
        .where(BroadcastRecipient.broadcast_id == broadcast_id)
        .order_by(BroadcastRecipient.id)
        .limit(limit)
    )
    if states:
        query = query.where(BroadcastRecipient.state.in_(states))
    if after is not None:
        query = query.where(BroadcastRecipient.id > after)
    return [LedgerRow(*row) for row in await session.execute(query)]
