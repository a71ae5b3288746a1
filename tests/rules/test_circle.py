"""Discounts, shared cloth, dates and codes of circles."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import NotAllowed, circle, numbering
from bot.rules.pricing import CATALOGUE, FABRIC_PER_YARD, quote

TODAY = date(2026, 11, 23)
kinds = st.sampled_from(CATALOGUE)
lots = st.lists(st.tuples(kinds, st.integers(35_00, 900_00)), min_size=2, max_size=circle.MOST)


@pytest.mark.parametrize(("pieces", "off"), [(1, 0), (2, 0), (3, 15), (5, 15), (6, 20), (9, 20), (10, 25), (20, 25)])
def test_tiers(pieces: int, off: int) -> None:
    assert circle.percent(pieces) == off


@pytest.mark.parametrize(("pieces", "more"), [(1, (2, 15)), (3, (3, 20)), (9, (1, 25)), (10, None)])
def test_what_more_people_would_bring(pieces: int, more: tuple[int, int] | None) -> None:
    assert circle.next_tier(pieces) == more


@pytest.mark.parametrize(("work", "pieces", "off"), [(250_00, 9, 50_00), (99_99, 3, 14_99), (33_33, 6, 6_66), (1, 20, 0)])
def test_each_piece_is_rounded_down_by_itself(work: int, pieces: int, off: int) -> None:
    assert circle.discount(work, pieces) == off


@given(st.lists(st.sampled_from([g.yards10 for g in CATALOGUE]), min_size=1, max_size=20))
def test_a_shared_lot_is_split_to_the_pesewa(yards10: list[int]) -> None:
    shares = circle.share_lot(yards10)
    lot = circle.lot_yards(yards10)
    assert sum(shares) == lot * FABRIC_PER_YARD
    assert lot * 10 >= sum(yards10) * 1.1 - 1e-9 and (lot - 1) * 10 < sum(yards10) * 1.1
    assert all(abs(share - lot * FABRIC_PER_YARD * y / sum(yards10)) < 1 for share, y in zip(shares, yards10, strict=True))


@given(lots, st.sampled_from(circle.FABRICS))
def test_nobody_pays_more_than_she_was_told(lot: list, fabric: str) -> None:
    for (kind, price), (made, off) in zip(lot, circle.settle(lot, fabric=fabric), strict=True):
        assert 0 <= off <= made.work == price
        assert made.total - off <= circle.most(kind, price, fabric=fabric)
        assert fabric == "shared" or made == quote(kind, price, tailor_buys_fabric=fabric == "tailor", express=False)


@given(lots, st.sampled_from(circle.FABRICS))
def test_all_the_parts_are_the_sum(lot: list, fabric: str) -> None:
    settled = circle.settle(lot, fabric=fabric)
    work = sum(price for _, price in lot)
    assert sum(q.work for q, _ in settled) == work
    assert work * circle.percent(len(lot)) / 100 - len(lot) < sum(off for _, off in settled) <= work * circle.percent(len(lot)) / 100


def test_dates() -> None:
    assert circle.is_near(TODAY + timedelta(days=13), TODAY) and not circle.is_near(TODAY + timedelta(days=14), TODAY)
    with pytest.raises(NotAllowed, match="event_too_soon"):
        circle.check_event(TODAY + timedelta(days=6), TODAY)
    with pytest.raises(NotAllowed, match="event_too_far"):
        circle.check_event(TODAY + timedelta(days=184), TODAY)
    circle.check_garment(10, TODAY + timedelta(days=4), TODAY + timedelta(days=14))
    with pytest.raises(NotAllowed, match="too_slow"):
        circle.check_garment(10, TODAY + timedelta(days=5), TODAY + timedelta(days=14))
    with pytest.raises(NotAllowed, match="closing_out_of_range"):
        circle.check_closing(TODAY + timedelta(days=10), TODAY + timedelta(days=14), TODAY)


@given(st.integers(7, 183), st.integers(5, 30))
def test_nothing_is_promised_after_the_event(ahead: int, longest: int) -> None:
    event = TODAY + timedelta(days=ahead)
    ready = circle.ready_on(TODAY, longest, event)
    assert ready <= event and (ready >= TODAY + timedelta(days=longest) or longest > ahead)
    for day in circle.closings(event, TODAY):
        assert circle.check_closing(day, event, TODAY) == day


@pytest.mark.parametrize("text", ["JOIN-7K3Q", "join 7k3q", "Join7K3Q.", "  join – 7k3q "])
def test_codes_as_people_send_them(text: str) -> None:
    assert numbering.read_circle_code(text) == "7K3Q"


@pytest.mark.parametrize("text", ["join team", "join", "join 7k3", "7k3q", "join us today", "joined 7k3q"])
def test_what_is_no_code(text: str) -> None:
    assert numbering.read_circle_code(text) is None


@given(st.integers(0, 99))
def test_made_codes_are_read_again(_: int) -> None:
    code = numbering.circle_code()
    assert numbering.read_circle_code(f"JOIN-{code}") == code
