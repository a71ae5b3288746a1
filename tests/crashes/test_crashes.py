"""Every use case of money, killed at every commit and every call of a provider: the books end as if nothing had happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.payments import Reversed
from bot.rules import NotAllowed
from models import resolution
from models.case import Case
from models.dispute import Dispute
from models.order import Order
from tests.crashes.crashing import Act, began, played
from tests.stage import Stage
from tests.test_transcripts import given, happen

MINUTES = 1 / 60
ENOUGH = 8  # a use case passes at least so many boundaries


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


def story(*lines: str) -> Act:
    """"given: …", "ama: …", "* what happens" as in the transcripts; "*" for an approved prompt.

    Time passes once: who does it all again finds that it has passed.
    """

    def act(stage: Stage) -> None:
        until = timedelta()
        for line in lines:
            who, _, words = line.partition(": ")
            if who == "given":
                given(words, stage)
            elif line == "*":
                approves(stage)
            elif line == "* Ama complains":
                complains(stage)
            elif passing := re.fullmatch(r"\* (\d+) hours pass", line):
                until += timedelta(hours=int(passing[1]))
                stage.pass_time(max(0.0, (began(stage) + until - stage.parts.story_clock.time).total_seconds() / 3600))
            elif line.startswith("* "):
                happen(line[2:], stage)
            else:
                stage.say(who, words)
                list(stage.new_letters())  # read

    return act


def complains(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        order = db.scalars(select(Order)).one()
        Dispute.open(db, order.id, order.customer_id, "quality", stage.parts.clock.now())


def decides(outcome: str, reason: str, **values: object) -> Act:
    """The mediator's command, typed again when nobody knows whether it went through; then the refund is sent."""

    def act(stage: Stage) -> None:
        with suppress(NotAllowed), stage.parts.database.begin() as db:
            case = db.scalars(select(Dispute)).one()
            case.decide(db, outcome, reason=reason, by="Esi", now=stage.parts.clock.now(), **values)  # type: ignore[arg-type]
        stage.pass_time(0.2)

    return act


def settles_the_case(stage: Stage) -> None:
    """Two people agree that money which came wrong is given back."""
    for step in (lambda db, case, now: case.propose("give_back", by="Esi Owusu", why="wrong amount"),
                 lambda db, case, now: resolution.confirm(db, case, "Yaw Mensah", now)):  # fmt: skip
        with suppress(NotAllowed), stage.parts.database.begin() as db:
            step(db, Case.by_id(db, db.scalars(select(Case.id)).one(), lock=True), stage.parts.clock.now())
    stage.pass_time(0.2)


def comes_back(stage: Stage) -> None:
    """A payout that had arrived is reversed, and the provider says so."""
    for wallet in stage.wallets.values():
        for reference in wallet.out:
            wallet.out_answers[reference] = Reversed()
            stage.parts.paymaster.hint(reference, "")
    stage.settle()


def order(reached: str) -> tuple[str, ...]:
    return "given: Kofi sews kente shirts in Accra from GHS 250", f"given: Ama's kente shirt by Kofi is {reached}"


PAYING = ("ama: my orders", "ama: [Pay now]", "ama: [024 123 4567]", "ama: [MTN MoMo]")  # up to the word that sends the prompt
CASH = ("given: cash is taken here", *order("ready"), "ama: my orders", "ama: [Pay now]", "ama: [Cash to the tailor]")
USE_CASES: dict[str, tuple[Act, Act]] = {
    "a deposit": (story(*order("ordered"), *PAYING), story("ama: yes", "*")),
    "the second part, released at once": (story(*order("approved"), *PAYING), story("ama: yes", "*")),
    "the last part": (story(*order("ready"), *PAYING), story("ama: yes", "*")),
    "cash on both sides' word": (story(*CASH, "ama: yes"), story("kofi: yes")),
    "the deposit released two hours after the cut": (story(*order("cut")), story("* 3 hours pass")),
    "a fitting approved by silence": (story(*order("fitted")), story("* 49 hours pass")),
    "the final release": (story(*order("handed over"), "ama: my orders", "ama: [I have it]"), story("ama: yes")),
    "the final release by silence": (story(*order("handed over")), story("* 73 hours pass")),
    "cancelled before acceptance, sent back": (story(*order("deposited"), "ama: cancel order", "ama: 1"), story("ama: yes", "* 6 minutes pass")),
    "cancelled after acceptance, a part sent back": (story(*order("accepted"), "ama: cancel order", "ama: 1"), story("ama: yes", "* 6 minutes pass")),
    "money that came wrong, given back by two people": (
        story(*order("ordered"), *PAYING, "ama: yes", "* Ama pays GHS 60.00 instead"), settles_the_case),
    "a payout on request": (
        story(order("ordered")[0], "given: Kofi has earned GHS 320", "kofi: withdraw 120"), story("kofi: yes", "* 6 minutes pass")),
    "payday": (story(order("ordered")[0], "given: Kofi has earned GHS 320", "given: Kofi owes GHS 20"), story("* 120 hours pass")),
    "a payout that comes back": (
        story(order("ordered")[0], "given: Kofi has earned GHS 320", "kofi: withdraw 120", "kofi: yes", "* 6 minutes pass"), comes_back),
    "a dispute that gives all back": (story(*order("cut"), "* Ama complains"), decides("full_refund", "agreed")),
    "a dispute that gives a part back": (story(*order("handed over"), "* Ama complains"), decides("partial_refund", "agreed", refund=4000)),
    "a dispute that the tailor pays for": (
        story(*order("handed over"), "* Ama complains"), decides("partial_refund", "agreed", refund=15000, bearer="tailor")),
}  # fmt: skip


@pytest.mark.parametrize("name", USE_CASES)
def test_killed_at_every_boundary(stage: Stage, name: str, record_property: Callable[[str, object], None]) -> None:
    prepare, act = USE_CASES[name]
    whole, boundaries = played(stage, prepare, act, 0)
    assert whole and boundaries >= ENOUGH, f"only {boundaries} boundaries"
    for at in range(1, boundaries + 1):
        broken, _ = played(stage, prepare, act, at)
        assert broken == whole, f"killed at {at} of {boundaries}: {sorted((broken - whole).items())} instead of {sorted((whole - broken).items())}"
    print(f"{name}: killed at each of {boundaries} boundaries")
    record_property("boundaries", boundaries)
