"""What is owed to a customer: written down once, sent to the wallet that paid, and owed until it is proven to have arrived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ledger
from models.disbursement import Disbursement
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from tests.fakes import MONDAY
from tests.models.paying import SECOND, WALLET, hears, moved, proof, sent
from tests.stage import Stage

MINUTE = timedelta(minutes=1)


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    stage.given_order("esi", "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as session:
        yield session


@pytest.fixture
def order(db: Session) -> Order:
    return db.scalars(select(Order).order_by(Order.id)).all()[0]


@pytest.fixture
def other(db: Session) -> Order:
    return db.scalars(select(Order).order_by(Order.id)).all()[1]


def surplus(db: Session, order: Order, stage: str = "deposit", **more: object) -> tuple[Payment, Refund]:
    """Money that was not due, and what is owed because of it."""
    payment = sent(db, order, stage, **more)
    hears(db, payment, proof(payment), due=False)
    return payment, Refund.of_order(db, order.id)[-1]


# -- owed


def test_the_same_is_owed_once(db: Session, order: Order) -> None:
    payment, refund = surplus(db, order)
    assert (refund.state, refund.tries, refund.next_at, refund.created_at) == ("owed", 0, MONDAY + SECOND, MONDAY + SECOND)
    Refund.owe(
        db, refund.key, order_id=order.id, payment_id=payment.id, person_id=order.customer_id, amount=5, currency="GHS", cause="surplus", now=MONDAY
    )
    assert [(r.id, r.amount) for r in Refund.of_order(db, order.id)] == [(refund.id, payment.amount)]
    assert Refund.promised(db, payment.id) == 0, "what came too much is no part of what it brought for the order"


def test_each_is_owed_her_own(db: Session, order: Order, other: Order) -> None:
    (_, hers), (_, esis) = surplus(db, order), surplus(db, other)
    _, later = surplus(db, order, "fitting")
    assert [r.id for r in Refund.of_order(db, order.id)] == [hers.id, later.id]
    assert [r.id for r in Refund.of_person(db, order.customer_id)] == [later.id, hers.id], "the newest first"
    assert [r.id for r in Refund.of_person(db, order.customer_id, limit=1)] == [later.id]
    assert [r.id for r in Refund.of_person(db, other.customer_id)] == [esis.id]
    assert hers.account == f"refunds_payable:{order.customer_id}" != esis.account
    assert ledger.balance(db, hers.account) == hers.amount + later.amount


def test_what_a_person_must_look_at_is_not_due_before(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, proof(payment, amount=payment.amount + 1))
    [refund] = Refund.of_order(db, order.id)
    assert refund.state == "held"
    assert Refund.due(db, MONDAY + 9 * MINUTE) == []
    refund.let_go(MONDAY + MINUTE)
    assert (refund.state, refund.next_at) == ("owed", MONDAY + MINUTE)
    assert Refund.due(db, MONDAY + MINUTE) == [refund.id]


def test_what_is_due(db: Session, order: Order, other: Order) -> None:
    (_, first), (_, second) = surplus(db, order), surplus(db, other)
    second.next_at = MONDAY + MINUTE
    assert Refund.due(db, MONDAY) == []
    assert Refund.due(db, first.next_at) == [first.id]
    assert Refund.due(db, MONDAY + MINUTE) == [first.id, second.id]
    assert Refund.due(db, MONDAY + MINUTE, limit=1) == [first.id]
    first.arrived(MONDAY)
    assert Refund.due(db, MONDAY + MINUTE) == [second.id]


# -- out of several payments


def owed_from(db: Session, payments: list[Payment], amount: int, key: str = "k") -> list[tuple[str, int]]:
    """Those that were written down, by the payment they come from."""
    person = payments[0].person_id
    Refund.owe_from(db, key, payments, amount, person_id=person, cause="dispute", now=MONDAY)
    found = db.scalars(select(Refund).where(Refund.key.startswith(f"{key}:")).order_by(Refund.id))
    return [(r.key, r.amount) for r in found]


def funded(db: Session, order: Order) -> list[Payment]:
    """The last stage first."""
    payments = [sent(db, order, stage) for stage in ("final", "fitting", "deposit")]
    for payment in payments:
        hears(db, payment, proof(payment))
    return payments


def test_each_wallet_gives_back_at_most_what_it_brought(db: Session, order: Order) -> None:
    final, fitting, deposit = funded(db, order)
    amount = final.amount + 100
    assert owed_from(db, [final, fitting, deposit], amount) == [(f"k:{final.id}", final.amount), (f"k:{fitting.id}", 100)]
    assert [Refund.promised(db, p.id) for p in (final, fitting, deposit)] == [final.amount, 100, 0]
    refund = Refund.of_order(db, order.id)[0]
    assert (refund.currency, refund.cause, refund.state, refund.person_id) == ("GHS", "dispute", "owed", order.customer_id)


def test_what_was_promised_already_is_not_promised_again(db: Session, order: Order) -> None:
    final, fitting, deposit = funded(db, order)
    owed_from(db, [final], final.amount - 1, "before")
    assert owed_from(db, [final, fitting, deposit], 2) == [(f"k:{final.id}", 1), (f"k:{fitting.id}", 1)]
    everything = fitting.amount - 1 + deposit.amount
    rest = owed_from(db, [final, fitting, deposit], everything, "rest")
    assert rest == [(f"rest:{fitting.id}", fitting.amount - 1), (f"rest:{deposit.id}", deposit.amount)]


def test_nobody_is_promised_more_than_was_paid(db: Session, order: Order) -> None:
    payments = funded(db, order)
    with pytest.raises(ValueError, match="k: 1 pesewas more"):
        owed_from(db, payments, order.total + 1)


# -- sent


def test_it_goes_to_the_wallet_that_paid_and_to_no_other(db: Session, order: Order) -> None:
    payment, refund = surplus(db, order, msisdn="233551112222", network="telecel")
    out = refund.send(db, payment, way="give_back", provider="mtn", now=MONDAY + MINUTE)
    assert (out.msisdn, out.network, out.amount, out.currency) == ("233551112222", "telecel", refund.amount, "GHS") and out.msisdn != WALLET
    assert (out.purpose, out.way, out.provider, out.state, out.next_at) == ("refund", "give_back", "mtn", "approved", MONDAY + MINUTE)
    assert (out.refund_id, out.payment_id, out.order_id, out.person_id) == (refund.id, payment.id, order.id, order.customer_id)
    assert (refund.state, refund.tries, out.once) == ("sending", 1, f"refund:{refund.id}:1")
    assert moved(db, f"refund:{out.id}:reserve") == {refund.account: refund.amount, f"in_flight:{out.id}": -refund.amount}
    assert ledger.balance(db, refund.account) == 0
    assert Refund.due(db, MONDAY + 9 * MINUTE) == [], "one attempt at a time"
    assert [d.id for d in Disbursement.of_refund(db, refund.id)] == [out.id]


def test_who_gives_a_payment_back(db: Session, order: Order, other: Order) -> None:
    (payment, refund), (others, another) = surplus(db, order), surplus(db, other)
    out = refund.send(db, payment, way="give_back", provider="mtn", now=MONDAY)
    another.send(db, others, way="give_back", provider="mtn", now=MONDAY)
    assert Disbursement.giving_back(db, payment.id) == [], "nobody was called yet"
    out.begin(MONDAY, MINUTE)
    assert Disbursement.giving_back(db, payment.id) == [out.id]
    assert Disbursement.giving_back(db, others.id) == []
    assert [d.id for d in Disbursement.of_refund(db, refund.id)] == [out.id]


def test_what_arrived_is_paid(db: Session, order: Order) -> None:
    _, refund = surplus(db, order)
    refund.arrived(MONDAY + MINUTE)
    assert (refund.state, refund.paid_at) == ("paid", MONDAY + MINUTE)
    assert not refund.needs_a_person


def test_what_did_not_arrive_is_owed_and_tried_again_ever_later_until_a_person_looks(db: Session, order: Order) -> None:
    payment, refund = surplus(db, order)
    pauses, looks = [], []
    for attempt in range(1, 6):
        out = refund.send(db, payment, way="give_back", provider="mtn", now=MONDAY)
        assert out.once == f"refund:{refund.id}:{attempt}", "a new attempt has its own name"
        assert not refund.needs_a_person, "while it is under way"
        out.cancel(db, MONDAY)
        refund.did_not_arrive(MONDAY)
        pauses.append((refund.next_at - MONDAY) / timedelta(minutes=1))
        looks.append(refund.needs_a_person)
        assert (refund.state, refund.paid_at, ledger.balance(db, refund.account)) == ("owed", None, refund.amount)
    assert pauses == [5, 60, 360, 1440, 1440]
    assert looks == [False, False, False, True, True]
