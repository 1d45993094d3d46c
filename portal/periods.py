"""Periods in words and in addresses: days of the company's zone, as figures show them and lists take them."""

from datetime import datetime, timedelta
from typing import Literal

from babel.dates import format_date, format_interval, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_currency, format_compact_decimal, format_percent

from core.days import Span, today
from core.money import as_decimal
from core.rendering import gettext as _
from core.rendering import spoken


def query(span: Span) -> str:
    """The part of an address that filters a list to these days."""
    return f"from={span.first.isoformat()}&to={span.last.isoformat()}"


def words(span: Span) -> str:
    """ "Fri, 20 Nov 2026", or "1 – 30 Nov 2026"."""
    if span.first == span.last:
        return str(format_skeleton("yMMMEd", span.first, locale=spoken()))
    return str(format_interval(span.first, span.last, "yMMMd", locale=spoken()))


def short(span: Span) -> str:
    """The first day, for an axis: "20 Nov"; today is called so."""
    if span.length == 1 and span.last == today(span.zone):
        return _("Today")
    return str(format_skeleton("MMMd", span.first, locale=spoken()))


def tick(span: Span) -> str:
    """One letter for a day of the week; a week has none."""
    if span.length > 1:
        return str(format_skeleton("Md", span.first, locale=spoken()))
    return str(format_date(span.first, "EEEEE", locale=spoken()))


def clock(at: datetime, span: Span) -> str:
    """The time of day in the span's zone, as people write it."""
    return str(format_time(at.astimezone(span.zone), "short", locale=spoken()))


def weekday(span: Span) -> str:
    """ "Saturday"."""
    return str(format_date(span.last, "EEEE", locale=spoken()))


def wait(length: timedelta, *, narrow: bool = False) -> str:
    """A stretch of waiting in its two largest parts: "2 hours 14 minutes", narrow "2h 14m"."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return _("under a minute") if not narrow else _("<1m")
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts: list[tuple[Literal["day", "hour", "minute"], int]] = [
        ("day", days), ("hour", hours), ("minute", minutes),
    ]  # fmt: skip
    while not parts[0][1]:
        parts.pop(0)
    units = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
    return " ".join(
        str(
            format_timedelta(
                units[unit] * number, granularity=unit, threshold=10_000,
                format="narrow" if narrow else "long", locale=spoken(),
            )
        )
        for unit, number in parts[:2]
        if number
    )  # fmt: skip


def count(number: int) -> str:
    """A number for a chart: "940", "12K"."""
    return str(format_compact_decimal(number, locale=spoken(), fraction_digits=0 if number < 1000 else 1))


def sum_of(amount: int, currency: str) -> str:
    """An amount in minor units for a chart, short: "€940", "€12.3K"."""
    main = as_decimal(amount, currency)
    digits = 0 if abs(main) < 1000 else 1
    return str(format_compact_currency(main, currency, locale=spoken(), fraction_digits=digits))


def change(now: float, before: float) -> tuple[str, str] | None:
    """How a number changed, as words and direction; None where there is nothing to compare with."""
    if not before:
        return None
    share = (now - before) / before
    if abs(share) < 0.005:
        return _("as much as before"), "same"
    return ("+" if share > 0 else "") + str(format_percent(round(share, 2), locale=spoken())), (
        "up" if share > 0 else "down"
    )
