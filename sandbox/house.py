"""The whole product as real processes on one machine: its servers, the web, the workers, and the world around it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from sandbox import papers, servers
from sandbox._identity import before_exec
from sandbox._process import DidNotStart, tail

ROOT = Path(__file__).resolve().parent.parent
READY_S, STOP_S, LOOK_S = 60.0, 12.0, 0.05
#: The processes in the order they start; they stop in the opposite order.
PROCESSES = ("world", "web", "worker")


class House:
    """Everything below one folder. `fast` gives up durability, for stories and tests; `extra` adds to the environment.

    Start, stop and restart from one thread that lives as long as the house: the processes end with the thread that started them.
    """

    def __init__(
        self, state: Path, *, web_port: int = 0, world_port: int = 0, fast: bool = False, extra: Mapping[str, str] | None = None
    ) -> None:
        self.state, self.logs, self.fast = state.resolve(), state.resolve() / "logs", fast
        self.web_port, self.world_port, self.extra = web_port, world_port, dict(extra or {})
        self.servers: dict[str, servers.Server] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}

    @property
    def origin(self) -> str:
        """Where the world listens."""
        return f"http://127.0.0.1:{self.world_port}"

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    # -- starting

    def start(self) -> None:
        """Returns when the web is ready. Raises DidNotStart; then everything is stopped again."""
        try:
            for folder in (self.state, self.logs, self.state / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)
            self.start_servers()
            self._furnish()
            self.launch("world")
            self.run("upgrade", "alembic", "upgrade", "head")
            self.run("seed", "flask", "--app", "app", "seed")
            self.launch("web")
            self.launch("worker")
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def start_servers(self) -> None:
        """PostgreSQL and Redis, unless the caller brought an address of each."""
        if not self.extra.get("DATABASE_URL"):
            self.servers["postgres"] = servers.postgres(self.state, fast=self.fast)
        if not self.extra.get("REDIS_URL"):
            self.servers["redis"] = servers.redis(self.state, fast=self.fast)

    def launch(self, name: str) -> None:
        """Starts one process in a group of its own."""
        with self._log(name).open("ab") as words:
            self.running[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True,
                preexec_fn=before_exec(None, through_closed_doors=False, death_signal=signal.SIGTERM),
            )  # fmt: skip

    def run(self, name: str, *command: str) -> str:
        """Runs a module of Python to its end and returns what it printed. Raises DidNotStart with its last words."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DidNotStart(f"{name} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
        return done.stdout

    def wait_until_ready(self) -> None:
        """Waits for the world and for /readyz. Raises DidNotStart with the log of a process that ended."""
        deadline = time.monotonic() + READY_S
        while not (_answers(f"{self.origin}/sandbox/health") and _answers(f"{self.web}/readyz")):
            if gone := self.ended():
                raise DidNotStart("\n".join(f"The {name} ended while starting. {self.last_words(name)}" for name in gone))
            if time.monotonic() > deadline:
                raise DidNotStart(f"Not ready after {READY_S:.0f} s. {self.last_words('web')}")
            time.sleep(LOOK_S)

    # -- looking after

    def ended(self) -> list[str]:
        """Processes and servers that stopped by themselves."""
        gone = [name for name, process in self.running.items() if process.poll() is not None]
        return [name for name, server in self.servers.items() if server.process.poll() is not None] + gone

    def last_words(self, name: str) -> str:
        log = self.servers[name].log if name in self.servers else self._log(name)
        return f"The end of {log}:\n{tail(log)}"

    def revive(self, name: str) -> None:
        """Starts a server or a process that has ended."""
        if name not in self.servers:
            return self.launch(name)
        self.servers.pop(name).stop()
        start = servers.postgres if name == "postgres" else servers.redis
        self.servers[name] = start(self.state, fast=self.fast)
        return None

    def kill(self, name: str) -> None:
        """The hardest end: every process of the group at once, without a word."""
        process = self.servers[name].process if name in self.servers else self.running[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    # -- stopping

    def stop(self) -> None:
        """Ends every process and then the servers; a second call does nothing."""
        for name in reversed(PROCESSES):
            if name in self.running:
                self.running[name].terminate()
        for name in reversed(PROCESSES):
            if process := self.running.pop(name, None):
                _end(process)
        while self.servers:
            self.servers.popitem()[1].stop()

    # -- private

    def _furnish(self) -> None:
        """Chooses the ports and writes down the environment of every process."""
        self.web_port, self.world_port = servers.free_port(self.web_port), servers.free_port(self.world_port)
        urls = {name: self.extra.get(setting) or self.servers[name].url for name, setting in (("postgres", "DATABASE_URL"), ("redis", "REDIS_URL"))}
        ours = papers.environment(
            self.state, papers.keys(self.state / "env"), database_url=urls["postgres"], redis_url=urls["redis"],
            web_port=self.web_port, world_port=self.world_port,
        )  # fmt: skip
        self.environment = ours | self.extra

    def _command(self, name: str) -> list[str]:
        return [
            sys.executable,
            *{
                "world": ("-m", "sandbox.world", "--port", str(self.world_port)),
                "web": ("-m", "gunicorn", "--bind", f"127.0.0.1:{self.web_port}", "app:create_app()"),
                "worker": ("worker.py",),
            }[name],
        ]

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process that was asked to end; whatever is left of its group is killed."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
