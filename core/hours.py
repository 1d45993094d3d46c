"""Opening hours: when people answer, in the company's own time."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PART = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True)
class Hours:
    """From when until when on each day of the week, Monday first; None on a day that is closed."""

    week: tuple[tuple[time, time] | None, ...]
    zone: ZoneInfo

    def closes(self, at: datetime) -> datetime | None:
        """Until when somebody is there at this moment; None while nobody is."""
        here = at.astimezone(self.zone)
        span = self.week[here.weekday()]
        if span is None or not span[0] <= here.time() < span[1]:
            return None
        return datetime.combine(here.date(), span[1], self.zone)

    def opens(self, at: datetime) -> datetime | None:
        """When somebody is there again after this moment; None if never."""
        here = at.astimezone(self.zone)
        for ahead in range(8):
            day = here.date() + timedelta(days=ahead)
            span = self.week[day.weekday()]
            if span is not None and (begins := datetime.combine(day, span[0], self.zone)) > here:
                return begins
        return None


def parse(written: str, zone: ZoneInfo) -> Hours:
    """Hours as settings say them: "Mon-Fri 09:00-17:00, Sat 10:00-14:00". Raises ValueError."""
    week: list[tuple[time, time] | None] = [None] * 7
    for part in filter(None, (each.strip() for each in written.split(","))):
        found = _PART.fullmatch(part)
        if found is None or not {found[1], found[2] or found[1]} <= set(DAYS):
            raise ValueError(f"{part!r} is not like Mon-Fri 09:00-17:00")
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        begins, ends = time.fromisoformat(found[3]), time.fromisoformat(found[4])
        if last < first or ends <= begins:
            raise ValueError(f"{part!r} ends before it begins")
        for day in range(first, last + 1):
            week[day] = (begins, ends)
    return Hours(tuple(week), zone)
