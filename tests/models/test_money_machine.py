"""Any order of paying, losing, repeating, approving and releasing leaves right books: driven by chance, checked after each step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import func, select, text

from bot.payments import Absent, NotAccepted, Paid, Pending, Refused, Unknown
from bot.rules import NotAllowed, escrow, pricing
from bot.rules.payment import ROUTES
from models import ledger
from models.garment import Garment
from models.milestone import Milestone
from models.order import Order
from models.payment import Payment
from models.picture import Picture
from models.piece import Piece
from models.refund import Refund
from models.tailor import Tailor
from tests.conftest import empty
from tests.fakes import MONDAY
from tests.stage import Stage

MOVED = """
    SELECT coalesce(sum(-e.amount), 0) FROM entry e JOIN journal j ON j.id = journal_id JOIN account a ON a.id = account_id
    WHERE j.key LIKE :k AND a.code = :c"""
CURRENCIES = {"mtn": "GHS", "vodafone": "GHS"}
stage_of_the_process: Stage


class Money(RuleBasedStateMachine):
    """The order and payment models themselves, with the answers of providers thrown at them in any order."""

    payments = Bundle("payments")

    @initialize(total=st.integers(30_00, 10_000_00), rate=st.sampled_from([0, 1500, 2000]))
    def begin(self, total: int, rate: int) -> None:
        self.house = stage_of_the_process
        empty(self.house.parts.database)
        self.house.reset()
        self.now = MONDAY
        self.house.given_tailor("kofi", "kente shirt", "Accra", 250)
        customer = self.house.given_customer("ama").id
        self.serial, self.truth = 0, 0
        with self.house.parts.database.begin() as db:
            Garment.stock(db)
            tailor = db.scalars(select(Tailor)).one()
            tailor.commission_bp = rate
            self.order_id = Order.place(
                db, customer_id=customer, tailor=tailor, pieces=[Piece.sewn("kente_shirt", pricing.Quote(total, 0, 0), {})], fabric="own",
                style="", style_picture_id=None, promised_on=self.now.date() + timedelta(days=30), now=self.now,
            ).id  # fmt: skip
            self.customer = customer

    # -- what people and time do

    @rule(target=payments, provider=st.sampled_from(["mtn", "vodafone"]))
    def ask_for_money(self, provider: str) -> object:
        with self.house.parts.database.begin() as db:
            order = Order.by_id(db, self.order_id, lock=True)
            due = order.due_stage(db)
            if due is None:
                return multiple()
            try:
                payment = Payment.start(
                    db, order_id=order.id, stage=due, person_id=self.customer, provider=provider, network="mtn", msisdn="233241234567",
                    amount=order.part(due), currency="GHS", now=self.now,
                )  # fmt: skip
            except NotAllowed:
                return multiple()
            payment.begin(self.now, timedelta(seconds=60))
            return payment.id

    @rule(hours=st.sampled_from([0.01, 0.3, 3, 30, 300]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(deed=st.sampled_from(["accept", "fabric", "cutting", "fitting", "approve", "reject", "ready", "hand_over", "confirm", "cancel", "release"]))
    def somebody_acts(self, deed: str) -> None:
        try:
            with self.house.parts.database.begin() as db:
                order = Order.by_id(db, self.order_id, lock=True)
                self._act(db, order, deed)
        except (NotAllowed, ledger.Overdrawn):
            pass  # refused in plain words; nothing happened

    def _act(self, db: object, order: Order, deed: str) -> None:
        if deed == "accept":
            order.accept(db, self.now)  # type: ignore[arg-type]
        elif deed in ("fabric", "cutting", "fitting", "ready"):
            shown = order.show(db, deed, Picture.own(db, b"jpeg", self.now).id, self.now)  # type: ignore[arg-type]
            order.seen(db, db.get_one(Milestone, shown.id), self.now)  # type: ignore[attr-defined,arg-type]
        elif deed == "approve":
            order.approve_fitting(db, "timer", self.now)  # type: ignore[arg-type]
        elif deed == "reject":
            order.reject_fitting(db, "too long", self.now)  # type: ignore[arg-type]
        elif deed == "release":
            order.release(db, "deposit", self.now)  # type: ignore[arg-type]
        else:
            getattr(order, deed)(db, "somebody", self.now)

    # -- what providers say, lost, late, repeated, reordered, wrong

    @rule(payment=payments, delta=st.sampled_from([0, 0, 0, 1, -1, 100]), currency=st.sampled_from(["GHS", "GHS", "GHS", "EUR"]))
    def money_moved(self, payment: int, delta: int, currency: str) -> None:
        self._answer(payment, lambda p: Paid(p.reference, max(1, p.amount + delta), currency, f"T{payment}"))

    @rule(payment=payments)
    def another_payments_receipt(self, payment: int) -> None:
        self._answer(payment, lambda p: Paid("f" * 32, p.amount, "GHS", "T-foreign"))

    @rule(payment=payments, reason=st.sampled_from(["no_funds", "declined", "too_late"]))
    def refused(self, payment: int, reason: str) -> None:
        self._answer(payment, lambda p: Refused(reason))  # type: ignore[arg-type]

    @rule(payment=payments, answer=st.sampled_from([Pending(), Unknown("timeout"), NotAccepted("503"), Absent()]))
    def nothing_final(self, payment: int, answer: Pending | Unknown | NotAccepted | Absent) -> None:
        self._answer(payment, lambda p: answer)

    def _answer(self, payment_id: int, make: object) -> None:
        """As the pay conversation does it: order first, then the payment, one transaction."""
        with self.house.parts.database.begin() as db:
            order = Order.by_id(db, self.order_id, lock=True)
            payment = Payment.by_id(db, payment_id, lock=True)
            if payment.state in ("created", "not_accepted"):
                payment.begin(self.now, timedelta(seconds=60))
            due = order.due_stage(db) == payment.stage
            before = payment.is_settled
            answer = make(payment)  # type: ignore[operator]
            outcome = payment.hear(db, answer, ROUTES["mtn"], CURRENCIES, due=due, now=self.now)
            if outcome == "paid":
                order.funded(db, payment.stage, self.now)
            if isinstance(answer, Paid) and not before and payment.is_settled:
                self.truth += answer.amount

    # -- what must hold after every step

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "order_id"):
            return
        with self.house.parts.database.begin() as db:
            assert ledger.faults(db) == []
            order = Order.by_id(db, self.order_id)
            collected = {s: self._moved(db, "collect:%", f"escrow:{order.id}:{s}") for s in escrow.STAGES}
            released = {s: ledger.lines_of(db, f"release:{order.id}:{s}").get(f"escrow:{order.id}:{s}", 0) for s in escrow.STAGES}
            assert all(0 <= released[s] <= collected[s] for s in escrow.STAGES)
            assert all(collected[s] in (0, order.part(s)) for s in escrow.STAGES)
            assert sum(order.part(s) for s in escrow.STAGES) == order.total
            given_back = sum(self._moved(db, "cancel:%", c) for c in (f"refunds_payable:{self.customer}", f"tailor_wallet:{order.tailor_id}"))
            assert ledger.held(db, order.id) == sum(collected.values()) - sum(released.values()) - given_back
            fees = -int(db.scalar(text("SELECT coalesce(sum(balance), 0) FROM account WHERE code = 'platform_revenue'")) or 0)
            assert fees == sum(released.values()) * order.commission_bp // 10_000
            clearing = int(db.scalar(text("SELECT coalesce(sum(balance), 0) FROM account WHERE code LIKE 'provider_clearing%'")) or 0)
            assert clearing == self.truth, "what the providers took is what we booked"
            assert self._balance(db, "suspense%") == self._owed(db, Refund.cause == "wrong_amount"), "what waits in suspense is kept for somebody"
            assert self._balance(db, "refunds_payable%") == self._owed(db, Refund.cause != "wrong_amount"), "what is owed is written down"

    def _balance(self, db: object, codes: str) -> int:
        total = text("SELECT coalesce(-sum(balance), 0) FROM account WHERE code LIKE :codes")
        return int(db.execute(total, {"codes": codes}).scalar_one())  # type: ignore[attr-defined]

    def _owed(self, db: object, which: object) -> int:
        return int(db.scalar(select(func.coalesce(func.sum(Refund.amount), 0)).where(which)) or 0)  # type: ignore[attr-defined]

    def _moved(self, db: object, key: str, code: str) -> int:
        return int(db.execute(text(MOVED), {"k": key, "c": code}).scalar_one())  # type: ignore[attr-defined]


def test_money_machine(house: Stage) -> None:
    global stage_of_the_process
    stage_of_the_process = house
    machine = settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    Money.TestCase.settings = machine
    Money.TestCase("runTest").runTest()
