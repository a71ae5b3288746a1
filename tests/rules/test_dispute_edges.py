"""The numbers of disputes, and the edges of what a decision may move."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.rules import NotAllowed
from bot.rules import dispute as rules
from bot.rules.dispute import Effects

NOON = datetime(2026, 11, 23, 12, 0)
H = timedelta(hours=1)


def decided(outcome: str = "partial_refund", held: dict[str, int] | None = None, **more: object) -> Effects:
    values: dict[str, object] = {"returnable": 250_00, "released_before": 0, "rate_bp": 2000} | more
    return rules.effects(outcome, {"final": 62_50} if held is None else held, **values)  # type: ignore[arg-type]


def test_the_numbers() -> None:
    """SPEC 7."""
    assert (rules.WARNINGS_H, rules.ESCALATION / H, rules.RATING / H, rules.EVENT_NEAR / H) == ((24, 6, 1), 24, 24, 7 * 24)
    assert (rules.LARGE, rules.SMALL) == (1_000_00, 100_00)
    assert (rules.MOST_FILES, rules.MOST_BYTES) == (5, 10 * 1024 * 1024)
    assert rules.TEXT_LIMIT == 900 < 1024, "a bubble's limit, less a header"


def test_a_warning_whose_hour_is_now_has_passed() -> None:
    assert rules.warnings(NOON + 6 * H, NOON) == {1: NOON + 5 * H}
    assert list(rules.warnings(NOON + 6 * H, NOON - timedelta(seconds=1))) == [6, 1]


def test_what_goes_on_moves_nothing() -> None:
    for outcome in ("continue", "no_action"):
        done = decided(outcome)
        assert done == Effects({}, {}, {}, 0)
        assert (done.to_customer, done.to_tailor) == (0, 0)
        for words in ({"refund": 1}, {"bearer": "tailor"}, {"refund": 1, "bearer": "tailor"}):
            with pytest.raises(NotAllowed, match="no_refund_here"):
                decided(outcome, **words)


def test_one_pesewa_is_a_refund() -> None:
    done = decided(refund=1)
    assert (done.back, done.released, done.fees, done.borne) == ({"final": 1}, {"final": 62_49}, {"final": 12_49}, 0)
    assert (done.to_customer, done.to_tailor) == (1, 50_00)


def test_all_that_is_held_needs_nobody_who_bears_it() -> None:
    done = decided(refund=62_50)
    assert (done.back, done.released, done.borne) == ({"final": 62_50}, {}, 0)
    assert decided("full_refund", refund=62_50).back == {"final": 62_50}
    assert decided("full_refund", refund=62_50, bearer="platform").borne == 0


def test_all_that_was_paid_may_go_back_and_not_a_pesewa_more() -> None:
    assert decided(refund=250_00, bearer="platform").borne == 187_50
    with pytest.raises(NotAllowed, match="more_than_paid"):
        decided(refund=250_01, bearer="platform")
    with pytest.raises(NotAllowed, match="more_than_paid"):
        decided("full_refund", returnable=62_49)


def test_a_full_refund_of_nothing_held_must_say_how_much() -> None:
    with pytest.raises(NotAllowed, match="nothing_to_give_back"):
        decided("full_refund", held={"final": 0}, bearer="platform")
    assert decided("full_refund", held={}, refund=1, bearer="platform") == Effects({}, {}, {}, 1)


def test_commission_goes_on_from_stage_to_stage() -> None:
    """What one loses by rounding the next wins back."""
    done = decided(held={"deposit": 3, "fitting": 3, "final": 4}, refund=4, released_before=1)
    assert (done.back, done.released) == ({"final": 4}, {"deposit": 3, "fitting": 3})
    assert done.fees == {"deposit": 0, "fitting": 1}
    assert done.to_tailor == 5


def test_a_stage_that_holds_nothing_is_not_named() -> None:
    done = decided(held={"deposit": 10, "fitting": 0}, refund=1)
    assert (done.back, done.released) == ({"deposit": 1}, {"deposit": 9})


def test_who_bears_it_must_be_known_even_when_nothing_is_borne() -> None:
    with pytest.raises(NotAllowed, match="unknown_bearer"):
        decided(refund=1, bearer="customer")
    for bearer in rules.BEARERS:
        assert decided(refund=1, bearer=bearer).borne == 0
