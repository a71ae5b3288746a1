"""When a notice nobody asked for may go out."""

from __future__ import annotations

from datetime import datetime, timedelta

QUIET_FROM, QUIET_UNTIL = 20, 7  # Africa/Accra, which is UTC all year
WINDOW = timedelta(hours=24)  # WhatsApp: free text only this long after the person's last word


def not_before(when: datetime) -> datetime:
    """The same moment, or seven o'clock when it falls into the night."""
    if QUIET_UNTIL <= when.hour < QUIET_FROM:
        return when
    morning = when.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0)
    return morning if when.hour < QUIET_UNTIL else morning + timedelta(days=1)
