"""Leaves a provider alone that fails again and again, and tries it once more after a pause."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from bot.clock import Clock
from bot.payments import Answer, NotAccepted, Submitted, Unknown

log = logging.getLogger(__name__)
FAILURES, WITHIN_S, REST_S = 5, 60, 30
FORGET_S = 3600  # an open circuit that nobody uses


class Memory(Protocol):
    """What all processes know together; when it is away, every circuit is closed."""

    def tally(self, key: str, at: float, within_s: int) -> int:
        """Counts one more; how many there were within the last seconds."""

    def recall(self, keys: list[str]) -> list[str | None]: ...

    def remember(self, key: str, value: str, ttl_s: int, *, once: bool = False) -> bool:
        """False when `once` and it was there before."""

    def drop(self, *keys: str) -> None: ...


class Circuit:
    """One circuit per provider and operation (collect, send, give_back, query).

    Open after five technical failures within a minute. After thirty seconds one probe may pass: it closes the circuit, or opens it anew.
    What a customer did (too little money, declined) is no failure of the provider.
    """

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory, self._clock = memory, clock

    def allows(self, provider: str, operation: str) -> bool:
        """Whether the provider may be called now; a yes for a probe is given to one caller only."""
        key = _key(provider, operation)
        opened = self._opened([key])[0]
        if opened is None:
            return True
        rested = self._clock.now().timestamp() - opened >= REST_S
        return rested and self._memory.remember(f"{key}:probe", "1", WITHIN_S, once=True)

    def note(self, provider: str, operation: str, answer: Submitted | Answer) -> None:
        """Learns from what a call came to."""
        key, now = _key(provider, operation), self._clock.now().timestamp()
        is_open = self._opened([key])[0] is not None
        if isinstance(answer, NotAccepted | Unknown):
            if is_open or self._memory.tally(f"{key}:failures", now, WITHIN_S) >= FAILURES:
                self._memory.remember(key, str(now), FORGET_S)
                self._memory.drop(f"{key}:probe")
                log.error("%s is left alone for %s: %s", provider, operation, answer.why)
        elif is_open:
            self._memory.drop(key, f"{key}:probe", f"{key}:failures")
            log.warning("%s is well again for %s", provider, operation)

    def resting(self, providers: Iterable[str], operation: str) -> list[str]:
        """Providers to which nothing new should be sent now; one that has rested counts as open, so that a probe comes by."""
        names = list(providers)
        now = self._clock.now().timestamp()
        opened = self._opened([_key(name, operation) for name in names])
        return [name for name, since in zip(names, opened, strict=True) if since is not None and now - since < REST_S]

    def _opened(self, keys: list[str]) -> list[float | None]:
        return [float(since) if since else None for since in self._memory.recall(keys)]


def _key(provider: str, operation: str) -> str:
    return f"circuit:{provider}:{operation}"
