"""What leaves for a spreadsheet is the books, and no formula."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from models import document, export, ledger
from models.base import Database
from models.tailor import Tailor
from tests.fakes import MONDAY
from tests.stage import Life, Stage

DAY = date(2026, 11, 23)
TUESDAY = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


@pytest.fixture
def books(stage: Stage) -> Database:
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    stage.given_customer("ama")
    with stage.parts.database.begin() as db:
        Life(stage, db, "ama", "kente shirt", "kofi").until("finished")
    return stage.parts.database


def read(rows: list[export.Row]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(export.csv_lines(rows)))))


def test_every_entry_of_the_days_and_no_other(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        ledger.post(db, "late:1", {"provider_clearing:mtn": 5, "suspense:unmatched": -5}, now=TUESDAY)
        rows = read(list(export.journal_rows(db, DAY, DAY)))
        both = read(list(export.journal_rows(db, DAY, TUESDAY.date())))
        number, balance = stage.orders()[0].number, ledger.balance(db, "platform_revenue")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["journal"]] += Decimal(row["amount"])
        assert row["order"] == number
        assert row["currency"] == "GHS"
        assert row["date"].startswith("2026-11-23 09:00:")
    assert set(sums.values()) == {Decimal(0)}
    assert sum(Decimal(row["amount"]) for row in rows if row["account"] == "platform_revenue") == -Decimal(balance) / 100
    assert [row["amount"] for row in both[len(rows) :]] == ["0.05", "-0.05"]
    assert {row["order"] for row in both[len(rows) :]} == {""}


def test_many_entries_come_in_order(books: Database) -> None:
    with books.begin() as db:
        for n in range(1200):
            ledger.post(db, f"n:{n}", {"provider_clearing:mtn": 1, "suspense:unmatched": -1}, now=TUESDAY)
        rows = list(export.journal_rows(db, TUESDAY.date(), TUESDAY.date()))
    assert [row[1] for row in rows[1::2]] == [f"n:{n}" for n in range(1200)]


def test_a_statement_runs_from_balance_to_balance(books: Database) -> None:
    with books.begin() as db:
        tailor = db.scalars(select(Tailor)).one()
        ledger.post(db, "cash:1", {f"tailor_receivable:{tailor.id}": 900, "platform_revenue": -900}, now=MONDAY)
        paper = document.statement_of(db, tailor, DAY, DAY, datetime(2026, 11, 25, tzinfo=UTC))
    rows = read(list(export.statement_rows(paper)))
    assert [rows[0]["what"], rows[-1]["what"]] == ["opening", "closing"]
    assert rows[0]["balance"] == "0.00"
    assert rows[-1]["balance"] == rows[-2]["balance"] == "257.40"
    assert paper.total == 25740
    moved = [row for row in rows if row["journal"]]
    assert sum(Decimal(row["wallet"]) - Decimal(row["owed"]) for row in moved) == Decimal(paper.total) / 100


def test_a_formula_in_the_books_is_shown_and_not_run(books: Database) -> None:
    with books.begin() as db:
        lines = {"provider_clearing:=2+5": 7, "suspense:unmatched": -7}
        ledger.post(db, '=HYPERLINK("https://bad.example")', lines, now=TUESDAY)
        rows = read(list(export.journal_rows(db, TUESDAY.date(), TUESDAY.date())))
    assert {row["journal"] for row in rows} == {'\'=HYPERLINK("https://bad.example")'}
    assert {row["amount"] for row in rows} == {"0.07", "-0.07"}


@given(st.text(st.sampled_from("=+-@\t\r\n a1'\"|,")))
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    cell = export._text(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.endswith(text)
