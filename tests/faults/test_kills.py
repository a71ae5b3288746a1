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


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["worker", "web"])
def test_killed_and_started_again(theatre: Theatre, plain: Told, name: str, seed: int, soak: int) -> None:
    for turn in range(soak):
        theatre.begin_again()
        must_equal(theatre.play(killer(theatre, (name,), random.Random(f"{name} {seed} {turn}"), POINTS)), plain)
        theatre.is_right()


def test_everything_is_killed_at_once(theatre: Theatre, plain: Told, soak: int) -> None:
    for turn in range(soak):
        theatre.begin_again()
        must_equal(theatre.play(killer(theatre, ("web", "worker"), random.Random(f"both {turn}"), POINTS)), plain)
        theatre.is_right()
