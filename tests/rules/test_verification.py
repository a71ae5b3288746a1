"""What must be looked at before a tailor is shown, and what may happen to her application."""

from __future__ import annotations

from datetime import date

import pytest

from bot.rules import NotAllowed
from bot.rules.verification import CHECKS, TOLD, VERIFICATION, card_number, check_photos, check_references, check_ticks, hidden_card, look_again_on


@pytest.mark.parametrize("said", ["GHA-712345678-4", "gha 712345678 4", " Gha7123456784 ", "GHA–712345678–4"])
def test_a_card_is_read_however_it_is_written(said: str) -> None:
    assert card_number(said) == "GHA-712345678-4"


@pytest.mark.parametrize("said", ["", "GHA-71234567-4", "GHA-712345678-45", "712345678-4", "NGA-712345678-4", "GHA-712345678-4 x"])
def test_what_is_no_card_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="Ghana Card"):
        card_number(said)


def test_a_card_is_shown_by_its_end() -> None:
    assert hidden_card("GHA-712345678-4") == "GHA-••••••678-4" and hidden_card(None) == ""


def test_every_check_counts() -> None:
    check_ticks({*CHECKS})
    for missing in CHECKS:
        with pytest.raises(NotAllowed) as refused:
            check_ticks({*CHECKS} - {missing})
        assert refused.value.values == {"missing": missing}


def test_five_to_ten_photos_and_two_to_five_people() -> None:
    for check, few, many in ((check_photos, 5, 10), (lambda n: check_references([*"abcdefgh"[:n]], "me"), 2, 5)):
        check(few), check(many)
        for count in (0, few - 1, many + 1):
            with pytest.raises(NotAllowed, match="too_few"):
                check(count)


@pytest.mark.parametrize("numbers", [["a", "a"], ["a", "me"], ["a", "b", "c", "b"]])
def test_nobody_speaks_twice_or_for_herself(numbers: list[str]) -> None:
    with pytest.raises(NotAllowed, match="same_reference"):
        check_references(numbers, "me")


def test_the_states_are_those_of_the_business() -> None:
    assert set(VERIFICATION.states) == {"PENDING", "UNDER_REVIEW", "NEEDS_FIX", "APPROVED", "REJECTED", "SUSPENDED"}


def test_she_is_looked_at_again_in_a_year_or_when_her_card_ends() -> None:
    today = date(2026, 11, 23)
    assert look_again_on(today, None) == date(2027, 11, 23) == look_again_on(today, date(2031, 1, 1))
    assert look_again_on(today, date(2027, 2, 1)) == date(2027, 2, 1)


def test_only_an_application_that_is_looked_at_is_approved() -> None:
    assert [origin for event, origin, _ in VERIFICATION.rows if event == "approved"] == ["UNDER_REVIEW"]
    assert {origin for event, origin, target in VERIFICATION.rows if target == "APPROVED"} == {"UNDER_REVIEW", "SUSPENDED", "APPROVED"}
    assert set(TOLD) < {event for event, _, _ in VERIFICATION.rows}
