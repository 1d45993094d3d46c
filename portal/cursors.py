"""Cursors: where the next page of a list begins, written into an address."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def write(at: datetime, key: UUID) -> str:
    """A cursor for the row at this instant with this id."""
    return f"{(at - _BEGIN) // _TICK}_{key.hex}"


def read(written: str | None) -> tuple[datetime, UUID] | None:
    """The instant (UTC) and id of a cursor; None, which is the first page, for one that we did not write."""
    try:
        ticks, _, key = (written or "").partition("_")
        return _BEGIN + int(ticks) * _TICK, UUID(key)
    except (ValueError, OverflowError):
        return None
