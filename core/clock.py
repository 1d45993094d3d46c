"""The time, asked for in one place so that tests can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC and aware of it."""
    return datetime.now(UTC)
