"""One server process: locked directory, start, wait, stop."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sandbox._identity import before_exec, closed_to_others

START_SECONDS = 60.0  # a crash recovery or a slow disk may need it
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005
SOCKET_PATH_BYTES = 103
LOG_TAIL_LINES = 15


class DidNotStart(RuntimeError):
    """A server is missing, is in use, or died while starting; the message says which, with the end of its log."""


@dataclass
class Server:
    """A running server: talk to it at `url`, end it with `stop()` or by leaving a `with` block."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    _goodbye: signal.Signals
    _lock: IO[str]

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """End the server and wait until it is gone; a second call does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(self._goodbye)
            end(self.process)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def popen(command: list[str], log: Path, death_signal: int, user: pwd.struct_passwd | None, home: Path) -> subprocess.Popen[bytes]:
    """Start a server as `user` in its own session (Ctrl-C in our terminal is ours to handle), its words going to `log`."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    barred = user is not None and closed_to_others(Path(command[0]), home)
    prepare = before_exec(user, through_closed_doors=barred, death_signal=death_signal)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    with log.open("ab") as words:
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd="/", env=environment,
                start_new_session=True, preexec_fn=prepare,  # which makes system calls only
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            hint = " (it lies in a private directory, and we may not open that for its user: move the checkout)" if barred else ""
            raise DidNotStart(f"{command[0]} cannot be run: {error}{hint}") from error


def run(command: list[str], log: Path, user: pwd.struct_passwd | None, home: Path) -> None:
    """Run a program to its end; DidNotStart with its last words when it fails."""
    if popen(command, log, signal.SIGKILL, user, home).wait():
        raise DidNotStart(f"{command[0]} failed:\n{tail(log)}")


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a server's readiness, or DidNotStart with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise DidNotStart(f"{log.stem} ended with code {process.returncode} while starting:\n{tail(log)}")
        if time.monotonic() > deadline:
            process.terminate()
            end(process)
            raise DidNotStart(f"{log.stem} was not ready after {START_SECONDS:.0f} s:\n{tail(log)}")
        time.sleep(POLL_SECONDS)


def end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def lock(home: Path, *, seconds: float = 1.0) -> IO[str]:
    """The sole right to a server directory, held until the file is closed or we die."""
    held = home.with_suffix(".lock").open("a+")
    deadline = time.monotonic() + seconds  # an owner that was just killed needs a moment to be gone
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                held.seek(0)
                owner = held.read().strip() or "unknown"
                held.close()
                raise DidNotStart(f"{home} is in use by process {owner}") from None
            time.sleep(POLL_SECONDS)
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def clear_predecessor(pid_file: Path, home: Path) -> None:
    """Wait for a server whose owner was killed (it got the signal to end); forget a pid that now belongs to somebody else."""
    first = next(iter(lines(pid_file)), "")
    pid = int(first) if first.isdecimal() else 0
    deadline = time.monotonic() + STOP_SECONDS
    while pid and _serves(pid, home):
        if time.monotonic() > deadline:
            raise DidNotStart(f"process {pid} of an earlier run still uses {home} and does not end")
        time.sleep(POLL_SECONDS)
    pid_file.unlink(missing_ok=True)


def _serves(pid: int, home: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(home) in words or Path(f"/proc/{pid}/cwd").readlink() == home
    except OSError:
        return False


def tail(log: Path) -> str:
    return "\n".join(lines(log)[-LOG_TAIL_LINES:]) or f"({log} is empty)"


def lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(errors="replace").splitlines()]
    except OSError:
        return []


def fits(path: Path) -> bool:
    """Whether a Unix socket may have this path."""
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES


def only_wheels() -> bool:
    """SEW4MI_EMBEDDED=wheel: behave as on a machine without installed servers."""
    return os.environ.get("SEW4MI_EMBEDDED") == "wheel"


def wheel(package: str) -> Path | None:
    """The folder of an installed package, found without running it."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None
