"""Charts: where everything in them stands, in percent of their picture, so that they fit any width without a script."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.days import Span
from portal import periods

# Of the height: room for the direct labels above, and for the words of the axis below.
TOP, FLOOR = 17.0, 84.0
# So many bars at most carry a tick each; of more, the first, the middle and the last carry a word.
TICKED = 16
# Direct labels nearer than this, in percent of the width, would lie on each other.
APART = 17.0


@dataclass(frozen=True)
class Point:
    """One bar, or one place of a line: its words on the axis and in full, its value and how that is said."""

    tick: str
    word: str
    full: str
    value: float | None
    said: str
    href: str = ""


@dataclass(frozen=True)
class Mark:
    """A point in the picture; `label` and `axis` are empty where nothing is written."""

    point: Point
    x: float
    y: float
    left: float
    width: float
    height: float
    bar_top: float
    band: float
    band_left: float
    label: str
    label_x: float
    axis: str
    anchor: str
    last: bool


@dataclass(frozen=True)
class Chart:
    """A series as bars or as a line; `before` are the values of the span before, drawn behind as a dashed line."""

    points: Sequence[Point]
    shape: str = "bars"
    before: Sequence[float | None] = field(default_factory=tuple)

    @property
    def top(self) -> float:
        values = [point.value for point in self.points] + list(self.before)
        return max((value for value in values if value is not None), default=0.0) or 1.0

    def _y(self, value: float) -> float:
        return round(FLOOR - (FLOOR - TOP) * value / self.top, 2)

    @property
    def empty(self) -> bool:
        return not any(point.value for point in self.points)

    @property
    def marks(self) -> list[Mark]:
        number = len(self.points)
        band = 100 / number
        labelled = self._labelled()
        ticked = number <= TICKED
        worded = {0, number // 2, number - 1} if number > 4 else {0, number - 1}
        marks = []
        for place, point in enumerate(self.points):
            x = band * (place + 0.5)
            y = self._y(point.value) if point.value is not None else FLOOR
            axis = point.tick if ticked else point.word if place in worded else ""
            # What is not nothing is seen.
            height = round(max(FLOOR - y, 1.2 if point.value else 0.0), 2)
            edge = "start" if place == 0 else "end" if place == number - 1 else "middle"
            said = point.said if place in labelled else ""
            marks.append(
                Mark(
                    point=point,
                    x=round(x, 2),
                    y=y,
                    left=round(x - band * 0.36, 2),
                    width=round(band * 0.72, 2),
                    height=height,
                    bar_top=round(FLOOR - height, 2),
                    band=round(band, 2),
                    band_left=round(band * place, 2),
                    label=said,
                    label_x=0.0 if edge == "start" else 100.0 if edge == "end" else round(x, 2),
                    axis=axis,
                    anchor="middle" if ticked else edge,
                    last=place == number - 1,
                )
            )
        return marks

    def _labelled(self) -> set[int]:
        known = [place for place, point in enumerate(self.points) if point.value is not None]
        if not known:
            return set()
        last = known[-1]
        highest = max(known, key=lambda place: (self.points[place].value or 0.0, place))
        near = abs(highest - last) * 100 / len(self.points) < APART
        return {last} if near else {last, highest}

    @property
    def lines(self) -> list[str]:
        """The line's points as an SVG polyline wants them, in parts where values are missing."""
        return self._lines([point.value for point in self.points])

    @property
    def lines_before(self) -> list[str]:
        return self._lines(list(self.before)) if any(self.before) else []

    @property
    def areas(self) -> list[str]:
        """What lies under each part of the line, down to the floor."""
        return [
            f"{line.split(',')[0]},{FLOOR} {line} {line.rsplit(' ', 1)[-1].split(',')[0]},{FLOOR}"
            for line in self.lines
            if " " in line
        ]

    @property
    def floor(self) -> float:
        return FLOOR

    def _lines(self, values: Sequence[float | None]) -> list[str]:
        parts: list[list[str]] = [[]]
        band = 100 / max(1, len(values))
        for place, value in enumerate(values):
            if value is None:
                parts.append([])
            else:
                parts[-1].append(f"{band * (place + 0.5):.2f},{self._y(value)}")
        return [" ".join(part) for part in parts if part]


@dataclass(frozen=True)
class Figure:
    """A number with the chart that it stands over, where it leads, and what it stands beside.

    `direction` is "up", "down", "same" or empty; `good` says whether that is good news, None for neither.
    `column` names the values in the chart's table.
    """

    name: str
    title: str
    kind: str
    value: str
    href: str
    beside: str
    direction: str
    good: bool | None
    chart: Chart
    column: str
    icon: str = ""


def points(
    parts: Sequence[Span], values: Sequence[float | None], said: Sequence[str], href: str
) -> list[Point]:
    """A point for each span; `href` is the list that opens, filtered to the span's days."""
    return [
        Point(
            tick=periods.tick(part),
            word=periods.short(part),
            full=periods.words(part),
            value=value,
            said=words,
            href=f"{href}{'&' if '?' in href else '?'}{periods.query(part)}",
        )
        for part, value, words in zip(parts, values, said, strict=True)
    ]
