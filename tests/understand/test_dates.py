"""Days as people say them, on Saturday 21 November 2026."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understand import NotUnderstood, day
from bot.understand.calendar import easter

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12 December", "2026-12-12"), ("december 12", "2026-12-12"), ("12th of December, 2026", "2026-12-12"),
        ("Dec 12", "2026-12-12"),
        ("12-dec-2026", "2026-12-12"), ("twelve december", "2026-12-12"), ("twenty first december", "2026-12-21"),
        ("decemeber 3", "2026-12-03"),
        ("25/12", "2026-12-25"), ("25-12-2026", "2026-12-25"), ("25.12.2026", "2026-12-25"), ("25/12/26", "2026-12-25"),
        ("2026-12-25", "2026-12-25"),
        ("12/25", "2026-12-25"), ("5/12", "2026-12-05"), ("1/2", "2027-02-01"), ("29 feb", "2028-02-29"),
        ("20 november", "2027-11-20"),
        ("21 november", "2026-11-21"), ("1 jan 2020", "2020-01-01"), ("it is on the 5th of january please", "2027-01-05"),
        ("today", "2026-11-21"), ("tomorrow", "2026-11-22"), ("ɔkyena", "2026-11-22"), ("day after tomorrow", "2026-11-23"),
        ("next tomorrow", "2026-11-23"), ("in 3 weeks", "2026-12-12"), ("in three weeks", "2026-12-12"),
        ("2 weeks", "2026-12-05"),
        ("two weeks time", "2026-12-05"), ("a week", "2026-11-28"), ("10 days from now", "2026-12-01"),
        ("in 3 months", "2027-02-21"),
        ("friday", "2026-11-27"), ("next friday", "2026-11-27"), ("wensday", "2026-11-25"), ("saturday", "2026-11-28"),
        ("this saturday", "2026-11-21"),
        ("next saturday", "2026-11-28"), ("Memeneda", "2026-11-28"), ("saturday 12 december", "2026-12-12"),
        ("sat 12/12", "2026-12-12"),
        ("next week", "2026-11-28"), ("next month", "2026-12-21"), ("end of month", "2026-11-30"), ("the 12th", "2026-12-12"),
        ("before Christmas", "2026-12-25"), ("xmas", "2026-12-25"), ("31st night", "2026-12-31"), ("new year", "2027-01-01"),
        ("easter", "2027-03-28"), ("good friday", "2027-03-26"), ("farmers' day", "2026-12-04"), ("christmas 2027", "2027-12-25"),
    ],
)  # fmt: skip
def test_days(text: str, found: str) -> None:
    assert day(text, TODAY) == date.fromisoformat(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unclear"), ("asap", "unclear"), ("may", "unclear"), ("2.5", "unclear"), ("12 12", "unclear"),
        ("1/2/3/4", "unclear"),
        ("12 december or 13 december", "unclear"), ("25/12 or 26/12", "unclear"), ("25/12/2026 at 3pm", "unclear"),
        ("32 1/2", "unclear"),
        ("30 feb", "no_such_day"), ("31/4", "no_such_day"), ("32/1", "no_such_day"), ("0/0/2026", "no_such_day"),
        ("0", "no_such_day"), ("32", "no_such_day"),
        ("99 december", "no_such_day"),
        ("friday 12 december", "weekday_differs"), ("fri 12/12", "weekday_differs"),
    ],
)  # fmt: skip
def test_no_days(text: str, reason: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        day(text, TODAY)
    assert error.value.reason == reason


def test_easter_of_known_years() -> None:
    assert [easter(year) for year in (2024, 2025, 2026, 2038)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
        date(2038, 4, 25),
    ]


@given(st.dates(date(2024, 1, 1), date(2090, 1, 1)), st.integers(0, 360))
def test_a_day_written_without_a_year_is_the_next_one(today: date, ahead: int) -> None:
    wanted = date.fromordinal(today.toordinal() + ahead)
    if (wanted.month, wanted.day) != (2, 29):
        assert day(f"{wanted.day}/{wanted.month}", today) == day(f"{wanted:%d %B}", today) == wanted
    assert day(f"{wanted:%d/%m/%Y}", today) == day(wanted.isoformat(), today) == wanted
