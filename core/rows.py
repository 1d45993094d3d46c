"""Rows: written and read by statements that are fixed texts, several tables at once instead of one after the other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, TextClause, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.schema import CallableColumnDefault

from core.database import Base

_Columns = tuple[tuple[str, tuple[str, ...]], ...]


async def write[T: Base](session: AsyncSession, first: T, *others: Base) -> T:
    """Insert new objects in one round trip, and return the first as the database has it.

    Foreign keys among them are checked at the end. All of a table say the same columns; the others stay outside of the
    session.
    """
    await session.flush()
    said: dict[str, list[dict[str, Any]]] = {}
    new: list[Base] = [first, *others]
    for row in new:
        said.setdefault(_table(row).name, []).append(_said(row))
    columns = tuple((table, tuple(sorted(rows[0]))) for table, rows in said.items())
    for (table, names), rows in zip(columns, said.values(), strict=True):
        if any(tuple(sorted(row)) != names for row in rows):
            raise TypeError(f"rows of {table} say different columns")
    values = {
        f"rows_{number}": msgspec.json.encode(rows).decode() for number, rows in enumerate(said.values())
    }
    written = (await session.execute(_statement(type(first), columns), values)).mappings().one()
    return known(session, type(first), written)


def known[T: Base](session: AsyncSession, model: type[T], row: Mapping[Any, Any]) -> T:
    """The object of a row that was just read whole, as if the session had read it: what is changed in it is written."""
    mapper = inspect(model)
    key = mapper.identity_key_from_primary_key(tuple(row[column.name] for column in mapper.primary_key))
    found = session.sync_session.identity_map.get(key)
    if isinstance(found, model):
        for name, value in row.items():
            set_committed_value(found, name, value)
        return found
    made = _bare(model)
    made.__dict__.update(row)
    make_transient_to_detached(made)
    session.add(made)
    return made


def told[T: Base](model: type[T], facts: Mapping[str, Any]) -> T:
    """The object that PostgreSQL told as JSON (`to_jsonb`), outside of any session: for pages that only show it.

    What JSON has no word for is what it was: ids, instants, days and decimals.
    """
    made, meant = _bare(model), _meant(model)
    made.__dict__.update(
        {
            name: meant[name](value) if value is not None else None
            for name, value in facts.items()
            if name in meant
        }
    )
    return made


def _bare[T: Base](model: type[T]) -> T:
    """An object that nothing is said of yet, without what a constructor does."""
    made: Any = inspect(model).class_manager.new_instance()
    assert isinstance(made, model)
    return made


def told_all[T: Base](model: type[T], facts: str | None) -> list[T]:
    """The same for the JSON of several."""
    return [told(model, each) for each in decode(facts or "[]")]


@lru_cache(512)
def shared[T: Base](model: type[T], facts: str) -> T:
    """The same for the JSON of one, made once as long as PostgreSQL tells the same: nobody may change it."""
    return told(model, decode(facts))


@lru_cache(64)
def all_shared[T: Base](model: type[T], facts: str | None) -> tuple[T, ...]:
    """The same for the JSON of several: for small tables that rarely change."""
    return tuple(told_all(model, facts))


decode = msgspec.json.Decoder(float_hook=Decimal).decode
_MEANT: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: Decimal,
}


@cache
def _meant(model: type[Base]) -> dict[str, Callable[[Any], Any]]:
    """What makes of the JSON of each column what it stands for."""
    made: dict[str, Callable[[Any], Any]] = {}
    for column in _table_of(model).columns:
        try:
            kind = column.type.python_type
        except NotImplementedError:
            kind = object
        made[column.key] = _MEANT.get(kind, _as_it_is)
    return made


def _as_it_is(value: Any) -> Any:
    return value


def _table(row: Base) -> Table:
    return _table_of(type(row))


@cache
def _table_of(model: type[Base]) -> Table:
    table = inspect(model).local_table
    assert isinstance(table, Table)
    return table


@cache
def _columns_of(model: type[Base]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """The columns of a table, and what makes the keys of those that Python makes."""
    return tuple(
        (
            column.key,
            column.default.arg if isinstance(column.default, CallableColumnDefault) else None,
        )
        for column in _table_of(model).columns
    )


def columns_of(model: type[Base]) -> str:
    """The columns of a table that an object of it has from the beginning, for a statement that reads it whole."""
    deferred = {one.key for one in inspect(model).column_attrs if one.deferred}
    return _listed(column.key for column in _table_of(model).columns if column.key not in deferred)


def _said(row: Base) -> dict[str, Any]:
    """What an object says of its columns, with the keys that Python makes."""
    said, held = {}, row.__dict__
    for name, make in _columns_of(type(row)):
        if name in held:
            said[name] = held[name]
        elif make is not None:
            said[name] = make(None)  # ours do not look at it
    return said


@cache
def _statement(first: type[Base], tables: _Columns) -> TextClause:
    made = [
        f"made_{number} AS (INSERT INTO {table} ({_listed(names)}) SELECT {_listed(names)} "  # noqa: S608 - names of our own tables and columns
        f"FROM jsonb_populate_recordset(cast(NULL AS {table}), cast(:rows_{number} AS jsonb)) RETURNING *)"
        for number, (table, names) in enumerate(tables)
    ]
    return text(f"WITH {', '.join(made)} SELECT {columns_of(first)} FROM made_0")  # noqa: S608 - names of our own tables and columns


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
