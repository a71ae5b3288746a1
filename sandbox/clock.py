"""The sandbox's clock: real time plus an offset kept in a file that the product reads too."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path


class Clock:
    """Time in seconds since 1970. Without a file the offset lives in memory only."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._offset, self._stamp = 0.0, 0

    def offset(self) -> float:
        """Seconds this world is ahead of real time; whoever wrote the file."""
        if self.file:
            try:
                stamp = os.stat(self.file).st_mtime_ns
                if stamp != self._stamp:
                    self._offset, self._stamp = float(self.file.read_text().strip() or 0), stamp
            except FileNotFoundError:
                self._offset, self._stamp = 0.0, 0
            except ValueError:
                pass  # someone is writing it without a rename: the old offset holds
        return self._offset

    def now(self) -> float:
        return time.time() + self.offset()

    def set(self, offset: float) -> None:
        """Writes the offset atomically."""
        self._offset = offset
        if not self.file:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.file.parent, prefix=self.file.name)
        try:
            with os.fdopen(handle, "w") as out:
                out.write(f"{offset:g}" if offset != int(offset) else str(int(offset)))
            os.chmod(name, 0o644)
            os.replace(name, self.file)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def shown(self) -> dict[str, object]:
        moment = datetime.fromtimestamp(self.now(), UTC)  # Accra keeps UTC all year
        text = moment.strftime("%a %d %b %H:%M")
        return {"offset_s": self.offset(), "now": moment.isoformat(), "accra": text, "file": str(self.file or "")}


def rfc2822(stamp: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(stamp), UTC)).replace("GMT", "+0000")


def iso(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
