"""What the benchmarks fill a database with is still what the house would have written."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from benchmarks import money
from bot.seal import ring
from bot.wiring import Parts
from models import invariants, ledger
from models.base import Database
from models.person import Person
from tests.stage import Stage


@pytest.mark.parametrize("orders", [20])
def test_many_orders_have_right_books(stage: Stage, orders: int) -> None:
    parts: Parts = stage.parts
    money.fill(parts.database, orders)
    with parts.database.begin() as db:
        assert ledger.faults(db) == [] == invariants.broken(db, 5)
        assert ledger.balance(db, "provider_clearing:mtn") == orders * 250_00
        assert ring.seal.open(db.execute(text("SELECT name FROM person LIMIT 1")).scalar_one()) == db.get_one(Person, 1).name


def test_it_says_how_long_a_posting_takes(stage: Stage) -> None:
    money.fill(stage.parts.database, 20)
    database: Database = stage.parts.database
    money.post(database, 10_000_000)
    with database.begin() as db:
        assert ledger.balance(db, "escrow:1:deposit") == 62_50
