"""When somebody is at the desk, and how that is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.rules import notices, office


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """In November 2026: the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "is_open", "opens"),
    [
        (at(23, 7, 59, 59), False, at(23, 8)),
        (at(23, 8), True, at(23, 8)),
        (at(23, 17, 59, 59), True, at(23, 17, 59, 59)),
        (at(23, 18), False, at(24, 8)),
        (at(27, 23, 30), False, at(28, 9)),
        (at(28, 8, 30), False, at(28, 9)),
        (at(28, 15, 59), True, at(28, 15, 59)),
        (at(28, 16), False, at(30, 8)),
        (at(29, 12), False, at(30, 8)),
        (at(29, 0), False, at(30, 8)),
    ],
)
def test_the_desk_is_open_on_working_days_and_on_saturday(now: datetime, is_open: bool, opens: datetime) -> None:
    assert office.is_open(now) is is_open
    assert office.opens_at(now) == opens


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (at(23, 9), 60, at(23, 10)),
        (at(23, 17), 60, at(23, 18)),
        (at(23, 17, 30), 60, at(24, 8, 30)),
        (at(23, 22), 60, at(24, 9)),
        (at(28, 15, 45), 60, at(30, 8, 45)),
        (at(27, 17, 30), 60, at(28, 9, 30)),
        (at(27, 17), 60 * 9, at(30, 9)),
    ],
)
def test_only_office_time_counts(start: datetime, minutes: int, end: datetime) -> None:
    assert office.later(start, timedelta(minutes=minutes)) == end


def test_office_time_is_never_more_than_a_weekend_away() -> None:
    for hours in range(24 * 7):
        now = at(23, 0, 30) + timedelta(hours=hours)
        due = office.later(now, office.PATIENCE)
        assert timedelta(minutes=60) <= due - now <= timedelta(hours=42)
        assert notices.not_before(due) == due


@pytest.mark.parametrize(
    ("opens", "now", "said"),
    [(at(23, 8), at(23, 6), "today 8:00"), (at(28, 9), at(27, 19), "tomorrow 9:00"), (at(30, 8), at(28, 17), "Monday 8:00")],
)
def test_when_it_opens_in_words(opens: datetime, now: datetime, said: str) -> None:
    assert office.spoken(opens, now) == said


@pytest.mark.parametrize(("login", "name"), [("esi", "Esi"), ("esi.mensah", "Esi"), ("esi2", "Esi"), ("KOFI-a", "Kofi"), ("2nd_ama", "Nd")])
def test_a_login_as_a_name(login: str, name: str) -> None:
    assert office.called(login) == name


@pytest.mark.parametrize(
    ("now", "heard", "why"),
    [
        (at(23, 12), None, "window_closed"),
        (at(24, 12), at(23, 12), ""),
        (at(24, 12, 0, 1), at(23, 12), "window_closed"),
        (at(23, 21), at(23, 20), ""),
        (at(23, 21, 0, 1), at(23, 20), "night"),
        (at(24, 6, 59), at(23, 19), "night"),
        (at(24, 7), at(23, 19), ""),
    ],
)
def test_whom_one_may_write_to(now: datetime, heard: datetime | None, why: str) -> None:
    assert notices.why_silent(now, heard) == why


@pytest.mark.parametrize(
    ("until", "latest"),
    [(at(24, 8), at(24, 8)), (at(24, 19, 59), at(24, 19, 59)), (at(24, 20), at(24, 19, 59)), (at(24, 0), at(23, 19, 59))],
)
def test_the_last_moment_by_day(until: datetime, latest: datetime) -> None:
    assert notices.by_day(until) == latest
    assert notices.not_before(latest) == latest
