"""When things happen: growth over the years, seasons, weekdays, and the hours of the day."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

DAY = 86_400
# What January to December, Monday to Sunday, and the hours (UTC) of a day are worth to a coffee shop.
MONTHS = (0.95, 0.9, 0.9, 0.9, 1.0, 0.8, 0.75, 0.8, 1.0, 1.1, 1.6, 1.75)
WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 0.95, 0.8, 1.05)
HOURS = (2, 1, 1, 1, 1, 3, 8, 14, 18, 20, 20, 20, 22, 20, 18, 18, 18, 20, 24, 26, 22, 14, 8, 4)
GROWTH = 3.0
CLOCK = [0.0, *accumulate(hour / sum(HOURS) for hour in HOURS)]


def weight(day: date, age: float) -> float:
    """How busy a day is; `age` is 1 for the oldest day and 0 for the newest."""
    return float(MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] * GROWTH ** (1 - age))


class Curve:
    """Moments (whole seconds since 1970, UTC) from `days` before `end` up to it, by their place in the order."""

    def __init__(self, end: int, days: int, bumps: Callable[[date], float] = lambda day: 1.0) -> None:
        first = datetime.fromtimestamp(end, UTC).date() - timedelta(days=days)
        self.first = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
        self.weights = []
        for number in range((end - self.first) // DAY + 1):
            day = first + timedelta(days=number)
            self.weights.append(weight(day, 1 - number / (days + 1)) * bumps(day))
        self.sums = [0.0, *accumulate(self.weights)]
        today = (end - self.first) % DAY / 3600
        hour = int(today)
        gone = CLOCK[hour] + (CLOCK[hour + 1] - CLOCK[hour]) * (today - hour)
        self.total = self.sums[-2] + self.weights[-1] * gone

    def at(self, place: int, total: int) -> int:
        """When the `place`-th of `total` happens: a later place is never earlier."""
        gone = (place + 0.5) / total * self.total
        day = min(bisect_right(self.sums, gone) - 1, len(self.weights) - 1)
        share = (gone - self.sums[day]) / self.weights[day]
        hour = min(max(bisect_left(CLOCK, share) - 1, 0), 23)
        part = (share - CLOCK[hour]) / (CLOCK[hour + 1] - CLOCK[hour])
        return self.first + day * DAY + int((hour + part) * 3600)

    def places_before(self, moment: int, total: int) -> int:
        """How many of `total` happen before a moment."""
        return bisect_left(range(total), moment, key=lambda place: self.at(place, total))


class Deal:
    """A shuffle of 0 … total - 1 that needs no list: each number is dealt once, and any can be asked for."""

    def __init__(self, total: int, seed: str) -> None:
        self.total = total
        self.side = max(2, int(total**0.5) + 1)
        random = Random(seed)  # noqa: S311 - the same numbers each time are what is wanted
        self.rounds = [[random.randrange(self.side) for _ in range(self.side)] for _ in range(4)]

    def at(self, number: int) -> int:
        """The place that a number is dealt to."""
        side = self.side
        one, two, three, four = self.rounds
        while True:
            left, right = divmod(number, side)
            left = (left + one[right]) % side
            right = (right + two[left]) % side
            left = (left + three[right]) % side
            right = (right + four[left]) % side
            number = left * side + right
            if number < self.total:
                return number
