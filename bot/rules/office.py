"""When people of ours are at the desk: Monday to Friday 8-18, Saturday 9-16, in Africa/Accra, which is UTC all year."""

from __future__ import annotations

from datetime import datetime, timedelta

HOURS = {**dict.fromkeys(range(5), (8, 18)), 5: (9, 16)}  # weekday: opens, closes; no Sundays
PATIENCE = timedelta(minutes=60)  # of office time that somebody may wait for the person who has taken her conversation


def is_open(now: datetime) -> bool:
    opens, closes = HOURS.get(now.weekday(), (0, 0))
    return opens <= now.hour < closes


def opens_at(now: datetime) -> datetime:
    """When somebody is at the desk next: now, or when it opens again."""
    if is_open(now):
        return now
    opens = now.replace(hour=HOURS.get(now.weekday(), (0, 0))[0], minute=0, second=0, microsecond=0)
    while opens <= now or not is_open(opens):
        opens += timedelta(days=1)
        opens = opens.replace(hour=HOURS.get(opens.weekday(), (0, 0))[0])
    return opens


def later(start: datetime, wait: timedelta) -> datetime:
    """The moment at which so much office time has gone by."""
    while True:
        start = opens_at(start)
        left = start.replace(hour=HOURS[start.weekday()][1], minute=0, second=0, microsecond=0) - start
        if wait <= left:
            return start + wait
        start, wait = start + left, wait - left


def spoken(opens: datetime, now: datetime) -> str:
    """ "today 8:00", "tomorrow 9:00", "Monday 8:00"."""
    day = {0: "today", 1: "tomorrow"}.get((opens.date() - now.date()).days, f"{opens:%A}")
    return f"{day} {opens.hour}:{opens:%M}"


def called(login: str) -> str:
    """How somebody at the desk is called in a chat: "esi.mensah" is Esi."""
    return "".join(c if c.isalpha() else " " for c in login).strip().split(" ")[0].capitalize()
