"""Which tests walk which lines, and how long each takes: so that a mistake is shown to the tests that can see it, the quickest first."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.mutants.generated import FILES, Mutant

Walks = dict[str, tuple[float, set[tuple[str, int]]]]  # {test: (seconds, {(file, line)})}
LONGEST_TRIAL = 60.0  # seconds that the tests of one mistake may take together


class Watcher:
    """A plugin of pytest that notes the lines."""

    def __init__(self, root: Path, noted: Path) -> None:
        self.noted = noted
        self.files = {str(root / file): file for file in FILES}
        self.walks: Walks = {}
        self.here: set[tuple[str, int]] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.here, began = set(), time.monotonic()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            name = item.nodeid.split("[")[0]  # with all its parameters: their values may be what is mistaken
            seconds, lines = self.walks.get(name, (0.0, set()))
            self.walks[name] = seconds + time.monotonic() - began, lines | self.here

    def pytest_sessionfinish(self) -> None:
        write(self.walks, self.noted)

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in self.files:
            return None
        self._walk(frame, event, _)
        return self._walk

    def _walk(self, frame: FrameType, _event: str, _: Any) -> Any:
        self.here.add((self.files[frame.f_code.co_filename], frame.f_lineno))
        return self._walk


def write(walks: Walks, path: Path) -> None:
    path.write_text(json.dumps({test: [seconds, sorted(lines)] for test, (seconds, lines) in walks.items()}))


def read(path: Path) -> Walks:
    return {test: (seconds, {(file, line) for file, line in lines}) for test, (seconds, lines) in json.loads(path.read_text()).items()}


def chosen(walks: Walks, mutant: Mutant) -> list[list[str]]:
    """The tests that can see a mistake: first those of the two files that look at it most often in a second, then the others, the quickest first.

    A mistake in a table is shown to all of its noun, its model and its rules.
    """
    if mutant.tests:
        return [list(mutant.tests)]
    noun = Path(mutant.file).name
    able = sorted(
        (seconds, test)
        for test, (seconds, lines) in walks.items()
        if (any((mutant.file, line) in lines for line in mutant.lines) if mutant.lines else _is_about(noun, test, lines))
    )
    rate = Counter(_file(test) for _, test in able)
    for file in rate:
        rate[file] /= sum(seconds for seconds, test in able if _file(test) == file)  # type: ignore[assignment]
    best = [file for file, _ in rate.most_common(2)]
    first = _within([(seconds, test) for seconds, test in able if _file(test) in best])
    rest = _within([(seconds, test) for seconds, test in able if _file(test) not in best])
    return [batch for batch in (first, rest) if batch]


def _file(test: str) -> str:
    return test.split("::")[0]


def _within(tests: list[tuple[float, str]]) -> list[str]:
    """As many as there is time for."""
    totals = accumulate(seconds for seconds, _ in tests)
    return [test for (_, test), total in zip(tests, totals, strict=True) if total <= LONGEST_TRIAL]


def seconds_of(walks: Walks, tests: list[str]) -> float:
    return sum(walks[test][0] for test in tests if test in walks)


def _is_about(noun: str, test: str, lines: set[tuple[str, int]]) -> bool:
    return test.startswith("tests/rules/") or any(Path(file).name == noun for file, _ in lines)
