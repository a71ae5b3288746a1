"""`flask ledger …` and `flask switch …` say and do what they promise."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app import create_app
from bot.payments import Line
from bot.payments._mtn_paper import read
from models import ledger
from models.case import Case
from models.payment import Payment
from tests.stage import Stage
from tests.test_auditor import MONDAY, line_of, paid_orders, prompted


def flask(stage: Stage, *words: str, code: int = 0) -> str:
    result: Result = CliRunner().invoke(create_app(stage.parts).cli, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def paid(stage: Stage) -> str:
    """The number of an order whose deposit is paid."""
    paid_orders(stage)
    return stage.orders()[0].number


def spoil(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "faults", lambda db: ["I01 every movement sums to zero: collect:7"])


def test_the_books_at_a_glance(stage: Stage, paid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = flask(stage, "ledger")
    assert "provider_clearing:mtn" in said and "GHS 62.50" in said and said.endswith("The books are right.\n")
    spoil(stage, monkeypatch)
    assert "I01" in flask(stage, "ledger", code=1)


def test_some_balances(stage: Stage, paid: str) -> None:
    said = flask(stage, "ledger", "balances", "escrow:")
    assert "escrow:" in said and "clearing" not in said


def test_the_story_of_one_order(stage: Stage, paid: str) -> None:
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    stage.settle()
    stage.pass_time(1)
    lines = flask(stage, "ledger", "story", paid.lower()).splitlines()
    assert lines == sorted(lines, key=lambda line: line[:19]), "in the order of time"
    said = "\n".join(lines)
    parts = "mtn is asked for GHS 62.50, the deposit: succeeded", "→ escrow:", "owed to the customer (cancelled): paid", "mtn gives back GHS 62.50"
    assert not [part for part in parts if part not in said], said
    assert "no such order" in flask(stage, "ledger", "story", "SW-0000-XXXXX", code=1)


def test_every_rule_is_checked(stage: Stage, paid: str) -> None:
    said = flask(stage, "ledger", "check")
    assert all(f"I{n:02} " in said for n in range(1, 25)) and "BROKEN" not in said
    one = flask(stage, "ledger", "check", paid)
    assert "I13" in one and "I02" not in one, "what is about all of the books is not asked about one order"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("UPDATE payment SET booked = NULL", "I14"),
        ("UPDATE payment SET state = 'pending', next_at = NULL", "I19"),
        ("UPDATE orders SET total = total + 100, work = work + 100", "I13"),
        ("INSERT INTO refund (key, order_id, payment_id, person_id, amount, currency, cause, state, tries, next_at, created_at) "
         "SELECT 'x', order_id, id, person_id, amount + 1, 'GHS', 'cancelled', 'held', 0, now(), now() FROM payment", "I08"),
        ("UPDATE payment SET booked = 'surplus'", "I15"),
        ("SET LOCAL session_replication_role = replica; UPDATE account SET balance = balance - 1 WHERE starts_with(code, 'escrow')", "I04"),
        ("SET LOCAL session_replication_role = replica; UPDATE account SET balance = 1 WHERE starts_with(code, 'escrow')", "I03"),
        ("SET LOCAL session_replication_role = replica; UPDATE entry SET amount = amount + 1 WHERE amount > 0", "I01"),
        ("SET LOCAL session_replication_role = replica; UPDATE journal SET order_id = NULL", "I06"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(stage: Stage, paid: str, wrong: str, rule: str) -> None:
    """Over all of the books, and by looking at the one order."""
    with stage.parts.database.engine.begin() as connection:
        connection.exec_driver_sql(wrong)
    for number in ([], [paid]):
        broken = [line[:3] for line in flask(stage, "ledger", "check", *number, code=1).splitlines() if "BROKEN" in line]
        assert rule in broken, number


def test_a_case_from_the_statement_to_its_end(stage: Stage, paid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(stage.wallets["mtn"]), "read_statement", lambda self, content: read(content), raising=False)
    known = line_of(payment_of(stage))
    paper = tmp_path / "mtn.csv"
    rows = [known, Line("collected", "STRAY", "", 40_00, "GHS", 0, MONDAY, "233209999999")]
    text = [",".join(map(str, (r.kind, r.provider_id, r.reference, f"{r.amount / 100:.2f}", r.currency, r.at.isoformat(), r.msisdn))) for r in rows]
    paper.write_text("\n".join(["kind,provider_id,reference,amount,currency,at,msisdn", *text]))
    assert flask(stage, "ledger", "statement", "mtn", str(paper), "--balance", "102.50") == "matched: 1\ntheirs_only: 1\n"
    number, _, listed = flask(stage, "ledger", "cases").partition(": ")
    assert listed.startswith("[2] the provider took money")
    assert "give_back: the money goes back" in flask(stage, "ledger", "case", number)
    assert "which order" in flask_settle(stage, number, "give_back")
    flask(stage, "ledger", "propose", number, "give_back", "--why", "she called", "--by", "Efua", "--order", paid)
    assert "Somebody else" in flask(stage, "ledger", "confirm", number, "--by", "efua", code=1)
    assert "is closed" in flask(stage, "ledger", "confirm", number, "--by", "Kwesi")
    assert flask(stage, "ledger", "cases") == "Nothing is to be looked at.\n"
    assert "closed: give_back" in flask(stage, "ledger", "cases", "--all")
    stage.settle()
    flask(stage, "ledger", "check")


def flask_settle(stage: Stage, number: str, what: str) -> str:
    flask(stage, "ledger", "propose", number, what, "--why", "so", "--by", "Efua")
    return flask(stage, "ledger", "confirm", number, "--by", "Kwesi", code=1)


def payment_of(stage: Stage) -> Payment:
    with stage.parts.database.begin() as db:
        return db.scalars(select(Payment)).one()


def test_a_statement_that_cannot_be_read(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = tmp_path / "x.csv"
    paper.write_text("nonsense")
    assert "no statement on paper" in flask(stage, "ledger", "statement", "mtn", str(paper), code=1)
    monkeypatch.setattr(type(stage.wallets["mtn"]), "read_statement", lambda self, content: read(content), raising=False)
    assert "line 1" in flask(stage, "ledger", "statement", "mtn", str(paper), code=1)
    assert "no provider" in flask(stage, "ledger", "statement", "mtm", str(paper), code=1)


def test_waiting_longer_and_dropping(stage: Stage) -> None:
    prompted(stage)
    with stage.parts.database.begin() as db:
        Case.open(db, "k", "payment_stuck", provider="mtn", facts={"payment_id": payment_of(stage).id}, now=MONDAY)
        number = str(Case.waiting(db)[0].id)
    flask(stage, "ledger", "wait", number)
    flask(stage, "ledger", "propose", number, "already_right", "--why", "so", "--by", "Efua")
    flask(stage, "ledger", "drop", number, "--by", "Kwesi")
    assert "Nothing has been proposed" in flask(stage, "ledger", "confirm", number, "--by", "Kwesi", code=1)
    assert "cannot be settled so" in flask(stage, "ledger", "propose", number, "apply", "--why", "so", "--by", "Efua", code=1)
    assert "no such case" in flask(stage, "ledger", "case", "999999", code=1)


def test_money_is_brought_to_a_provider_once(stage: Stage) -> None:
    for said in ("Booked.", "It was booked before."):
        assert said in flask(stage, "ledger", "fund", "mtn", "500", "--from", "bank", "--ref", "B-1", "--by", "Efua")
    flask(stage, "ledger", "fund", "mtn", "100.50", "--from", "provider", "--ref", "B-2", "--by", "Efua")
    with stage.parts.database.begin() as db:
        assert (ledger.balance(db, "provider_clearing:mtn"), ledger.balance(db, "bank:settlement")) == (399_50, -399_50)
    assert "not an amount" in flask(stage, "ledger", "fund", "mtn", "1.234", "--ref", "B-3", "--by", "Efua", code=2)


def test_the_books_as_rows(stage: Stage, paid: str) -> None:
    said = flask(stage, "ledger", "export", "2026-11-23", "2026-11-23")
    assert said.startswith("date,journal,order") and f",{paid},escrow:" in said


def test_reconciling_by_hand(stage: Stage, paid: str) -> None:
    flask(stage, "ledger", "reconcile", "2026-11-23")
    assert "ours_only" in flask(stage, "ledger", "cases"), "the provider's statement of that day is empty"
    assert "payouts is off" in flask(stage, "switch")


def test_switching(stage: Stage) -> None:
    assert flask(stage, "switch") == "Everything is on.\n"
    assert "Say why" in flask(stage, "switch", "network:at", "off", code=1)
    assert "network:at is off: it is merged" in flask(stage, "switch", "network:at", "off", "--why", "it is merged", "--by", "Efua")
    assert flask(stage, "switch", "network:at", "on", "--why", "it is back", "--by", "Efua") == "Everything is on.\n"
    assert "Switches are" in flask(stage, "switch", "nothing", "off", "--why", "x", "--by", "y", code=1)
