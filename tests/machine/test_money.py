"""Any life of any orders leaves right books: the services themselves, driven by chance, every invariant looked at after every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select, text, update

from bot import terminal
from bot.messages import Request
from bot.payments import Hint, Paid, Refused
from bot.rules import NotAllowed, pricing
from bot.rules.dispute import REASONS
from models import ledger, payout
from models.disbursement import Disbursement
from models.dispute import Dispute
from models.inbox import Inbox
from models.milestone import Milestone
from models.order import Order
from models.payment import Payment
from models.person import Person
from models.picture import Picture
from models.piece import Piece
from models.purse import Purse
from models.refund import Refund
from models.tailor import Tailor
from models.timer import Timer
from tests.conftest import empty
from tests.crashes.crashing import Died, Reaper, reaping
from tests.machine.bank import MEETINGS, Bank
from tests.machine.vault import Vault, furnished
from tests.machine.watch import Watch
from tests.stage import COLOURS, PHONES, Stage

RUNS, STEPS, BATCHES = int(os.environ.get("MACHINE_RUNS", "2000")), 50, 8
the_stage: Stage
the_vault: Vault
DEEDS = (
    "accept", "fabric", "cutting", "fitting", "approve", "reject", "ready", "hand_over", "confirm", "cancel", "decline", "release", "next_tailor",
)  # fmt: skip

DUE = text("""
    SELECT EXISTS (SELECT 1 FROM payment WHERE next_at <= :now), EXISTS (SELECT 1 FROM refund WHERE state = 'owed' AND next_at <= :now),
        EXISTS (SELECT 1 FROM disbursement WHERE next_at <= :now), EXISTS (SELECT 1 FROM inbox WHERE state = 'waiting' AND due_at <= :now)""")
RARELY = st.integers(0, 2).map(lambda n: n == 0)
#: What mostly happens to an order next.
NEXT = {
    "DEPOSIT_PAID": "accept", "ACCEPTED": "cutting", "IN_PROGRESS": "fitting", "READY_FOR_FITTING": "approve", "COMPLETING": "ready",
    "READY_FOR_DELIVERY": "hand_over", "DELIVERED": "confirm", "PENDING_DEPOSIT": "wait", "FITTING_APPROVED": "wait",
}  # fmt: skip


class Money(RuleBasedStateMachine):
    """One customer, two tailors, up to three orders; two providers that answer as they please."""

    truth: list[tuple[int, int, int]] = []

    @initialize(total=st.integers(30_00, 10_000_00), rate=st.sampled_from([0, 1500, 2000]))
    def begin(self, total: int, rate: int) -> None:
        self.stage, self.watch = the_stage, Watch()
        self.stage.reset()
        self.stage.parts.redis.connection.flushall()  # no provider is left alone for what an earlier life did
        the_vault.return_to_beginning()
        self.parts, self.banks = self.stage.parts, self.stage.wallets
        with the_vault.begin() as db:
            self.ama = db.scalars(select(func.min(Person.id))).one()  # she came first
            db.execute(update(Tailor).values(commission_bp=rate))
            self.tailors = list(db.scalars(select(Tailor.id).order_by(Tailor.id)))
        self.orders: list[int] = []
        self._order(total)

    @property
    def now(self) -> Any:
        return self.parts.clock.now()

    # -- what people do

    @rule(total=st.integers(30_00, 2_000_00))
    def another_order(self, total: int) -> None:
        if len(self.orders) < 3:
            self._order(total)

    @rule(n=st.integers(0, 2), provider=st.sampled_from(["mtn", "vodafone"]))
    def asks_to_pay(self, n: int, provider: str) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            order = self._at(db, n)
            if due := order.due_stage(db):
                Payment.start(
                    db, order_id=order.id, stage=due, person_id=self.ama, provider=provider, network="mtn", msisdn="233241234567",
                    amount=order.part(due), currency="GHS", now=self.now,
                )  # fmt: skip

    @rule(n=st.integers(0, 2))
    def is_cancelled(self, n: int) -> None:
        self.somebody_acts(n, "cancel")

    @rule(n=st.integers(0, 2), deed=st.sampled_from(DEEDS))
    def somebody_acts(self, n: int, deed: str) -> None:
        with suppress(NotAllowed, ledger.Overdrawn), the_vault.begin() as db:
            self._act(db, self._at(db, n), deed)

    @rule(n=st.integers(0, 2), steps=st.sampled_from([1, 1, 2, 3, 9]))
    def life_goes_on(self, n: int, steps: int) -> None:
        """What mostly happens next: without it chance alone would hardly ever get an order paid."""
        for _ in range(steps):
            with the_vault.begin() as db:
                order = self._at(db, n)
                deed = NEXT.get(order.state)
                if deed and deed != "wait" and not order.due_stage(db):
                    with suppress(NotAllowed), db.begin_nested():
                        self._act(db, order, deed)
            if not deed or not self._pays(n):
                return

    @rule(n=st.integers(0, 2), side=st.booleans(), word=st.sampled_from(["yes", "no"]), really=RARELY)
    def cash(self, n: int, side: bool, word: str, really: bool) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            order = self._at(db, n)
            if not really:
                return
            claim = Payment.claim_cash(db, order, by=order.sides(db)[side], now=self.now)
            if word == "yes":
                claim.settle_cash(db, self.now, fee=True)
                order.funded(db, claim.stage, self.now)
            else:
                claim.deny(db)

    @rule(n=st.integers(0, 2), side=st.booleans(), category=st.sampled_from(["quality", "payment", "delay"]), really=RARELY)
    def complains(self, n: int, side: bool, category: str, really: bool) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            order = self._at(db, n)
            if really:
                Dispute.open(db, order.id, order.sides(db)[side], category, self.now)

    @rule(
        n=st.integers(0, 2), outcome=st.sampled_from(["full_refund", "partial_refund", "continue", "no_action"]),
        refund=st.integers(1, 5_000_00), bearer=st.sampled_from([None, None, "tailor", "platform"]),
    )  # fmt: skip
    def is_decided(self, n: int, outcome: str, refund: int, bearer: str | None) -> None:
        """Within what is held, or beyond it out of somebody's pocket."""
        with suppress(NotAllowed), the_vault.begin() as db:
            case = Dispute.last_of(db, self._at(db, n).id)
            if case is not None:
                held = ledger.held(db, case.order_id)
                wanted = None if outcome != "partial_refund" and not bearer else refund if bearer else 1 + refund % max(held, 1)
                refund, bearer = (wanted, bearer) if outcome in ("full_refund", "partial_refund") else (None, None)  # type: ignore[assignment]
                case.decide(db, outcome, reason=REASONS[outcome][0], by="Esi", refund=refund, bearer=bearer, now=self.now)

    @rule(n=st.integers(0, 1), amount=st.one_of(st.none(), st.integers(1, 900_00)))
    def withdraws(self, n: int, amount: int | None) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            payout.request(db, Tailor.by_id(db, self.tailors[n]), amount, once=f"w:{self.now}", till=self.parts.till, now=self.now)

    @rule()
    def payday(self) -> None:
        week, till = f"{self.now:%G-W%V}", self.parts.till
        with the_vault.begin() as db:
            tailors = payout.to_be_paid(db, week, till.terms.minimum)
        for tailor_id in tailors:
            with the_vault.begin() as db:
                payout.weekly(db, tailor_id, week, till=till, now=self.now)

    @rule()
    def somebody_approves(self) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            waiting = db.scalars(select(Disbursement.id).where(Disbursement.state == "created").limit(1)).first()
            if waiting:
                payout.approve(db, waiting, "Esi Owusu", till=self.parts.till, now=self.now)

    @rule(n=st.integers(0, 1), number=st.integers(0, 9))
    def another_number(self, n: int, number: int) -> None:
        with the_vault.begin() as db:
            tailor = Tailor.by_id(db, self.tailors[n])
            Purse.take(db, tailor, number=f"23320000000{number}", network="mtn", name="", name_state="matched", now=self.now)

    # -- what providers and their customers do

    @rule(bank=st.sampled_from(["mtn", "vodafone"]), mood=st.sampled_from(sorted(MEETINGS)), is_silent=st.sampled_from([False, False, True]))
    def bank_feels(self, bank: str, mood: str, is_silent: bool) -> None:
        self.banks[bank].mood, self.banks[bank].is_silent = mood, is_silent  # type: ignore[attr-defined]

    @rule(
        n=st.integers(0, 9), what=st.sampled_from(["pays", "pays", "pays", "pays_wrong", "pays_foreign", "declines"]),
        delta=st.sampled_from([1, -1, 100]), told=st.integers(0, 3),
    )  # fmt: skip
    def a_prompt_is_answered(self, n: int, what: str, delta: int, told: int) -> None:
        bank, reference = self._pick([(b, r) for b in self.banks.values() for r in b.charges if r not in b.answers], n)
        if bank is None:
            return
        if what == "declines":
            bank.refuse(reference, Refused("declined"))
        else:
            amount = bank.charges[reference].amount
            bank.pay(reference, amount=max(1, amount + delta) if what == "pays_wrong" else amount)
            if what == "pays_foreign":
                paid = bank.answers[reference]
                bank.answers[reference] = Paid(reference, paid.amount, "EUR", paid.provider_id)
        for _ in range(told):
            self._callback(bank, reference)
        self._work()

    @rule(n=st.integers(0, 9), fate=st.sampled_from(["arrives", "arrives", "arrives", "fails", "bounces"]))
    def money_out_has_a_fate(self, n: int, fate: str) -> None:
        self._work()
        wanted = fate == "bounces"
        bank, reference = self._pick([(b, r) for b in self.banks.values() for r in b.out if (r in b.out_answers) == wanted], n)
        if bank is None:
            return
        if fate == "arrives":
            bank.arrive(reference)
        elif fate == "fails":
            bank.out_answers[reference] = Refused("cannot_receive")
        elif self._is_payout(reference):
            bank.bounce(reference)
        self._callback(bank, reference)
        self._work()

    @rule(n=st.integers(0, 9), key=st.sampled_from(["", "wrong"]))
    def a_lie_is_told(self, n: int, key: str) -> None:
        bank, reference = self._pick([(b, r) for b in self.banks.values() for r in [*b.charges, *b.out]], n)
        if bank is not None:
            self.parts.cashier.hint(Hint(reference), key)
            self.parts.paymaster.hint(reference, key)

    # -- what the house does

    @rule()
    def the_worker_works(self) -> None:
        self._work()

    @rule(at=st.integers(1, 14))
    def the_worker_dies(self, at: int) -> None:
        reaper = Reaper(at)
        with suppress(Died), reaping(Vault, Bank, reaper):
            self._work()
        self.parts.redis.connection.flushall()

    @rule(hours=st.sampled_from([0.01, 0.01, 0.1, 1, 5, 26, 50, 75, 200]))
    def time_passes(self, hours: float) -> None:
        self.parts.story_clock.time += timedelta(hours=hours)
        with the_vault.begin() as db:
            Timer.ring_due(db, self.now)
        self._work()

    # -- what must hold

    @invariant()
    def the_books_are_right(self) -> None:
        """Asked whenever something was written, or a provider did something, since the last time."""
        truth = [(len(b.answers), len(b.out_answers), len(b.gone)) for b in self.banks.values()] if hasattr(self, "orders") else self.truth
        if the_vault.is_touched or truth != self.truth:
            with the_vault.begin() as db:
                self.watch.looks(db, self.banks)
            the_vault.is_touched, self.truth = False, truth

    # -- private

    def _pays(self, n: int) -> bool:
        """What is due is asked for, approved and told; whether nothing is due now."""
        self.asks_to_pay(n, "mtn")
        self._work()
        for bank in self.banks.values():
            for reference in [r for r in bank.charges if r not in bank.answers]:
                bank.pay(reference)
                self._callback(bank, reference)
        self._work()
        with the_vault.begin() as db:
            return self._at(db, n).due_stage(db) is None

    def _order(self, total: int) -> None:
        with suppress(NotAllowed), the_vault.begin() as db:
            tailor = Tailor.by_id(db, self.tailors[len(self.orders) % 2])
            order = Order.place(
                db, customer_id=self.ama, tailor=tailor, pieces=[Piece.sewn("kente_shirt", pricing.Quote(total, 0, 0), {})], fabric="own", style="",
                style_picture_id=None, promised_on=self.now.date() + timedelta(days=30), now=self.now,
            )  # fmt: skip
            self.orders.append(order.id)

    def _at(self, db: Any, n: int) -> Order:
        return Order.by_id(db, self.orders[n % len(self.orders)], lock=True)

    def _act(self, db: Any, order: Order, deed: str) -> None:
        if deed == "accept":
            order.accept(db, self.now)
        elif deed in ("fabric", "cutting", "fitting", "ready"):
            shown = order.show(db, deed, Picture.own(db, b"jpeg", self.now).id, self.now)
            order.seen(db, db.get_one(Milestone, shown.id), self.now)
        elif deed == "approve":
            order.approve_fitting(db, "timer", self.now)
        elif deed == "reject":
            order.reject_fitting(db, "too long", self.now)
        elif deed == "release":
            order.release(db, "deposit", self.now)
        elif deed == "decline":
            order.decline(db, "travelling", self.now)
        elif deed == "next_tailor":
            order.offer_to(db, Tailor.by_id(db, next(t for t in self.tailors if t != order.tailor_id)), self.now)
        else:
            getattr(order, deed)(db, "somebody", self.now)

    def _work(self) -> None:
        """What the workers would do now, one thing after the other."""
        work = (
            (lambda db: [row[0] for row in Payment.due(db, self.now)], self.parts.cashier.carry),
            (lambda db: Refund.due(db, self.now), self.parts.paymaster.start_refund),
            (lambda db: Disbursement.due(db, self.now), self.parts.paymaster.carry),
            (lambda db: Inbox.waiting(db, self.now), self.parts.engine.happen),
        )
        with the_vault.at_once() as connection:
            is_due = [bool(x) for x in connection.execute(DUE, {"now": self.now}).one()]
        for place, (due, carry) in enumerate(work):
            if not is_due[place]:
                continue
            is_due[place + 1 :] = [True] * (len(work) - place - 1)  # what was carried may have set it off
            with the_vault.begin() as db:
                waiting = due(db)
            for ident in waiting:
                carry(ident)

    def _callback(self, bank: Any, reference: str) -> None:
        with the_vault.begin() as db:
            row = Payment.by_reference(db, reference) or Disbursement.by_reference(db, reference)
            key = row.callback_key if row else ""
        hint = bank.callback(Request("POST", f"/x?ref={reference}", {}, b"", ()))
        self.parts.cashier.hint(hint, key)
        self.parts.paymaster.hint(reference, key)

    def _is_payout(self, reference: str) -> bool:
        with the_vault.begin() as db:
            row = Disbursement.by_reference(db, reference)
            return row is not None and row.purpose == "payout"

    def _pick(self, rows: list[tuple[Any, str]], n: int) -> tuple[Any, str]:
        return rows[n % len(rows)] if rows else (None, "")


@contextmanager
def beginning(house: Stage) -> Iterator[None]:
    """A customer and two tailors, whom every life finds."""
    the_vault.open()
    house.reset()
    try:
        house.given_customer("ama")
        for who in ("kofi", "yaw"):
            with the_vault.begin() as db:
                row = (PHONES[who], who.capitalize(), f"{who}'s", "accra", 480, 20, True, True, 8, {"kente_shirt": 30}, COLOURS)
                tailor = terminal.add_tailor(db, house.parts, *row)
                Purse.take(db, tailor, number=PHONES[who][1:], network="mtn", name=who, name_state="matched", now=house.parts.clock.now())
        the_vault.remember()
        yield
    finally:
        the_vault.close()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_money(house: Stage, batch: int) -> None:
    global the_stage, the_vault
    empty(house.parts.database)
    the_stage, the_vault = house, Vault(house.parts.database)
    with furnished(house, {name: Bank(name) for name in ("mtn", "vodafone")}, the_vault), beginning(house):
        Money.TestCase.settings = settings(
            max_examples=RUNS // BATCHES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink), database=None, derandomize=False,
        )  # fmt: skip
        Money.TestCase("runTest").runTest()
    print(f"{RUNS // BATCHES} runs of {STEPS} steps")
