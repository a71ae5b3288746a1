"""The numbers of paying out, and the edges of its rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules import payout
from bot.rules.payout import Terms, first_day, same_name

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_the_numbers() -> None:
    """SPEC 4 has the minimum; the others are the house's own."""
    assert Terms() == Terms(minimum=50_00, a_person_above=5_000_00, per_day=10_000_00)
    assert (payout.COOLING / timedelta(hours=1), payout.FLOAT_ASKED_AGAIN / timedelta(minutes=1)) == (72, 10)
    assert (payout.WITHDRAWALS_PER_DAY, payout.NUMBERS_PER_DAY) == (3, 5)


@pytest.mark.parametrize("terms", [{"minimum": 50, "per_day": 100}, {"minimum": 1, "per_day": 2}, {"a_person_above": 0}])
def test_terms_at_the_edge(terms: dict[str, int]) -> None:
    Terms(**terms)


@pytest.mark.parametrize("terms", [{"minimum": 50, "per_day": 99}, {"minimum": 0}, {"minimum": -1}, {"a_person_above": -1}])
def test_terms_that_make_no_sense(terms: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="room for two"):
        Terms(**terms)


def test_a_day_on_which_nothing_was_sent_has_room_for_anything() -> None:
    """What was set aside under other terms is not put off for ever."""
    assert first_day(20_000_00, {}, DAY, Terms()) == DAY
    assert first_day(20_000_00, {DAY: 1}, DAY, Terms()) == DAY + timedelta(days=1)


def test_a_part_is_sent_now_or_at_nine_on_its_day() -> None:
    assert payout.moment(DAY, NOON) == payout.moment(DAY - timedelta(days=1), NOON) == NOON
    assert payout.moment(DAY + timedelta(days=1), NOON) == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ("Kofi Mensah", "Kofa Mensah", "unknown"),  # four letters, one of them another
        ("Ama Mensah", "Ami Mensah", "mismatched"),  # three: it may be somebody else
        ("Kwasi Mensah", "Kwasii Mensah", "unknown"),
        ("Kwasi Mensah", "Kwasiii Mensah", "mismatched"),
        ("Kwasi Mensah", "Kwaku Mensah", "mismatched"),
        ("Abena Serwaa", "Abenaa Serwa", "unknown"),
        ("Kofi K Mensah", "Kofi Mensah", "matched"),
        ("Kofi A Mensah", "Kofi Addo Mensah", "matched"),
        ("K Mensah", "Kofi", "unknown"),
        ("Mensah", "Mensah Kofi", "unknown"),
        ("K M", "Kofi Mensah", "unknown"),  # initials alone are nobody
        ("Kofi Owusu Mensah", "Kofi Owusu Boateng", "unknown"),
    ],
)  # fmt: skip
def test_how_near_two_names_must_be(ours: str, theirs: str, verdict: str) -> None:
    assert same_name(ours, theirs) == same_name(theirs, ours) == verdict
