"""Days as the company counts them: whole days of its own zone, as instants for the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.clock import now

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Whole days of a zone, the first and the last included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        """The first instant of the span, UTC; a day may begin an hour late where clocks change at midnight."""
        return beginning(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the span, UTC."""
        return beginning(self.last + DAY, self.zone)

    @property
    def parts(self) -> "list[Span]":
        """Its days; of more than 31, its weeks counted from the last day, a short rest joined to the first."""
        step = 1 if self.length <= 31 else 7
        ends = [self.last - timedelta(days=i) for i in range(0, self.length - step // 2, step)][::-1]
        begins = [self.first, *(end + DAY for end in ends[:-1])]
        return [Span(first, last, self.zone) for first, last in zip(begins, ends, strict=True)]

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """As many days, right before."""
        return Span(self.first - timedelta(days=self.length), self.first - DAY, self.zone)


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a zone, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def bounds(parts: Sequence[Span]) -> dict[str, Any]:
    """Values for a statement that sorts instants into adjoining spans: `begin`, `end`, and all `starts`."""
    return {
        "begin": parts[0].starts_at,
        "end": parts[-1].ends_at,
        "starts": [part.starts_at for part in parts],
    }


def today(zone: ZoneInfo, at: datetime | None = None) -> date:
    return (at or now()).astimezone(zone).date()


def latest(number: int, zone: ZoneInfo, at: datetime | None = None) -> Span:
    """The last `number` days, today among them."""
    last = today(zone, at)
    return Span(last - timedelta(days=number - 1), last, zone)


def chosen(values: Mapping[str, str], zone: ZoneInfo) -> Span | None:
    """The span of a list's address (`from` and `to`, ISO dates, either may be left out); None without one.

    What is no date, or the wrong way round, is ignored: an address that somebody changed shows the whole list.
    """
    first, last = (_read(values.get(name, "")) for name in ("from", "to"))
    if first is None and last is None:
        return None
    first, last = first or last, last or first
    assert first is not None
    assert last is not None
    return Span(first, last, zone) if first <= last else None


def _read(written: str) -> date | None:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    # Farther away, PostgreSQL or the zone's own arithmetic would give up.
    return found if 1900 < found.year < 2200 else None
