"""Obstacles: what keeps many messages waiting through no fault of theirs, and for how long.

A domain that answers "not now", an address of ours that a provider refuses, a road that nobody opens. They stand in
PostgreSQL, beside the messages: claiming sees them in the statement that it makes anyway, every worker sees the
same, and neither a restart nor an emptied Redis forgets them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import News, Outcome, Submission
from channels.models import Obstacle
from core.clock import now

# The first pause and the longest; each in a row is twice the one before. What a channel says itself goes before.
PAUSES = {
    "domain": (timedelta(seconds=15), timedelta(hours=1)),
    "sender": (timedelta(minutes=1), timedelta(hours=1)),
    "road": (timedelta(seconds=5), timedelta(hours=1)),
    "server": (timedelta(seconds=5), timedelta(hours=1)),
}
# A domain that has taken nothing for so long is not asked for messages that are as old (RFC 5321, 4.5.4.1).
PATIENCE = timedelta(days=5)
# So many messages of a batch try first when a pause is over; the others follow this much later.
FIRST, FOLLOW = 4, timedelta(seconds=5)
ROAD = ("road", "")
# People read of a server that was set aside for so long after its pause, if nobody has heard better.
SHOWN = timedelta(hours=1)

# What stands before a message, as a join: whose mail system has to take it is a part of the statement.
BEFORE = """
LEFT JOIN LATERAL (
    SELECT kind, name, until, since, reason FROM obstacle
    WHERE obstacle.channel = message.channel AND (
        kind = 'domain' AND name = lower(split_part({address}, '@', 2))
        OR kind = 'sender' AND name = message.account OR kind = 'road' AND name = ''
    )
    ORDER BY until DESC LIMIT 1
) AS o ON true
"""
# What set out before an obstacle was met says nothing new about it. Long after, it is a new one.
MEET = text("""
INSERT INTO obstacle AS o (channel, kind, name, tries, since, until, reason)
SELECT :channel, kind, name, 1, now(), now() + least(first, most), reason
FROM unnest(
    cast(:kinds AS text[]), cast(:names AS text[]), cast(:reasons AS text[]),
    cast(:firsts AS interval[]), cast(:mosts AS interval[])
) AS met (kind, name, reason, first, most)
ORDER BY kind, name
ON CONFLICT (channel, kind, name) DO UPDATE SET
    tries = CASE WHEN o.until < now() - interval '1 day' THEN 1
                 WHEN o.until <= :began THEN o.tries + 1
                 ELSE o.tries END,
    since = CASE WHEN o.until < now() - interval '1 day' THEN now() ELSE o.since END,
    until = CASE WHEN o.until < now() - interval '1 day' THEN excluded.until
                 WHEN o.until <= :began THEN now() + least(
                     (excluded.until - now()) * power(2, least(o.tries, 20)),
                     CASE o.kind WHEN 'domain' THEN cast(:most_domain AS interval)
                                 WHEN 'sender' THEN cast(:most_sender AS interval)
                                 ELSE excluded.until - now() END
                 )
                 ELSE o.until END,
    reason = excluded.reason
RETURNING kind, name, until
""")
SHRINK = text("""
UPDATE obstacle SET
    tries = CASE WHEN kind = 'domain' THEN tries / 2 ELSE 0 END,
    until = now() + cast(:follow AS interval)
WHERE (channel, kind, name) IN (
    SELECT o.channel, o.kind, o.name FROM obstacle o
    JOIN unnest(cast(:kinds AS text[]), cast(:names AS text[])) AS passed (kind, name) USING (kind, name)
    WHERE o.channel = :channel AND o.until <= now()
    ORDER BY o.kind, o.name FOR UPDATE OF o
)
""")
CLEAR = text(
    "DELETE FROM obstacle WHERE channel = :channel AND (tries < 1 OR kind = 'server' AND name = ANY(:names))"
)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


async def learn(
    session: AsyncSession, channel: str, outcomes: Sequence[tuple[Submission, Outcome]]
) -> dict[tuple[str, str], datetime]:
    """Note what a batch ran into, and what it got past; until when each obstacle stands now, by kind and name."""
    met: dict[tuple[str, str], tuple[str, timedelta | None]] = {}
    passed: set[tuple[str, str]] = set()
    well: set[str] = set()
    began: datetime | None = None
    for submission, outcome in outcomes:
        began = submission.claimed_at or began
        for news in outcome.news:
            _hear(news, met, well)
        for _, missed in outcome.missed:
            _run_into(missed, met)
        if outcome.hindrance is not None:
            _run_into(outcome, met)
        elif submission.wary and outcome.became == "accepted":
            passed |= set(stands_before(submission))
    until: dict[tuple[str, str], datetime] = {}
    if ROAD in met and any(outcome.became == "accepted" for _, outcome in outcomes):
        # The first got through, while the others kept out of its way.
        del met[ROAD]
        passed.add(ROAD)
        until[ROAD] = now() + FOLLOW
    if met:
        until |= await _meet(session, channel, met, began)
    passed -= met.keys()
    if passed:
        kinds, names = zip(*sorted(passed), strict=True)
        given = {"channel": channel, "kinds": list(kinds), "names": list(names), "follow": FOLLOW}
        await session.execute(SHRINK, given)
    if passed or well:
        await session.execute(CLEAR, {"channel": channel, "names": sorted(well)})
    return until


def _run_into(outcome: Outcome, met: dict[tuple[str, str], tuple[str, timedelta | None]]) -> None:
    if outcome.hindrance is not None:
        met[outcome.hindrance.kind, outcome.hindrance.name] = (outcome.reason, outcome.hindrance.pause)


def _hear(news: News, met: dict[tuple[str, str], tuple[str, timedelta | None]], well: set[str]) -> None:
    if news.pause is None:
        well.add(news.server)
        met.pop(("server", news.server), None)
    else:
        well.discard(news.server)
        met["server", news.server] = (news.reason, news.pause)


def stands_before(submission: Submission) -> Iterable[tuple[str, str]]:
    """The obstacles that would have stood before a message: kind and name."""
    yield "domain", domain_of(submission.addressee)
    yield "sender", submission.account
    yield ROAD


async def _meet(
    session: AsyncSession,
    channel: str,
    met: dict[tuple[str, str], tuple[str, timedelta | None]],
    began: datetime | None,
) -> dict[tuple[str, str], datetime]:
    rows = await session.execute(
        MEET,
        {
            "channel": channel,
            "kinds": [kind for kind, _ in met],
            "names": [name for _, name in met],
            "reasons": [reason for reason, _ in met.values()],
            "firsts": [pause or PAUSES[kind][0] for (kind, _), (_, pause) in met.items()],
            "mosts": [PAUSES[kind][1] for kind, _ in met],
            "most_domain": PAUSES["domain"][1],
            "most_sender": PAUSES["sender"][1],
            "began": began,
        },
    )
    return {(kind, name): until for kind, name, until in rows}


async def standing(session: AsyncSession) -> list[Obstacle]:
    """What keeps messages waiting now, or did until lately and nothing has got past it since: the latest first."""
    return list(
        await session.scalars(
            select(Obstacle)
            .where(Obstacle.until > text("now() - cast(:shown AS interval)").bindparams(shown=SHOWN))
            .order_by(Obstacle.kind.desc(), Obstacle.since.desc(), Obstacle.name)
            .limit(100)
        )
    )
