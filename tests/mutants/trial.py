"""One run of some tests in a process and a copy of its own."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

OURS = ("app", "worker", "bot", "flows", "models", "migrations", "sandbox", "tests")


class Choice:
    """A plugin of pytest: only these tests, in this order; a name without brackets or colons means all tests under it."""

    def __init__(self, wanted: list[str]) -> None:
        self.wanted = wanted

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        places = {name: place for place, name in enumerate(self.wanted)}
        found = [(self._place(places, item.nodeid), item) for item in items]
        items[:] = [item for place, item in sorted((pair for pair in found if pair[0] is not None), key=lambda pair: pair[0] or 0)]

    @staticmethod
    def _place(places: dict[str, int], test: str) -> int | None:
        names = (test, test.split("[")[0], test.split("::")[0])
        return next((places[name] for name in names if name in places), None)


def run(folder: Path, database: str, redis: str, tests: list[str], log: Path, plugin: object | None = None) -> int:
    """Pytest's exit code. Only for a fresh process: whatever it had imported of us is forgotten, and the copy's own is imported."""
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(words, 1)
    os.dup2(words, 2)
    for name in [n for n in sys.modules if n.split(".")[0] in OURS]:
        del sys.modules[name]
    os.chdir(folder)
    sys.path[:] = [str(folder), *(p for p in sys.path if p and Path(p) != Path(__file__).resolve().parents[2])]
    sys.dont_write_bytecode = plugin is None
    _serve(database, redis)
    files = list(dict.fromkeys(test.split("::")[0] for test in tests))
    plugins = [Choice(tests), *([plugin] if plugin else [])]
    return int(pytest.main(["-x", "-n0", "--tb=short", *files], plugins=plugins))


def _serve(database: str, redis: str) -> None:
    """The servers that run already, for whoever would start some."""
    from sandbox import servers

    def running(url: str) -> AbstractContextManager[SimpleNamespace]:
        return nullcontext(SimpleNamespace(url=url))

    servers.postgres = lambda *_, **__: running(database)  # type: ignore[assignment]
    servers.redis = lambda *_, **__: running(redis)  # type: ignore[assignment]
