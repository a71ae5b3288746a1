"""What may become of money we send, and how patiently we ask."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.rules import NotAllowed
from bot.rules import disbursement as rules

S = timedelta(seconds=1)
LIFE = rules.DISBURSEMENT


def test_it_is_asked_about_ever_more_slowly_for_three_days() -> None:
    said = "10 s, 30 s, 1 min, 2 min, 5 min, 15 min, 1 h, 6 h, 1 day, 2 days, 3 days"
    units = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400}
    assert list(rules.POLLS) == [int(n) * units[unit] for n, unit in (word.split() for word in said.split(", "))]
    assert all(one < other for one, other in pairwise(rules.POLLS))


def test_the_next_question_lies_ahead() -> None:
    assert [rules.next_poll(n, timedelta()) for n in range(1, len(rules.POLLS) + 1)] == [timedelta(seconds=s) for s in rules.POLLS]
    assert rules.next_poll(1, 9 * S) == 10 * S
    assert rules.next_poll(1, 10 * S) == 30 * S, "not twice in the same moment"
    assert rules.next_poll(2, 5 * S) == 30 * S, "one that was asked is over, however early"
    assert rules.next_poll(1, timedelta(hours=2)) == timedelta(hours=6), "what was slept through is not made up for"
    assert rules.next_poll(len(rules.POLLS), 86_400 * S) == timedelta(days=3)


def test_after_the_last_question_a_person_looks() -> None:
    assert rules.next_poll(len(rules.POLLS) + 1, timedelta()) is None
    assert rules.next_poll(1, timedelta(days=3)) is None


def test_what_is_owed_is_tried_again_with_longer_pauses_and_then_daily() -> None:
    hours = [rules.pause(attempts) / timedelta(hours=1) for attempts in range(1, 8)]
    assert hours == [pytest.approx(1 / 12), 1, 6, 24, 24, 24, 24]
    assert rules.ALARM_AFTER == 4
    assert timedelta(minutes=10) == rules.REFUND_SEEN


def test_nobody_knows_is_not_failed() -> None:
    """Only the provider's own word ends an attempt whose money is under way."""
    ends = {event for event, origin, target in LIFE.rows if target == "failed" and origin in rules.ASKABLE}
    assert ends == {"refused", "not_accepted"}
    assert LIFE.after("lost", "submitting") == "unknown"
    assert [s for s in LIFE.states if LIFE.allows("not_accepted", s)] == ["submitting"]
    assert all(LIFE.after("refused", s) == "failed" and LIFE.after("proven", s) == "succeeded" for s in rules.ASKABLE)


def test_only_what_nobody_was_called_about_is_cancelled() -> None:
    assert [s for s in LIFE.states if LIFE.allows("cancelled", s)] == ["created", "approved"]
    with pytest.raises(NotAllowed, match="not_now"):
        LIFE.after("cancelled", "submitting")


def test_what_is_over_stays_over_but_that_it_came_back() -> None:
    assert set(LIFE.final) == {"cancelled", "failed", "reversed"}
    assert [row for row in LIFE.rows if row[1] == "succeeded"] == [("reversed", "succeeded", "reversed")]


def test_the_same_is_sent_again_only_while_nobody_has_heard_of_it() -> None:
    assert {(s, LIFE.after("absent", s)) for s in LIFE.states if LIFE.allows("absent", s)} == {("submitting", "approved"), ("unknown", "approved")}


def test_whose_money_is_set_aside() -> None:
    assert set(rules.LIVE) == set(LIFE.states) - {"succeeded", "failed", "cancelled", "reversed"}
    assert set(rules.LIVE) - set(rules.ASKABLE) == {"created", "approved"}
    assert set(rules.ASKABLE) - set(rules.POLLED) == {"needs_review"}
