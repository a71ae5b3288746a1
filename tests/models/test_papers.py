"""What stands on a paper is what stands in the books, and it adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules import NotAllowed, escrow, tax
from models import document, ledger
from models.base import Database
from models.document import Document
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.seller import Seller, house
from models.tailor import Tailor
from tests.fakes import MONDAY
from tests.stage import Life, Stage

WEEK = date(2026, 11, 23), date(2026, 11, 29)
AFTER = datetime(2026, 11, 30, 0, 10, tzinfo=UTC)


@pytest.fixture
def books(stage: Stage) -> Database:
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    return stage.parts.database


def sewn(stage: Stage, db: Session, reached: str) -> Order:
    if stage.person(db, "ama") is None:
        stage.given_customer("ama")
    life = Life(stage, db, "ama", "kente shirt", "kofi")
    life.until(reached)
    return life.order


def receipts(db: Session, order: Order) -> list[dict[str, Any]]:
    payments = db.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id))
    return [document.receipt_for(db, payment, MONDAY).facts for payment in payments]


def test_three_receipts_lead_to_the_whole_price(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        order = sewn(stage, db, "all paid")
        facts = receipts(db, order)
        again = receipts(db, order)
        assert facts == again
        assert db.scalars(select(Document.number).order_by(Document.id)).all() == [f"R-2026-{n:06d}" for n in (1, 2, 3)]
    assert [f["amount"] for f in facts] == list(escrow.split(33300).values())
    assert [f["paid"]["left"] for f in facts] == [24975, 8325, 0]
    for before, after in pairwise(facts):
        assert before["paid"]["after"] == after["paid"]["before"]
    assert "two hours" in facts[0]["held"]
    assert "72 hours" in facts[2]["held"]
    assert facts[0]["wallet"] == "+23324***4567"


def test_surplus_money_is_not_counted_as_paid(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        order = sewn(stage, db, "deposited")
        payment = db.scalars(select(Payment)).one()
        payment.booked = "surplus"
        paper = document.receipt_for(db, payment, MONDAY)
    assert paper.facts["paid"] is None
    assert paper.total == order.part("deposit")
    assert "owed back" in paper.facts["held"]


def test_a_refund_has_its_own_receipt(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        order = sewn(stage, db, "deposited")
        order.cancel(db, "story", MONDAY)
        refund = db.scalars(select(Refund)).one()
        paper = document.refund_receipt_for(db, refund, MONDAY, reference="MP-77")
        assert paper.number == "RR-2026-000001"
        assert (paper.total, paper.facts["cause"], paper.facts["reference"]) == (order.part("deposit"), "cancelled", "MP-77")


def tailor_of(db: Session) -> Tailor:
    return db.scalars(select(Tailor)).one()


def test_an_invoice_has_the_commission_of_the_week_by_order(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        first, second = sewn(stage, db, "finished"), sewn(stage, db, "half paid")
        paper = document.commission_invoice(db, tailor_of(db), *WEEK, AFTER)
        assert paper is not None
        lines = {line["order"]: line for line in paper.facts["lines"]}
        assert lines[first.number]["gross"] == first.total
        assert lines[first.number]["commission"] == first.total * 2000 // 10_000
        assert lines[second.number]["gross"] == second.part("fitting")
        assert paper.total == ledger.balance(db, "platform_revenue") == sum(line["commission"] for line in lines.values())
        assert paper.facts["vat"] == paper.facts["nhil"] == paper.facts["getfund"] == 0
        assert paper.number == "CI-2026-000001"
        assert document.commission_invoice(db, tailor_of(db), *WEEK, AFTER).id == paper.id  # type: ignore[union-attr]


def test_a_week_without_commission_has_no_invoice(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        sewn(stage, db, "cut")
        assert document.commission_invoice(db, tailor_of(db), *WEEK, AFTER) is None
        assert document.credit_note(db, tailor_of(db), *WEEK, AFTER) is None


def test_nothing_is_invoiced_before_the_week_is_over_or_twice(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        sewn(stage, db, "finished")
        for early in (MONDAY, AFTER - timedelta(seconds=1)):
            with pytest.raises(NotAllowed, match="period_open"):
                document.commission_invoice(db, tailor_of(db), *WEEK, early)
        with pytest.raises(NotAllowed, match="period_open"):
            document.statement_of(db, tailor_of(db), *WEEK, MONDAY)
        document.commission_invoice(db, tailor_of(db), *WEEK, AFTER)
        with pytest.raises(NotAllowed, match="period_taken"):
            document.commission_invoice(db, tailor_of(db), date(2026, 11, 1), date(2026, 11, 30), AFTER + timedelta(days=3))


def released(db: Session, number: int, fee: int, *, taxed: int | None = None) -> None:
    """A release as a seller books it who is registered for VAT."""
    charged = tax.lines(fee, WEEK[0]).total if taxed is None else taxed
    ledger.post(db, f"collect:{number}", {"provider_clearing:mtn": 5 * fee, f"escrow:{number}:deposit": -5 * fee}, now=MONDAY)
    lines = {f"escrow:{number}:deposit": 5 * fee, f"tailor_wallet:{tailor_of(db).id}": charged - 4 * fee, "platform_revenue": -fee}
    ledger.post(db, f"release:{number}:deposit", lines | {"vat_payable": -charged}, now=MONDAY)


def test_tax_stands_on_top_of_the_commission(books: Database) -> None:
    house.use(Seller(tin="C0001", vat_registered=True))
    try:
        with books.begin() as db:
            released(db, 901, 333)
            released(db, 902, 12345)
            paper = document.commission_invoice(db, tailor_of(db), *WEEK, AFTER)
            assert paper is not None
            facts = paper.facts
            assert (facts["commission"], facts["vat"], facts["nhil"], facts["getfund"]) == (12678, 51 + 1851, 8 + 309, 8 + 309)
            assert paper.total == 12678 + ledger.balance(db, "vat_payable")
            assert facts["seller"]["tin"] == "C0001"
    finally:
        house.use(Seller())


def test_a_tax_that_is_not_the_table_s_is_not_put_on_paper(books: Database) -> None:
    with books.begin() as db:
        released(db, 901, 333, taxed=66)
        with pytest.raises(ValueError, match="release:901"):
            document.commission_invoice(db, tailor_of(db), *WEEK, AFTER)


def test_commission_given_back_is_a_credit_note(books: Database) -> None:
    with books.begin() as db:
        released(db, 901, 1000)
        back = {"platform_revenue": 1000, "vat_payable": 200, f"tailor_receivable:{tailor_of(db).id}": -1200}
        ledger.post(db, "cash:7", {"tailor_receivable:" + str(tailor_of(db).id): 1200, "platform_revenue": -1000, "vat_payable": -200}, now=MONDAY)
        ledger.post(db, "case:9", back, now=MONDAY)
        invoice, note = (verb(db, tailor_of(db), *WEEK, AFTER) for verb in (document.commission_invoice, document.credit_note))
        assert invoice is not None
        assert note is not None
        assert (invoice.total, invoice.facts["owed"]) == (2400, 1200)
        assert (note.number, note.total, note.facts["owed"]) == ("CN-2026-000001", 1200, 1200)


def test_a_statement_adds_up_and_goes_on_where_the_last_one_ended(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        order, tailor = sewn(stage, db, "finished"), tailor_of(db)
        wallet, owed = f"tailor_wallet:{tailor.id}", f"tailor_receivable:{tailor.id}"
        later = MONDAY + timedelta(hours=1)
        ledger.post(db, "cash:1", {owed: 900, "platform_revenue": -900}, now=later)
        ledger.post(db, "net:1", {wallet: 900, owed: -900}, now=later)
        ledger.post(db, "payout:1:reserve", {wallet: 5000, "in_flight:1": -5000}, now=later)
        week = document.statement_of(db, tailor, *WEEK, AFTER)
        ledger.post(db, "payout:1:void", {"in_flight:1": 5000, wallet: -5000}, now=AFTER)
        ledger.post(db, "clawback:1", {owed: 400, "refunds_payable:1": -400}, now=AFTER)
        following = document.statement_of(db, tailor, date(2026, 11, 30), date(2026, 12, 6), AFTER + timedelta(days=8))
        now = ledger.balance(db, wallet) - ledger.balance(db, owed)
    net = order.total - order.total * 2000 // 10_000
    assert week.facts["opening"] == {"wallet": 0, "owed": 0}
    assert [line["sort"] for line in week.facts["lines"]] == ["release"] * 3 + ["cash", "netting", "payout"]
    assert week.total == net - 900 - 5000
    assert following.facts["opening"] == week.facts["closing"]
    assert [line["sort"] for line in following.facts["lines"]] == ["payout_back", "reversal"]
    assert following.total == now == net - 900 - 400


def test_a_statement_of_nothing_is_still_one(books: Database) -> None:
    with books.begin() as db:
        paper = document.statement_of(db, tailor_of(db), *WEEK, AFTER)
        assert (paper.number, paper.total, paper.facts["lines"]) == ("ST-2026-000001", 0, [])
        with pytest.raises(ValueError, match="after"):
            document.statement_of(db, tailor_of(db), WEEK[1], WEEK[0], AFTER)


def test_only_her_own_movements_are_on_a_statement(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        sewn(stage, db, "finished")
    stage.given_tailor("yaw", "kaftan", "Accra", 200)
    with books.begin() as db:
        yaw = stage.tailor(db, "yaw")
        assert document.statement_of(db, yaw, *WEEK, AFTER).facts["lines"] == []
        assert document.commission_invoice(db, yaw, *WEEK, AFTER) is None
