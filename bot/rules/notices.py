"""When a notice nobody asked for may go out."""

from __future__ import annotations

from datetime import datetime, timedelta

QUIET_FROM, QUIET_UNTIL = 20, 7  # Africa/Accra, which is UTC all year
WINDOW = timedelta(hours=24)  # WhatsApp: free text only this long after the person's last word
AWAKE = timedelta(hours=1)  # by night only to whom has written this lately


def not_before(when: datetime) -> datetime:
    """The same moment, or seven o'clock when it falls into the night."""
    if QUIET_UNTIL <= when.hour < QUIET_FROM:
        return when
    morning = when.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0)
    return morning if when.hour < QUIET_UNTIL else morning + timedelta(days=1)


def by_day(until: datetime) -> datetime:
    """The same moment, or the evening before when it falls into the night."""
    if QUIET_UNTIL <= until.hour < QUIET_FROM:
        return until
    evening = until.replace(hour=QUIET_FROM - 1, minute=59, second=0, microsecond=0)
    return evening if until.hour >= QUIET_FROM else evening - timedelta(days=1)


def why_silent(now: datetime, heard_at: datetime | None) -> str:
    """Why somebody who last wrote then cannot be written to at once ("window_closed", "night"); "" when she can."""
    if heard_at is None or now - heard_at > WINDOW:
        return "window_closed"
    return "night" if not_before(now) > now and now - heard_at > AWAKE else ""
