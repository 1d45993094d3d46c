"""Changes: PostgreSQL's own word that a table was written to, heard as soon as the transaction is committed.

For what a process keeps in memory and has to drop in that moment. A notice says that something changed, not what.
Whoever cannot be sure to hear the next one is told so, and keeps nothing.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy import DDL, Table, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from core import tasks

log = structlog.get_logger()

CHANNEL = "changes"
# Seconds: how often the connection is tried, how long it may be silent before nobody relies on it, and the pause
# before the next one when it is lost.
TRIED_EVERY = 5.0
SILENCE = 15.0
PAUSE = 1.0
_PROOF = "proof:"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', TG_TABLE_NAME);
    RETURN NULL;
END $$;
"""
_TRIGGER = """
CREATE TRIGGER {table}_announced AFTER {events} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION announce_change();
"""
_ROW_TRIGGER = """
CREATE TRIGGER {table}_changed_announced AFTER UPDATE ON {table}
    FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION announce_change();
"""


def announce(table: Table, *, when: str = "") -> None:
    """Have every transaction that writes to this table announced; of updates only where `when` holds of OLD and NEW.

    Announcing transactions commit one after the other, so a table that is written to all the time needs its `when`.
    """
    events = "INSERT OR DELETE OR TRUNCATE" if when else "INSERT OR UPDATE OR DELETE OR TRUNCATE"
    made = [_FUNCTION, _TRIGGER.format(table=table.name, events=events)]
    if when:
        made.append(_ROW_TRIGGER.format(table=table.name, when=when))
    for statement in made:
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]  # the library has no types


class Changes:
    """A connection of its own to the database at `url` that listens; start and stop it on the loop that uses it."""

    def __init__(self, url: str) -> None:
        # Grows with every change heard of, and whenever one may have been missed.
        self.number = 0
        self._engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"server_settings": {"application_name": "throughline changes"}},
        )
        self._sure_at = float("-inf")
        self._told: list[Callable[[], None]] = []
        self._connection: asyncpg.Connection[Any] | None = None
        self._asking = asyncio.Lock()
        self._deaf = False
        self._proof = ""
        self._proven = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    @property
    def sure(self) -> bool:
        """Whether nothing that was committed until a moment ago has been missed, and the next change will be heard."""
        return time.monotonic() - self._sure_at < SILENCE

    def tell(self, act: Callable[[], None]) -> None:
        """Call `act` at every change, and whenever one may have been missed."""
        self._told.append(act)

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        await tasks.end(self._listener)
        self._lose()
        await self._engine.dispose()

    async def settle(self) -> None:
        """Return once every change that is committed by now has been heard of. Raises OSError when nothing is heard."""
        connection = self._connection
        if connection is None:
            raise ConnectionError
        async with self._asking:
            asked_at = time.monotonic()
            # PostgreSQL says what it has to say before it answers.
            await connection.execute("SELECT 1", timeout=TRIED_EVERY)
            if self._connection is connection:
                self._sure_at = asked_at

    async def _listen(self) -> None:
        while True:
            why = "connection closed"
            try:
                async with self._engine.connect() as connection:
                    await self._hear(connection)
            except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                why = type(error).__name__
            self._lose()
            if not self._deaf:
                self._deaf = True
                log.warning("changes are not heard", reason=why)
            await asyncio.sleep(PAUSE)

    async def _hear(self, connection: AsyncConnection) -> None:
        """Listen for as long as the connection lasts."""
        driver: asyncpg.Connection[Any] | None = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        ended = asyncio.Event()

        def end(*_: object) -> None:
            ended.set()
            self._lose()

        driver.add_termination_listener(end)
        await driver.add_listener(CHANNEL, self._hear_notice)
        await self._prove()
        self._connection = driver
        # What happened before is not known.
        self._change()
        while not ended.is_set():
            await self.settle()
            if self._deaf:
                self._deaf = False
                log.info("changes are heard again")
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), TRIED_EVERY)

    async def _prove(self) -> None:
        """See a notice of another connection arrive: through some poolers none ever does."""
        self._proof = _PROOF + secrets.token_hex(8)
        self._proven.clear()
        async with self._engine.connect() as other:
            await other.execute(select(func.pg_notify(CHANNEL, self._proof)))
        await asyncio.wait_for(self._proven.wait(), TRIED_EVERY)

    def _hear_notice(self, _connection: object, _pid: int, _channel: str, about: object) -> None:
        if about == self._proof:
            self._proven.set()
        elif not str(about).startswith(_PROOF):
            self._change()

    def _change(self) -> None:
        self.number += 1
        for act in self._told:
            act()

    def _lose(self) -> None:
        self._connection = None
        self._sure_at = float("-inf")
        self._change()
