"""Every use case of money, killed at every commit and every call of a provider: the books end as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crashes.crashing import Act, played
from tests.stage import Stage

MINUTES = 1 / 60


def approves(stage: Stage) -> None:
    """The person approves the newest prompt, when it has come to her phone; a second time changes nothing."""
    for _ in range(5):
        wallet, reference = stage.prompt()
        if reference in wallet.charges:
            break
        stage.pass_time(2 * MINUTES)
    if reference not in wallet.answers:
        wallet.pay(reference)
    stage.callback(wallet.name, reference)
    stage.settle()


def given(reached: str, *said: str, garment: str = "kente shirt") -> Act:
    """Ama's order with Kofi has come so far, and she has said this."""

    def prepare(stage: Stage) -> None:
        stage.given_tailor("kofi", garment, "Accra", 250)
        stage.given_order("ama", garment, "kofi", reached)
        for words in said:
            stage.say("ama", words)

    return prepare


def says(*lines: str) -> Act:
    """("ama: yes", …), "* 2" for hours that pass, "*" for an approved prompt."""

    def act(stage: Stage) -> None:
        for line in lines:
            who, _, words = line.partition(": ")
            if line == "*":
                approves(stage)
            elif line.startswith("* "):
                stage.pass_time(float(line[2:]))
            else:
                stage.say(who, words)

    return act


PAYING = ("my orders", "1", "1", "1")  # up to the word that sends the prompt
USE_CASES: dict[str, tuple[Act, Act]] = {
    "a deposit": (given("ordered", *PAYING), says("ama: yes", "*")),
    "the second part, released at once": (given("approved", *PAYING), says("ama: yes", "*")),
    "the last part": (given("ready", *PAYING), says("ama: yes", "*")),
    "the deposit released two hours after the cut": (given("cut"), says("* 3")),
    "a fitting approved by silence": (given("fitted"), says("* 49")),
    "the final release": (given("handed over", "my orders", "1"), says("ama: yes")),
    "the final release by silence": (given("handed over"), says("* 73")),
    "cancelled before acceptance, sent back": (given("deposited", "cancel order", "1"), says("ama: yes", "* 0.1")),
    "cancelled after acceptance, a part sent back": (given("accepted", "cancel order", "1"), says("ama: yes", "* 0.1")),
}


@pytest.mark.parametrize("name", USE_CASES)
def test_killed_at_every_boundary(stage: Stage, name: str, record_property: Callable[[str, object], None]) -> None:
    prepare, act = USE_CASES[name]
    whole, boundaries = played(stage, prepare, act, 0)
    assert whole and boundaries > 4
    for at in range(1, boundaries + 1):
        broken, _ = played(stage, prepare, act, at)
        assert broken == whole, f"killed at {at} of {boundaries}: {sorted((broken - whole).items())} instead of {sorted((whole - broken).items())}"
    print(f"{name}: killed at each of {boundaries} boundaries")
    record_property("boundaries", boundaries)
