"""Money nobody is sure of: another amount, paid twice, a failure that was none, days of silence, and a lie about a payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.wallets import Ask
from tests.fakes import MONDAY
from tests.money.bank import Bank
from tests.money.test_failures_collecting import is_paid_once, prompt, ways

DEPOSIT = 83_25


@ways("mtn", "paystack")
def test_f07_a_lie_that_never_comes_true_is_shown_to_a_person(bank: Bank, provider: str) -> None:
    """MTN signs nothing: whoever claimed the payment knew its secret address, and the money never came. A signed lie does not get in."""
    bank.fault(f"{provider}.callback_forged", 1)
    prompt(bank, provider)
    bank.minutes(20)
    assert not bank.books() and bank.the_order().state == "PENDING_DEPOSIT"
    assert bank.cases() == (["forged"] if provider == "mtn" else [])
    bank.books_equal_truth()


@ways()
@pytest.mark.parametrize("more", [-1, 1, DEPOSIT * 99], ids=["a pesewa less", "a pesewa more", "a hundred times"])
def test_f09_another_amount(bank: Bank, provider: str, more: int) -> None:
    """It is kept apart, a person looks, and the part of the order is still to be paid; two people decide what becomes of it."""
    bank.fault(f"{provider}.wrong_amount", {"times": 1, "value": more})
    ask = prompt(bank, provider)
    assert isinstance(ask, Ask)
    bank.world.wallet(ask.msisdn).balance = 2 * DEPOSIT * 100
    bank.approves(ask)
    bank.seconds(15)
    (payment,) = bank.payments()
    assert (payment.state, payment.booked) == ("mismatch", "suspense")
    assert bank.books() == {"suspense:unmatched": DEPOSIT + more, f"provider_clearing:{provider}": DEPOSIT + more}
    assert bank.the_order().state == "PENDING_DEPOSIT" and bank.cases() == ["wrong_amount"]
    assert "but we had asked for" in bank.was_told("ama") and "is still to be paid" in bank.was_told("ama")
    bank.hours(1)
    assert not bank.world.outs()  # nothing goes back before a person has looked
    bank.books_equal_truth()
    if provider != "vodafone":
        bank.decides("wrong_amount", "give_back")
        bank.minutes(10)
        assert [out.amount for out in bank.world.outs() if out.state == "SUCCESS"] == [DEPOSIT + more]
        assert not bank.books() and bank.cases() == []
        bank.books_equal_truth()


@ways()
def test_f09_another_currency(bank: Bank, provider: str) -> None:
    bank.fault(f"{provider}.wrong_currency", 1)
    bank.approves(prompt(bank, provider))
    bank.seconds(15)
    assert bank.books() == {"suspense:unmatched:EUR": DEPOSIT, f"provider_clearing:{provider}:EUR": DEPOSIT}
    assert bank.the_order().state == "PENDING_DEPOSIT" and bank.cases() == ["wrong_amount"]
    bank.books_equal_truth()
    bank.decides("wrong_amount", "written_off")
    assert bank.cases() == [] and not bank.balance("suspense:unmatched:EUR")


def test_f11_both_prompts_are_paid(bank: Bank) -> None:
    """MTN said nothing for a quarter of an hour, so she paid by Paystack as well. Then MTN's prompt turns out to be paid, too."""
    bank.routes("mtn", "mtn", "paystack")
    bank.order()
    for fault, value in (("timeout_created", {"times": 1, "value": 0}), ("late_success", {"times": 1, "value": 1500}), ("status_500", True)):
        bank.fault(f"mtn.{fault}", value)
    assert bank.is_prompted() is None
    bank.minutes(5)
    bank.talks("ama", "my orders", "[Pay now]")
    assert len(bank.payments()) == 1  # her time at MTN is not over
    bank.minutes(11)
    assert "I do not know yet whether" in bank.was_told("ama")
    bank.command("switch collect:mtn off --by 'Kwesi Operator' --why 'no answers'")
    second = bank.is_prompted()
    assert second is not None and second.provider == "paystack"
    assert "should both arrive, one comes back" in bank.was_told("ama")
    bank.approves(second)
    assert bank.the_order().state == "DEPOSIT_PAID"
    bank.fault("mtn.status_500", False)
    bank.minutes(45)
    assert [(p.provider, p.booked) for p in bank.payments()] == [("mtn", "surplus"), ("paystack", "escrow")]
    assert [(r.amount, r.state) for r in bank.refunds()] == [(DEPOSIT, "paid")]
    assert bank.spent() == DEPOSIT == bank.balance(f"escrow:{bank.the_order().id}:deposit")
    assert bank.world.moved("collected", "mtn") == bank.world.moved("given_back", "mtn") == DEPOSIT
    bank.books_equal_truth()


def changes_its_mind(bank: Bank, ask: Ask) -> None:
    """What was called a failure turns out to have been paid; nobody is told."""

    def succeed() -> None:
        ask.state = "PENDING"
        bank.world.wallets.succeed(ask)

    bank.fault(f"{ask.provider}.callback_lost")
    bank.world.do(succeed)


@pytest.mark.parametrize("meanwhile", ["still due", "paid again"])
@ways("mtn", "paystack")
def test_f13_a_failure_that_the_statement_calls_a_success(bank: Bank, provider: str, meanwhile: str) -> None:
    """Paystack is asked for its statement every night, MTN's is handed in; then the provider is asked, and what it says is booked."""
    bank.declines(ask := prompt(bank, provider))
    bank.hours(1)
    assert bank.payments()[0].state == "failed"
    changes_its_mind(bank, ask)
    if meanwhile == "paid again":
        bank.pays()
    bank.hours(2)
    assert bank.payments()[0].state == "failed"  # nobody has looked yet
    bank.pass_time((MONDAY + timedelta(days=1) - bank.now).total_seconds() / 3600)
    if provider == "mtn":
        bank.statement("mtn", MONDAY.date())
    else:
        bank.command(f"ledger reconcile {MONDAY.date()}")
    bank.minutes(10)
    first, *again = bank.payments()
    assert (first.state, first.booked) == ("succeeded", "surplus" if again else "escrow")
    if again:
        assert [(r.amount, r.state) for r in bank.refunds()] == [(DEPOSIT, "paid")]
    else:
        assert bank.the_order().state == "DEPOSIT_PAID"
    bank.statement(provider, MONDAY.date()) if provider == "mtn" else bank.command("ledger reconcile")
    assert bank.cases() == []
    bank.books_equal_truth()


@ways("mtn", "paystack")
def test_f14_pending_for_days(bank: Bank, provider: str) -> None:
    """Nobody decides for the provider: after a week a person looks. To pay again is never silent, and both payments are accounted for."""
    bank.fault(f"{provider}.pending_forever", 1)
    prompt(bank, provider)
    bank.minutes(3)
    bank.talks("ama", "my orders", "[Pay now]")
    assert len(bank.payments()) == 1
    bank.minutes(13)
    assert "Should you still approve it, I will see it" in bank.was_told("ama")
    bank.routes("mtn", "mtn")
    bank.pays()
    assert [p.booked for p in bank.payments()] == [None, "escrow"] and bank.the_order().state == "DEPOSIT_PAID"
    bank.days(8)
    first = bank.payments()[0]
    assert first.state == "needs_review" and first.next_at is None and bank.cases() == ["payment_stuck"]
    assert bank.journals("collect:") == [f"collect:{bank.payments()[1].id}"]
    bank.books_equal_truth()
    ask: Any = bank.world.ask(first.reference)
    bank.fault(f"{provider}.callback_lost")
    bank.world.do(lambda: bank.world.wallets.succeed(ask))
    bank.command(f"ledger wait {bank.case('payment_stuck')}")
    bank.minutes(10)
    assert bank.payments()[0].booked == "surplus" and bank.cases() == []
    assert [r.state for r in bank.refunds()] == ["paid"] * len(bank.refunds())
    bank.books_equal_truth()


def test_f14_pending_for_days_while_nothing_else_was_paid(bank: Bank) -> None:
    """The order runs out meanwhile, as without any payment; the payment is still no failure, and money that comes is given back."""
    bank.fault("mtn.pending_forever", 1)
    prompt(bank, "mtn")
    bank.days(8)
    (payment,) = bank.payments()
    assert payment.state == "needs_review" and payment.reason is None
    assert bank.the_order().state == "CANCELLED" and not bank.books()
    bank.books_equal_truth()
    ask: Any = bank.world.ask(payment.reference)
    bank.world.do(lambda: bank.world.wallets.succeed(ask))
    bank.settle()
    bank.minutes(10)
    assert bank.spent() == 0 and [r.state for r in bank.refunds()] == ["paid"]
    bank.books_equal_truth()


@ways("mtn")
def test_f14_a_slow_success_is_applied(bank: Bank, provider: str) -> None:
    bank.fault("mtn.late_success", {"times": 1, "value": 2 * 86_400})
    prompt(bank, provider)
    bank.days(1.9)
    assert bank.payments()[0].state == "expired" and not bank.books()
    bank.days(0.2)
    is_paid_once(bank, provider)
