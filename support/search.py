"""Finding people and tickets in a few keys."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import SAID
from core.days import Span

MIN_LENGTH = 2
# How alike a name must be; asked again more leniently only when nobody is found.
LIKENESS = (0.5, 0.3)
_ALIKE = text("SELECT set_config('pg_trgm.word_similarity_threshold', :likeness, true)")


@dataclass(frozen=True)
class Person:
    id: UUID
    name: str
    company: str
    contact: str


@dataclass(frozen=True)
class FoundTicket:
    id: UUID
    number: int
    subject: str
    status: str
    conversation_id: UUID


# A merged record is found by what it knows, and answers with the one that speaks for it.
_PEOPLE = text("""
WITH RECURSIVE hit AS (
    SELECT id, greatest(word_similarity(:query, name), word_similarity(:query, company)) AS score,
        '' AS contact
    FROM customer WHERE name ILIKE :like OR name %> :query OR company ILIKE :like
    UNION ALL
    SELECT customer_id, 0.5 + similarity(:query, value), value
    FROM identity WHERE kind IN ('email', 'phone') AND (value ILIKE :like OR value ILIKE :digits)
), up AS (
    SELECT h.id AS hit, c.id, c.merged_into_id
    FROM (SELECT DISTINCT id FROM hit) h JOIN customer c ON c.id = h.id
    UNION ALL SELECT up.hit, c.id, c.merged_into_id FROM customer c JOIN up ON c.id = up.merged_into_id
)
SELECT c.id, c.name, c.company, coalesce(max(nullif(hit.contact, '')), (
    SELECT value FROM identity i WHERE i.customer_id = c.id AND kind IN ('email', 'phone')
    ORDER BY verified_at IS NULL, created_at LIMIT 1
), '') AS contact
FROM hit JOIN up ON up.hit = hit.id AND up.merged_into_id IS NULL JOIN customer c ON c.id = up.id
GROUP BY c.id, c.name, c.company
ORDER BY max(hit.score) DESC, c.name, c.id
LIMIT :limit
""")

_TICKETS = text("""
SELECT id, number, subject, status, conversation_id FROM ticket
WHERE number = :number OR subject ILIKE :like OR (length(:query) >= 4 AND subject %> :query)
ORDER BY number = :number DESC, subject ILIKE :like DESC, status IN ('solved', 'closed'), created_at DESC, id
LIMIT :limit
""")


async def people(session: AsyncSession, query: str, limit: int = 8) -> list[Person]:
    """Customers by name, company, e-mail or phone, best first; typing errors in names are forgiven."""
    query = _clean(query)
    if len(query) < MIN_LENGTH:
        return []
    digits = "".join(character for character in query if character.isdigit()).removeprefix("0")
    values = {
        "query": query,
        "like": _like(query),
        # A phone number as people write it: with spaces, with a national zero.
        "digits": f"+%{digits}%" if len(digits) >= 4 else "",
        "limit": limit,
    }
    for likeness in LIKENESS:
        await session.execute(_ALIKE, {"likeness": str(likeness)})
        if found := [Person(**row) for row in (await session.execute(_PEOPLE, values)).mappings()]:
            return found
    return []


async def tickets(session: AsyncSession, query: str, limit: int = 6) -> list[FoundTicket]:
    """Tickets by number ("1042", "#1042") or subject, undone ones first."""
    query = _clean(query)
    if len(query) < MIN_LENGTH:
        return []
    figure = query.lstrip("#")
    number = int(figure) if figure.isascii() and figure.isdigit() and len(figure) < 10 else -1
    values = {"query": query, "like": _like(query), "number": number, "limit": limit}
    return [FoundTicket(**row) for row in (await session.execute(_TICKETS, values)).mappings()]


@dataclass(frozen=True)
class FoundWords:
    """A conversation in which something was said; `said` is what stands around the words, the words between marks."""

    conversation_id: UUID
    message_id: UUID
    customer: str
    subject: str
    said: str
    at: datetime
    status: str
    inbound: bool


# Around words that were found; nothing that is written holds them.
BEGIN, END = "\x02", "\x03"
_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 8
_SAID = """
WITH asked AS (SELECT {asked} AS words), hit AS (
    SELECT id, conversation_id, customer_id, subject, text, created_at, direction, sender, sender_name FROM message
    WHERE conversation_id IS NOT NULL AND author <> 'automation' AND {said} @@ (SELECT words FROM asked)
    ORDER BY created_at DESC LIMIT 400
), newest AS (
    SELECT DISTINCT ON (conversation_id) * FROM hit ORDER BY conversation_id, created_at DESC
)
SELECT n.conversation_id, n.id AS message_id, coalesce(nullif(k.name, ''), n.sender_name, n.sender) AS customer,
    coalesce(nullif(c.subject, ''), n.subject) AS subject, n.created_at AS at, coalesce(t.status, '') AS status,
    n.direction = 'inbound' AS inbound, ts_headline(
        'simple', left(n.text, 50000), (SELECT words FROM asked),
        'StartSel={begin}, StopSel={end}, MaxWords=28, MinWords=14, MaxFragments=2, FragmentDelimiter=" … "'
    ) AS said
FROM newest n JOIN conversation c ON c.id = n.conversation_id JOIN customer k ON k.id = c.customer_id
LEFT JOIN ticket t ON t.conversation_id = c.id
ORDER BY n.created_at DESC LIMIT :limit
"""


async def said(session: AsyncSession, query: str, limit: int = 40) -> list[FoundWords]:
    """Conversations in which all these words were said in one message, or words that begin so; the newest first."""
    words = _clean(query).split()[:MOST_WORDS]
    parts, values = [], {}
    for number, word in enumerate(words):
        # A word as people begin it; an address or a number with marks is looked for as a whole.
        plain = bool(_WORD.fullmatch(word))
        parts.append(f"{'to_tsquery' if plain else 'plainto_tsquery'}('simple', :w{number})")
        values[f"w{number}"] = f"{word}:*" if plain else word
    if not parts or len(_clean(query)) < MIN_LENGTH:
        return []
    statement = _SAID.format(asked=" && ".join(parts), said=SAID, begin=BEGIN, end=END).replace(
        "::", "\\:\\:"
    )
    rows = await session.execute(text(statement), {**values, "limit": limit})
    return [FoundWords(**row) for row in rows.mappings()]


def _clean(query: str) -> str:
    return query.replace("\x00", "").strip()[:100]


def _like(query: str) -> str:
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@dataclass(frozen=True)
class Listed:
    """A customer as they stand in the list."""

    id: UUID
    name: str
    company: str
    contact: str
    verified: bool
    orders: int
    spend: int
    last_order_at: datetime | None
    last_seen_at: datetime | None
    created_at: datetime


_LISTED = """
SELECT c.id, c.name, c.company, coalesce(i.value, '') AS contact, coalesce(i.verified, false) AS verified,
    coalesce(t.orders, 0) AS orders, coalesce(t.spend, 0) AS spend, t.last_order_at, t.last_seen_at,
    c.created_at
FROM customer c
LEFT JOIN customer_traits t ON t.customer_id = c.id
LEFT JOIN LATERAL (
    SELECT value, verified_at IS NOT NULL AS verified FROM identity
    WHERE customer_id = c.id AND kind IN ('email', 'phone')
    ORDER BY verified_at IS NULL, created_at LIMIT 1
) i ON true
"""


# How the list may be ordered; each has an index behind it.
ORDERS = {"newest": "c.created_at", "spend": "t.spend", "orders": "t.orders", "bought": "t.last_order_at"}
# Which customers it may be narrowed to.
GROUPS = {
    "": "",
    "bought": "AND t.orders > 0",
    "not_yet": "AND coalesce(t.orders, 0) = 0",
    "company": "AND c.company <> ''",
}


async def listed(
    session: AsyncSession,
    *,
    group: str = "",
    order: str = "newest",
    span: Span | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Customers by one of ORDERS, the highest first, of one of GROUPS; with a `span`, those who came in its days.

    `after` is the `at` and the id of the last of the page before. Except for the newest, only those are listed
    who have a value to be ordered by.
    """
    column = ORDERS[order]
    where = [f"c.merged_into_id IS NULL {GROUPS[group]}"]
    values: dict[str, object] = {"limit": limit}
    if order != "newest":
        where.append(f"{column} IS NOT NULL")
    if span is not None:
        where.append("c.created_at >= :begin AND c.created_at < :end")
        values |= {"begin": span.starts_at, "end": span.ends_at}
    if after is not None:
        kind = "timestamptz" if order in ("newest", "bought") else "bigint"
        where.append(f"({column}, c.id) < (cast(cast(:at AS text) AS {kind}), cast(:id AS uuid))")
        values |= {"at": after[0], "id": after[1]}
    query = f"{_LISTED} WHERE {' AND '.join(where)} ORDER BY {column} DESC, c.id DESC LIMIT :limit"
    return [Listed(**row) for row in (await session.execute(text(query), values)).mappings()]


async def number(session: AsyncSession, span: Span) -> int:
    """How many customers came in these days."""
    query = """
        SELECT count(*) FROM customer
        WHERE merged_into_id IS NULL AND created_at >= :begin AND created_at < :end
    """
    return await session.scalar(text(query), {"begin": span.starts_at, "end": span.ends_at}) or 0


async def newest(
    session: AsyncSession, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[Listed]:
    """Customers, the newest first; `after` is the (created_at, id) of the last of the page before."""
    beyond = "AND (c.created_at, c.id) < (cast(:at AS timestamptz), cast(:id AS uuid))" if after else ""
    query = f"{_LISTED} WHERE c.merged_into_id IS NULL {beyond} ORDER BY c.created_at DESC, c.id DESC"
    values: dict[str, object] = {"limit": limit}
    if after:
        values |= {"at": after[0], "id": after[1]}
    return [
        Listed(**row) for row in (await session.execute(text(f"{query} LIMIT :limit"), values)).mappings()
    ]


async def customers(session: AsyncSession, query: str, limit: int = 50) -> list[Listed]:
    """The customers that a search finds, best first, as they stand in the list."""
    ids = [person.id for person in await people(session, query, limit)]
    rows = await session.execute(text(f"{_LISTED} WHERE c.id = ANY(cast(:ids AS uuid[]))"), {"ids": ids})
    found = {row["id"]: Listed(**row) for row in rows.mappings()}
    return [found[key] for key in ids if key in found]
