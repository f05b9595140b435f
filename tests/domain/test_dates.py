from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.dates import calendar_readings, parse_date, parse_since, parse_until
from services.errors import BadInput

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("t", TODAY),
        ("Today", TODAY),
        ("-1", date(2026, 11, 20)),
        ("yesterday", date(2026, 11, 20)),
        ("+7", date(2026, 11, 28)),
        ("15", date(2026, 11, 15)),
        ("21", TODAY),
        ("22", date(2026, 10, 22)),
        ("31", date(2026, 10, 31)),
        ("2026-11-21", TODAY),
        ("20261121", TODAY),
        ("21 Nov", TODAY),
        ("22 Nov", date(2025, 11, 22)),
        ("Nov 3", date(2026, 11, 3)),
        ("3 November 2024", date(2024, 11, 3)),
        ("Nov 3, 2024", date(2024, 11, 3)),
        ("3-Nov-2024", date(2024, 11, 3)),
        ("11/21/2026", TODAY),
        ("11/2", date(2026, 11, 2)),
        ("21/11/2026", TODAY),
        ("03/04/2025", date(2025, 3, 4)),
        ("21.11.2026", TODAY),
        ("29 feb", date(2024, 2, 29)),
        ("2025-11-30T00:00:00", date(2025, 11, 30)),
    ],
)
def test_days_that_look_back(typed, day):
    assert parse_date(typed, TODAY) == day


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("15", date(2026, 12, 15)),
        ("21", TODAY),
        ("31", date(2026, 12, 31)),
        ("5 dec", date(2026, 12, 5)),
        ("3 nov", date(2027, 11, 3)),
        ("29 feb", date(2028, 2, 29)),
    ],
)
def test_days_that_look_ahead(typed, day):
    assert parse_date(typed, TODAY, prefer="future") == day


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "32",
        "0",
        "31/02/2025",
        "2025-02-30",
        "30 feb",
        "soon",
        "11/21/26",
        "2026",
        "+99999999",
        "13/13/2025",
        "21 Foo",
        "1e1",
        "٢١",
        "45991",
    ],
)
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(BadInput) as caught:
        parse_date(typed, TODAY, field="effective")
    assert caught.value.field == "effective"


def test_readings_tell_one_way_two_ways_none_and_no_form_apart():
    assert calendar_readings("03/04/2025") == (date(2025, 3, 4), date(2025, 4, 3))
    assert calendar_readings("03/03/2025") == (date(2025, 3, 3),)
    assert calendar_readings("30/11/2025") == (date(2025, 11, 30),)
    assert calendar_readings("31/02/2025") == ()
    assert calendar_readings("0000-01-01") == ()
    assert calendar_readings("soon") is None


@given(st.dates(date(1000, 1, 1)))
def test_every_day_reads_back_from_the_usual_forms(day):
    for typed in (
        day.isoformat(),
        f"{day:%d %b} {day.year:04d}",
        f"{day.month}/{day.day}/{day.year:04d}",
        f"{day:%d.%m}.{day.year:04d}",
    ):
        assert parse_date(typed, TODAY) == day


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 31))
def test_a_lone_day_is_the_nearest_one_on_its_side(today, number):
    back, ahead = parse_date(str(number), today), parse_date(str(number), today, prefer="future")
    assert back <= today <= ahead
    assert back.day == ahead.day == number
    assert (ahead - back).days <= 123


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("-7d", "2026-11-14T14:30:00-06:00"),
        ("-12h", "2026-11-21T02:30:00-06:00"),
        ("30m", "2026-11-21T14:00:00-06:00"),
        ("-2w", "2026-11-07T14:30:00-06:00"),
        ("today", "2026-11-21T00:00:00-06:00"),
        ("now", "2026-11-21T14:30:00-06:00"),
        ("2026-11-01", "2026-11-01T00:00:00-05:00"),
        ("2026-11-01T14:30", "2026-11-01T14:30:00-06:00"),
        ("2026-11-01T14:30Z", "2026-11-01T14:30:00+00:00"),
    ],
)
def test_since(typed, moment):
    assert parse_since(typed, NOW).isoformat() == moment


def test_hours_ago_are_hours_across_the_change_of_clocks():
    after_change = datetime(2026, 11, 1, 6, 0, tzinfo=NOW.tzinfo)
    assert parse_since("-12h", after_change).isoformat() == "2026-10-31T19:00:00-05:00"


def test_until_includes_the_day_it_names():
    assert parse_until("2026-11-20", NOW).isoformat() == "2026-11-21T00:00:00-06:00"
    assert parse_until("-1h", NOW).isoformat() == "2026-11-21T13:30:00-06:00"


@pytest.mark.parametrize("typed", ["", "-7y", "soon", "-999999w", "2026-13-01", "2026-11-01T25:00"])
def test_what_is_no_moment_is_refused(typed):
    with pytest.raises(BadInput):
        parse_since(typed, NOW)


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[-+]?[0-9./ -]{1,12}[a-z]{0,3}", fullmatch=True)))
def test_any_text_is_a_time_or_bad_input(text):
    for read in (lambda: parse_date(text, TODAY), lambda: parse_since(text, NOW), lambda: parse_until(text, NOW)):
        with suppress(BadInput):
            read()
