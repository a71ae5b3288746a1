"""The books at the desk: what they hold, whether they add up, and each order's story."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from models.audit import Audit
from tests.admin.conftest import Browser
from tests.stage import Stage
from tests.test_auditor import paid_orders

Sits = Callable[..., Browser]


@pytest.fixture
def number(stage: Stage) -> str:
    """Of an order whose deposit of GHS 62.50 is paid."""
    paid_orders(stage)
    return stage.orders()[0].number


def test_the_books_at_a_glance(stage: Stage, number: str, sits: Sits) -> None:
    said = sits("readonly").words("/ledger")
    for told in ("The books sum to zero", "No rule was broken", "Held for orders", "With providers", "GHS 62.50", "we owe"):
        assert told in said, told


def test_books_that_do_not_add_up_are_red(stage: Stage, number: str, sits: Sits) -> None:
    with stage.parts.database.engine.begin() as connection:
        wrong = "UPDATE account SET balance = balance - 1 WHERE starts_with(code, 'escrow')"
        connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {wrong}")
    stage.parts.auditor.reconcile()
    said = sits("finance").words("/ledger")
    assert "The books are off by" in said and "rules broken" in said and "I04" in said and "Case" in said


def test_accounts_and_postings_are_found(stage: Stage, number: str, sits: Sits) -> None:
    esi = sits("finance")
    found = esi.page("/ledger/accounts?kind=escrow").split("<tbody>")[1]
    assert "escrow:" in found and "provider_clearing" not in found
    assert "provider_clearing:mtn" in esi.page("/ledger/accounts?code=provider_cl")
    postings = esi.page("/ledger/postings?account=provider_clearing:mtn").split("<tbody>")[1]
    assert "collect:" in postings and number in postings and "escrow:" not in postings
    assert "escrow:" in esi.page(f"/ledger/postings?order={number.lower()}")
    assert "Nothing was posted" in esi.page("/ledger/postings?account=no_such:account")
    assert "Nothing was posted" in esi.page("/ledger/postings?to=2026-11-01")
    assert "collect:" in esi.page("/ledger/postings?from=2026-11-23&to=2026-11-23")
    assert esi.get("/ledger/postings?from=yesterday").status_code == 422


def test_an_orders_story_and_its_check(stage: Stage, number: str, sits: Sits) -> None:
    look = sits("readonly")
    assert "mtn is asked for GHS 62.50" in look.words(f"/ledger/story?order={number.lower()}")
    assert "There is no order" in look.words("/ledger/story?order=%3Cscript%3E") and "<script>" not in look.page("/ledger/story?order=%3Cscript%3E")
    assert "Every rule holds" in look.post(f"/ledger/story/{number}/check").text
    with stage.parts.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payment SET booked = NULL")
    broken = look.post(f"/ledger/story/{number}/check").text
    assert "A rule is broken" in broken and "I14" in broken
    assert look.post("/ledger/story/SW-0000-XXXXX/check").status_code == 404


def test_the_journal_as_a_file(stage: Stage, number: str, sits: Sits) -> None:
    esi = sits("finance", login="esi")
    file = esi.get("/ledger?format=csv&from=2026-11-01&to=2026-11-30")
    assert number in file.text and "62.50" in file.text and "-62.50" in file.text and file.text.startswith("\ufeff")
    with stage.parts.database.begin() as db:
        assert [(link.who, link.action) for link in db.scalars(select(Audit))] == [("esi", "ledger.exported")]
    for query in ("from=2026-11-30&to=2026-11-01", "from=2026-01-01&to=2026-11-01", "from=&to="):
        assert esi.get(f"/ledger?format=csv&{query}").status_code == 422
    assert sits("readonly").get("/ledger?format=csv&from=2026-11-01&to=2026-11-30").status_code == 403
