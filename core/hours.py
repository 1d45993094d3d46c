"""Opening hours: when people answer, in the company's own time, and how long that is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_PART = re.compile(rf"([A-Z][a-z]{{2}})(?:-([A-Z][a-z]{{2}}))?((?: {_SPAN})+)")
_YEARLY = re.compile(r"\d\d-\d\d")
# Nobody is closed for so long who opens at all.
_AHEAD = 800

# From when until when; until midnight is until 00:00.
Span = tuple[time, time]


@dataclass(frozen=True)
class Closed:
    """Days on which nobody answers: public holidays of a country or a part of it ("DE", "DE-BY"), and days of ours."""

    place: str = ""
    once: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def on(self, day: date) -> bool:
        """Whether this day is one of them."""
        return day in self.once or (day.month, day.day) in self.yearly or day in _public(self.place, day.year)


@dataclass(frozen=True)
class Hours:
    """From when until when on each day of the week, Monday first, in order; none on a day that is closed."""

    week: tuple[tuple[Span, ...], ...]
    zone: ZoneInfo
    closed: Closed = Closed()

    def closes(self, at: datetime) -> datetime | None:
        """Until when somebody is there at this moment; None while nobody is. A week later if that is always."""
        until = None
        for begins, ends in self._spans(at, days=8):
            if begins <= (until or at) < ends:
                until = ends
        return until.astimezone(self.zone) if until else None

    def opens(self, at: datetime) -> datetime | None:
        """When somebody is there again after this moment; None if never."""
        found = (begins.astimezone(self.zone) for begins, _ in self._spans(at, _AHEAD) if begins > at)
        return next(found, None)

    def after(self, at: datetime, wait: timedelta) -> datetime:
        """The moment when this much time has passed in which somebody was there; where nobody ever is, all counts."""
        left = wait
        for begins, ends in self._spans(at, _AHEAD):
            begins = max(begins, at)
            if ends - begins >= left:
                return begins + left
            left -= max(ends - begins, timedelta())
        return at + wait

    def _spans(self, at: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """What is open from the day of this moment on, in UTC: there an hour is one, also when clocks are changed."""
        if not any(self.week):
            return
        today = at.astimezone(self.zone).date()
        for ahead in range(days):
            day = today + timedelta(days=ahead)
            if self.closed.on(day):
                continue
            for begins, ends in self.week[day.weekday()]:
                last = day if ends > begins else day + timedelta(days=1)
                yield self._moment(day, begins), self._moment(last, ends)

    def _moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


@lru_cache(maxsize=16)
def parse(written: str, zone: ZoneInfo, closed: Closed = Closed()) -> Hours:
    """Hours as settings say them: "Mon-Fri 09:00-12:00 13:00-17:00, Sat 10:00-14:00". Raises ValueError."""
    week: list[list[Span]] = [[] for _ in DAYS]
    for part in filter(None, (each.strip() for each in written.split(","))):
        found = _PART.fullmatch(part)
        if found is None or not {found[1], found[2] or found[1]} <= set(DAYS):
            raise ValueError(f"{part!r} is not like Mon-Fri 09:00-17:00")
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        spans = [_span(each) for each in found[3].split()]
        if last < first or any(ends <= begins and ends != time() for begins, ends in spans):
            raise ValueError(f"{part!r} ends before it begins")
        for day in range(first, last + 1):
            week[day] = sorted([*week[day], *spans])
            if any(begins < ends or ends == time() for (_, ends), (begins, _) in pairwise(week[day])):
                raise ValueError(f"{part!r} overlaps what else is said of {DAYS[day]}")
    return Hours(tuple(tuple(day) for day in week), zone, closed)


def _span(written: str) -> Span:
    begins, ends = written.split("-")
    return time.fromisoformat(begins), time() if ends == "24:00" else time.fromisoformat(ends)


@lru_cache(maxsize=16)
def parse_closed(place: str, written: str) -> Closed:
    """Closed days as settings say them: a place ("DE-BY", or none) and "12-24, 2027-05-14". Raises ValueError."""
    _public(place, 2026)
    once, yearly = set(), set()
    for part in filter(None, (each.strip() for each in written.split(","))):
        if _YEARLY.fullmatch(part):
            # A leap year, so that it takes the last of February, too.
            day = date.fromisoformat(f"2024-{part}")
            yearly.add((day.month, day.day))
        else:
            once.add(date.fromisoformat(part))
    return Closed(place, frozenset(once), frozenset(yearly))


@lru_cache(maxsize=64)
def _public(place: str, year: int) -> frozenset[date]:
    if not place:
        return frozenset()
    # Only who asks for them carries them.
    import holidays

    country, _, part = place.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except (NotImplementedError, KeyError) as error:
        raise ValueError(f"no public holidays are known for {place!r}") from error
