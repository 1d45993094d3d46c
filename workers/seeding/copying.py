"""COPY: the road for rows by the million, and tables without their indexes for as long as it is travelled."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from workers.seeding.sheets import COLUMNS

PIECE = 1 << 18


async def driver(session: AsyncSession) -> Any:
    """The connection of a session's transaction, as the driver knows it."""
    connection = await session.connection()
    await connection.execute(text("SELECT 1"))  # the transaction begins with its first statement
    return (await connection.get_raw_connection()).driver_connection


async def copy(connection: Any, table: str, rows: bytes) -> None:
    """Put rows (COPY text, the columns as in COLUMNS) into a table, in the connection's transaction."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(rows), PIECE):
            yield rows[start : start + PIECE]

    await connection.copy_to_table(table, source=pieces(), columns=COLUMNS[table], format="text")


@dataclass(frozen=True)
class Stripped:
    """How to give tables back what was taken from them, in order."""

    statements: list[str]


CONSTRAINTS = text("""
    SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS says
    FROM pg_constraint
    WHERE contype = ANY(cast(:types AS text[])::"char"[])
        AND (conrelid = ANY(cast(:tables AS regclass[])) OR confrelid = ANY(cast(:tables AS regclass[])))
    ORDER BY array_position(cast(:types AS text[]), contype::text), 1, 2
""")
INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS says FROM pg_index i
    WHERE i.indrelid = ANY(cast(:tables AS regclass[])) ORDER BY 1
""")


async def strip(session: AsyncSession, tables: Sequence[str]) -> Stripped:
    """Take keys and indexes from tables until the end of the transaction; whoever reads them waits so long.

    `dress` gives everything back and checks it; should anything fail, the transaction undoes it all.
    """
    names = {"tables": list(tables)}
    foreign = list((await session.execute(CONSTRAINTS, names | {"types": ["f"]})).mappings())
    keys = list((await session.execute(CONSTRAINTS, names | {"types": ["p", "u"]})).mappings())
    for row in [*foreign, *keys]:
        await session.execute(text(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}"))
    indexes = list((await session.execute(INDEXES, names)).mappings())
    for row in indexes:
        await session.execute(text(f"DROP INDEX {row['name']}"))
    added = "ALTER TABLE {table} ADD CONSTRAINT {name} {says}"
    return Stripped(
        [
            *(added.format(**row) for row in keys),
            *(row["says"] for row in indexes),
            *(added.format(**row) for row in foreign),
        ]
    )


async def dress(connection: Any, stripped: Stripped) -> AsyncIterator[tuple[int, int]]:
    """Give tables back what `strip` took; yields how many statements are done, of how many."""
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for done, statement in enumerate(stripped.statements, 1):
        await connection.execute(statement)
        yield done, len(stripped.statements)
