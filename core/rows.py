"""Rows: new rows of several tables, written by one statement instead of one for each table."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Executable, Table, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.schema import CallableColumnDefault

from core.database import Base

_Columns = tuple[tuple[str, tuple[str, ...]], ...]


async def write[T: Base](session: AsyncSession, first: T, *others: Base) -> T:
    """Insert new objects in one round trip, and return the first as the database has it.

    Foreign keys among them are checked at the end. All of a table say the same columns; the others stay outside of the
    session.
    """
    await session.flush()
    told: dict[str, list[dict[str, Any]]] = {}
    new: list[Base] = [first, *others]
    for row in new:
        told.setdefault(_table(row).name, []).append(_said(row))
    columns = tuple((table, tuple(sorted(rows[0]))) for table, rows in told.items())
    for (table, names), rows in zip(columns, told.values(), strict=True):
        if any(tuple(sorted(row)) != names for row in rows):
            raise TypeError(f"rows of {table} say different columns")
    values = {
        f"rows_{number}": msgspec.json.encode(rows).decode() for number, rows in enumerate(told.values())
    }
    written: T = (await session.scalars(_statement(type(first), columns), values)).one()
    return written


def _table(row: Base) -> Table:
    table = inspect(type(row)).local_table
    assert isinstance(table, Table)
    return table


def _said(row: Base) -> dict[str, Any]:
    """What an object says of its columns, with the keys that Python makes."""
    said = {}
    for column in _table(row).columns:
        if column.key in row.__dict__:
            said[column.key] = row.__dict__[column.key]
        elif isinstance(column.default, CallableColumnDefault):
            said[column.key] = column.default.arg(None)  # type: ignore[arg-type]  # ours do not look at it
    return said


@cache
def _statement[T: Base](first: type[T], tables: _Columns) -> Executable:
    made = [
        f"made_{number} AS (INSERT INTO {table} ({_listed(names)}) SELECT {_listed(names)} "  # noqa: S608 - names of our own tables and columns
        f"FROM jsonb_populate_recordset(cast(NULL AS {table}), cast(:rows_{number} AS jsonb)) RETURNING *)"
        for number, (table, names) in enumerate(tables)
    ]
    return select(first).from_statement(text(f"WITH {', '.join(made)} SELECT * FROM made_0"))  # noqa: S608 - names of our own tables and columns


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
