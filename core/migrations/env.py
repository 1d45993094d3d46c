"""Run by alembic: connects, takes the migration lock, runs each revision in a transaction of its own."""

import asyncio
from datetime import timedelta

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from core import migrations
from core.schema import import_models

_LOCK = 7_411_953_018  # any number, as long as only migrations use it
_LOOK = timedelta(milliseconds=250)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=import_models(),
        compare_server_default=True,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait until no other migration runs: asking now and then, as one that waits inside a statement would keep
    the other from building an index concurrently."""
    asked = text("SELECT pg_try_advisory_lock(:lock)")
    while not await connection.scalar(asked, {"lock": _LOCK}):
        await connection.commit()
        await asyncio.sleep(_LOOK.total_seconds())
    await connection.commit()


async def _connect() -> None:
    limits = {
        "application_name": "throughline migrate",
        "lock_timeout": f"{migrations.LOCK_TIMEOUT // timedelta(milliseconds=1)}ms",
        "statement_timeout": f"{migrations.STATEMENT_TIMEOUT // timedelta(milliseconds=1)}ms",
        "idle_in_transaction_session_timeout": "60s",
    }
    engine = create_async_engine(
        context.config.attributes["url"], poolclass=NullPool, connect_args={"server_settings": limits}
    )
    try:
        async with engine.connect() as connection:
            # The lock is the session's: it goes with the connection, however that ends.
            await _take_turn(connection)
            for extension in migrations.EXTENSIONS:
                await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
            await connection.commit()
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_connect())
