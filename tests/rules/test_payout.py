"""When a tailor is paid and how much: the edges of weeks, days and limits, and whose name is whose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import payout
from bot.rules.payout import Terms, best_match, same_name

TERMS = Terms()
DAY = date(2026, 11, 23)
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


def test_payday_is_friday_at_nine() -> None:
    assert payout.payday_after(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) == FRIDAY
    assert payout.payday_after(FRIDAY - timedelta(microseconds=1)) == FRIDAY
    assert payout.payday_after(FRIDAY) == FRIDAY + timedelta(days=7)
    assert payout.week_of(FRIDAY) == "2026-W48"
    abroad = timezone(timedelta(hours=14))
    assert payout.payday_after(datetime(2026, 11, 28, 1, 0, tzinfo=abroad)) == FRIDAY + timedelta(days=7), "it is Friday, 11:00, in Accra"


@given(moments)
def test_the_next_payday_is_a_friday_within_a_week(now: datetime) -> None:
    payday = payout.payday_after(now)
    assert timedelta(0) < payday - now <= timedelta(days=7)
    assert (payday.weekday(), payday.hour, payday.utcoffset()) == (4, 9, timedelta(0))


def test_every_payday_of_ten_years_has_its_own_name() -> None:
    days = [FRIDAY + timedelta(days=7 * n) for n in range(520)]
    assert len({payout.week_of(day) for day in days}) == 520
    assert payout.week_of(datetime(2027, 1, 1, 9, tzinfo=UTC)) == "2026-W53"
    assert payout.week_of(datetime(2024, 12, 27, 9, tzinfo=UTC)) == "2024-W52"


@pytest.mark.parametrize("edge", [datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)])
def test_a_clock_that_is_off_at_midnight_names_the_same_run(edge: datetime) -> None:
    """F29: the name of a run changes at nine on Friday and at no other moment."""
    assert len({payout.last_week(edge + timedelta(seconds=s)) for s in range(-7200, 7200, 600)}) == 1
    assert payout.last_week(FRIDAY - timedelta(seconds=1)) == "2026-W47"
    assert payout.last_week(FRIDAY) == "2026-W48"


# -- how much


def test_more_than_a_wallet_takes_in_a_day_is_spread() -> None:
    assert payout.spread(10_000_00, {}, DAY, TERMS) == [(DAY, 10_000_00)]
    assert payout.spread(10_000_01, {}, DAY, TERMS) == [(DAY, 9_950_01), (DAY + timedelta(1), 50_00)]
    assert [amount for _, amount in payout.spread(25_000_00, {}, DAY, TERMS)] == [10_000_00, 10_000_00, 5_000_00]
    assert payout.spread(9_000_00, {DAY: 8_000_00}, DAY, TERMS) == [(DAY, 2_000_00), (DAY + timedelta(1), 7_000_00)]
    assert payout.spread(60_00, {DAY: 9_990_00}, DAY, TERMS) == [(DAY + timedelta(1), 60_00)]
    assert payout.spread(60_00, {DAY: 9_945_00}, DAY, TERMS) == [(DAY + timedelta(1), 60_00)], "the rest would be too small"


@given(st.integers(50_00, 400_000_00), st.dictionaries(st.integers(0, 6), st.integers(0, 12_000_00)))
def test_parts_sum_to_the_amount_and_no_day_is_overfull(amount: int, taken: dict[int, int]) -> None:
    before = {DAY + timedelta(n): sum_ for n, sum_ in taken.items()}
    parts = payout.spread(amount, before, DAY, TERMS)
    assert sum(part for _, part in parts) == amount
    assert len({day for day, _ in parts}) == len(parts)
    for day, part in parts:
        assert part >= TERMS.minimum
        assert before.get(day, 0) + part <= TERMS.per_day


def test_a_retry_waits_for_a_day_with_room() -> None:
    taken = {DAY: 9_000_00, DAY + timedelta(1): 10_000_00}
    assert payout.first_day(1_000_00, taken, DAY, TERMS) == DAY
    assert payout.first_day(1_000_01, taken, DAY, TERMS) == DAY + timedelta(2)


def test_a_person_looks_at_much_money_even_in_slices() -> None:
    assert not payout.needs_a_person(5_000_00, 0, TERMS)
    assert payout.needs_a_person(5_000_01, 0, TERMS)
    assert payout.needs_a_person(50_00, 4_999_00, TERMS)


def test_terms_must_leave_room() -> None:
    with pytest.raises(ValueError, match="room"):
        Terms(minimum=50_00, per_day=99_00)


def test_what_stands_in_the_way_worst_first() -> None:
    cold = FRIDAY
    assert payout.obstacle(is_stopped=True, name_state="mismatched", cold_until=cold) == "payouts_stopped"
    assert payout.obstacle(is_stopped=False, name_state="mismatched", cold_until=cold) == "name_mismatched"
    assert payout.obstacle(is_stopped=False, name_state="unknown", cold_until=cold) == "number_changed"
    assert payout.obstacle(is_stopped=False, name_state="unknown", cold_until=None) is None


# -- names


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Kofi Owusu", "KOFI OWUSU"), ("Kofi Owusu", "Owusu, Kofi"), ("Kofi Owusu", "OWUSU KOFI BOATENG"), ("Kofi K. Owusu", "Kofi Owusu"),
        ("Ɛsi Bɔateng", "ESI BOATENG"), ("André Mensah", "ANDRE MENSAH"), ("K. Owusu", "Kofi Owusu"), ("Owusu K", "KOFI OWUSU"),
        ("Mrs Akua Nyarko-Mensah", "AKUA NYARKO MENSAH"), ("Kofi's Sewing", "KOFIS SEWING"), ("Kofi", "KOFI"), ("Dr. Yaw Boateng", "Mr Yaw Boateng"),
    ],
)  # fmt: skip
def test_one_person(ours: str, theirs: str) -> None:
    assert same_name(ours, theirs) == "matched"
    assert same_name(theirs, ours) == "matched"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Kofi Owusu", "Esi Boateng"), ("Kofi Owusu", "Kofi Boateng"), ("Kofi Mensah", "Ama Mensah"), ("Kofi", "Esi Owusu"),
        ("K. Owusu", "Ama Mensah"),
    ],
)  # fmt: skip
def test_two_persons(ours: str, theirs: str) -> None:
    assert same_name(ours, theirs) == "mismatched"
    assert same_name(theirs, ours) == "mismatched"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Kofi", "KOFI OWUSU"), ("Kwasi Mensah", "KWESI MENSAH"), ("Kofi Kwame Mensah", "KOFI YAW MENSAH"), ("Kofi Owusu", ""), ("", "KOFI"),
        ("Kofi Owusu", None), ("🧵", "KOFI OWUSU"), ("K O", "KOFI OWUSU"), ("Abena Serwaa", "ABENAA SERWAA"), ("Kofi Owusu", "1234"),
    ],
)  # fmt: skip
def test_nobody_could_be_sure(ours: str, theirs: str | None) -> None:
    assert same_name(ours, theirs) == "unknown"


def test_the_name_of_the_shop_counts_too() -> None:
    assert best_match(("Kofi Owusu", "Kofi's Kente"), "KOFIS KENTE") == "matched"
    assert best_match(("Kofi Owusu", "Kofi's Kente"), "ESI BOATENG") == "mismatched"
    assert best_match(("Kofi", ""), "KOFI OWUSU") == "unknown"
    assert best_match(("", ""), "KOFI OWUSU") == "unknown"


alike = st.sampled_from(["k", "kofi", "kofii", "kofo", "kwesi", "kwasi", "kwasa", "m"])
said = st.one_of(st.text(max_size=60), st.lists(alike, max_size=5).map(" ".join))


@given(said, said)
def test_names_are_compared_the_same_both_ways(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
