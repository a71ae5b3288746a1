"""Whether a tailor has room for one more order."""

from __future__ import annotations

from datetime import timedelta

from bot.rules import NotAllowed

HOLD = timedelta(minutes=30)
PER_MONTH, PER_DAY = 10, 2


def check_room(*, in_month: int, on_day: int, per_month: int = PER_MONTH, per_day: int = PER_DAY) -> None:
    """Counts are orders that are paid for or hold a place. Raises NotAllowed."""
    if on_day >= per_day:
        raise NotAllowed("day_full")
    if in_month >= per_month:
        raise NotAllowed("month_full")
