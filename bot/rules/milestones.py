"""The seven steps of the work, in order, and which of them may come next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    percent: int
    needed: bool  # may not be skipped: its photo moves money or is what the customer decides on
    event: str = ""  # what it does to the order


STEPS = (
    Step("fabric", 15, False, "work_shown"),
    Step("cutting", 30, True, "work_shown"),
    Step("assembly", 45, False),
    Step("fitting", 60, True, "fitting_shown"),
    Step("adjustments", 75, False),
    Step("pressing", 90, False),
    Step("ready", 100, True, "ready_shown"),
)
BY_NAME = {step.name: step for step in STEPS}
BEFORE_FITTING = ("fabric", "cutting", "assembly", "fitting")
_STATES = {"ACCEPTED": ("fabric", "cutting"), "IN_PROGRESS": BEFORE_FITTING, "COMPLETING": ("adjustments", "pressing", "ready")}


def possible(state: str, done: Collection[str]) -> tuple[str, ...]:
    """The steps a photo may show now: none that is done or lies before a done one, none beyond a needed one.

    A fitting that was sent back may be shown again.
    """
    reached = max((BY_NAME[name].percent for name in done if name != "fitting"), default=0)
    steps: list[str] = []
    for name in _STATES.get(state, ()):
        if BY_NAME[name].percent > reached:
            steps.append(name)
            if BY_NAME[name].needed:
                break
    return tuple(steps)
