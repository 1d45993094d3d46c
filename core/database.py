"""The database: one transaction a piece of work, keys that sort by time, names that migrations can rely on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import BigInteger, DateTime, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column
from uuid_utils.compat import uuid7

from core import metrics, nudges, tracing
from core.statements import Statements, Work

# The types of most columns, so that a model reads as a list of facts.
Key = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Minor = Annotated[int, mapped_column(BigInteger)]
Facts = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Database:
    """An engine and its transactions; make it on the loop that uses it, `close()` it there."""

    def __init__(self, url: str, redis: Redis | None = None, pool_size: int = 10) -> None:
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_use_lifo=True,  # the one used last has its plans and caches at hand
            hide_parameters=True,  # what people wrote does not belong into logs
            connect_args={"server_settings": {"application_name": "throughline", "jit": "off"}},
        )
        metrics.watch(self.engine)
        if tracing.on():
            tracing.watch(self.engine)
        self.redis = redis
        self._sessions = async_sessionmaker(self.engine, class_=Work, expire_on_commit=False)
        alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._single = async_sessionmaker(alone, class_=Statements, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends, or undone whole when it raises.

        Nudges gathered in the session are published after the commit.
        """
        async with self._sessions() as session:
            async with session.begin():
                yield session
            await self._tell(session)

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[AsyncSession]:
        """A session without a transaction: each statement stands alone, committed as soon as it is done.

        For pages that only read, and for work of one statement, to which BEGIN and COMMIT are half of the cost. Fixed
        texts are cheapest here, see `core.statements`.
        Nudges gathered in the session are published at the end, unless the block raises.
        """
        async with self._single() as session:
            yield session
            await self._tell(session)

    async def _tell(self, session: AsyncSession) -> None:
        """What may be told of a session's work now that it is committed."""
        metrics.committed(session)
        if self.redis is not None:
            await nudges.publish(self.redis, session)

    async def close(self) -> None:
        await self.engine.dispose()
