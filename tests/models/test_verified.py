"""A tailor who is looked at: who decides first decides, and only who is approved is found."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from bot.rules import NotAllowed
from bot.rules.verification import CHECKS, VERIFICATION
from models import erasure
from models.application import Application, last_check
from models.dispute import Dispute
from models.inbox import Inbox
from models.purse import Purse
from models.referee import Referee
from models.tailor import Offer, Tailor
from models.tailor_step import TailorStep
from models.verified import Verified
from tests.stage import PHONES, Stage
from tests.test_transcripts import given

THREADS = 8


@pytest.fixture
def efua(stage: Stage) -> int:
    given("Efua has applied to sew kente shirts in Accra from GHS 200", stage)
    with stage.parts.database.begin() as db:
        return stage.tailor(db, "efua").id


def at_once(does: Callable[[int], None]) -> list[str]:
    """What became of the same deed by several people at the same moment."""

    def attempt(n: int) -> str:
        try:
            does(n)
        except NotAllowed as refusal:
            return refusal.reason
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pool.map(attempt, range(THREADS)))


def test_one_of_many_decisions_counts(stage: Stage, efua: int) -> None:
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        for check in CHECKS:
            Tailor.by_id(db, efua).tick(db, check, "nii", now)

    def decide(n: int) -> None:
        with stage.parts.database.begin() as db:
            tailor = Tailor.by_id(db, efua)
            tailor.approve(db, f"nii{n}", now) if n % 2 else tailor.reject(db, f"nii{n}", now, "no")

    assert at_once(decide) == ["done"] + ["not_now"] * (THREADS - 1)
    with stage.parts.database.begin() as db:
        assert db.scalar(select(func.count(TailorStep.id)).where(TailorStep.target.in_(("APPROVED", "REJECTED")))) == 1
        assert db.scalar(select(func.count(Inbox.id)).where(Inbox.provider_id.like("invited:verification:%"))) == 1
        tailor = Tailor.by_id(db, efua)
        assert bool(Offer.of_tailor(db, efua)) == (tailor.state == "APPROVED")


def test_one_of_many_takes_a_case(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "cut")
    with stage.parts.database.begin() as db:
        order = stage.orders()[0]
        case = Dispute.open(db, order.id, order.customer_id, "delay", stage.parts.clock.now()).id

    def take(n: int) -> None:
        with stage.parts.database.begin() as db:
            Dispute.by_id(db, case).take(db, f"esi{n}")

    assert at_once(take) == ["done"] + ["taken_by_another"] * (THREADS - 1)


@pytest.mark.parametrize("stands", VERIFICATION.states)
def test_only_the_approved_are_found(stage: Stage, efua: int, stands: str) -> None:
    with stage.parts.database.begin() as db:
        tailor = Tailor.by_id(db, efua)
        tailor.state = stands
        tailor.refresh_offers(db)
        found = [len(Offer.search(db, "kente_shirt", town=town, by="score")) for town in (None, "accra")] + [len(Tailor.likely(db, 0, 9))]
        assert found == [int(stands == "APPROVED")] * 3
        if stands != "APPROVED":
            with pytest.raises(NotAllowed, match="not_shown"):
                tailor.work(db)


def test_each_verb_goes_only_where_its_table_says(stage: Stage, efua: int) -> None:
    now = stage.parts.clock.now()
    verbs = {
        "taken_up": lambda t, db: Verified.take_up(t, db, "nii", now), "handed_in": lambda t, db: Verified.hand_in_again(t, db, "nii", now),
        "suspended": lambda t, db: Verified.suspend(t, db, "nii", now, "x"), "reinstated": lambda t, db: Verified.reinstate(t, db, "nii", now, "x"),
        "looked_again": lambda t, db: Verified.look_again(t, db, "nii", now, "x"), "reopened": lambda t, db: Verified.reopen(t, db, "nii", now, "x"),
    }  # fmt: skip
    for event, verb in verbs.items():
        for state in VERIFICATION.states:
            with stage.parts.database.begin() as db:
                tailor = Tailor.by_id(db, efua)
                tailor.state = state
                if VERIFICATION.allows(event, state):
                    assert verb(tailor, db).target == tailor.state == VERIFICATION.after(event, state)
                else:
                    with pytest.raises(NotAllowed, match="not_now"):
                        verb(tailor, db)


def test_approving_takes_the_wallet_that_was_asked_about_and_keeps_one_that_is_there(stage: Stage, efua: int) -> None:
    stage.settle()
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        check, handed_in = last_check(db, efua), Application.of(db, efua)
        assert check and check.answered_at and handed_in
        handed_in.settle(db, now)
        purse = Purse.of(db, efua)
        assert purse and (purse.number, purse.name_state) == (PHONES["efua"].lstrip("+"), check.verdict(db))
        purse.number = "233244000055"
        handed_in.settle(db, now)
        assert purse.number == "233244000055", "what she chose since in the chat stays"


def test_who_is_forgotten_takes_along_who_spoke_for_her(stage: Stage, efua: int) -> None:
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        assert len(Referee.of(db, efua)) == 2
        tailor = Tailor.by_id(db, efua)
        tailor.reject(db, "nii", now, "she asked to be forgotten")
        erasure.forget(db, tailor.person_id, now)
        db.expire_all()
        assert Referee.of(db, efua) == [] and Application.of(db, efua) is None
