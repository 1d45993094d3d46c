"""Opened: what the page of a conversation or of a customer reads, all of it in one statement.

It is told as texts, so that a page can be known by them; those who read them are the nouns that they are about.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from customers import merging, timeline
from support import cases, portraits, threads, views

# The records of the person, found by the statement itself.
_RECORDS = "ARRAY(SELECT id FROM person)"
_PERSON = f"""
    cast(({portraits.telling(_RECORDS)}) AS text) AS portrait, cast(({timeline.telling(_RECORDS)}) AS text) AS line
"""


class Thread(NamedTuple):
    """A conversation for a colleague: the texts of `cases.decode`, `threads.read`, `views.read_rows`, ..."""

    case: str
    items: str
    rows: str  # the view that it was opened from
    counts: str
    portrait: str
    line: str


class Person(NamedTuple):
    """A customer for a colleague: their records, and the texts of `portraits.decode` and `timeline.read`."""

    records: list[UUID]
    portrait: str
    line: str


class Beside(NamedTuple):
    """The customer beside a conversation: the texts of `cases.decode`, `portraits.decode` and `timeline.read`."""

    case: str
    portrait: str
    line: str


@cache
def _thread(view: str) -> TextClause:
    return text(f"""
WITH RECURSIVE {cases.PERSON}
SELECT cast(({cases.CASE}) AS text) AS case, cast(({threads.END}) AS text) AS items,
    cast(({views.rows(view)}) AS text) AS rows, cast(({views.COUNTS}) AS text) AS counts, {_PERSON}
FROM conversation WHERE id = :conversation
""")  # noqa: S608 - only parts of our own are put in


_BESIDE = text(f"""
WITH RECURSIVE {cases.PERSON}
SELECT cast(({cases.CASE}) AS text) AS case, {_PERSON}
FROM conversation WHERE id = :conversation
""")  # noqa: S608 - only parts of our own are put in

_CUSTOMER = text(f"""
WITH RECURSIVE {merging.PERSON.format(customer=":customer")}
SELECT {_RECORDS} AS records, {_PERSON}
""")


async def thread(
    session: AsyncSession, conversation_id: UUID, staff_id: UUID, view: str, *, rows: int, line: int
) -> Thread:
    """A conversation, opened from a view of which `rows` are listed. Raises NotFound."""
    if not views.known(view):
        raise NotFound("There is no such view.")
    asked = {"conversation": conversation_id, "staff": staff_id, "rows": rows, **timeline.asking(limit=line)}
    if (team_id := views.team_of(view)) is not None:
        asked["team"] = team_id
    found = (await session.execute(_thread(views.kind(view)), asked)).one_or_none()
    if found is None:
        raise NotFound("That conversation does not exist.")
    return Thread._make(found)


async def beside(session: AsyncSession, conversation_id: UUID, staff_id: UUID, *, line: int) -> Beside:
    """The customer beside a conversation. Raises NotFound."""
    asked = {"conversation": conversation_id, "staff": staff_id, **timeline.asking(limit=line)}
    found = (await session.execute(_BESIDE, asked)).one_or_none()
    if found is None:
        raise NotFound("That conversation does not exist.")
    return Beside._make(found)


async def person(
    session: AsyncSession,
    customer_id: UUID,
    *,
    kinds: Sequence[str] | None = None,
    channel: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> Person:
    """A customer and a page of their line; see `timeline.history_of`. Raises NotFound."""
    asked = timeline.asking(kinds=kinds, channel=channel, before=before, limit=limit)
    found = (await session.execute(_CUSTOMER, {"customer": customer_id, **asked})).one()
    if not found.records:
        raise NotFound("That customer does not exist.")
    return Person._make(found)
