"""What answering came to, day by day: each round of a ticket, from opening or reopening to solving.

A round is counted on the day that it began; a solution on the day that it was found. Waiting is the time from the
beginning of a round to a person's first answer; what no person has answered yet is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.days import Span, bounds
from support.models import IS_UNDONE

KINDS = ("opened", "answered", "late", "solved", "unsolved")


@dataclass(frozen=True)
class Rounds:
    """The rounds of some days: begun, solved, answered by a person by now, answered too late, and the median wait."""

    opened: int = 0
    solved: int = 0
    answered: int = 0
    late: int = 0
    waited: timedelta | None = None


@dataclass(frozen=True)
class Round:
    """A round as it stands in the list behind a figure."""

    ticket_id: UUID
    number: int
    conversation_id: UUID
    subject: str
    status: str
    customer_id: UUID
    customer: str
    at: datetime
    waited: timedelta | None
    late: bool


_BEGUN = text("""
SELECT width_bucket(started_at, cast(:starts AS timestamptz[])) AS part, count(*) AS opened,
    count(first_response_at) AS answered,
    count(*) FILTER (WHERE first_response_at > first_response_due_at) AS late,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_response_at - started_at))
        FILTER (WHERE first_response_at IS NOT NULL) AS waited
FROM ticket_cycle WHERE started_at >= :begin AND started_at < :end GROUP BY 1
""")
_SOLVED = text("""
SELECT width_bucket(solved_at, cast(:starts AS timestamptz[])) AS part, count(*) AS solved
FROM ticket_cycle WHERE solved_at >= :begin AND solved_at < :end GROUP BY 1
""")
_UNSOLVED = text(f"SELECT count(*) FROM ticket WHERE {IS_UNDONE}")  # noqa: S608 - only a part of our own is put in


def _wait(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=max(0.0, float(seconds))) if seconds is not None else None


async def tally(session: AsyncSession, parts: Sequence[Span]) -> list[Rounds]:
    """The rounds of each of some adjoining spans."""
    values = bounds(parts)
    begun = {row.part: row for row in await session.execute(_BEGUN, values)}
    solved = {row.part: row.solved for row in await session.execute(_SOLVED, values)}
    found = []
    for place in range(1, len(parts) + 1):
        row = begun.get(place)
        done = solved.get(place, 0)
        if row is None:
            found.append(Rounds(solved=done))
        else:
            found.append(Rounds(row.opened, done, row.answered, row.late, _wait(row.waited)))
    return found


async def unsolved(session: AsyncSession) -> int:
    """The tickets that are not solved now, snoozed ones among them."""
    return await session.scalar(_UNSOLVED) or 0


def at_the_end(counted: Sequence[Rounds], open_now: int) -> list[int]:
    """How many were not solved at the end of each span; the last span must end now."""
    levels = [open_now]
    for part in reversed(counted[1:]):
        levels.append(levels[-1] - part.opened + part.solved)
    return levels[::-1]


_ROUNDS = """
SELECT t.id AS ticket_id, t.number, t.conversation_id, t.subject, t.status, t.customer_id,
    coalesce(nullif(c.name, ''), (
        SELECT value FROM identity WHERE customer_id = c.id AND kind <> 'chat'
        ORDER BY verified_at IS NULL, created_at LIMIT 1
    ), '') AS customer,
    {at} AS at, extract(epoch FROM y.first_response_at - y.started_at) AS waited,
    coalesce(y.first_response_at > y.first_response_due_at, false) AS late
FROM ticket_cycle y JOIN ticket t ON t.id = y.ticket_id JOIN customer c ON c.id = t.customer_id
WHERE {which} {page}
ORDER BY {at} DESC, t.id DESC LIMIT :limit
"""
_BEGAN = "y.started_at >= :begin AND y.started_at < :end"
_WHICH = {
    "opened": _BEGAN,
    "answered": f"{_BEGAN} AND y.first_response_at IS NOT NULL",
    "late": f"{_BEGAN} AND y.first_response_at > y.first_response_due_at",
    "solved": "y.solved_at >= :begin AND y.solved_at < :end",
    "unsolved": "y.started_at < :end AND (y.solved_at IS NULL OR y.solved_at >= :end)",
}
# Those that are not over now and those that were over since: both few, and each has an index.
_COUNT_UNSOLVED = f"""
SELECT (
    SELECT count(*) FROM ticket t JOIN ticket_cycle y ON y.ticket_id = t.id AND y.cycle = t.cycle
    WHERE t.{IS_UNDONE} AND y.started_at < :end AND y.solved_at IS NULL
) + (SELECT count(*) FROM ticket_cycle y WHERE y.solved_at >= :end AND y.started_at < :end)
"""  # noqa: S608 - only a part of our own is put in


async def count(session: AsyncSession, kind: str, span: Span) -> int:
    """How many rounds are behind a figure (one of KINDS)."""
    values: dict[str, object] = {"end": span.ends_at}
    if kind == "unsolved":
        return await session.scalar(text(_COUNT_UNSOLVED), values) or 0
    query = f"SELECT count(*) FROM ticket_cycle y WHERE {_WHICH[kind]}"  # noqa: S608 - only parts of our own are put in; values are bound
    return await session.scalar(text(query), {**values, "begin": span.starts_at}) or 0


async def rounds(
    session: AsyncSession,
    kind: str,
    span: Span,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Round]:
    """What is behind a figure (one of KINDS), newest first; `after` is the last row's (at, ticket id)."""
    at = "y.solved_at" if kind == "solved" else "y.started_at"
    page = f"AND ({at}, t.id) < (cast(:at AS timestamptz), cast(:id AS uuid))" if after else ""
    values: dict[str, object] = {"end": span.ends_at, "limit": limit}
    if kind != "unsolved":
        values["begin"] = span.starts_at
    if after:
        values |= {"at": after[0], "id": after[1]}
    query = text(_ROUNDS.format(at=at, which=_WHICH[kind], page=page))
    return [
        Round(**{**row, "waited": _wait(row["waited"])})
        for row in (await session.execute(query, values)).mappings()
    ]
