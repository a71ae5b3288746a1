"""Whether a tailor has room for more work."""

from __future__ import annotations

from datetime import timedelta

from bot.rules import NotAllowed

HOLD = timedelta(minutes=30)
PER_MONTH, PER_DAY = 10, 2


def check_room(*, in_month: int, on_day: int, more: int = 1, per_month: int = PER_MONTH, per_day: int = PER_DAY) -> None:
    """Counts are pieces that are paid for or hold a place; `more` are to come. Raises NotAllowed."""
    if on_day + more > per_day:
        raise NotAllowed("day_full")
    if in_month + more > per_month:
        raise NotAllowed("month_full")
