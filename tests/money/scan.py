"""Reads every log record and every error body for what may never stand there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from bot.logs import Json
from tests.money.world import PIN
from tests.stage import PHONES

#: A wallet's number, however it is written.
NUMBERS = [re.compile(r"\D?".join(digits)) for phone in PHONES.values() if phone.startswith("+233") for digits in (phone[4:],)]


class Scan(logging.Handler):
    """Collects what is written, as it is written in production and as it was said."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []
        self._json = Json()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, self._json.format(record)))
        self.lines.append((record.name, record.getMessage()))


def leaks(texts: Iterable[tuple[str, str]], secrets: Iterable[str]) -> list[str]:
    """Where something secret stands, without repeating it more than needed."""
    words = [re.compile(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])") for word in (*secrets, PIN)]
    return [f"{where}: {pattern.pattern} in {line[:300]}" for where, line in texts for pattern in (*words, *NUMBERS) if pattern.search(line)]
