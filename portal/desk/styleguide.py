"""The page that shows every component with the call that makes it."""

from datetime import date, timedelta

from litestar import get
from litestar.response import Template

from portal.charts import Chart, Figure, Point
from portal.guards import staff
from portal.rendering import page

_ORDERS = (31, 44, 38, 52, 61, 64, 40, 36, 47, 55, 59, 72, 68, 45)
_BEFORE = (28, 35, 36, 41, 50, 57, 38, 30, 44, 49, 51, 60, 55, 40)
_FIRST = date(2026, 11, 8)


def _points() -> list[Point]:
    days = [(_FIRST + timedelta(place), value) for place, value in enumerate(_ORDERS)]
    return [
        Point(f"{day.day}", f"{day.day} Nov", f"{day.day} November", value, str(value), "#figures")
        for day, value in days
    ]


@get("/desk/styleguide", guards=[staff()])
async def show_styleguide() -> Template:
    """Charts come from Python, so the page is given some; all else stands in the template."""
    points = _points()
    figures = [
        Figure(
            "guide-orders", "Orders", "order", "712", "#figures", "98 more than the two weeks before", "up", True,
            Chart(points, before=_BEFORE), "Orders",
        ),
        Figure(
            "guide-open", "Not solved yet", "ticket", "45", "#figures", "as a week ago", "same", None,
            Chart(points, "line"), "Not solved at the day's end",
        ),
    ]  # fmt: skip
    return page(
        "desk/styleguide.html", {"figures_shown": figures, "chart_shown": Chart(points, "line", _BEFORE)}
    )


handlers = [show_styleguide]
