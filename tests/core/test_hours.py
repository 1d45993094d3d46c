"""Opening hours: whether somebody is there, and when again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.hours import parse, parse_closed

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
        "Mon 09:00-12:00 11:00-13:00",
        "Mon-Fri 09:00-17:00, Wed 16:00-18:00",
        "Mon 12:00-24:00 23:00-24:00",
    ],
)
def test_hours_that_make_no_sense_are_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse(written, BERLIN)


@pytest.mark.parametrize(
    ("moment", "closes", "opens"),
    [
        ("2026-11-23T11:00:00+01:00", "2026-11-23T12:00:00+01:00", "2026-11-23T13:00:00+01:00"),
        ("2026-11-23T12:30:00+01:00", None, "2026-11-23T13:00:00+01:00"),
        # Christmas Eve of ours, then two public holidays, then a Sunday.
        ("2026-12-23T17:30:00+01:00", None, "2026-12-28T09:00:00+01:00"),
        ("2026-12-24T10:00:00+01:00", None, "2026-12-28T09:00:00+01:00"),
        # Corpus Christi is one in Bavaria; the day of our party is in one year only.
        ("2027-05-27T10:00:00+02:00", None, "2027-05-31T09:00:00+02:00"),
        ("2028-05-29T10:00:00+02:00", "2028-05-29T12:00:00+02:00", "2028-05-29T13:00:00+02:00"),
    ],
)
def test_a_break_at_noon_and_holidays_are_closed(moment: str, closes: str | None, opens: str) -> None:
    closed = parse_closed("DE-BY", "12-24, 2027-05-28")
    hours = parse("Mon-Fri 09:00-12:00 13:00-17:00", BERLIN, closed)
    assert hours.closes(at(moment)) == (at(closes) if closes else None)
    assert hours.opens(at(moment)) == at(opens)


def test_who_works_past_midnight_is_there_until_they_leave() -> None:
    hours = parse("Mon 20:00-24:00, Tue 00:00-04:00", BERLIN)
    assert hours.closes(at("2026-11-23T21:00:00+01:00")) == at("2026-11-24T04:00:00+01:00")


def test_who_is_always_there_closes_days_later() -> None:
    hours = parse("Mon-Sun 00:00-24:00", BERLIN)
    assert hours.closes(at("2026-11-23T21:00:00+01:00")) == at("2026-12-01T00:00:00+01:00")


@pytest.mark.parametrize(
    ("place", "written"),
    [("XX", ""), ("DE-XX", ""), ("", "12-32"), ("", "24.12."), ("", "2027-02-29"), ("", "tomorrow")],
)
def test_closed_days_that_make_no_sense_are_refused(place: str, written: str) -> None:
    with pytest.raises(ValueError):
        parse_closed(place, written)


@pytest.mark.parametrize(
    ("since", "wait", "until"),
    [
        ("2026-11-23T10:00:00+01:00", timedelta(hours=1), "2026-11-23T11:00:00+01:00"),
        ("2026-11-27T16:30:00+01:00", timedelta(hours=1), "2026-11-28T10:30:00+01:00"),
        ("2026-11-28T22:00:00+01:00", timedelta(hours=8), "2026-11-30T17:00:00+01:00"),
        ("2026-11-23T03:00:00+01:00", timedelta(hours=16), "2026-11-24T17:00:00+01:00"),
    ],
)
def test_what_is_promised_is_counted_in_the_hours_that_are_open(
    since: str, wait: timedelta, until: str
) -> None:
    assert parse("Mon-Fri 09:00-17:00, Sat 10:00-14:00", BERLIN).after(at(since), wait) == at(until)


def test_an_hour_is_an_hour_when_clocks_are_changed() -> None:
    hours = parse("Sun 00:00-06:00", BERLIN)
    # The night of 28 March 2027 has no hour from two to three, that of 31 October has it twice.
    assert hours.after(at("2027-03-28T00:00:00+01:00"), timedelta(hours=4)) == at("2027-03-28T05:00:00+02:00")
    assert hours.after(at("2027-10-31T00:00:00+02:00"), timedelta(hours=4)) == at("2027-10-31T03:00:00+01:00")


def test_where_nobody_ever_is_there_all_time_counts() -> None:
    since = at("2026-11-28T22:00:00+01:00")
    assert parse("", BERLIN).after(since, timedelta(hours=8)) == since + timedelta(hours=8)


@hypothesis.settings(deadline=None, max_examples=60)
@given(
    since=some.integers(0, 48 * 235).map(
        lambda halves: datetime(2027, 3, 20, tzinfo=UTC) + timedelta(minutes=30) * halves
    ),
    halves=some.integers(1, 60),
    written=some.sampled_from(
        [
            "Mon-Fri 09:00-12:00 13:00-17:00",
            "Sun 01:30-03:30",
            "Mon-Sun 00:00-24:00",
            "Sat 22:00-24:00, Sun 00:00-02:30",
        ]
    ),
)
def test_counting_open_half_hours_one_by_one_comes_to_the_same(
    since: datetime, halves: int, written: str
) -> None:
    hours = parse(written, BERLIN, parse_closed("HU", "10-31"))
    moment = since
    for _ in range(halves):
        if hours.closes(moment) is None:
            opens = hours.opens(moment)
            assert opens is not None
            moment = opens.astimezone(UTC)
        moment += timedelta(minutes=30)
    assert hours.after(since, timedelta(minutes=30) * halves) == moment
