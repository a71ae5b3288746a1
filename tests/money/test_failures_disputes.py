"""When the two sides do not agree: money that was paid out already, a release in the same moment, cash that nobody gave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text

from bot import ticker
from bot.rules import NotAllowed
from models import escrow
from models.dispute import Dispute
from models.inbox import Inbox
from models.order import Order
from models.timer import Timer
from tests.money.bank import Bank

TOTAL, DEPOSIT, FITTING, FINAL = 333_00, 83_25, 166_50, 83_25
RELEASED = DEPOSIT + FITTING
NET = RELEASED * 80 // 100  # what the tailor gets of it
ROUNDS = 4


def problem(bank: Bank, who: str = "ama") -> None:
    bank.talks(who, "problem", "quality", "The seams come apart", "done")


def the_mediator(bank: Bank, decision: str) -> int:
    """Decides the newest case; its number."""
    with bank.parts.database.begin() as db:
        number = db.scalars(select(Dispute.id).order_by(Dispute.id.desc())).first()
    bank.command(f"dispute decide {number} {decision} --by 'Adjoa Mediator'")
    return int(number or 0)


def arrived(bank: Bank) -> int:
    return sum(out.amount for out in bank.world.outs("transfer") if out.state == "SUCCESS")


@pytest.mark.parametrize("tailor", ["was paid out", "has it here"])
def test_f21_a_refund_of_what_was_released(bank: Bank, tailor: str) -> None:
    """The customer gets all of it; what is no longer held the tailor owes, and it comes off what she earns afterwards."""
    bank.order("handed over")
    kofi = bank.tailor_id()
    bank.hours(3)
    assert bank.balance(f"tailor_wallet:{kofi}") == NET
    if tailor == "was paid out":
        bank.talks("kofi", "withdraw all", "yes")
        bank.seconds(15)
        assert arrived(bank) == NET
    problem(bank)
    assert bank.the_order().state == "DISPUTED"
    case = the_mediator(bank, "--outcome full_refund --reason not_as_agreed --refund 333 --bearer tailor")
    bank.minutes(30)
    order = bank.orders()[0]
    assert order.state == "REFUNDED" and bank.spent() == 0
    assert sorted(r.amount for r in bank.refunds()) == sorted((DEPOSIT, FITTING, FINAL)) and {r.state for r in bank.refunds()} == {"paid"}
    assert not [code for code in bank.books() if code.startswith(("escrow:", "refunds_payable:"))]
    assert bank.balance(f"tailor_receivable:{kofi}") == RELEASED and bank.journals(f"dispute:{case}:clawback")
    bank.books_equal_truth()
    for _ in range(2):
        bank.order("finished", "esi")
    bank.talks("kofi", "withdraw all", "yes")
    bank.seconds(15)
    earned = NET + 2 * TOTAL * 80 // 100 - RELEASED
    assert arrived(bank) == earned
    assert bank.balance(f"tailor_receivable:{kofi}") == 0 == bank.balance(f"tailor_wallet:{kofi}")
    bank.books_equal_truth()


def release_is_due(bank: Bank) -> int:
    """The two hours after the cut cloth was seen are over; the event that releases the deposit, not yet dealt with."""
    bank.parts.story_clock.time += timedelta(hours=2, minutes=1)
    with bank.parts.database.begin() as db:
        Timer.ring_due(db, bank.parts.clock.now())
    with bank.parts.database.begin() as db:
        return db.scalars(select(Inbox.id).where(Inbox.name == "deposit_release", Inbox.state == "waiting").order_by(Inbox.id.desc())).first() or 0


def open_dispute(bank: Bank, order_id: int, meanwhile: Callable[[], Any] = lambda: None) -> None:
    with bank.parts.database.begin() as db:
        try:
            Dispute.open(db, order_id, Order.by_id(db, order_id).customer_id, "quality", bank.parts.clock.now())
        except NotAllowed as refusal:
            raise AssertionError(refusal.reason) from None
        meanwhile()


def started(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def waits(bank: Bank, thread: threading.Thread) -> None:
    """Somebody waits for a row that somebody else has."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    deadline = time.monotonic() + 5
    while thread.is_alive() and time.monotonic() < deadline:
        with bank.parts.database.begin() as db:
            if db.scalar(waiting):
                return
    raise AssertionError("it did not wait")


def nothing_moves_any_more(bank: Bank, days: float = 4) -> None:
    moved = len(bank.journals())
    bank.days(days)
    assert len(bank.journals()) == moved and bank.the_order().state == "DISPUTED"
    bank.books_equal_truth()


def test_f22_the_dispute_is_first(bank: Bank) -> None:
    order_id = bank.order("cut")
    event = release_is_due(bank)
    release: list[threading.Thread] = []

    def meanwhile() -> None:
        release.append(started(lambda: bank.parts.engine.happen(event)))
        waits(bank, release[0])

    open_dispute(bank, order_id, meanwhile)
    release[0].join()
    bank.settle()
    assert not bank.journals("release:") and bank.balance(f"escrow:{order_id}:deposit") == DEPOSIT
    nothing_moves_any_more(bank)
    the_mediator(bank, "--outcome continue --reason misunderstanding")
    bank.hours(3)
    assert bank.journals("release:") == [f"release:{order_id}:deposit"]  # put off, not forgotten
    bank.books_equal_truth()


def test_f22_the_release_is_first(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = bank.order("cut")
    event = release_is_due(bank)
    dispute: list[threading.Thread] = []
    plain = escrow.release

    def slowly(*given: Any) -> int:
        net = plain(*given)
        dispute.append(started(lambda: open_dispute(bank, order_id)))
        waits(bank, dispute[0])
        return net

    with monkeypatch.context() as patch:
        patch.setattr(escrow, "release", slowly)
        bank.parts.engine.happen(event)
    dispute[0].join()
    bank.settle()
    assert bank.journals("release:") == [f"release:{order_id}:deposit"]
    assert bank.the_order().state == "DISPUTED" and bank.balance(f"escrow:{order_id}:deposit") == 0
    nothing_moves_any_more(bank)


def race(bank: Bank, *racers: Callable[[], Any]) -> None:
    """All of them at once, the first one a little earlier than the others."""
    together = threading.Barrier(len(racers))

    def run(racer: Callable[[], Any]) -> None:
        together.wait()
        racer()

    for thread in [started(partial(run, racer)) for racer in racers]:
        thread.join()


def test_f22_both_in_the_same_moment(bank: Bank) -> None:
    """Again and again: each time one of them wins, and the order stands still afterwards."""
    for n in range(ROUNDS):
        order_id = bank.order("cut")
        racers = [partial(bank.parts.engine.happen, release_is_due(bank)), partial(open_dispute, bank, order_id)]
        race(bank, *racers[:: 1 if n % 2 else -1])
        assert bank.the_order().state == "DISPUTED"
        released, held = bank.journals(f"release:{order_id}:"), bank.balance(f"escrow:{order_id}:deposit")
        assert (len(released), held) in ((1, 0), (0, DEPOSIT))
    ticker.tick(bank.parts)
    bank.settle()
    nothing_moves_any_more(bank, days=0.5)


def cash_claimed(bank: Bank, reached: str) -> int:
    """The tailor says that she was given what is due. The operator takes commission on cash."""
    bank.routes("cash", "cash")
    object.__setattr__(bank.parts.till, "cash_commission", True)
    order_id = bank.order(reached)
    bank.talks("kofi", "cash", "[Yes, I have it]")
    assert [(p.provider, p.state) for p in bank.payments()][-1] == ("cash", "pending")
    return order_id


@pytest.fixture
def till(bank: Bank) -> Any:
    """As it was, afterwards."""
    taken = bank.parts.till.cash_commission
    yield
    object.__setattr__(bank.parts.till, "cash_commission", taken)


@pytest.mark.usefixtures("till")
@pytest.mark.parametrize(("reached", "stage"), [("approved", "fitting"), ("ready", "final"), ("ordered", "deposit")])
def test_f25_cash_that_the_customer_has_not_given(bank: Bank, reached: str, stage: str) -> None:
    """Nothing is booked, the part is still to be paid, and the two of them have a case; before anything was paid, a person."""
    order_id = cash_claimed(bank, reached)
    before = bank.books()
    bank.talks("ama", "no")
    claim = bank.payments()[-1]
    assert (claim.state, claim.reason, claim.booked) == ("failed", "declined", None)
    assert bank.books() == before and not bank.journals("cash:") and not bank.balance(f"tailor_receivable:{bank.tailor_id()}")
    assert bank.the_order().state == ("PENDING_DEPOSIT" if stage == "deposit" else "DISPUTED")
    assert "is still to be paid" in bank.was_told("ama") and "is still to be paid" in bank.was_told("kofi")
    with bank.parts.database.begin() as db:
        pleas = db.scalar(text("SELECT count(*) FROM plea"))
    assert pleas == (2 if stage == "deposit" else 0)
    bank.books_equal_truth()
    if stage != "deposit":
        the_mediator(bank, "--outcome continue --reason misunderstanding")
        bank.settle()
    with bank.parts.database.begin() as db:
        assert Order.by_id(db, order_id).due_stage(db) == stage
    bank.pays()
    assert bank.payments()[-1].booked == "escrow" and not bank.journals("cash:")
    bank.books_equal_truth()


@pytest.mark.usefixtures("till")
def test_f25_cash_that_both_have_seen(bank: Bank) -> None:
    """The other half of the rule: with both their words it counts, without escrow, and commission is owed on it."""
    cash_claimed(bank, "approved")
    bank.talks("ama", "yes")
    assert bank.payments()[-1].booked == "cash" and bank.the_order().state == "COMPLETING"
    assert bank.balance(f"tailor_receivable:{bank.tailor_id()}") == FITTING * 20 // 100
    bank.books_equal_truth()
