"""Money that is asked for: lost answers, lost callbacks, dead workers, late approvals, wrong networks."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from bot.cashier import LEASE, Cashier
from bot.engine import Engine
from bot.payments import Charge
from models.payment import Payment
from sandbox.wallets import key_of
from tests.money.bank import Bank
from tests.money.rim import IMPATIENT_S
from tests.money.world import World

#: provider -> (network in this story, a number of it as it is typed, its place in the list of networks, where it is charged)
WALLETS = {
    "mtn": ("mtn", "024 123 4567", "1", "/requesttopay"), "paystack": ("at", "027 123 4567", "1", "/charge"),
    "vodafone": ("telecel", "020 123 4567", "1", "/payment/initiate"),
}  # fmt: skip
CUT, SLOW = 0, IMPATIENT_S + 0.1  # seconds a connection stays open before it breaks
LIMIT = timedelta(minutes=6)


class Died(BaseException):
    """A worker was killed."""


def die(*_: Any, **__: Any) -> bool:
    raise Died


def ways(*providers: str) -> Any:
    return pytest.mark.parametrize("provider", providers or tuple(WALLETS))


def prompt(bank: Bank, provider: str) -> Any:
    """An order whose deposit is asked for by a provider; what is open on the phone."""
    network, number, place, _ = WALLETS[provider]
    bank.routes(network, provider)
    bank.order()
    return bank.is_prompted("ama", number, place)


def charges(world: World, provider: str) -> list[str]:
    """Method of each request about a charge, in order; a look at it is a GET."""
    paths = (WALLETS[provider][3], "/transaction/verify", "/payment/status")
    return [a.method for a in world.asked if any(path in a.path for path in paths)]


def is_paid_once(bank: Bank, provider: str) -> None:
    """The deposit is in escrow, taken once, under the one reference that was written down before anybody was asked."""
    (payment,) = bank.payments()
    assert (payment.state, payment.booked) == ("succeeded", "escrow")
    assert [key_of(ask.reference) for ask in bank.world.wallets.asks.values()] == [payment.reference]
    assert bank.the_order().state == "DEPOSIT_PAID"
    assert bank.balance(f"escrow:{payment.order_id}:deposit") == payment.amount == bank.world.moved("collected", provider) == 83_25
    assert bank.journals("collect:") == [f"collect:{payment.id}"]
    assert bank.was_told("ama").count("received") == 1
    bank.books_equal_truth()


@ways()
@pytest.mark.parametrize("silence", [CUT, SLOW], ids=["cut", "slow"])
def test_f01_a_lost_answer_to_a_request_that_was_created(bank: Bank, provider: str, silence: float) -> None:
    bank.fault(f"{provider}.timeout_created", {"times": 1, "value": silence})
    with bank.impatient(provider) if silence else nullcontext():
        prompt(bank, provider)
    (payment,) = bank.payments()
    assert payment.state == "unknown"
    bank.approves(bank.world.ask(payment.reference))
    bank.seconds(15)
    is_paid_once(bank, provider)
    assert charges(bank.world, provider).count("POST") == 1


@ways()
@pytest.mark.parametrize("fault", ["error_500_not_created", "error_503"])
def test_f02_a_server_error_that_created_nothing(bank: Bank, provider: str, fault: str) -> None:
    bank.fault(f"{provider}.{fault}", 1)
    assert prompt(bank, provider) is None
    (payment,) = bank.payments()
    assert (payment.state, payment.provider) == ("unknown", provider)
    bank.seconds(15)
    assert charges(bank.world, provider) == ["POST", "GET", "POST"]  # asked about, not there, and the same once more
    bank.approves(bank.world.ask(payment.reference))
    is_paid_once(bank, provider)


@ways()
def test_f03_the_reference_is_there_already(bank: Bank, provider: str) -> None:
    """A worker died after it had sent, and its row was taken for a new one."""
    network, _, _, path = WALLETS[provider]
    bank.routes(network, provider)
    order = bank.order()
    with bank.parts.database.begin() as db:
        payment = Payment.start(
            db, order_id=order, stage="deposit", person_id=bank.person_id("ama"), provider=provider, network=network, msisdn="233271234567",
            amount=83_25, currency="GHS", now=bank.parts.clock.now(),
        )  # fmt: skip
        charge = Charge(payment.reference, payment.msisdn, network, payment.amount, "GHS", "", "")
    bank.parts.providers[provider].collect(charge)
    bank.settle()
    assert len(bank.world.calls("POST", path, payment.reference)) == 2
    assert bank.payments()[0].state == "pending"  # as good as accepted
    bank.approves(bank.world.ask(payment.reference))
    bank.seconds(15)
    is_paid_once(bank, provider)


@ways()
def test_f04_no_callback_ever(bank: Bank, provider: str) -> None:
    """Even what is approved in the last second is known within six minutes."""
    bank.fault(f"{provider}.callback_lost")
    ask = prompt(bank, provider)
    sent = bank.payments()[0].submitted_at
    bank.seconds(bank.parts.providers[provider].window_s - 2)
    bank.approves(ask)
    assert bank.payments()[0].state == "pending"
    while bank.payments()[0].state == "pending" and bank.now - sent < LIMIT:
        bank.seconds(5)
    is_paid_once(bank, provider)
    assert bank.now - sent <= LIMIT


@ways("mtn", "vodafone")
@pytest.mark.parametrize("meanwhile", ["still due", "paid again"])
def test_f10_a_success_twenty_minutes_after_we_gave_up(bank: Bank, provider: str, meanwhile: str) -> None:
    bank.fault(f"{provider}.late_success", {"times": 1, "value": 35 * 60})
    prompt(bank, provider)
    bank.minutes(20)
    assert bank.payments()[0].state == "expired"
    if meanwhile == "paid again":
        bank.fault(f"{provider}.late_success", False)
        bank.routes("mtn", "mtn")
        bank.pays()
        assert bank.the_order().state == "DEPOSIT_PAID"
    bank.minutes(16)
    late, *again = bank.payments()
    assert (late.state, late.booked) == ("succeeded", "surplus" if again else "escrow")
    if not again:
        is_paid_once(bank, provider)
        return
    bank.minutes(1)
    assert [(r.amount, r.state, r.cause) for r in bank.refunds()] == [(83_25, "paid", "surplus")]
    assert "although nothing was due any more" in bank.was_told("ama")
    assert sum(bank.world.moved("collected", each) for each in {"mtn", provider}) == 2 * 83_25
    assert [out.amount for out in bank.world.outs() if out.state == "SUCCESS"] == [83_25]
    assert bank.balance(f"escrow:{late.order_id}:deposit") == 83_25
    assert bank.balance(f"refunds_payable:{late.person_id}") == 0
    bank.books_equal_truth()


def test_f12_paid_after_the_order_was_cancelled(bank: Bank) -> None:
    ask = bank.is_prompted() if bank.order() else None
    bank.cancels()
    assert bank.the_order().state == "CANCELLED"
    bank.approves(ask)
    assert bank.journals("collect:") and bank.the_order().state == "CANCELLED"
    bank.minutes(1)
    (refund,) = bank.refunds()
    assert (refund.amount, refund.state) == (83_25, "paid")
    assert [(out.kind, out.amount, out.msisdn) for out in bank.world.outs()] == [("refund", 83_25, "233241234567")]
    assert bank.spent() == 0
    assert not bank.books()
    assert "we owe it back to 024 123 4567" in bank.was_told("ama") and "is back on 024 123 4567" in bank.was_told("ama")
    bank.books_equal_truth()


@ways()
def test_f15_a_worker_is_killed_between_their_yes_and_our_commit(bank: Bank, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.fault(f"{provider}.callback_lost")
    with monkeypatch.context() as patch:
        patch.setattr(Cashier, "_take_in", die)
        with pytest.raises(Died):
            prompt(bank, provider)
    (payment,) = bank.payments()
    assert payment.state == "submitting"
    bank.approves(bank.world.ask(payment.reference))
    bank.seconds(LEASE.total_seconds())
    is_paid_once(bank, provider)
    assert charges(bank.world, provider).count("POST") == 1


def test_f15_a_worker_is_killed_before_a_payment_is_booked(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer came, and whoever was to book it died over it."""
    ask = prompt(bank, "mtn")
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "happen", die)
        with pytest.raises(Died):
            bank.approves(ask)
    assert bank.payments()[0].state == "pending" and not bank.books()
    bank.seconds(1)
    is_paid_once(bank, "mtn")


@pytest.mark.parametrize(("number", "chosen", "right"), [("020 123 4567", "MTN MoMo", "Telecel Cash"), ("024 123 4567", "MTN MoMo", "AT Money")])
def test_f26_the_wrong_network_or_a_ported_number(bank: Bank, number: str, chosen: str, right: str) -> None:
    """Said plainly and once; nobody is asked again by himself; the same number is tried on another network as soon as she says so."""
    if number.startswith("020"):
        bank.fault("strict_network")
    bank.fault("mtn.fail", {"value": "not_registered"})
    for network, provider in (("mtn", "mtn"), ("telecel", "vodafone"), ("at", "paystack")):
        bank.routes(network, provider)
    bank.order()
    assert bank.is_prompted("ama", number, chosen) is None
    (payment,) = bank.payments()
    assert (payment.state, payment.reason) == ("failed", "not_registered")
    assert bank.was_told("ama").count("this number has no mobile money on that network") == 1
    asked = len(bank.world.asked)
    bank.minutes(90)
    assert len(bank.world.asked) == asked and len(bank.payments()) == 1 and not bank.books()
    assert bank.offered["ama"][-1][0].label == "Other network"
    bank.talks("ama", "[Other network]", right, "[Send prompt]")
    bank.approves(bank.world.prompts("233" + number[1:].replace(" ", ""))[-1])
    assert [p.state for p in bank.payments()] == ["failed", "succeeded"] and bank.the_order().state == "DEPOSIT_PAID"
    bank.books_equal_truth()
