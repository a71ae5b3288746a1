"""What reviews make of a tailor: a rating in which the recent weighs more, and a reputation from 0 to 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum

HALF_LIFE = timedelta(days=180)
REVIEW_WITHIN = timedelta(days=90)
MARKS = ("quality", "fit", "punctuality", "communication")
FEWEST, MOST = 1, 5
BEST = MOST * 100  # hundredths of a star
FEW_JOBS, MANY_JOBS = 10, 50
QUICK_MIN, SLOW_MIN = 10, 60
SOME_PERCENT, MANY_PERCENT = 5, 10  # of the orders she took on and did not sew
STREAK = 10
LOWEST, HIGHEST = -30, 105  # what the points can come to
HIGH = 80  # from here on customers see her sooner


@dataclass(frozen=True, slots=True)
class Given:
    """One review: hundredths of a star, and when."""

    stars100: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What counts beside the reviews."""

    jobs: int
    cancellations: int
    answer_minutes: int
    identity_verified: bool
    background_checked: bool


def stars100(marks: Sequence[int]) -> int:
    """The mean of one review's marks, in hundredths of a star."""
    return _rounded(100 * sum(marks), len(marks))


def rating100(reviews: Sequence[Given], now: datetime) -> int:
    """The weighted mean in hundredths of a star; 0 without reviews."""
    weights = [0.5 ** ((now - review.at) / HALF_LIFE) for review in reviews]
    total = fsum(weights)
    return round(fsum(w * review.stars100 for w, review in zip(weights, reviews, strict=True)) / total) if total else 0


def reputation(reviews: Sequence[Given], record: Record, now: datetime) -> int | None:
    """SPEC 10: the points on a scale from 0 to 100; None before the first review. `reviews` in any order."""
    if not reviews:
        return None
    last = sorted(reviews, key=lambda review: review.at)[-STREAK:]
    points = _experience(record.jobs) + _answers(record.answer_minutes) - _cancelled(record.jobs, record.cancellations)
    points += 10 * record.identity_verified + 10 * record.background_checked
    points += 10 * (len(last) == STREAK and all(review.stars100 == BEST for review in last))
    return scaled(rating100(reviews, now) + 10 * points)


def scaled(tenths: int) -> int:
    """Tenths of a point, from -300 to 1050, on the scale from 0 to 100."""
    return _rounded(100 * (tenths - 10 * LOWEST), 10 * (HIGHEST - LOWEST))


def _experience(jobs: int) -> int:
    return -10 if jobs < FEW_JOBS else 15 if jobs > MANY_JOBS else 0


def _answers(minutes: int) -> int:
    return 10 if minutes < QUICK_MIN else -5 if minutes > SLOW_MIN else 0


def _cancelled(jobs: int, cancellations: int) -> int:
    taken = jobs + cancellations
    if 100 * cancellations > MANY_PERCENT * taken:
        return 25
    return 10 if cancellations and 100 * cancellations >= SOME_PERCENT * taken else 0


def _rounded(above: int, below: int) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * above + below) // (2 * below)
