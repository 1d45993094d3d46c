"""Statements outside of a transaction, and the short way to PostgreSQL for those that are fixed texts.

SQLAlchemy spends several times what asyncpg does on a statement whose text never changes: on building it, on events, on
results that can be anything. Busy pages ask in fixed texts, so these go to the driver's connection at once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import asyncpg
from sqlalchemy import Connection, Engine, PoolProxiedConnection, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.util.concurrency import greenlet_spawn

_NOTHING = SimpleResultMetaData(["nothing"])


@dataclass
class _Text:
    """A text as the driver reads it, the names of its values in their order, and what its rows consist of."""

    written: str
    names: list[str]
    columns: SimpleResultMetaData | None = None


@lru_cache(1024)
def _translated(statement: TextClause) -> _Text | None:
    """None for one whose values SQLAlchemy has to translate."""
    compiled: Any = statement.compile(dialect=PGDialect_asyncpg())  # type: ignore[no-untyped-call]  # the library has no types
    if compiled._bind_processors or compiled.post_compile_params:
        return None
    return _Text(str(compiled), list(compiled.positiontup or ()))


# What asyncpg raises before anything has been sent, and what PostgreSQL answers when it refuses.
_REFUSALS = (asyncpg.PostgresError, asyncpg.InterfaceError, LookupError, ValueError, TypeError)


class _Short(AsyncSession):
    """A session that can do what any can; fixed texts take the short way, except while somebody listens (traces do)."""

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if text := self._short(statement, params, options):
            rows = await self._fetch(statement, text, params)
            if rows is not None:
                if text.columns is None and rows:
                    text.columns = SimpleResultMetaData(list(rows[0].keys()))
                return IteratorResult(text.columns or _NOTHING, map(tuple, rows))
        return await super().execute(statement, params, **options)

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if text := self._short(statement, params, options):
            rows = await self._fetch(statement, text, params)
            if rows is not None:
                return rows[0][0] if rows else None
        return await super().scalar(statement, params, **options)

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._short(statement, params, options):
            return (await self.execute(statement, params)).scalars()
        return await super().scalars(statement, params, **options)

    def _short(self, statement: Any, params: Any, options: dict[str, Any]) -> _Text | None:
        if type(statement) is not TextClause or options or type(params) is list:
            return None
        engine: Any = self.sync_session.bind
        return None if engine.dispatch.before_cursor_execute else _translated(statement)

    async def _fetch(self, statement: TextClause, text: _Text, params: Any) -> list[asyncpg.Record] | None:
        """The rows; None when it must be said in SQLAlchemy's way."""
        raise NotImplementedError


class Work(_Short):
    """A session for a transaction: a fixed text goes to its connection, among whatever else is said there.

    What PostgreSQL refuses cannot be said again in that transaction: it fails at once, in SQLAlchemy's words.
    """

    _pooled: PoolProxiedConnection | None = None
    _savepoint: SessionTransaction | None = None

    async def _fetch(self, statement: TextClause, text: _Text, params: Any) -> list[asyncpg.Record] | None:
        pooled, savepoint = self._pooled, self.sync_session.get_nested_transaction()
        if pooled is None or savepoint is not self._savepoint:
            # A savepoint is only set when SQLAlchemy is asked for the connection within it.
            pooled = await self.run_sync(lambda session: session.connection().connection)
            self._pooled, self._savepoint = pooled, savepoint
        adapted: Any = pooled.dbapi_connection
        if adapted is None:
            return None
        rows: list[asyncpg.Record] | None = None
        try:
            if adapted._transaction is None:
                # As SQLAlchemy's own statements begin it, which then find it begun.
                await adapted._start_transaction()
            rows = await adapted.driver_connection.fetch(text.written, *[params[name] for name in text.names])
        except asyncpg.PostgresError as error:
            # SQLAlchemy finds out itself that a connection is lost.
            if (
                not isinstance(error, asyncpg.PostgresConnectionError)
                and not adapted.driver_connection.is_closed()
            ):
                _refuse(adapted, text, error)
        except (adapted.dbapi.Error, asyncpg.InterfaceError, OSError, LookupError, ValueError, TypeError):
            # It never got there.
            rows = None
        except BaseException:
            # Given up in the middle of an answer: nobody else is to find it there.
            pooled.invalidate()
            raise
        return rows


def _refuse(adapted: Any, text: _Text, error: asyncpg.PostgresError) -> NoReturn:
    """Raise what SQLAlchemy raises for what PostgreSQL said."""
    try:
        adapted._handle_exception(error)
    except adapted.dbapi.Error as said:
        raise DBAPIError.instance(
            text.written, None, said, adapted.dbapi.Error, hide_parameters=True
        ) from said
    raise error


class Statements(_Short):
    """A session whose statements stand alone, made for an engine in AUTOCOMMIT.

    A fixed text borrows a connection of the pool for itself alone. One that is refused there is said again in
    SQLAlchemy's way, so that it fails again, in SQLAlchemy's words. One whose connection is lost is not: it may be
    committed, and nobody heard of it.
    """

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        # What has only gone the short way holds nothing.
        if self.sync_session.in_transaction():
            await super().__aexit__(type_, value, traceback)

    async def _fetch(self, statement: TextClause, text: _Text, params: Any) -> list[asyncpg.Record] | None:
        engine: Any = self.sync_session.bind
        # Where it has a connection already, there is no other.
        held = self.sync_session.in_transaction()
        pooled: PoolProxiedConnection
        if held:
            pooled = await self.run_sync(lambda session: session.connection().connection)
        else:
            pooled = await greenlet_spawn(engine.raw_connection)
        driver: asyncpg.Connection[asyncpg.Record] | None = pooled.driver_connection
        assert driver is not None
        rows: list[asyncpg.Record] | None = None
        try:
            rows = await driver.fetch(text.written, *[params[name] for name in text.names])
        except (*_REFUSALS, OSError) as error:
            lost = isinstance(error, (OSError, asyncpg.PostgresConnectionError)) or driver.is_closed()
            if lost:
                driver.terminate()
                if not held:
                    await greenlet_spawn(_lose, engine, pooled, statement, params)
        except BaseException:
            # Given up in the middle of an answer: nobody else is to find it there.
            pooled.invalidate()
            raise
        if not held:
            await greenlet_spawn(pooled.close)
        return rows


def _lose(engine: Engine, pooled: PoolProxiedConnection, statement: TextClause, params: Any) -> NoReturn:
    """Let SQLAlchemy find out that this connection is closed, and do what it does then."""
    with Connection(engine, pooled) as connection:
        connection.execute(statement, params)
    raise ConnectionError
