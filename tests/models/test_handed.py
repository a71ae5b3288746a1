"""Cash: nothing of it is in our books, but for a fee where there is one; the order goes on as with money."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.payments import Paid
from bot.rules import NotAllowed, escrow, tax
from bot.rules import payment as rules
from models import ledger
from models.milestone import Milestone
from models.order import Order
from models.payment import Payment
from models.picture import Picture
from models.seller import Seller, house
from models.timer import Timer
from tests.fakes import MONDAY
from tests.stage import Stage

TOTAL = 333_33  # does not divide


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    stage.given_tailor("adwoa", "kente shirts", "Accra", 200)
    with stage.parts.database.begin() as session:
        yield session


@pytest.fixture
def order(db: Session) -> Order:
    return db.scalars(select(Order)).one()


def claim(db: Session, order: Order, *, by: int | None = None) -> Payment:
    return Payment.claim_cash(db, order, by=by or order.customer_id, now=MONDAY)


def in_cash(db: Session, order: Order, *, fee: bool = False) -> int:
    """The stage that is due, paid in cash; what the tailor owes for it."""
    payment = claim(db, order)
    owed = payment.settle_cash(db, MONDAY, fee=fee)
    order.funded(db, payment.stage, MONDAY)
    return owed


def by_wallet(db: Session, order: Order) -> int:
    """The stage that is due, paid by mobile money; what the tailor gets at once."""
    stage = order.due_stage(db)
    assert stage
    values = {"provider": "mtn", "network": "mtn", "msisdn": "233241234567", "currency": "GHS", "now": MONDAY}
    payment = Payment.start(db, order_id=order.id, stage=stage, person_id=order.customer_id, amount=order.part(stage), **values)  # type: ignore[arg-type]
    payment.begin(MONDAY, timedelta(minutes=1))
    answer = Paid(payment.reference, payment.amount, "GHS", f"T{payment.id}")
    assert payment.hear(db, answer, (), {}, due=True, now=MONDAY) == "paid"
    return order.funded(db, stage, MONDAY)


def show(db: Session, order: Order, *steps: str) -> None:
    for step in steps:
        shown = order.show(db, step, Picture.own(db, b"jpeg", MONDAY).id, MONDAY)
        order.seen(db, db.get_one(Milestone, shown.id), MONDAY)


def to_the_fitting(db: Session, order: Order) -> None:
    order.accept(db, MONDAY)
    show(db, order, "cutting", "fitting")
    order.release(db, "deposit", MONDAY)
    order.approve_fitting(db, "test", MONDAY)


def test_both_words_settle_it_and_the_books_know_nothing(db: Session, order: Order) -> None:
    payment = claim(db, order)
    assert (payment.state, payment.next_at, payment.msisdn, order.due_stage(db)) == ("pending", None, "", "deposit")
    assert payment.settle_cash(db, MONDAY) == 0
    order.funded(db, "deposit", MONDAY)
    assert (payment.state, payment.booked, order.state) == ("succeeded", "cash", "DEPOSIT_PAID")
    assert order.in_cash(db, "deposit") and ledger.story(db, order.id) == []
    assert not db.scalars(select(Timer).where(Timer.key.startswith("cash:"), Timer.rung_at.is_(None))).all()


def test_denied_leaves_the_stage_unpaid_and_nothing_booked(db: Session, order: Order) -> None:
    payment = claim(db, order, by=order.tailor(db).person_id)
    assert payment.witness(db) == order.customer_id
    payment.deny(db)
    assert (payment.state, payment.booked, order.state, order.due_stage(db)) == ("failed", None, "PENDING_DEPOSIT", "deposit")
    assert ledger.story(db, order.id) == []
    with pytest.raises(NotAllowed, match="not_now"):
        payment.settle_cash(db, MONDAY)
    assert claim(db, order).state == "pending", "it may be said again"


def test_only_the_two_sides_may_say_it_and_one_thing_at_a_time(stage: Stage, db: Session, order: Order) -> None:
    with pytest.raises(NotAllowed, match="not_now"):
        claim(db, order, by=stage.tailor(db, "adwoa").person_id)
    payment = claim(db, order)
    assert payment.witness(db) == order.tailor(db).person_id
    with pytest.raises(NotAllowed, match="already_asked"):
        claim(db, order)
    payment.lapse(db)
    by_wallet(db, order)
    with pytest.raises(NotAllowed, match="not_now"):
        claim(db, order)


def test_a_cancelled_order_gives_nothing_back_of_cash(db: Session, order: Order) -> None:
    in_cash(db, order)
    order.accept(db, MONDAY)
    back = order.cancel(db, "test", MONDAY)
    assert (back.to_customer, back.to_tailor, ledger.story(db, order.id)) == (0, 0, [])
    assert order.state == "CANCELLED"


def test_there_is_no_other_tailor_for_cash_the_first_one_has(db: Session, order: Order) -> None:
    assert len(order.others(db, MONDAY)) == 1
    in_cash(db, order)
    assert order.others(db, MONDAY) == []


@pytest.mark.parametrize("cash", [(True, False, False), (False, True, False), (False, False, True), (True, True, True), (True, False, True)])
@pytest.mark.parametrize("fee", [False, True])
def test_commission_never_drifts_whatever_was_paid_how(db: Session, order: Order, cash: tuple[bool, ...], fee: bool) -> None:
    order.work = order.total = TOTAL
    owed = 0
    for stage, is_cash in zip(escrow.STAGES, cash, strict=True):
        if stage == "fitting":
            to_the_fitting(db, order)
        if stage == "final":
            show(db, order, "ready")
        if is_cash:
            owed += in_cash(db, order, fee=fee)
        else:
            by_wallet(db, order)
    order.hand_over(db, "test", MONDAY)
    order.confirm(db, "test", MONDAY)
    ours = sum(order.part(s) for s, is_cash in zip(escrow.STAGES, cash, strict=True) if fee or not is_cash)
    through_us = sum(order.part(s) for s, is_cash in zip(escrow.STAGES, cash, strict=True) if not is_cash)
    assert ledger.balance(db, "platform_revenue") == ours * order.commission_bp // 10_000
    assert ledger.balance(db, f"tailor_receivable:{order.tailor_id}") == owed
    assert ledger.balance(db, f"tailor_wallet:{order.tailor_id}") == through_us + owed - ledger.balance(db, "platform_revenue")
    assert ledger.held(db, order.id) == 0 and ledger.faults(db) == []


def test_a_stage_in_cash_has_nothing_to_release(db: Session, order: Order) -> None:
    in_cash(db, order)
    to_the_fitting(db, order)
    assert order.release(db, "deposit", MONDAY) == 0
    assert ledger.story(db, order.id) == []


def test_the_fee_bears_tax_where_we_are_registered(db: Session, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "seller", Seller(tin="P1", vat_registered=True))
    fee = order.part("deposit") * 20 // 100
    vat = tax.lines(fee, MONDAY.date()).total
    assert vat > 0 and in_cash(db, order, fee=True) == fee + vat
    payment = db.scalars(select(Payment)).one()
    assert ledger.lines_of(db, f"cash:{payment.id}") == {
        f"tailor_receivable:{order.tailor_id}": fee + vat, "platform_revenue": -fee, "vat_payable": -vat
    }  # fmt: skip


def test_money_that_comes_late_for_a_stage_paid_in_cash_is_given_back(db: Session, order: Order) -> None:
    values = {"provider": "mtn", "network": "mtn", "msisdn": "233241234567", "currency": "GHS", "now": MONDAY}
    late = Payment.start(db, order_id=order.id, stage="deposit", person_id=order.customer_id, amount=order.part("deposit"), **values)  # type: ignore[arg-type]
    late.begin(MONDAY, timedelta(minutes=1))
    late.hear(db, Paid("", 0, "", ""), (), {}, due=True, now=MONDAY)  # nonsense: asked about again
    late.state = "expired"
    db.flush()
    in_cash(db, order)
    answer = Paid(late.reference, late.amount, "GHS", "T1")
    assert late.hear(db, answer, (), {}, due=order.due_stage(db) == "deposit", now=MONDAY) == "surplus"
    assert ledger.balance(db, f"refunds_payable:{order.customer_id}") == late.amount
    assert Payment.funded(db, order.id, "deposit") is not late


def test_a_tailor_takes_so_much_cash_a_day_and_no_more(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 900)
    with stage.parts.database.begin() as db:
        stage.tailor(db, "kofi").per_day = 9
    for who in ("ama", "esi", "yaw", "abena"):
        stage.given_order(who, "kente shirt", "kofi", "approved")  # 450 each

    def try_it(order: Order) -> bool:
        try:
            with stage.parts.database.begin() as db:
                claim(db, Order.by_id(db, order.id, lock=True))
        except NotAllowed as refusal:
            assert refusal.reason == "cash_cap"
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, stage.orders())) == rules.CASH_PER_DAY // 450_00
    with stage.parts.database.begin() as db:
        first = db.scalars(select(Payment).where(Payment.provider == "cash").order_by(Payment.id)).first()
        assert first
        first.lapse(db)
    left = next(o for o in stage.orders() if not _has_claim(stage, o))
    assert try_it(left), "what lapsed no longer counts"


def _has_claim(stage: Stage, order: Order) -> bool:
    with stage.parts.database.begin() as db:
        return db.scalar(select(Payment.id).where(Payment.order_id == order.id, Payment.provider == "cash")) is not None
