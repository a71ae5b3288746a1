"""Whoever changes a row of money has it to herself and sees it as it is now; whoever only reads keeps nobody waiting, and takes so many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from models import ledger
from models.base import Away, Database
from models.disbursement import Disbursement
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.settlement import withdraw_unsent
from tests.fakes import MONDAY
from tests.models.paying import LEASE, WALLET, asked, hears, proof
from tests.stage import Stage


@pytest.fixture
def books(stage: Stage) -> Database:
    """An order with a payment of each kind: one that was surplus and is being given back, one that is asked for."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as db:
        order = the_order(db)
        payment = asked(db, order)
        payment.begin(MONDAY, LEASE)
        hears(db, payment, proof(payment), due=False)
        [refund] = Refund.of_order(db, order.id)
        refund.send(db, payment, way="give_back", provider="mtn", now=MONDAY)
        asked(db, order, "fitting")
    return stage.parts.database


def the_order(db: Session) -> Order:
    return db.scalars(select(Order)).one()


def newest(db: Session, table: Any) -> int:
    return int(db.scalars(select(table.id).order_by(table.id.desc())).first() or 0)


def is_taken(books: Database, table: Any, ident: int) -> bool:
    """Whether somebody else would have to wait for a row."""
    try:
        with books.begin() as db:
            db.execute(text(f"SELECT 1 FROM {table.__tablename__} WHERE id = {ident} FOR UPDATE NOWAIT"))
    except (OperationalError, Away):
        return True
    return False


@pytest.mark.parametrize("table", [Payment, Disbursement, Refund])
def test_a_row_is_had_by_one_when_it_is_to_be_changed(books: Database, table: Any) -> None:
    with books.begin() as db:
        ident = newest(db, table)
        table.by_id(db, ident)
        assert not is_taken(books, table, ident)
        table.by_id(db, ident, lock=True)
        assert is_taken(books, table, ident)
    assert not is_taken(books, table, ident)


@pytest.mark.parametrize("table", [Payment, Disbursement, Refund])
def test_a_row_that_is_had_is_seen_as_it_is_now(books: Database, table: Any) -> None:
    with books.begin() as db:
        row = table.by_id(db, newest(db, table))
        with books.begin() as other:
            other.execute(text(f"UPDATE {table.__tablename__} SET next_at = NULL" if table is not Refund else "UPDATE refund SET tries = 7"))
        assert table.by_id(db, row.id, lock=True) is row
        assert (row.tries == 7) if table is Refund else (row.next_at is None)


def test_the_older_request_is_looked_at_again_before_a_new_one_is_made(books: Database) -> None:
    """What was doubted a moment ago may have been answered."""
    with books.begin() as db:
        older = Payment.by_id(db, newest(db, Payment))
        older.begin(MONDAY, LEASE)
        older.state, older.told_at = "pending", MONDAY
    with books.begin() as db:
        assert Payment.by_id(db, older.id).may_be_paid_again
        with books.begin() as other:
            Payment.by_id(other, older.id).told_at = None
        with pytest.raises(NotAllowed, match="already_asked"):
            asked(db, the_order(db), "fitting", now=MONDAY + timedelta(hours=1))


def test_what_is_withdrawn_is_looked_at_again_first(books: Database) -> None:
    """A worker that has just begun wins."""
    with books.begin() as db:
        ident, order_id = newest(db, Payment), the_order(db).id
        assert Payment.by_id(db, ident).state == "created"
        with books.begin() as worker:
            Payment.by_id(worker, ident, lock=True).begin(MONDAY, LEASE)
        withdraw_unsent(db, order_id)
        assert Payment.by_id(db, ident).state == "submitting"
    with books.begin() as db:
        assert Payment.by_id(db, ident).next_at == MONDAY + LEASE


def test_what_a_provider_was_asked_already_is_not_withdrawn(books: Database) -> None:
    with books.begin() as db:
        ident, order_id = newest(db, Payment), the_order(db).id
        Payment.by_id(db, ident).submitted_at = MONDAY
    with books.begin() as db:
        withdraw_unsent(db, order_id)
        assert Payment.by_id(db, ident).state == "created", "it is to be sent again, because nobody knows"
    with books.begin() as db:
        Payment.by_id(db, ident).submitted_at = None
    with books.begin() as db:
        withdraw_unsent(db, order_id)
        assert (Payment.by_id(db, ident).state, Payment.by_id(db, ident).next_at) == ("cancelled", None)


def test_an_account_that_gives_is_had_by_one(books: Database) -> None:
    with books.begin() as db:
        code, account = db.execute(text("SELECT code, id FROM account WHERE code LIKE 'in_flight:%'")).one()
        ledger.post(db, "k", {code: 5, "loss": -5}, now=MONDAY)
        assert is_taken(books, ledger.Account, account)


# -- so many at once


def test_a_worker_takes_fifty_at_a_time(books: Database) -> None:
    """Of payments, of each provider; a statement of somebody's shows the newest ones."""
    with books.begin() as db:
        order, payment = the_order(db), db.scalars(select(Payment).where(Payment.booked == "surplus")).one()
        values: dict[str, Any] = {"order_id": order.id, "person_id": order.customer_id, "amount": 1, "currency": "GHS", "callback_key": "k"}
        wallet = {"network": "mtn", "msisdn": WALLET, "polls": 0, "created_at": MONDAY, "next_at": MONDAY}
        for n in range(52):
            for provider in ("mtn", "paystack"):
                db.add(Payment(reference=f"p{n}{provider}", stage="final", state="expired", refusals=[], provider=provider, **values, **wallet))
            Refund.owe(db, f"r{n}", payment_id=payment.id, cause="surplus", now=MONDAY, **{k: v for k, v in values.items() if k != "callback_key"})
            out: dict[str, Any] = {"purpose": "payout", "way": "transfer", "state": "unknown", "source": "loss", "provider": "mtn", "name": ""}
            db.add(Disbursement(reference=f"d{n}", once=f"d{n}", tailor_id=order.tailor_id, **out, **values, **wallet))
        db.flush()
        assert len(Payment.due(db, MONDAY)) == 2 * 50
        assert len(Refund.due(db, MONDAY)) == len(Disbursement.due(db, MONDAY)) == 50
        assert len(Refund.of_person(db, order.customer_id)) == 9
        assert len(Disbursement.of_tailor(db, order.tailor_id)) == 20
        db.rollback()
