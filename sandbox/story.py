"""Plays a transcript through the real processes: `python -m sandbox.story` is an order from the first hello to the last pesewa."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.books import Books
from sandbox.cast import Cast, NotHeard, shown, until
from sandbox.house import PROCESSES, ROOT, DidNotStart, House

WHOLE_LIFE = ROOT / "tests" / "transcripts" / "order" / "whole_life.chat"
PATIENCE_S = 25.0  # real time for one answer
REST_S = 3.0
NUDGE_AFTER_S, NUDGE_EVERY_S, NUDGE_S = 1.0, 0.4, 20.0
HOURS = {"minute": 1 / 60, "hour": 1, "day": 24}


@dataclass(slots=True)
class Act:
    """One thing that people do or that happens, and how many bubbles each person then sees."""

    line: str
    speaker: str
    answers: Counter[str] = field(default_factory=Counter)


def read(script: Path) -> list[Act]:
    """The acts of a transcript. What it says is given must be true of the sample tailors."""
    acts: list[Act] = []
    for line in script.read_text(encoding="utf-8").splitlines():
        if bubble := re.match(r"bot(?: to (\w+))?: ", line):
            acts[-1].answers[bubble[1] or acts[-1].speaker] += 1
        elif not line.startswith(("#", "given:", "     ")) and line.strip():
            spoken = re.match(r"(\w+): ", line)
            acts.append(Act(line, spoken[1] if spoken else acts[-1].speaker))
    return acts


class Story:
    """No act begins before the product has nothing left to do. In a `troubled` story `meanwhile(n)` makes trouble while act n is under way, and time
    runs by itself when nothing happens, so that retries come at once.
    """

    def __init__(
        self, cast: Cast, books: Books, script: Path = WHOLE_LIFE, *, tell: Callable[[str], None] = print,
        troubled: bool = False, meanwhile: Callable[[int], None] = lambda n: None,
    ) -> None:  # fmt: skip
        self.cast, self.books, self.acts, self.tell = cast, books, read(script), tell
        self.troubled, self.meanwhile = troubled, meanwhile
        self._payments = 0

    @property
    def _heard(self) -> Counter[str]:
        return Counter(self.cast.who(message) for message in self.cast.arrived())

    def play(self) -> None:
        """Raises NotHeard when the bot says less than the transcript."""
        for n, act in enumerate(self.acts):
            self.tell(self._real(act.line))
            due = self._heard + act.answers
            self._do(act)
            self.meanwhile(n)
            self._hear(act, due)

    def _do(self, act: Act) -> None:
        if passed := re.fullmatch(r"\* (\d+) (minute|hour|day)s? pass(?:es)?", act.line):
            self.rest()
            self.cast.move_clock(int(passed[1]) * HOURS[passed[2]] * 3600)
        elif approves := re.fullmatch(r"\* (\w+) approves the prompt", act.line):
            self._approve(approves[1].lower())
        elif act.line.startswith("*"):
            raise NotHeard(f"the sandbox cannot make this happen: {act.line}")
        else:
            self.cast.say(act.speaker, self._real(act.line.partition(": ")[2]), wait=not self.troubled)

    def rest(self) -> None:
        """Waits until everything has had its effect."""
        with contextlib.suppress(NotHeard):  # receipts may be lost: time passes all the same
            until(self.books.quiet, patience_s=REST_S, what=str)

    def _approve(self, who: str) -> None:
        """A person may have been faster than the story: then the money is there already."""
        self._payments += 1
        until(
            lambda: self.cast.prompt(who) or self.cast.paid() >= self._payments, patience_s=PATIENCE_S,
            what=lambda: f"no prompt came to {who}'s phone", nudge=self.nudge(),
        )  # fmt: skip
        self.cast.approve(who)

    def _real(self, text: str) -> str:
        """The handover code as the customer was told it."""
        told = re.findall(r"code is \*(\d{4})\*", "\n".join(m["body"] for m in self.cast.sent))
        return re.sub(r"CODE-A", told[-1], text) if told else text

    def _hear(self, act: Act, due: Counter[str]) -> None:
        def enough() -> bool:
            for message in self.cast.listen():
                for line in bubble(message, self.cast.who(message), act.speaker):
                    self.tell(line)
            return self._heard >= due and self.books.idle()

        until(enough, patience_s=PATIENCE_S, what=lambda: self._missing(act, due), nudge=self.nudge())

    def _missing(self, act: Act, due: Counter[str]) -> str:
        missing = ", ".join(f"{count} more to {who}" for who, count in (due - self._heard).items())
        return f"after {act.line!r} the bot should have said {missing}, but did not within {PATIENCE_S:.0f} s"

    def nudge(self) -> Callable[[], None]:
        """Something to call while waiting: it lets time pass when the wait grows long."""
        following = time.monotonic() + NUDGE_AFTER_S

        def nudge() -> None:
            nonlocal following
            if self.troubled and time.monotonic() > following:
                following = time.monotonic() + NUDGE_EVERY_S
                self.cast.move_clock(NUDGE_S)

        return nudge


def bubble(message: dict[str, Any], who: str, speaker: str) -> Iterator[str]:
    first, *rest = shown(message).split("\n")
    yield f"bot: {first}" if who == speaker else f"bot to {who}: {first}"
    yield from (f"     {line}".rstrip() if line.strip() else "     ." for line in rest)


def main() -> int:
    started = time.monotonic()
    state = ROOT / ".demo" / f"story-{os.getpid()}"
    house = House(state, fast=True, extra={"TICK_S": "0.25"})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        house.start()
        print(f"# The house stands after {time.monotonic() - started:.1f} s: web, worker, PostgreSQL, Redis and the world around it.")
        return perform(house)
    except (DidNotStart, NotHeard) as problem:
        print(f"\nThe story failed: {problem}", *(house.last_words(p) for p in PROCESSES if p in house.running), sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        house.stop()
        shutil.rmtree(state, ignore_errors=True)
        print(f"# {time.monotonic() - started:.1f} s")


def perform(house: House) -> int:
    """The story, then the books; 0 only when the order is completed and every pesewa is accounted for."""
    cast, books = Cast(house.origin), Books(house.environment["DATABASE_URL"])
    Story(cast, books).play()
    until(lambda: books.completed() or None, patience_s=PATIENCE_S, what=lambda: "the order was not completed")
    print(*books.told(), sep="\n")
    wrong = books.faults() + books.differs(cast.truth()) + cast.failed()
    print(*(wrong or ["The order is completed, the books are right, and the providers took what our books say."]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
