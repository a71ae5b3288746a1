"""Papers are counted without a gap, issued once, and final."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import document
from models.base import Database
from models.document import Document, Series
from models.person import Person
from tests.fakes import MONDAY
from tests.stage import Stage


@pytest.fixture
def ama(stage: Stage) -> Person:
    return stage.given_customer("ama")


@pytest.fixture
def books(stage: Stage) -> Database:
    return stage.parts.database


def issue(db: Session, person: Person, once: str, kind: str = "receipt", now: datetime = MONDAY) -> Document:
    return Document.issue(db, kind, once=once, person_id=person.id, name="Ama", facts={}, total=5000, now=now)


def test_the_same_thing_is_issued_once(books: Database, ama: Person) -> None:
    with books.begin() as db:
        first = issue(db, ama, "payment:1")
    with books.begin() as db:
        again = issue(db, ama, "payment:1")
        other = issue(db, ama, "payment:2")
    assert first.number == f"R-{MONDAY.year}-000001"
    assert (again.id, again.number) == (first.id, first.number)
    assert other.number == f"R-{MONDAY.year}-000002"


def test_each_kind_and_each_year_in_accra_has_its_own_series(books: Database, ama: Person) -> None:
    with books.begin() as db:
        old = issue(db, ama, "a", now=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
        new = issue(db, ama, "b", now=datetime(2027, 1, 1, tzinfo=UTC))
        invoice = issue(db, ama, "c", "invoice", now=datetime(2027, 1, 1, tzinfo=UTC))
    assert [old.number, new.number, invoice.number] == ["R-2026-000001", "R-2027-000001", "CI-2027-000001"]


def test_a_rollback_leaves_no_gap(books: Database, ama: Person) -> None:
    with pytest.raises(RuntimeError), books.begin() as db:
        issue(db, ama, "payment:1")
        raise RuntimeError("the payment was not booked after all")
    with books.begin() as db:
        assert issue(db, ama, "payment:2").number.endswith("-000001")
        assert document.faults(db) == []


def test_many_at_once_are_counted_without_a_gap(books: Database, ama: Person) -> None:
    """Sixteen threads issue 80 papers, a quarter of them twice; every fifth transaction breaks."""

    def work(n: int) -> str | None:
        try:
            with books.begin() as db:
                number = issue(db, ama, f"payment:{n % 60}").number
                if n % 5 == 0:
                    raise RuntimeError
                return number
        except RuntimeError:
            return None

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(work, range(80)))
    with books.begin() as db:
        stored = list(db.scalars(select(Document.number).order_by(Document.number)))
        assert document.faults(db) == []
    assert stored == [f"R-{MONDAY.year}-{n:06d}" for n in range(1, len(stored) + 1)]
    assert set(stored) == {n for n in numbers if n}
    assert 48 <= len(stored) <= 60


WRONG: dict[str, Callable[[Session], object]] = {
    "changed": lambda db: db.execute(text("UPDATE document SET total = 1")),
    "deleted": lambda db: db.execute(text("DELETE FROM document")),
    "truncated": lambda db: db.execute(text("TRUNCATE document")),
    "counted twice": lambda db: db.execute(text("UPDATE series SET last = last + 2")),
    "counted back": lambda db: db.execute(text("UPDATE series SET last = last - 1")),
    "renamed": lambda db: db.execute(text("UPDATE series SET name = 'X', last = last + 1")),
    "series deleted": lambda db: db.execute(text("DELETE FROM series")),
    "series truncated": lambda db: db.execute(text("TRUNCATE series")),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_the_database_itself_refuses(books: Database, ama: Person, wrong: Callable[[Session], object]) -> None:
    with books.begin() as db:
        issue(db, ama, "payment:1")
    with pytest.raises(DatabaseError), books.begin() as db:
        wrong(db)
    with books.begin() as db:
        assert issue(db, ama, "payment:1").total == 5000
        assert issue(db, ama, "payment:2").number.endswith("-000002")


def test_a_gap_is_seen(books: Database, ama: Person) -> None:
    with books.begin() as db:
        issue(db, ama, "payment:1")
        name = db.scalars(select(Series.name)).one()
        db.execute(text("UPDATE series SET last = last + 1"))
        assert document.faults(db) == [f"the series {name} has a gap"]


def test_the_name_is_not_readable_in_the_database(books: Database, ama: Person) -> None:
    with books.begin() as db:
        issue(db, ama, "payment:1")
        row = db.execute(text("SELECT to_jsonb(document)::text FROM document")).scalar_one()
        assert "Ama" not in row
        assert issue(db, ama, "payment:1").name == "Ama"
