"""Processes are killed without a word at random moments, and started again: nothing is lost, nothing is said twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Theatre, Told, must_equal

POINTS = 5  # each test; four tests make twenty
LONGEST_S = 0.3  # an act has had its effect after that


def killer(theatre: Theatre, names: tuple[str, ...], dice: random.Random, points: int) -> Callable[[int], None]:
    """Kills the processes a random moment after a random act began."""
    fatal = set(dice.sample(range(len(theatre.lines)), points))

    def meanwhile(n: int) -> None:
        if n in fatal:
            time.sleep(dice.uniform(0, LONGEST_S))
            for name in names:
                theatre.house.kill(name)
            for name in names:
                theatre.house.launch(name)
            theatre.house.wait_until_ready()

    return meanwhile


@pytest.mark.parametrize("names", [("worker",), ("web",), ("web", "worker"), ("worker", "web")], ids="+".join)
def test_killed_and_started_again(theatre: Theatre, plain: Told, names: tuple[str, ...], soak: int) -> None:
    for turn in range(soak):
        theatre.begin_again()
        must_equal(theatre.play(killer(theatre, names, random.Random(f"{names} {turn}"), POINTS)), plain)
        theatre.is_right()
