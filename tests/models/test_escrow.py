"""An order's money while we hold it: released once and less commission, or given back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules.escrow import GivenBack
from models import escrow, ledger
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.seller import Seller, house
from tests.fakes import MONDAY
from tests.models.paying import hears, moved, proof, sent
from tests.stage import Stage


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    """Two customers of one tailor have paid their deposits."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    stage.given_order("esi", "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as session:
        for order in orders(session):
            payment = sent(session, order)
            hears(session, payment, proof(payment))
            order.funded(session, "deposit", MONDAY)
        yield session
        session.flush()
        assert ledger.faults(session) == []


def orders(db: Session) -> list[Order]:
    return list(db.scalars(select(Order).order_by(Order.id)))


def test_a_release_pays_the_tailor_less_commission_and_once(db: Session) -> None:
    first, second = orders(db)
    assert escrow.release(db, first, "deposit", MONDAY) == 50_00
    key = f"release:{first.id}:deposit"
    lines = {f"escrow:{first.id}:deposit": 62_50, "platform_revenue": -12_50, f"tailor_wallet:{first.tailor_id}": -50_00}
    assert moved(db, key) == lines
    assert escrow.release(db, first, "deposit", MONDAY) == 0
    assert escrow.release(db, first, "fitting", MONDAY) == 0, "nothing was collected"
    assert (ledger.held(db, first.id), ledger.held(db, second.id)) == (0, 62_50)
    assert [k for k, *_ in ledger.story(db, first.id)].count(key) == 3
    assert (escrow.commissioned(db, first), escrow.commissioned(db, second)) == (62_50, 0)
    assert escrow.release(db, second, "deposit", MONDAY) == 50_00
    assert ledger.balance(db, f"tailor_wallet:{first.tailor_id}") == 100_00


def test_where_we_are_registered_tax_comes_on_top_of_the_commission(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = orders(db)
    monkeypatch.setattr(house, "seller", Seller(tin="P1", vat_registered=True))
    assert escrow.release(db, first, "deposit", MONDAY) == 47_50
    assert moved(db, f"release:{first.id}:deposit") == {
        f"escrow:{first.id}:deposit": 62_50, "platform_revenue": -12_50, "vat_payable": -2_50, f"tailor_wallet:{first.tailor_id}": -47_50,
    }  # fmt: skip


def test_a_dispute_holds_it(db: Session) -> None:
    first, _ = orders(db)
    first.state = "DISPUTED"
    assert escrow.release(db, first, "deposit", MONDAY) == 0
    assert ledger.held(db, first.id) == 62_50
    first.state = "IN_PROGRESS"
    assert escrow.release(db, first, "deposit", MONDAY) == 50_00


def test_two_orders_that_are_cancelled_give_back_twice(db: Session) -> None:
    for order in orders(db):
        assert order.cancel(db, f"person:{order.customer_id}", MONDAY) == GivenBack(62_50, 0)
        [refund] = Refund.of_order(db, order.id)
        assert (refund.key, refund.amount, refund.cause, refund.person_id) == (f"cancel:{order.id}", 62_50, "cancelled", order.customer_id)
        assert moved(db, f"cancel:{order.id}") == {f"escrow:{order.id}:deposit": 62_50, f"refunds_payable:{order.customer_id}": -62_50}
        assert ledger.balance(db, refund.account) == 62_50
        assert Payment.by_id(db, refund.payment_id).order_id == order.id


def test_the_tailor_keeps_a_fifth_for_the_time_she_reserved(db: Session) -> None:
    first, _ = orders(db)
    first.accept(db, MONDAY)
    first.cancel(db, f"person:{first.customer_id}", MONDAY)
    assert moved(db, f"cancel:{first.id}") == {
        f"escrow:{first.id}:deposit": 62_50, f"refunds_payable:{first.customer_id}": -50_00, f"tailor_wallet:{first.tailor_id}": -12_50,
    }  # fmt: skip
    assert [refund.amount for refund in Refund.of_order(db, first.id)] == [50_00]
