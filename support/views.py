"""Inbox views: which tickets a colleague looks at, how many there are, and in which order."""

import re
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from support.models import IS_UNDONE

PAGE = 40
# The channels of a conversation are those of so many of its last messages: a chat may have thousands.
LATELY = 30

_AWAKE = f"t.snoozed_until IS NULL AND t.{IS_UNDONE}"
_MY_TEAMS = "t.team_id IN (SELECT team_id FROM team_member WHERE staff_id = cast(:staff AS uuid))"
_RECENT = ("c.last_message_at", "DESC")
# name -> (which tickets, ordered by what, which way)
VIEWS: dict[str, tuple[str, tuple[str, str]]] = {
    "mine": (f"{_AWAKE} AND t.assignee_id = cast(:staff AS uuid)", _RECENT),
    "unassigned": (f"{_AWAKE} AND t.assignee_id IS NULL", _RECENT),
    "teams": (f"{_AWAKE} AND {_MY_TEAMS}", _RECENT),
    "open": (_AWAKE, _RECENT),
    "waiting": (f"{_AWAKE} AND t.waiting_since IS NOT NULL", ("t.waiting_since", "ASC")),
    "snoozed": (
        f"t.snoozed_until IS NOT NULL AND t.{IS_UNDONE}",
        ("t.snoozed_until", "ASC"),
    ),
    "solved": ("t.status IN ('solved', 'closed')", ("t.solved_at", "DESC")),
}
# What one team answers for is a view of its own, named by the team.
_ONE_TEAM = (f"{_AWAKE} AND t.team_id = cast(:team AS uuid)", _RECENT)
_TEAM_VIEW = re.compile(r"t([0-9a-f]{32})")
# So many teams are offered; one's own stand first.
TEAMS = 20


def of_team(team_id: UUID) -> str:
    """The name of the view of what a team answers for."""
    return f"t{team_id.hex}"


def team_of(view: str) -> UUID | None:
    """The team that a view is of; None for a view of another kind."""
    found = _TEAM_VIEW.fullmatch(view)
    return UUID(found[1]) if found else None


def known(view: str) -> bool:
    """Whether there can be such a view."""
    return view in VIEWS or team_of(view) is not None


def kind(view: str) -> str:
    """What a statement is made for: the same for every team."""
    return view if view in VIEWS else "team"


class Row(NamedTuple):
    """A ticket as it stands in the list."""

    ticket_id: UUID
    number: int
    conversation_id: UUID
    customer_id: UUID
    customer: str
    subject: str
    status: str
    priority: str
    assignee_id: UUID | None
    assignee: str | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    cycle_started_at: datetime
    first_response_due_at: datetime
    first_response_at: datetime | None
    last_message_at: datetime
    last_seq: int
    last_text: str
    last_inbound: bool
    last_failed: bool
    channels: list[str]  # of what was said lately
    at: datetime  # what the view is ordered by

    @property
    def cursor(self) -> tuple[datetime, UUID]:
        return self.at, self.ticket_id


# One wide query, in the columns of a Row: which tickets stand on the page first, then for these alone the last message,
# the channels and the person who speaks for the record. Told as one JSON value, by which a page that is kept is known.
# What was taken back before it left was never said: it stays held, with nothing to release it.
_ROWS = """
SELECT coalesce(json_agg(json_build_array(
    t.id, t.number, t.conversation_id, t.customer_id, coalesce(
        nullif(CASE WHEN k.merged_into_id IS NULL THEN k.name ELSE (
            WITH RECURSIVE up AS (
                SELECT name, merged_into_id FROM customer WHERE id = k.merged_into_id
                UNION ALL SELECT u.name, u.merged_into_id FROM customer u JOIN up ON u.id = up.merged_into_id
            )
            SELECT name FROM up WHERE merged_into_id IS NULL
        ) END, ''),
        (
            SELECT value FROM identity WHERE customer_id = t.customer_id AND kind <> 'chat'
            ORDER BY verified_at IS NULL, created_at LIMIT 1
        ),
        ''
    ), t.subject, t.status, t.priority, t.assignee_id, s.name, t.waiting_since,
    t.snoozed_until, y.started_at, y.first_response_due_at, y.first_response_at,
    coalesce(person.created_at, machine.created_at, t.last_message_at), t.last_seq,
    coalesce(left(person.text, 300), left(machine.text, 300), ''),
    coalesce(person.direction, machine.direction, '') = 'inbound',
    coalesce(person.status, machine.status, '') = 'failed',
    ARRAY(
        SELECT DISTINCT channel FROM (
            SELECT channel FROM message WHERE conversation_id = t.conversation_id
                AND (status <> 'held' OR release_at IS NOT NULL)
            ORDER BY seq DESC LIMIT {lately}
        ) AS lately
        ORDER BY channel
    ),
    t.at
) ORDER BY t.at {way}, t.id {way}), '[]')
FROM (
    SELECT t.*, c.last_message_at, c.last_seq, coalesce({order}, t.created_at) AS at
    FROM ticket t JOIN conversation c ON c.id = t.conversation_id
    WHERE {where} {page}
    ORDER BY at {way}, t.id {way}
    LIMIT :rows
) t
JOIN ticket_cycle y ON y.ticket_id = t.id AND y.cycle = t.cycle
JOIN customer k ON k.id = t.customer_id
LEFT JOIN staff s ON s.id = t.assignee_id
LEFT JOIN LATERAL (
    SELECT text, direction, status, created_at FROM message
    WHERE conversation_id = t.conversation_id AND author <> 'automation'
        AND (status <> 'held' OR release_at IS NOT NULL)
    ORDER BY seq DESC LIMIT 1
) person ON true
LEFT JOIN LATERAL (
    SELECT text, direction, status, created_at FROM message
    WHERE conversation_id = t.conversation_id AND person.status IS NULL
        AND (status <> 'held' OR release_at IS NOT NULL)
    ORDER BY seq DESC LIMIT 1
) machine ON true
"""


def rows(view: str, *, further: bool = False) -> str:
    """What says a page of a view, as a part of a statement: `read_rows` reads its JSON.

    Its values: staff, team, rows (how many at most), and where it goes on `further`, the cursor: at, id. The view is
    a `kind`.
    """
    where, (order, way) = VIEWS.get(view, _ONE_TEAM)
    page = ""
    if further:
        beyond = ">" if way == "ASC" else "<"
        page = (
            f"AND (coalesce({order}, t.created_at), t.id) {beyond} "
            "(cast(:at AS timestamptz), cast(:id AS uuid))"
        )
    return _ROWS.format(where=where, order=order, way=way, page=page, lately=LATELY)


_PARTS = ", ".join(
    f"'{name}', count(*) FILTER (WHERE {where})" for name, (where, _) in VIEWS.items() if name != "solved"
)
# How many tickets stand in each view and with each team, as a part of a statement; its value: staff.
COUNTS = f"""
SELECT json_build_object(
    'views', (SELECT json_build_object({_PARTS}) FROM ticket t WHERE t.{IS_UNDONE}),
    'teams', (
        SELECT coalesce(
            json_agg(json_build_array(id, name, coalesce(waiting, 0)) ORDER BY mine DESC, name), '[]'
        )
        FROM (
            SELECT m.id, m.name, EXISTS (
                SELECT FROM team_member b WHERE b.team_id = m.id AND b.staff_id = cast(:staff AS uuid)
            ) AS mine
            FROM team m ORDER BY mine DESC, m.name LIMIT {TEAMS}
        ) AS offered
        LEFT JOIN (
            SELECT t.team_id, count(*) AS waiting FROM ticket t WHERE {_AWAKE} GROUP BY t.team_id
        ) AS held ON held.team_id = offered.id
    ),
    'kept_out', (SELECT count(*) FROM received_mail WHERE quarantined IS NOT NULL AND processed_at IS NULL)
)
"""  # noqa: S608 - only names and parts of our own are put in; values are bound


class Counts(msgspec.Struct, frozen=True):
    """How many tickets stand in each view, and with each team: its id and name."""

    views: dict[str, int]
    teams: list[tuple[UUID, str, int]]
    kept_out: int  # mails in quarantine


read_rows = msgspec.json.Decoder(list[Row]).decode
read_counts = msgspec.json.Decoder(Counts).decode


@cache
def _listing(view: str, further: bool) -> TextClause:
    return text(f"SELECT cast(({rows(view, further=further)}) AS text)")


@cache
def _shelf(view: str, further: bool) -> TextClause:
    return text(
        f"SELECT cast(({rows(view, further=further)}) AS text) AS rows, cast(({COUNTS}) AS text) AS counts"
    )


_COUNTING = text(f"SELECT cast(({COUNTS}) AS text)")


def _asked(view: str, staff_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> dict[str, Any]:
    if not known(view):
        raise NotFound("There is no such view.")
    values: dict[str, Any] = {"staff": staff_id, "rows": limit}
    if (team_id := team_of(view)) is not None:
        values["team"] = team_id
    return values if after is None else values | {"at": after[0], "id": after[1]}


async def counting(session: AsyncSession, staff_id: UUID) -> str:
    """How many tickets stand in each view, as `read_counts` reads it; what is solved is not counted, it only grows."""
    said: str = await session.scalar(_COUNTING, {"staff": staff_id})
    return said


async def counts(session: AsyncSession, staff_id: UUID) -> dict[str, int]:
    """How many tickets stand in each view; what is solved is not counted, it only grows."""
    return read_counts(await counting(session, staff_id)).views


async def told(
    session: AsyncSession,
    view: str,
    staff_id: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> str:
    """A page of a view as `read_rows` reads it; see `listing`."""
    asked = _asked(view, staff_id, after, limit)
    said: str = await session.scalar(_listing(kind(view), after is not None), asked)
    return said


async def shelf(
    session: AsyncSession,
    view: str,
    staff_id: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> tuple[str, str]:
    """A page of a view, and how many stand in each, as `read_rows` and `read_counts` read them; see `listing`."""
    asked = _asked(view, staff_id, after, limit)
    said = (await session.execute(_shelf(kind(view), after is not None), asked)).one()
    return said.rows, said.counts


async def listing(
    session: AsyncSession,
    view: str,
    staff_id: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """A page of a view; `after` is the cursor of the last row of the page before. Raises NotFound."""
    return read_rows(await told(session, view, staff_id, after=after, limit=limit))


_ALONE = _ROWS.format(
    where="t.conversation_id = :conversation", order=_RECENT[0], way="DESC", page="", lately=LATELY
)
_ONE = text(f"SELECT cast(({_ALONE}) AS text)")


async def row(session: AsyncSession, conversation_id: UUID) -> Row | None:
    """One conversation's ticket as it stands in the list."""
    return next(
        iter(read_rows(await session.scalar(_ONE, {"conversation": conversation_id, "rows": 1}))), None
    )
