"""A price is split, earned and given back to the last pesewa."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import NotAllowed, escrow
from bot.rules import order as orders

totals = st.integers(30_00, 10_000_00)


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        (100_00, [25_00, 50_00, 25_00]), (30_00, [7_50, 15_00, 7_50]), (10_000_00, [2_500_00, 5_000_00, 2_500_00]),
        (333_33, [83_33, 166_66, 83_34]), (30_01, [7_50, 15_00, 7_51]), (30_02, [7_50, 15_01, 7_51]), (30_03, [7_50, 15_02, 7_51]),
    ],
)  # fmt: skip
def test_a_price_is_paid_in_three_parts(total: int, parts: list[int]) -> None:
    """SPEC 4: the cumulative floors of 25 and 75 per cent; what does not divide is paid last."""
    assert list(escrow.split(total)) == list(escrow.STAGES) == ["deposit", "fitting", "final"]
    assert list(escrow.split(total).values()) == parts


@given(totals)
def test_the_parts_are_whole_and_sum_to_the_price(total: int) -> None:
    parts = escrow.split(total)
    assert sum(parts.values()) == total
    assert all(type(part) is int for part in parts.values())
    assert parts["deposit"] == total // 4
    assert parts["deposit"] + parts["fitting"] == total * 3 // 4


def test_a_fifth_is_ours_and_less_of_those_who_began_with_us() -> None:
    """SPEC 4."""
    assert (escrow.COMMISSION_BP, escrow.FOUNDING_COMMISSION_BP) == (2000, 1500)


@pytest.mark.parametrize(
    ("rate", "before", "amount", "fee"),
    [
        (escrow.COMMISSION_BP, 0, 100_00, 20_00), (escrow.FOUNDING_COMMISSION_BP, 0, 100_00, 15_00), (0, 0, 100_00, 0), (10_000, 0, 1, 1),
        (2000, 0, 4, 0), (2000, 4, 1, 1), (2000, 0, 5, 1), (1500, 83_33, 166_66, 25_00), (1500, 0, 83_33, 12_49),
    ],
)  # fmt: skip
def test_commission(rate: int, before: int, amount: int, fee: int) -> None:
    assert escrow.commission(rate, before, amount) == fee


@given(totals, st.sampled_from([0, 1, 1500, 2000, 9999, 10_000]), st.permutations(escrow.STAGES))
def test_commission_of_all_releases_is_that_of_the_price(total: int, rate: int, turn: list[str]) -> None:
    """In whatever order stages are released, rounding never adds up."""
    parts, before, fees = escrow.split(total), 0, 0
    for stage in turn:
        fee = escrow.commission(rate, before, parts[stage])
        assert 0 <= fee <= parts[stage]
        before, fees = before + parts[stage], fees + fee
    assert fees == total * rate // 10_000


@pytest.mark.parametrize(
    ("state", "no_show", "to_customer", "to_tailor"),
    [
        ("PENDING_DEPOSIT", False, 0, 0), ("PENDING_DEPOSIT", True, 0, 0), ("DEPOSIT_PAID", False, 62_53, 0), ("DEPOSIT_PAID", True, 62_53, 0),
        ("ACCEPTED", False, 50_02, 12_51), ("ACCEPTED", True, 62_53, 0),
    ],
)  # fmt: skip
def test_what_a_cancelled_order_gives_back(state: str, no_show: bool, to_customer: int, to_tailor: int) -> None:
    """SPEC 6; the tailor keeps what does not divide."""
    assert escrow.on_cancel(state, 62_53, no_show=no_show) == escrow.GivenBack(to_customer, to_tailor)


def test_who_has_accepted_keeps_a_fifth_unless_it_is_said_that_she_never_began() -> None:
    assert escrow.on_cancel("ACCEPTED", 100_00) == escrow.GivenBack(80_00, 20_00)


@pytest.mark.parametrize("state", [s for s in orders.ORDER.states if s not in ("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED")])
def test_once_work_has_begun_only_a_dispute_gives_back(state: str) -> None:
    for no_show in (False, True):
        with pytest.raises(NotAllowed, match="only_by_dispute"):
            escrow.on_cancel(state, 62_53, no_show=no_show)


@given(st.integers(7_50, 2_500_00), st.booleans(), st.sampled_from(["DEPOSIT_PAID", "ACCEPTED"]))
def test_what_is_given_back_is_the_whole_deposit(deposit: int, no_show: bool, state: str) -> None:
    back = escrow.on_cancel(state, deposit, no_show=no_show)
    assert back.to_customer + back.to_tailor == deposit
    assert min(back.to_customer, back.to_tailor) >= 0
