"""Statements outside of a transaction, and the short way to PostgreSQL for those that are fixed texts.

SQLAlchemy spends several times what asyncpg does on a statement whose text never changes: on building it, on events, on
results that can be anything. Busy pages ask in fixed texts, so these go to the driver's connection at once.
"""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import PoolProxiedConnection, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncSession

_NOTHING = SimpleResultMetaData(["nothing"])


@dataclass
class _Text:
    """A text as the driver reads it, the names of its values in their order, and what its rows consist of."""

    written: str
    names: list[str]
    columns: SimpleResultMetaData | None = None


@lru_cache(1024)
def _translated(statement: TextClause) -> _Text:
    compiled = statement.compile(dialect=PGDialect_asyncpg())  # type: ignore[no-untyped-call]  # the library has no types
    return _Text(str(compiled), list(compiled.positiontup or ()))


class Statements(AsyncSession):
    """A session whose statements stand alone, made for an engine in AUTOCOMMIT.

    It can do what any session can. A fixed text takes the short way, except while somebody listens to statements
    (traces do). A text that fails there is said again in SQLAlchemy's way: PostgreSQL refused it, or the connection is
    gone, so that it fails again, in SQLAlchemy's words and with what it does about lost connections.
    """

    _pooled: PoolProxiedConnection | None = None

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._short(statement, options):
            text = _translated(statement)
            rows = await self._fetch(statement, text, params)
            if rows is not None:
                if text.columns is None and rows:
                    text.columns = SimpleResultMetaData(list(rows[0].keys()))
                return IteratorResult(text.columns or _NOTHING, map(tuple, rows))
        return await super().execute(statement, params, **options)

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._short(statement, options):
            rows = await self._fetch(statement, _translated(statement), params)
            if rows is not None:
                return rows[0][0] if rows else None
        return await super().scalar(statement, params, **options)

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._short(statement, options):
            return (await self.execute(statement, params)).scalars()
        return await super().scalars(statement, params, **options)

    def _short(self, statement: Any, options: dict[str, Any]) -> bool:
        return (
            type(statement) is TextClause
            and not options
            and not self.sync_session.get_bind().dispatch.before_cursor_execute
        )

    async def _fetch(self, statement: TextClause, text: _Text, params: Any) -> list[asyncpg.Record] | None:
        """The rows; None when it must be said in SQLAlchemy's way."""
        if self._pooled is None:
            self._pooled = await self.run_sync(lambda session: session.connection().connection)
        driver: asyncpg.Connection[asyncpg.Record] | None = self._pooled.driver_connection
        if driver is None:
            return None
        try:
            rows: list[asyncpg.Record] = await driver.fetch(
                text.written, *[params[name] for name in text.names]
            )
        except asyncio.CancelledError:
            # Nobody else is to find it in the middle of an answer.
            self._pooled.invalidate()
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, LookupError, ValueError, TypeError):
            return None
        return rows
