"""Opening hours: whether somebody is there, and when again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.hours import parse

BERLIN = ZoneInfo("Europe/Berlin")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


@pytest.mark.parametrize(
    ("moment", "closes", "opens"),
    [
        # Monday morning in Berlin, while it is still night in UTC's count.
        ("2026-11-23T08:30:00+01:00", None, "2026-11-23T09:00:00+01:00"),
        ("2026-11-23T08:00:00+00:00", "2026-11-23T17:00:00+01:00", "2026-11-24T09:00:00+01:00"),
        ("2026-11-23T17:00:00+01:00", None, "2026-11-24T09:00:00+01:00"),
        ("2026-11-27T18:00:00+01:00", None, "2026-11-28T10:00:00+01:00"),
        ("2026-11-28T15:00:00+01:00", None, "2026-11-30T09:00:00+01:00"),
    ],
)
def test_somebody_is_there_within_the_hours_of_our_own_zone(
    moment: str, closes: str | None, opens: str
) -> None:
    hours = parse("Mon-Fri 09:00-17:00, Sat 10:00-14:00", BERLIN)
    assert hours.closes(at(moment)) == (at(closes) if closes else None)
    assert hours.opens(at(moment)) == at(opens)


def test_who_never_opens_says_so() -> None:
    hours = parse("", BERLIN)
    assert (hours.closes(at("2026-11-23T10:00:00+01:00")), hours.opens(at("2026-11-23T10:00:00+01:00"))) == (
        None,
        None,
    )


@pytest.mark.parametrize(
    "written",
    [
        "always",
        "Mon 9-17",
        "Mon-Xyz 09:00-17:00",
        "Fri-Mon 09:00-17:00",
        "Mon 17:00-09:00",
        "Mon 25:00-26:00",
    ],
)
def test_hours_that_make_no_sense_are_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse(written, BERLIN)
