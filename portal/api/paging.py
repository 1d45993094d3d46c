"""Paging: lists come in pages, and a page says where the next one begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import Invalid
from core.rendering import gettext as _

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="At most this many, 1 to 100.")]
Cursor = Annotated[
    str, QueryParameter(description="`next_cursor` of the page before; without it, the first page.")
]


class Page[T](msgspec.Struct):
    """One page of a list; `next_cursor` is null on the last."""

    data: list[T]
    next_cursor: str | None


async def paged[R, T](
    session: AsyncSession,
    query: Select[R],
    keys: Sequence[InstrumentedAttribute[Any]],
    show: Callable[[R], T],
    cursor: str,
    limit: int,
    *,
    newest_first: bool = True,
) -> Page[T]:
    """A page of the query's rows, ordered by `keys`, of which the last is unique; keyset, so no row is met twice.

    Raises Invalid for a cursor that is none of ours.
    """
    if cursor:
        place = tuple_(*_read(cursor, keys))
        query = query.where(tuple_(*keys) < place if newest_first else tuple_(*keys) > place)
    query = query.order_by(*(key.desc() if newest_first else key.asc() for key in keys)).limit(limit + 1)
    rows = list(await session.scalars(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([show(row) for row in rows], _write(rows[-1], keys) if more else None)


def after(cursor: str) -> UUID | None:
    """The id that the page before ended with, for lists that are ordered by it. Raises Invalid."""
    if not cursor:
        return None
    try:
        (last,) = msgspec.convert(_decoded(cursor), tuple[UUID])
    except (ValueError, msgspec.ValidationError):
        raise _none_of_ours() from None
    return last


def cut[T](found: Sequence[T], last: Callable[[T], UUID], limit: int) -> tuple[list[T], str | None]:
    """What was fetched, one more than asked for, as a page and the cursor of the next."""
    rows = list(found[:limit])
    return rows, _encoded([last(rows[-1])]) if len(found) > limit else None


def _write(row: object, keys: Sequence[InstrumentedAttribute[Any]]) -> str:
    values = [getattr(row, key.key) for key in keys]
    return _encoded(values)


def _encoded(values: list[Any]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _decoded(cursor: str) -> list[Any]:
    raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    return msgspec.json.decode(raw, type=list[Any])


def _none_of_ours() -> Invalid:
    return Invalid(_("That cursor is none of ours."), {"cursor": _("Leave it out to begin anew.")})


def _read(cursor: str, keys: Sequence[InstrumentedAttribute[Any]]) -> tuple[Any, ...]:
    try:
        values = tuple(
            msgspec.convert(value, key.type.python_type)
            for value, key in zip(_decoded(cursor), keys, strict=True)
        )
    except (ValueError, msgspec.ValidationError):
        raise _none_of_ours() from None
    return values
