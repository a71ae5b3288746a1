"""Dates as people say them, absolute and relative."""

from __future__ import annotations

from datetime import date, datetime


def spoken(day: date, today: date) -> str:
    """"Fri 5 Dec (in 2 weeks)"; the year only when it is another one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year} ({relative(day, today)})"


def relative(day: date, today: date) -> str:
    days = (day - today).days
    if days == 0:
        return "today"
    if days in (1, -1):
        return "tomorrow" if days == 1 else "yesterday"
    count, unit = (abs(days) // 7, "week") if abs(days) >= 14 else (abs(days), "day")
    text = f"{count} {unit}s"
    return f"in {text}" if days > 0 else f"{text} ago"


def needed(days: int, *, express: bool) -> int:
    """Days of work; express halves them, to two at least."""
    return max(2, -(-days // 2)) if express else days


def moment(when: datetime, now: datetime) -> str:
    """ "Tue 24 Nov, 09:00 (in 24 hours)"; Ghana's time is UTC all year."""
    return f"{when:%a} {when.day} {when:%b}, {when:%H:%M} (in {hours(when, now)})"


def hours(when: datetime, now: datetime) -> str:
    """ "24 hours" until then; at least one."""
    count = max(1, round((when - now).total_seconds() / 3600))
    return "1 hour" if count == 1 else f"{count} hours"
