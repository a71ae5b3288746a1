"""Reviews become a rating and a reputation as the rules of the business say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import matching
from bot.rules.reputation import HALF_LIFE, Given, Record, rating100, reputation, scaled, stars100

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLAIN = Record(jobs=20, cancellations=0, answer_minutes=30, identity_verified=False, background_checked=False)


def at(stars: int, days: float = 0) -> Given:
    return Given(stars, NOW - timedelta(days=days))


def test_four_marks_make_stars() -> None:
    assert [stars100(marks) for marks in ((5, 5, 5, 5), (1, 1, 1, 1), (5, 4, 4, 4), (5, 5, 4, 4), (3, 4, 5, 1))] == [500, 100, 425, 450, 325]


def test_a_review_of_half_a_year_ago_counts_half() -> None:
    assert rating100([at(500), at(200, HALF_LIFE.days)], NOW) == 400  # (500 + 0.5 * 200) / 1.5
    assert rating100([at(500), at(100, 2 * HALF_LIFE.days)], NOW) == 420  # (500 + 0.25 * 100) / 1.25
    assert rating100([at(500), at(300)], NOW) == 400
    assert rating100([], NOW) == 0


def test_the_ends_of_the_scale() -> None:
    best = Record(jobs=51, cancellations=0, answer_minutes=9, identity_verified=True, background_checked=True)
    worst = Record(jobs=1, cancellations=9, answer_minutes=61, identity_verified=False, background_checked=False)
    assert reputation([at(500, n) for n in range(10)], best, NOW) == 100
    assert reputation([at(100)], worst, NOW) == 0
    assert (scaled(-300), scaled(375), scaled(1050)) == (0, 50, 100)


@pytest.mark.parametrize(
    ("record", "points"),
    [
        (PLAIN, 0),
        (Record(9, 0, 30, False, False), -10), (Record(10, 0, 30, False, False), 0),
        (Record(50, 0, 30, False, False), 0), (Record(51, 0, 30, False, False), 15),
        (Record(20, 0, 9, False, False), 10), (Record(20, 0, 10, False, False), 0),
        (Record(20, 0, 60, False, False), 0), (Record(20, 0, 61, False, False), -5),
        (Record(20, 0, 30, True, False), 10), (Record(20, 0, 30, True, True), 20),
        (Record(20, 1, 30, False, False), 0),  # 4.8 %
        (Record(19, 1, 30, False, False), -10),  # 5 %
        (Record(18, 2, 30, False, False), -10),  # 10 %
        (Record(17, 2, 30, False, False), -25),  # 10.5 %
        (Record(0, 1, 30, False, False), -35),  # all of them, and no experience
    ],
)  # fmt: skip
def test_what_counts_beside_the_reviews(record: Record, points: int) -> None:
    assert reputation([at(400)], record, NOW) == scaled(400 + 10 * points)


def test_ten_perfect_reviews_in_a_row() -> None:
    nine, ten = [at(500, n) for n in range(9)], [at(500, n) for n in range(10)]
    assert reputation(nine, PLAIN, NOW) == scaled(500)
    assert reputation(ten, PLAIN, NOW) == scaled(600)
    assert reputation([*ten, at(400, 99)], PLAIN, NOW) == scaled(rating100([*ten, at(400, 99)], NOW) + 100), "an older one does not break the row"
    assert reputation([at(475), *ten], PLAIN, NOW) == scaled(rating100([at(475), *ten], NOW)), "the last one does"


def test_nobody_has_a_reputation_before_the_first_review() -> None:
    assert reputation([], PLAIN, NOW) is None


reviews = st.lists(st.builds(at, st.integers(100, 500), st.integers(0, 3000)), min_size=1, max_size=30)
records = st.builds(Record, st.integers(0, 300), st.integers(0, 300), st.integers(0, 2000), st.booleans(), st.booleans())


@given(reviews, records)
def test_it_stays_on_the_scale(given_: list[Given], record: Record) -> None:
    value = reputation(given_, record, NOW)
    assert value is not None and 0 <= value <= 100
    assert min(r.stars100 for r in given_) <= rating100(given_, NOW) <= max(r.stars100 for r in given_)


@given(reviews, records)
def test_their_order_does_not_matter(given_: list[Given], record: Record) -> None:
    assert reputation(given_[::-1], record, NOW) == reputation(given_, record, NOW)


def test_a_high_reputation_is_seen_sooner() -> None:
    some = matching.Standing(480, 20, True, True, 8, 10)
    high = matching.Standing(480, 20, True, True, 8, 10, reputation=80)
    assert (matching.base_score(some), matching.base_score(high)) == (83, 91)
    assert matching.base_score(matching.Standing(500, 60, True, True, 5, 10, reputation=99)) <= 100
