"""Campaigns at a glance: what is under way, what the last one came to, and how much was sent when."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.figures import Figures, figures
from campaigns.models import Broadcast, BroadcastState
from core.days import Span, bounds

UNDER_WAY = (
    BroadcastState.SCHEDULED,
    BroadcastState.PREPARING,
    BroadcastState.SENDING,
    BroadcastState.PAUSED,
)


@dataclass(frozen=True)
class Counted:
    """A broadcast with its figures; none before its audience is frozen."""

    broadcast: Broadcast
    figures: Figures | None


@dataclass(frozen=True)
class Sent:
    """What campaigns did in some days: messages sent, clicks by people, and credited orders in minor units."""

    sent: int = 0
    clicked: int = 0
    bought: int = 0
    revenue: int = 0


async def under_way(session: AsyncSession, limit: int = 5) -> list[Counted]:
    """What is on its way or planned, what is being sent first."""
    on_its_way = Broadcast.state.in_((BroadcastState.PREPARING, BroadcastState.SENDING))
    rows = await session.scalars(
        select(Broadcast)
        .where(Broadcast.state.in_(UNDER_WAY))
        .order_by(on_its_way.desc(), Broadcast.scheduled_at, Broadcast.id.desc())
        .limit(limit)
    )
    return [
        Counted(one, await figures(session, one.id) if one.audience is not None else None) for one in rows
    ]


async def last_finished(session: AsyncSession) -> Counted | None:
    """The campaign that was finished last, with its result."""
    broadcast = await session.scalar(
        select(Broadcast)
        .where(Broadcast.state == BroadcastState.FINISHED)
        .order_by(Broadcast.finished_at.desc(), Broadcast.id.desc())
        .limit(1)
    )
    return Counted(broadcast, await figures(session, broadcast.id)) if broadcast else None


async def launched(session: AsyncSession, span: Span, limit: int = 100) -> list[Counted]:
    """The campaigns launched in some days, newest first."""
    rows = await session.scalars(
        select(Broadcast)
        .where(Broadcast.launched_at >= span.starts_at, Broadcast.launched_at < span.ends_at)
        .order_by(Broadcast.launched_at.desc(), Broadcast.id)
        .limit(limit)
    )
    return [Counted(one, await figures(session, one.id)) for one in rows]


async def drafts(session: AsyncSession) -> int:
    counted = select(func.count()).select_from(Broadcast).where(Broadcast.state == BroadcastState.DRAFT)
    return await session.scalar(counted) or 0


# The timeline's index by kind and time answers this without reading an entry.
_ENTRIES = text("""
SELECT kind, width_bucket(occurred_at, cast(:starts AS timestamptz[])) AS part, count(*) AS number
FROM timeline_entry
WHERE kind IN ('campaign.sent', 'campaign.clicked') AND occurred_at >= :begin AND occurred_at < :end
GROUP BY 1, 2
""")
_BOUGHT = text("""
SELECT width_bucket(placed_at, cast(:starts AS timestamptz[])) AS part, count(*) AS number,
    coalesce(sum(amount) FILTER (WHERE currency = :currency), 0) AS amount
FROM attributed_order WHERE placed_at >= :begin AND placed_at < :end GROUP BY 1
""")


async def tally(session: AsyncSession, parts: Sequence[Span], currency: str) -> list[Sent]:
    """What campaigns did in each of some adjoining spans."""
    values = bounds(parts)
    entries = {(row.kind, row.part): row.number for row in await session.execute(_ENTRIES, values)}
    bought = {row.part: row for row in await session.execute(_BOUGHT, {**values, "currency": currency})}
    return [
        Sent(
            entries.get(("campaign.sent", place), 0),
            entries.get(("campaign.clicked", place), 0),
            bought[place].number if place in bought else 0,
            int(bought[place].amount) if place in bought else 0,
        )
        for place in range(1, len(parts) + 1)
    ]


@dataclass(frozen=True)
class Share:
    """What one campaign did in some days; sums are in minor units."""

    id: UUID
    name: str
    channel: str
    state: str
    sent: int
    clicked: int
    bought: int
    revenue: int


_SHARES = text("""
WITH said AS (
    SELECT subject_id AS id, count(*) FILTER (WHERE kind = 'campaign.sent') AS sent,
        count(*) FILTER (WHERE kind = 'campaign.clicked') AS clicked
    FROM timeline_entry
    WHERE kind IN ('campaign.sent', 'campaign.clicked') AND occurred_at >= :begin AND occurred_at < :end
    GROUP BY 1
), bought AS (
    SELECT broadcast_id AS id, count(*) AS bought,
        coalesce(sum(amount) FILTER (WHERE currency = :currency), 0) AS revenue
    FROM attributed_order WHERE placed_at >= :begin AND placed_at < :end GROUP BY 1
)
SELECT b.id, b.name, b.channel, b.state, coalesce(said.sent, 0) AS sent,
    coalesce(said.clicked, 0) AS clicked, coalesce(bought.bought, 0) AS bought,
    cast(coalesce(bought.revenue, 0) AS bigint) AS revenue
FROM said FULL JOIN bought ON bought.id = said.id JOIN broadcast b ON b.id = coalesce(said.id, bought.id)
ORDER BY revenue DESC, sent DESC, b.id
LIMIT 200
""")


async def shares(session: AsyncSession, span: Span, currency: str) -> list[Share]:
    """What each campaign did in these days, by what it brought; their sums are those of `tally`."""
    values = {"begin": span.starts_at, "end": span.ends_at, "currency": currency}
    return [Share(**row) for row in (await session.execute(_SHARES, values)).mappings()]
