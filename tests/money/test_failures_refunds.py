"""Money that goes back: refused, waiting for a person, asked for too late."""

from __future__ import annotations

import pytest

from models.refund import Refund
from tests.money.bank import Bank
from tests.money.test_failures_collecting import WALLETS

DEPOSIT = 83_25


def cancelled(bank: Bank, provider: str = "mtn") -> None:
    """A deposit was paid, and the order is called off: all of it is owed back."""
    network, number, place, _ = WALLETS[provider]
    bank.routes(network, provider)
    bank.order()
    bank.pays("ama", number, place)
    bank.seconds(15)
    assert bank.the_order().state == "DEPOSIT_PAID"
    bank.cancels()


def owed(bank: Bank) -> tuple[str, int, int]:
    """How the refund stands, and what the books say that we owe her and have set aside."""
    (refund,) = bank.refunds()
    set_aside = sum(amount for code, amount in bank.books().items() if code.startswith("in_flight:"))
    return refund.state, bank.balance(refund.account), set_aside


def is_paid_back_once(bank: Bank) -> None:
    (refund,) = bank.refunds()
    assert refund.state == "paid"
    assert [out.amount for out in bank.world.outs() if out.state == "SUCCESS"] == [DEPOSIT]
    assert not bank.books()
    assert bank.was_told("ama").count("is back on") == 1
    bank.books_equal_truth()


@pytest.mark.parametrize("provider", ["mtn", "paystack"])
@pytest.mark.parametrize("reason", ["limit", "down"])
def test_f20_a_refund_that_fails_is_still_owed(bank: Bank, provider: str, reason: str) -> None:
    bank.fault(f"{provider}.refund_fail", {"times": 1, "value": reason})
    cancelled(bank, provider)
    bank.minutes(1)
    assert owed(bank) == ("owed", DEPOSIT, 0)
    bank.talks("ama", "refund")
    assert "GHS 83.25" in bank.was_told("ama") and "on its way soon" in bank.was_told("ama")
    bank.books_equal_truth()
    bank.minutes(15)
    is_paid_back_once(bank)
    assert [d.state for d in bank.disbursements()] == ["failed", "succeeded"]


def test_f20_a_refund_that_never_goes_through(bank: Bank) -> None:
    """It stays the customer's, she hears that a person looks, and a person can see it; when the way is free it goes."""
    for fault in ("mtn.refund_fail", "mtn.transfer_fail", "paystack.transfer_fail"):
        bank.fault(fault, {"value": "limit"})
    cancelled(bank)
    bank.days(3)
    state, payable, set_aside = owed(bank)
    assert (state, payable + set_aside) == ("owed", DEPOSIT)
    (refund,) = bank.refunds()
    assert refund.needs_a_person and {d.way for d in bank.disbursements()} == {"give_back", "transfer"}
    assert bank.was_told("ama").count("could not be sent to 024 123 4567 yet") == 1
    with bank.parts.database.begin() as db:
        assert [r.id for r in Refund.of_person(db, refund.person_id)] == [refund.id]
    bank.books_equal_truth()
    for fault in ("mtn.refund_fail", "mtn.transfer_fail", "paystack.transfer_fail"):
        bank.fault(fault, False)
    bank.days(1.1)
    is_paid_back_once(bank)


@pytest.mark.parametrize("helped", [True, False], ids=["helped", "forgotten"])
def test_f20_a_refund_that_needs_attention(bank: Bank, helped: bool) -> None:
    """Nothing is sent a second time while the first one waits at the provider for a person."""
    bank.fault("paystack.refund_needs_attention", 1)
    cancelled(bank, "paystack")
    bank.minutes(2)
    assert owed(bank) == ("sending", 0, DEPOSIT)
    assert bank.disbursements()[0].state == "needs_attention"
    bank.books_equal_truth(in_flight=True)
    (out,) = bank.world.outs("refund")
    if helped:
        bank.world.do(lambda: setattr(out, "step", "") or bank.world.outgoing.succeed(out))
    bank.days(4)
    assert len(bank.disbursements()) == 1
    if helped:
        is_paid_back_once(bank)
    else:
        assert owed(bank) == ("sending", 0, DEPOSIT)
        assert bank.disbursements()[0].state == "needs_review"
        assert bank.was_told("ama").count("could not be sent") == 1
        bank.books_equal_truth(in_flight=True)
