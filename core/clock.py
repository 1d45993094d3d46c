"""The time, asked for in one place so that tests can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The present instant, in UTC and aware of it."""
    return _moment.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be another moment inside the block, for stories that are told afterwards; the database's clock goes on."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
