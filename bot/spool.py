"""A diary on disk for the minutes in which the database is away: what was verified is kept, in order, and dealt with later."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl

from bot.messages import Request
from bot.seal import Unreadable, ring

log = logging.getLogger(__name__)


class Spool:
    """One file per machine, appended under a lock, written through to the disk, each line sealed."""

    def __init__(self, folder: Path) -> None:
        self._file, self._lock = folder / "requests", folder / "lock"
        self._folder = folder

    def is_waiting(self) -> bool:
        """Whether something is still to be dealt with; new requests then queue up behind it."""
        try:
            return self._file.stat().st_size > 0
        except OSError:
            return False

    def add(self, kind: str, request: Request) -> None:
        """Keeps a verified request. Returns when it is on the disk."""
        plain = {"kind": kind, "method": request.method, "path": request.path, "headers": request.headers}
        line = ring.seal.close(json.dumps(plain | {"body": b64encode(request.body).decode()})) + "\n"
        with self._locked(), self._file.open("ab") as file:
            file.write(b"\n" + line.encode())  # on a line of its own, even behind one that was torn
            file.flush()
            os.fsync(file.fileno())

    def replay(self, deal_with: Callable[[str, Request], None]) -> int:
        """Deals with what was kept, in order; how many. Stops at the first exception and keeps the rest."""
        if not self.is_waiting():
            return 0
        done = 0
        with self._locked():
            lines = self._file.read_bytes().splitlines()
            try:
                for line in lines:
                    self._deal_with(line, deal_with)
                    done += 1
            finally:
                self._keep(lines[done:])
        return done

    def _deal_with(self, line: bytes, deal_with: Callable[[str, Request], None]) -> None:
        """A line that was torn by a crash or a full disk is put aside: it must not hold up the others for ever."""
        if not line:
            return
        try:
            kind, asked = _read(line)
        except (Unreadable, ValueError, KeyError, TypeError) as error:
            log.error("a kept request is unreadable: %s", type(error).__name__)
            with self._file.with_name("unreadable").open("ab") as aside:
                aside.write(line + b"\n")
            return
        deal_with(kind, asked)

    def _keep(self, lines: list[bytes]) -> None:
        rest = self._file.with_suffix(".rest")
        with rest.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        rest.replace(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _read(line: bytes) -> tuple[str, Request]:
    kept = json.loads(ring.seal.open(line.decode()))
    body = b64decode(kept["body"])
    return kept["kind"], Request(kept["method"], kept["path"], kept["headers"], body, form_of(body))


def form_of(body: bytes) -> tuple[tuple[str, str], ...]:
    """The fields of a form as they were sent: blank values and repeated keys kept. Raises ValueError beyond 1,000 fields."""
    return tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000))
