"""When it is our keys, their machines, a statement that is short, or a network that is closed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from bot import cashier, jobs
from bot.circuit import FAILURES, REST_S
from models.order import Order
from models.payment import Payment
from models.switch import PAYOUTS
from tests.fakes import MONDAY
from tests.loopback import closed_port
from tests.money.bank import Bank
from tests.money.test_failures_collecting import is_paid_once, prompt, ways
from tests.stage import PHONES

DEPOSIT = 83_25
CUSTOMERS = ("ama", "esi", "yaw", "adwoa", "abena", "kojo")  # one more than a circuit bears
NOON = MONDAY.replace(hour=12)


def ask_all(bank: Bank, customers: tuple[str, ...] = CUSTOMERS, network: str = "mtn") -> None:
    """Each of them asks for the deposit of her order at the same time; no worker has looked yet."""
    for who in customers:
        order_id = bank.order("ordered", who)
        with bank.parts.database.begin() as db:
            order = Order.by_id(db, order_id)
            Payment.start(
                db, order_id=order_id, stage="deposit", person_id=order.customer_id, provider=bank.parts.till.routes[network][0], network=network,
                msisdn=PHONES[who][1:], amount=order.part("deposit"), currency="GHS", now=bank.parts.clock.now(),
            )  # fmt: skip


def approve_all(bank: Bank) -> None:
    for ask in [ask for ask in bank.world.wallets.asks.values() if ask.waiting]:
        bank.approves(ask)


@pytest.mark.parametrize("answer", ["error_401", "error_403"], ids=["key rotated", "address no longer known"])
def test_f23_our_key_or_address_is_refused_at_noon(bank: Bank, answer: str, caplog: pytest.LogCaptureFixture) -> None:
    """MTN is left alone, operators hear of it, customers pay by the other way and are blamed for nothing; later MTN is tried again."""
    bank.routes("mtn", "mtn", "paystack")
    bank.skip_to(NOON)
    bank.fault(f"mtn.{answer}")
    with caplog.at_level(logging.ERROR):
        ask_all(bank)
        bank.settle()
        bank.seconds(8)
    assert bank.parts.circuit.resting(["mtn", "paystack"], "collect") == ["mtn"]
    assert any("mtn is left alone" in record.getMessage() for record in caplog.records)
    payments = bank.payments()
    assert {(p.provider, p.state, p.reason) for p in payments} == {("paystack", "pending", None)}
    assert all("did not go through" not in bank.was_told(who) for who in CUSTOMERS)
    tried = len(bank.world.calls("POST", "/mtn/collection/v1_0/requesttopay"))
    assert FAILURES <= tried <= 4 * len(CUSTOMERS)
    bank.seconds(5)
    bank.order("ordered", "efua")
    assert bank.is_prompted("efua", "024 999 0001", "MTN MoMo") is not None  # the next one is not even tried there
    assert bank.payments()[-1].provider == "paystack" and len(bank.world.calls("POST", "/mtn/collection/v1_0/requesttopay")) == tried
    approve_all(bank)
    bank.seconds(15)
    assert {p.state for p in bank.payments()} == {"succeeded"}
    bank.books_equal_truth()
    bank.fault(f"mtn.{answer}", False)
    bank.seconds(REST_S)
    bank.order("ordered", "joe")
    bank.pays("joe", "024 999 0002", "MTN MoMo")
    assert bank.payments()[-1].provider == "mtn" and not bank.parts.circuit.resting(["mtn"], "collect")
    bank.books_equal_truth()


def test_f23_our_only_way_is_refused(bank: Bank) -> None:
    """Nobody is charged, and nobody is told that it was her wallet."""
    bank.routes("mtn", "mtn")
    bank.fault("mtn.error_403")
    bank.order()
    assert bank.is_prompted() is None
    bank.minutes(1)
    (payment,) = bank.payments()
    assert (payment.state, payment.reason) == ("needs_review", "provider_down")
    assert "the network does not answer at the moment" in bank.was_told("ama") and "payment_stuck" in bank.cases()
    assert not bank.books()
    bank.books_equal_truth()


def test_f23_an_expired_token_is_renewed(bank: Bank) -> None:
    """It ran out earlier than they had said: one call more, and nothing else."""
    bank.fault("mtn.error_401", 1)
    bank.approves(prompt(bank, "mtn"))
    bank.seconds(15)
    is_paid_once(bank, "mtn")
    assert len(bank.world.calls("POST", "/mtn/collection/token/")) == 2


def test_f24_slow_answers_hold_up_nobody_else(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """MTN does not answer for a long time. Only so many calls wait for it, its payments stay with it, and Paystack's go through meanwhile."""
    for name, value in (("PATIENCE_S", 0.2), ("COUNTERS", 3)):
        monkeypatch.setattr(cashier, name, value)
    monkeypatch.setattr(bank.parts.cashier, "_counters", {})
    bank.routes("at", "paystack")
    bank.routes("mtn", "mtn", "paystack")
    ask_all(bank, CUSTOMERS, "mtn")
    ask_all(bank, ("efua",), "at")
    bank.parts.providers["mtn"].query("5e0c2b7e4d3a4c1e8b2a5d6e7f8091a2")  # it has its token
    bank.world.silent = "/mtn"
    efua = PHONES["efua"][1:]
    bank.until(lambda: bool(bank.world.prompts(efua)) and bank.world.answering >= cashier.COUNTERS, jobs.carry_money)  # comes back without MTN
    assert len([a for a in bank.world.asked if "requesttopay" in a.path and a.method == "POST"]) == cashier.COUNTERS
    assert sorted(p.state for p in bank.payments() if p.network == "mtn") == ["created"] * 3 + ["submitting"] * 3
    bank.world.silent = ""
    bank.until(lambda: all(p.state == "pending" for p in bank.payments()), jobs.carry_money)
    approve_all(bank)
    bank.seconds(15)
    assert {(p.provider, p.network) for p in bank.payments()} == {("mtn", "mtn"), ("paystack", "at")}
    assert {(p.state, p.booked) for p in bank.payments()} == {("succeeded", "escrow")}
    taken = [ask.reference.replace("-", "") for ask in bank.world.wallets.asks.values() if ask.state == "SUCCESS"]
    assert sorted(taken) == sorted(p.reference for p in bank.payments())
    bank.books_equal_truth()


def test_f24_an_outage_fails_over_by_the_rules(bank: Bank) -> None:
    """Nothing could be sent: the same provider once more, then the other one, under the same reference."""
    bank.routes("mtn", "mtn", "paystack")
    mtn: Any = bank.parts.providers["mtn"]
    there, mtn._wire._base_url = mtn._wire._base_url, closed_port()
    try:
        bank.order()
        bank.is_prompted()
        bank.seconds(8)
    finally:
        mtn._wire._base_url = there
    (payment,) = bank.payments()
    assert (payment.provider, payment.refusals) == ("paystack", ["mtn", "mtn"])
    approve_all(bank)
    bank.seconds(15)
    is_paid_once(bank, "paystack")


@pytest.mark.parametrize("lost", ["timeout_created", "timeout_not_created", "error_500_created", "error_500_not_created"])
def test_f24_a_doubt_never_fails_over(bank: Bank, lost: str) -> None:
    bank.routes("mtn", "mtn", "paystack")
    bank.fault(f"mtn.{lost}", {"times": 2, "value": 0})
    bank.fault("mtn.status_500", 3)
    bank.order()
    bank.is_prompted()
    bank.minutes(4)
    assert {ask.provider for ask in bank.world.wallets.asks.values()} == {"mtn"}
    assert not bank.world.calls("POST", "/paystack/charge")
    approve_all(bank)
    bank.minutes(30)
    is_paid_once(bank, "mtn")
    assert bank.cases() == []


def statement_day(bank: Bank, provider: str) -> None:
    """Two deposits were paid on Monday; it is Tuesday morning."""
    for who in ("ama", "esi"):
        prompted(bank, provider, who)
    bank.pass_time((MONDAY + timedelta(days=1) - bank.now).total_seconds() / 3600)


def prompted(bank: Bank, provider: str, who: str) -> None:
    bank.routes("mtn", provider)
    bank.order("ordered", who)
    bank.pays(who, "", "MTN MoMo")
    bank.seconds(15)


def look(bank: Bank, provider: str) -> None:
    bank.statement("mtn", MONDAY.date()) if provider == "mtn" else bank.command(f"ledger reconcile {MONDAY.date()}")


@ways("mtn", "paystack")
def test_f28_a_statement_that_is_short_by_a_line(bank: Bank, provider: str) -> None:
    """A case, and payouts stop; what lies with the provider by our books is more than it admits, by just that line."""
    statement_day(bank, provider)
    missing = bank.payments()[0]
    bank.fault("statement.missing", {"times": 1, "match": missing.msisdn})
    look(bank, provider)
    assert bank.cases() == ["ours_only"]
    assert PAYOUTS in bank.command("switch")
    stated = bank.balance(f"provider_clearing:{provider}") - missing.amount
    assert bank.parts.auditor.compare_balance(provider, stated) == -missing.amount
    assert sorted(bank.cases()) == ["balance_differs", "ours_only"]
    bank.books_equal_truth()
    if provider == "mtn":
        bank.fault("statement.missing", False)
        look(bank, provider)  # the whole statement
        assert bank.parts.auditor.compare_balance(provider, bank.world.holds()[provider, "GHS"]) == 0
        assert bank.cases() == []


@ways("mtn", "paystack")
def test_f28_a_statement_with_a_line_too_much(bank: Bank, provider: str) -> None:
    statement_day(bank, provider)
    bank.fault("statement.altered", {"times": 1, "value": 100})
    look(bank, provider)
    assert bank.cases() == ["amount_differs"]
    bank.books_equal_truth()


@ways("mtn", "paystack")
def test_f28_a_fee_that_nobody_announced(bank: Bank, provider: str) -> None:
    """It stands on the statement: booked as our expense, and the balance agrees again."""
    statement_day(bank, provider)
    bank.fault("statement.fee", {"times": 2, "value": 1_62})
    look(bank, provider)
    assert bank.balance("provider_fees") == 2 * 1_62 and bank.cases() == []
    held = bank.world.holds()[provider, "GHS"]
    assert held == 2 * DEPOSIT - 2 * 1_62
    assert bank.parts.auditor.compare_balance(provider, held) == 0
    bank.books_equal_truth()


def test_f28_a_settlement_that_is_short_by_a_fee(bank: Bank) -> None:
    """The money that came to our bank, and a fee that stands nowhere: the gap of the balance is the fee, and a person sees it."""
    statement_day(bank, "mtn")
    bank.world.settle("mtn", 2 * DEPOSIT - 1_62)
    bank.world.charge_fee("mtn", 1_62)
    tuesday = bank.now.date()
    bank.pass_time(24)
    bank.fault("statement.missing", {"match": "mtn fee"})
    bank.statement("mtn", MONDAY.date())
    bank.statement("mtn", tuesday)
    assert bank.balance("bank:settlement") == 2 * DEPOSIT - 1_62
    assert bank.balance("provider_clearing:mtn") == 1_62  # what explains the gap
    assert bank.parts.auditor.compare_balance("mtn", 0) == -1_62 and bank.cases() == ["balance_differs"]
    bank.decides("balance_differs", "written_off")
    bank.books_equal_truth()


def test_f30_a_network_is_closed(bank: Bank) -> None:
    """AT is gone: nobody is offered it any more, who asks for it hears which others there are, and what is under way is finished."""
    bank.routes("at", "paystack")
    bank.order()
    under_way = bank.is_prompted("ama", "027 123 4567", "AT Money")
    assert under_way is not None
    bank.command("switch network:at off --by 'Kwesi Operator' --why 'merged into Telecel'")
    bank.order("ordered", "esi")
    bank.talks("esi", "my orders", "[Pay now]", "027 123 4568")
    assert [choice.label for choice in bank.offered["esi"][-1]] == ["MTN MoMo", "Telecel Cash"]
    bank.talks("esi", "Telecel Cash", "[Send prompt]")
    moved = bank.payments()[-1]
    assert (moved.network, moved.msisdn) == ("telecel", "233271234568")
    bank.approves(under_way)
    bank.seconds(15)
    assert bank.payments()[0].state == "succeeded" and bank.payments()[0].network == "at"
    bank.books_equal_truth()
