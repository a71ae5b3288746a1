"""The books keep themselves right, whoever writes to them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import ledger
from models.base import Database
from tests.fakes import MONDAY
from tests.stage import Stage


@pytest.fixture
def books(stage: Stage) -> Database:
    return stage.parts.database


def collect(db: Session, key: str, amount: int, escrow: str = "escrow:1:deposit") -> bool:
    return ledger.post(db, key, {"provider_clearing:mtn": amount, escrow: -amount}, now=MONDAY)


def test_a_movement_counts_once(books: Database) -> None:
    with books.begin() as db:
        assert collect(db, "collect:1", 2500)
        assert not collect(db, "collect:1", 2500)
        assert ledger.balance(db, "escrow:1:deposit") == 2500
        with pytest.raises(ledger.Conflict):
            collect(db, "collect:1", 2501)


def test_lines_must_balance(books: Database) -> None:
    with books.begin() as db, pytest.raises(ValueError, match="balance"):
        ledger.post(db, "x", {"provider_clearing:mtn": 5, "escrow:1:deposit": -4}, now=MONDAY)


def test_escrow_is_never_overdrawn(books: Database) -> None:
    with books.begin() as db:
        collect(db, "collect:1", 100)
    with pytest.raises(ledger.Overdrawn), books.begin() as db:
        ledger.post(db, "release:1", {"escrow:1:deposit": 101, "tailor_wallet:1": -101}, now=MONDAY)
    with books.begin() as db:
        assert ledger.balance(db, "escrow:1:deposit") == 100
        assert ledger.faults(db) == []


JOURNAL = "INSERT INTO journal (key, posted_at) VALUES ('by hand', now()) RETURNING id"
ENTRY = "INSERT INTO entry (journal_id, account_id, amount, currency) SELECT {j}, id, {a}, '{c}' FROM account WHERE code = '{code}'"


def by_hand(db: Session, *lines: tuple[str, int, str]) -> None:
    journal = db.execute(text(JOURNAL)).scalar_one()
    for code, amount, currency in lines:
        db.execute(text(ENTRY.format(j=journal, a=amount, c=currency, code=code)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda db: by_hand(db, ("escrow:1:deposit", -5, "GHS")),
        lambda db: by_hand(db, ("escrow:1:deposit", -5, "GHS"), ("provider_clearing:mtn", 4, "GHS")),
        lambda db: by_hand(db, ("escrow:1:deposit", -5, "GHS"), ("provider_clearing:mtn", 5, "EUR")),
        lambda db: by_hand(db, ("escrow:1:deposit", 5000, "GHS"), ("provider_clearing:mtn", -5000, "GHS")),
        lambda db: by_hand(db),
        lambda db: db.execute(text("UPDATE entry SET amount = amount + 1")),
        lambda db: db.execute(text("DELETE FROM entry")),
        lambda db: db.execute(text("DELETE FROM journal")),
        lambda db: db.execute(text("TRUNCATE entry CASCADE")),
        lambda db: db.execute(text("UPDATE account SET balance = 0")),
        lambda db: db.execute(text("DELETE FROM account")),
        lambda db: db.execute(text("UPDATE journal SET key = 'other'")),
    ],
    ids=[
        "one line", "unbalanced", "two currencies", "negative escrow", "no lines", "entry changed", "entry deleted", "journal deleted", "truncated",
        "balance set", "account deleted", "journal changed",
    ],
)  # fmt: skip
def test_the_database_itself_refuses(books: Database, wrong: Callable[[Session], object]) -> None:
    """Without our code in between: what is wrong does not commit."""
    with books.begin() as db:
        collect(db, "collect:1", 100)
    with pytest.raises(DatabaseError), books.begin() as db:
        wrong(db)
    with books.begin() as db:
        assert ledger.faults(db) == []
        assert ledger.balance(db, "escrow:1:deposit") == 100


def test_many_at_once_leave_right_books(books: Database) -> None:
    """Sixteen threads take from one escrow: exactly as much leaves as was in it."""
    with books.begin() as db:
        collect(db, "collect:1", 1000)

    def take(n: int) -> bool:
        try:
            with books.begin() as db:
                return ledger.post(db, f"take:{n}", {"escrow:1:deposit": 150, "tailor_wallet:1": -150}, now=MONDAY)
        except ledger.Overdrawn:
            return False

    with ThreadPoolExecutor(16) as pool:
        taken = sum(pool.map(take, range(16)))
    with books.begin() as db:
        assert taken == 6
        assert ledger.balance(db, "escrow:1:deposit") == 100
        assert ledger.balance(db, "tailor_wallet:1") == 900
        assert ledger.faults(db) == []
