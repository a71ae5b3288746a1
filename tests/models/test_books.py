"""What one movement may be, which accounts have a floor, and what the books say when they are asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import ledger
from models.base import Database
from models.ledger import Account, Conflict, Overdrawn
from tests.fakes import MONDAY
from tests.stage import Stage

#: Every kind of account, with what it is and whether it may be overdrawn.
ACCOUNTS = {
    "provider_clearing:mtn": ("A", False), "bank": ("A", False), "tailor_receivable:1": ("A", True), "escrow:1:deposit": ("L", True),
    "tailor_wallet:1": ("L", True), "refunds_payable:1": ("L", True), "in_flight:1": ("L", True), "suspense:unmatched": ("L", True),
    "vat_payable": ("L", True), "platform_revenue": ("I", False), "provider_fees:mtn": ("X", False), "loss:writeoff": ("X", False),
}  # fmt: skip


@pytest.fixture
def books(stage: Stage) -> Database:
    return stage.parts.database


@pytest.fixture
def db(books: Database) -> Iterator[Session]:
    with books.begin() as session:
        yield session


def post(db: Session, key: str, **lines: int) -> bool:
    return ledger.post(db, key, {code.replace("__", ":"): amount for code, amount in lines.items()}, now=MONDAY)


def test_every_kind_of_account_is_known() -> None:
    assert {code.split(":")[0] for code in ACCOUNTS} == set(ledger.KINDS)
    assert set(ledger.FLOORED) == {code.split(":")[0] for code, (_, floored) in ACCOUNTS.items() if floored}


@pytest.mark.parametrize("code", ACCOUNTS)
def test_an_account_is_made_with_its_first_movement(db: Session, code: str) -> None:
    kind, floored = ACCOUNTS[code]
    side = 1 if kind in "AX" else -1
    other = "bank" if code != "bank" else "provider_clearing:mtn"
    assert ledger.balance(db, code) == 0
    assert ledger.post(db, "k", {code: 5 * side, other: -5 * side}, now=MONDAY)
    row = db.query(Account).filter(Account.code == code).one()
    assert (row.kind, row.floored) == (kind, floored)
    assert ledger.balance(db, code) == 5, "on its own side it holds something"


@pytest.mark.parametrize("code", [code for code, (_, floored) in ACCOUNTS.items() if floored])
def test_a_floor_is_zero_and_not_a_pesewa_less(db: Session, code: str) -> None:
    side = 1 if ACCOUNTS[code][0] in "AX" else -1
    ledger.post(db, "in", {code: 5 * side, "bank": -5 * side}, now=MONDAY)
    with pytest.raises(Overdrawn, match=code), db.begin_nested():
        ledger.post(db, "too much", {code: -6 * side, "bank": 6 * side}, now=MONDAY)
    assert ledger.post(db, "out", {code: -5 * side, "bank": 5 * side}, now=MONDAY)
    assert ledger.balance(db, code) == 0


def test_what_a_provider_has_done_can_always_be_booked(db: Session) -> None:
    assert post(db, "sent before it was noted that we topped up", provider_clearing__mtn=-5, provider_clearing__paystack=5)
    assert ledger.balance(db, "provider_clearing:mtn") == -5


def test_lines_of_nothing_are_no_lines(db: Session) -> None:
    assert post(db, "k", bank=5, escrow__1__deposit=-5, vat_payable=0)
    assert ledger.lines_of(db, "k") == {"bank": 5, "escrow:1:deposit": -5}
    assert db.query(Account).filter(Account.code == "vat_payable").count() == 0


@pytest.mark.parametrize("lines", [{}, {"bank": 0, "vat_payable": 0}, {"bank": 5}, {"bank": 5, "vat_payable": -4}, {"bank": 1, "loss": 1}])
def test_a_movement_has_two_sides_that_are_the_same(db: Session, lines: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="k: lines do not balance"):
        ledger.post(db, "k", lines, now=MONDAY)
    assert ledger.lines_of(db, "k") == {}


def test_the_same_again_is_said_and_something_else_under_its_name_refused(db: Session) -> None:
    assert post(db, "k", bank=5, escrow__1__deposit=-5) is True
    assert post(db, "k", bank=5, escrow__1__deposit=-5) is False
    for other in ({"bank": 5, "escrow:1:final": -5}, {"bank": 4, "escrow:1:deposit": -4}, {"bank": 5, "escrow:1:deposit": -4, "loss": -1}):
        with pytest.raises(Conflict, match="k"):
            ledger.post(db, "k", other, now=MONDAY)
    assert ledger.balance(db, "bank") == 5


def test_what_an_order_holds_is_its_own_three_stages(db: Session) -> None:
    assert ledger.held(db, 1) == 0
    post(db, "one", bank=60, escrow__1__deposit=-10, escrow__1__fitting=-20, escrow__1__final=-30)
    post(db, "other", bank=5, escrow__11__deposit=-5)
    assert (ledger.held(db, 1), ledger.held(db, 11)) == (60, 5)


def test_a_story_is_told_in_order_and_of_one_order(stage: Stage, db: Session) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    order = stage.orders()[0].id
    ledger.post(db, "b", {"bank": 5, f"escrow:{order}:deposit": -5}, now=MONDAY, order_id=order)
    ledger.post(db, "a", {f"escrow:{order}:deposit": 5, "refunds_payable:1": -5}, now=MONDAY, order_id=order)
    post(db, "elsewhere", bank=5, loss=-5)
    told = [("b", "bank", 5), ("b", f"escrow:{order}:deposit", -5), ("a", f"escrow:{order}:deposit", 5), ("a", "refunds_payable:1", -5)]
    assert ledger.story(db, order) == told
    assert ledger.story(db, order + 1) == []


LATER = """INSERT INTO entry (journal_id, account_id, amount, currency)
    SELECT j.id, a.id, {amount}, 'GHS' FROM journal j, account a WHERE a.code = 'bank'"""


@pytest.mark.parametrize("amount", [1, -5])
def test_nothing_is_added_to_a_movement_afterwards(books: Database, amount: int) -> None:
    """Not by our code, which cannot, nor by hand."""
    with books.begin() as db:
        post(db, "k", bank=5, escrow__1__deposit=-5)
    with pytest.raises(DatabaseError, match="does not balance"), books.begin() as db:
        db.execute(text(LATER.format(amount=amount)))


def test_the_database_knows_the_side_of_an_account(books: Database) -> None:
    """Without our code in between: a receivable is overdrawn below zero, a wallet above."""
    with books.begin() as db:
        post(db, "owes", tailor_receivable__1=5, platform_revenue=-5)
    by_hand = """WITH j AS (INSERT INTO journal (key, posted_at) VALUES ('by hand', now()) RETURNING id)
        INSERT INTO entry (journal_id, account_id, amount, currency)
        SELECT j.id, a.id, CASE a.code WHEN 'platform_revenue' THEN 6 ELSE -6 END, 'GHS' FROM j, account a"""
    with pytest.raises(DatabaseError, match="tailor_receivable:1 is overdrawn"), books.begin() as db:
        db.execute(text(by_hand))
    with books.begin() as db:
        assert ledger.balance(db, "tailor_receivable:1") == 5


def test_books_that_are_wrong_say_so(books: Database) -> None:
    with books.begin() as db:
        post(db, "k", bank=5, escrow__1__deposit=-5)
    with books.begin() as db:
        assert ledger.faults(db) == []
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text("UPDATE account SET balance = balance - 1 WHERE code = 'escrow:1:deposit'"))
        said = ledger.faults(db)
        assert "I02 the books sum to zero: -1" in said
        assert "I04 every balance is the sum of its entries: escrow:1:deposit" in said
        db.rollback()
