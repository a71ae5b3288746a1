"""When to try again."""

from __future__ import annotations

import random
from datetime import timedelta

SEND_TRIES = LOST_TRIES = 24  # well over an hour: an outage of the provider is no reason to lose a letter
#: After each failed try of an event. A bug that a new version mends within the day costs nobody anything; then a person looks at it.
EVENT_WAITS = (
    timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6),
)  # fmt: skip


def backoff_s(tries: int, *, first_s: float = 1.0, longest_s: float = 300.0, jitter: float = 0.3) -> float:
    """Seconds to wait after the nth failed try: doubling, capped, spread by the jitter so that crowds do not return together."""
    wait = min(longest_s, first_s * 2.0 ** max(0, tries - 1))
    return wait * (1 + random.uniform(-jitter, jitter))
