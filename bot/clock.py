"""The only clock: real time, plus what a demo added to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ACCRA = ZoneInfo("Africa/Accra")


class Clock:
    """`now()` in UTC. With a file, the seconds written in it are added, so that a demo can move time for all processes at once."""

    def __init__(self, file: Path | None = None) -> None:
        self._file, self._stamp, self._offset = file, -1, timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + (self._moved() if self._file else timedelta())

    def _moved(self) -> timedelta:
        assert self._file
        try:
            stamp = self._file.stat().st_mtime_ns
            if stamp != self._stamp:
                self._offset, self._stamp = timedelta(seconds=float(self._file.read_text() or 0)), stamp
        except (OSError, ValueError):
            pass  # the file is being replaced or does not exist yet: the last known offset stands
        return self._offset
