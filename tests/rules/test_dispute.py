"""How urgent a case is, who must answer by when, and that a decision loses no pesewa."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import NotAllowed
from bot.rules import dispute as rules
from bot.rules.days import hours, moment
from bot.rules.escrow import STAGES, split

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("category", "total", "days", "priority"),
    [
        ("delay", 250_00, None, "MEDIUM"),
        ("delay", 250_00, 7, "CRITICAL"),
        ("other", 50_00, 0, "CRITICAL"),
        ("delay", 250_00, 8, "MEDIUM"),
        ("delay", 250_00, -1, "MEDIUM"),  # the wedding is over
        ("quality", 50_00, None, "HIGH"),
        ("payment", 50_00, None, "HIGH"),
        ("milestone", 50_00, None, "HIGH"),
        ("communication", 1_000_00, None, "MEDIUM"),
        ("communication", 1_000_01, None, "HIGH"),
        ("delay", 99_99, None, "LOW"),
        ("delay", 100_00, None, "MEDIUM"),
    ],
)
def test_priority(category: str, total: int, days: int | None, priority: str) -> None:
    event = None if days is None else TODAY + timedelta(days=days)
    assert rules.priority(category, total, event, TODAY) == priority


def test_who_must_answer_by_when() -> None:
    due = {p: (rules.answer_due(p, NOON) - NOON).total_seconds() / 3600 for p in rules.PRIORITIES}
    assert due == {"CRITICAL": 4, "HIGH": 24, "MEDIUM": 48, "LOW": 72}
    assert [rules.raised(p) for p in rules.PRIORITIES] == ["MEDIUM", "HIGH", "CRITICAL", "CRITICAL"]


def test_only_warnings_that_lie_ahead() -> None:
    assert list(rules.warnings(NOON + timedelta(hours=4), NOON)) == [1]
    assert list(rules.warnings(NOON + timedelta(hours=24), NOON)) == [6, 1]
    assert rules.warnings(NOON + timedelta(hours=72), NOON)[24] == NOON + timedelta(hours=48)


def test_five_files_and_no_more() -> None:
    rules.check_files(4)
    with pytest.raises(NotAllowed, match="too_many_files"):
        rules.check_files(5)


def test_a_moment_is_said_absolutely_and_relatively() -> None:
    assert moment(NOON + timedelta(hours=24), NOON) == "Tue 24 Nov, 12:00 (in 24 hours)"
    assert hours(NOON + timedelta(minutes=70), NOON) == hours(NOON, NOON) == "1 hour"


# -- money


def test_a_partial_refund_comes_from_the_last_stage_first() -> None:
    held = {"deposit": 62_50, "fitting": 0, "final": 62_50}
    done = rules.effects("partial_refund", held, refund=100_00, returnable=250_00, released_before=125_00, rate_bp=2000)
    assert done.back == {"final": 62_50, "deposit": 37_50}
    assert done.released == {"deposit": 25_00}
    assert (done.to_customer, done.to_tailor, done.borne) == (100_00, 20_00, 0)


def test_a_full_refund_gives_back_what_is_held() -> None:
    done = rules.effects("full_refund", {"deposit": 62_50}, returnable=62_50, released_before=0, rate_bp=2000)
    assert (done.back, done.released, done.to_tailor) == ({"deposit": 62_50}, {}, 0)


def test_more_than_is_held_needs_somebody_who_bears_it() -> None:
    money = {"held": {"final": 62_50}, "returnable": 250_00, "released_before": 187_50, "rate_bp": 2000}
    with pytest.raises(NotAllowed, match="bearer_missing"):
        rules.effects("full_refund", refund=100_00, **money)  # type: ignore[arg-type]
    done = rules.effects("full_refund", refund=100_00, bearer="tailor", **money)  # type: ignore[arg-type]
    assert (done.back, done.borne, done.to_customer) == ({"final": 62_50}, 37_50, 100_00)


@pytest.mark.parametrize(
    ("outcome", "refund", "bearer", "reason"),
    [
        ("partial_refund", None, None, "nothing_to_give_back"),
        ("partial_refund", 0, None, "nothing_to_give_back"),
        ("partial_refund", -1, None, "nothing_to_give_back"),
        ("full_refund", 1, None, "less_than_held"),
        ("partial_refund", 250_01, "platform", "more_than_paid"),
        ("partial_refund", 62_51, None, "bearer_missing"),
        ("partial_refund", 62_51, "customer", "unknown_bearer"),
        ("continue", 1, None, "no_refund_here"),
        ("no_action", None, "tailor", "no_refund_here"),
    ],
)
def test_what_is_refused(outcome: str, refund: int | None, bearer: str | None, reason: str) -> None:
    with pytest.raises(NotAllowed, match=reason):
        rules.effects(outcome, {"final": 62_50}, refund=refund, bearer=bearer, returnable=250_00, released_before=0, rate_bp=2000)


def test_every_outcome_has_its_own_reasons() -> None:
    for outcome, known in rules.REASONS.items():
        for reason in known:
            rules.check_reason(outcome, reason)
        with pytest.raises(NotAllowed, match="unknown_reason"):
            rules.check_reason(outcome, "because")
    with pytest.raises(NotAllowed, match="unknown_reason"):
        rules.check_reason("whatever", "agreed")


@given(
    total=st.integers(30_00, 10_000_00), collected=st.sets(st.sampled_from(STAGES)), released=st.sets(st.sampled_from(STAGES)),
    refund=st.integers(1, 12_000_00) | st.none(), outcome=st.sampled_from(list(rules.REASONS)), bearer=st.sampled_from([None, *rules.BEARERS]),
    rate=st.sampled_from([0, 1, 1500, 2000, 9999]),
)  # fmt: skip
def test_no_pesewa_is_lost(
    total: int, collected: set[str], released: set[str], refund: int | None, outcome: str, bearer: str | None, rate: int
) -> None:
    parts = split(total)
    held = {stage: parts[stage] if stage in collected - released else 0 for stage in STAGES}
    returnable = sum(parts[stage] for stage in collected)
    before = sum(parts[stage] for stage in collected & released)
    try:
        done = rules.effects(outcome, held, refund=refund, bearer=bearer, returnable=returnable, released_before=before, rate_bp=rate)
    except NotAllowed:
        return
    if outcome not in rules.ENDS:
        assert done.to_customer == done.to_tailor == 0
        return
    assert sum(done.back.values()) + sum(done.released.values()) == sum(held.values())
    assert 0 < done.to_customer <= returnable
    assert done.to_customer == (sum(held.values()) if refund is None else refund)
    assert done.borne == max(0, done.to_customer - sum(held.values())) and (not done.borne or bearer)
    assert all(done.back.get(s, 0) + done.released.get(s, 0) == held[s] for s in STAGES)
    assert all(0 <= done.fees[s] <= done.released[s] for s in done.released)
    assert sum(done.fees.values()) == (before + sum(done.released.values())) * rate // 10_000 - before * rate // 10_000
    later_is_empty = [held[s] == done.back.get(s, 0) for s in STAGES]
    assert all(later_is_empty[n + 1 :] == [True] * (2 - n) for n, s in enumerate(STAGES) if done.back.get(s))
