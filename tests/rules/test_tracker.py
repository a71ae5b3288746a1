"""How far an order is, from every log it can have."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.rules.order import ORDER
from bot.rules.tracker import ENDS, PLACE, ROAD, Track, track
from tests.fakes import MONDAY


def told(*states: str) -> Track:
    return track([(state, MONDAY + timedelta(hours=n)) for n, state in enumerate(states)])


def test_stops_are_behind_here_and_ahead() -> None:
    way = told("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED")
    assert [s.name for s in way.stops if s.is_behind] == ["ordered", "deposit_paid"]
    assert [s.name for s in way.stops if s.is_here] == ["accepted"]
    assert [s.at for s in way.stops[:4]] == [MONDAY, MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2), None]
    assert (way.aside, len(way.stops)) == ("", len(ROAD))


def test_a_fitting_sent_back_lies_ahead_again_and_the_work_keeps_its_beginning() -> None:
    way = told("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED", "IN_PROGRESS", "READY_FOR_FITTING", "IN_PROGRESS")
    assert [s.name for s in way.stops if s.is_here] == ["cutting"]
    assert way.stops[3].at == MONDAY + timedelta(hours=3)
    assert way.stops[4].at is None


def test_the_second_payment_is_no_stop_of_its_own() -> None:
    way = told("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED", "IN_PROGRESS", "READY_FOR_FITTING", "FITTING_APPROVED", "COMPLETING")
    assert [s.name for s in way.stops if s.is_here] == ["approved"]
    assert way.stops[5].at == MONDAY + timedelta(hours=5)


def test_a_dispute_stands_aside_until_the_order_goes_on() -> None:
    before = ("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED", "IN_PROGRESS", "DISPUTED")
    way = told(*before)
    assert (way.aside, way.aside_at, len(way.stops)) == ("DISPUTED", MONDAY + timedelta(hours=4), len(ROAD))
    assert told(*before, "IN_PROGRESS").aside == ""
    assert told(*before, "IN_PROGRESS").stops[3].at == MONDAY + timedelta(hours=3)


def test_what_has_ended_has_nothing_ahead() -> None:
    way = told("PENDING_DEPOSIT", "DEPOSIT_PAID", "CANCELLED")
    assert [s.name for s in way.stops] == ["ordered", "deposit_paid"]
    assert way.aside == "CANCELLED"


@given(st.lists(st.randoms(use_true_random=False), max_size=25))
def test_any_life_has_one_place(choices: list[object]) -> None:
    """Whatever way an order takes through its table, it stands at one stop, and its days run forward."""
    state, log = "PENDING_DEPOSIT", [("PENDING_DEPOSIT", MONDAY)]
    for n, luck in enumerate(choices, 1):
        onward = [target for _, origin, target in ORDER.rows if origin == state]
        if not onward:
            break
        state = luck.choice(onward)  # type: ignore[attr-defined]
        log.append((state, MONDAY + timedelta(hours=n)))
    way = track(log)
    assert [s.is_here for s in way.stops].count(True) == 1
    days = [s.at for s in way.stops if s.at]
    assert days == sorted(days)
    assert way.aside == ("" if state in PLACE else state)
    assert state not in ENDS or way.stops[-1].is_here
