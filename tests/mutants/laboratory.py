"""Copies of the tree, benches with servers that many runs share, and processes to run tests in."""

from __future__ import annotations

import compileall
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Any, Self

import psycopg2
from alembic import command
from alembic.config import Config

from sandbox import servers
from tests.mutants import trial
from tests.mutants.generated import Mutant

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("app.py", "worker.py", "pyproject.toml", "bot", "flows", "models", "migrations", "sandbox", "tests")
GROWN = "grown"  # the database as the migrations leave it, to be copied
#: Imported once and never again: whatever of others our tests need.
HEAVY = (
    "tests.mutants.trial", "pytest", "hypothesis.stateful", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "alembic.command", "psycopg2",
    "flask", "redis", "rq", "twilio.rest", "httpx", "aiohttp.web", "phonenumbers", "pydantic_settings", "transitions",
    "cryptography.hazmat.primitives", "rapidfuzz", "PIL.Image", "openai", "fontTools.ttLib", "fpdf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """killed: a test saw it, or it never ended; `by` says which test."""

    is_killed: bool
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    postgres: str
    redis: str


class Laboratory:
    """Use it in a `with` block, from the thread that opened it and its children."""

    def __init__(self, benches: int = 1) -> None:
        self._count, self._stack, self._benches = benches, ExitStack(), Queue[Bench]()
        self._processes = multiprocessing.get_context("forkserver")
        self._running: set[int] = set()

    def __enter__(self) -> Self:
        shm = Path("/dev/shm")
        made = tempfile.mkdtemp(prefix="sew4mi-mutants-", dir=shm if shm.is_dir() and os.access(shm, os.W_OK) else None)
        self.folder = Path(made)
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)
        try:
            self.right = self._copy()
            for number in range(self._count):
                self._benches.put(self._furnish(self.folder / f"bench{number}"))
            self._processes.set_forkserver_preload(list(HEAVY))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    # -- what is done here

    def show(self, mutant: Mutant, tests: list[str], seconds: float) -> Verdict:
        """Runs tests over a tree that has the mistake. They may take so many seconds."""
        with self._bench() as bench, self._with_mistake(mutant) as tree:
            code, said = self._run(bench, tree, tests, seconds, is_empty=mutant.file.startswith("migrations/"))
        if code is None:
            return Verdict(True, "time", said)
        by = re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - |$)", said, re.MULTILINE)
        return Verdict(code != 0, by[1] if by else "" if code == 0 else f"exit {code}", said)

    def watch(self, tests: list[str], plugin: object, seconds: float) -> tuple[int | None, str]:
        """Runs tests over the right tree, with a plugin of pytest."""
        with self._bench() as bench:
            return self._run(bench, self.right, tests, seconds, plugin=plugin)

    def stop(self) -> None:
        """Ends what is running now."""
        for pid in list(self._running):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    # -- private

    def _run(
        self, bench: Bench, tree: Path, tests: list[str], seconds: float, *, is_empty: bool = False, plugin: object | None = None
    ) -> tuple[int | None, str]:
        """(exit code, none when it did not end; what was said)."""
        _begin_again(bench.postgres, "template0" if is_empty else GROWN)
        log = bench.folder / "said"
        log.unlink(missing_ok=True)
        process = self._processes.Process(target=_leave, args=(tree, bench.postgres, bench.redis, tests, log, plugin))
        process.start()
        self._running.add(pid := process.pid or 0)
        process.join(seconds)
        self._running.discard(pid)
        code = process.exitcode
        if code is None:
            os.killpg(pid, signal.SIGKILL)
            process.join()
        return code, log.read_text(errors="replace") if log.exists() else ""

    @contextmanager
    def _bench(self) -> Iterator[Bench]:
        bench = self._benches.get()
        try:
            yield bench
        finally:
            self._benches.put(bench)

    @contextmanager
    def _with_mistake(self, mutant: Mutant) -> Iterator[Path]:
        """The files of the right tree by other names, except the one that is wrong."""
        tree = Path(tempfile.mkdtemp(prefix="tree-", dir=self.folder))
        try:
            shutil.copytree(self.right, tree, copy_function=os.link, dirs_exist_ok=True)
            wrong = tree / mutant.file
            for old in (wrong, *wrong.parent.glob(f"__pycache__/{wrong.stem}.*")):
                old.unlink()
            wrong.write_text(mutant.text, encoding="utf-8")
            yield tree
        finally:
            shutil.rmtree(tree, ignore_errors=True)

    def _copy(self) -> Path:
        tree = self.folder / "right"
        tree.mkdir()
        for place in PLACES:
            if (ROOT / place).is_dir():
                shutil.copytree(ROOT / place, tree / place, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
            else:
                shutil.copy2(ROOT / place, tree / place)
        compileall.compile_dir(tree, quiet=2)
        return tree

    def _furnish(self, folder: Path) -> Bench:
        folder.mkdir()
        folder.chmod(0o711)
        postgres = self._stack.enter_context(servers.postgres(folder, fast=True)).url
        redis = self._stack.enter_context(servers.redis(folder, fast=True)).url
        config = Config(self.right / "migrations" / "alembic.ini")
        config.attributes["url"] = postgres
        command.upgrade(config, "head")
        _do(postgres, f"CREATE DATABASE {GROWN} TEMPLATE postgres")
        return Bench(folder, postgres, redis)


def _leave(tree: Path, postgres: str, redis: str, tests: list[str], log: Path, plugin: Any) -> None:
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    code = trial.run(tree, postgres, redis, tests, log, plugin)
    sys.stdout.flush()  # nobody else does when a process ends like this
    os._exit(code)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)


def _begin_again(postgres: str, template: str) -> None:
    _do(postgres, "DROP DATABASE IF EXISTS postgres WITH (FORCE)", f"CREATE DATABASE postgres TEMPLATE {template}")


def _do(postgres: str, *statements: str) -> None:
    connection = psycopg2.connect(postgres, dbname="template1")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()
