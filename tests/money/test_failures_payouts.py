"""Money for the tailors: lost answers, money that comes back, an empty float, two schedulers, a thief, and the edge of the week."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import jobs
from bot.clock import Clock
from bot.paymaster import Paymaster
from bot.payroll import Payroll
from bot.rules import payout as rules
from tests.fakes import MONDAY
from tests.money.bank import Bank
from tests.money.rim import IMPATIENT_S
from tests.stage import PHONES

#: provider -> (network, a tailor's wallet there, where it is sent)
PURSES = {"mtn": ("mtn", "233244000009", "/v1_0/transfer"), "paystack": ("telecel", "233201234567", "/paystack/transfer")}
TAILORS = ("kofi", "yaw", "adwoa")
FRIDAY, WEEK = MONDAY + timedelta(days=4), "2026-W48"
CUT, SLOW = 0, IMPATIENT_S + 0.1
ways = pytest.mark.parametrize("provider", tuple(PURSES))


def earned(bank: Bank, provider: str = "mtn", tailor: str = "kofi") -> int:
    """A tailor has finished an order, and is paid by a provider. Pesewas in her wallet here."""
    bank.order("finished", tailor=tailor)
    network, number, _ = PURSES[provider]
    bank.is_paid_at(tailor, number if tailor == "kofi" else PHONES[tailor][1:], network)
    return bank.balance(f"tailor_wallet:{bank.tailor_id(tailor)}")


def withdraws(bank: Bank, tailor: str = "kofi") -> None:
    bank.talks(tailor, "withdraw all", "yes")


def arrived(bank: Bank) -> list[int]:
    return [out.amount for out in bank.world.outs("transfer") if out.state == "SUCCESS"]


def is_paid_out_once(bank: Bank, amount: int) -> None:
    assert arrived(bank) == [amount]
    assert [d.state for d in bank.disbursements()] == ["succeeded"]
    assert bank.balance(f"tailor_wallet:{bank.tailor_id()}") == 0
    assert bank.was_told("kofi").count("has arrived at") == 1
    bank.books_equal_truth()


@ways
@pytest.mark.parametrize("silence", [CUT, SLOW], ids=["cut", "slow"])
@pytest.mark.parametrize("denied", [False, True], ids=["found", "denied at first"])
def test_f16_a_lost_answer_to_a_payout(bank: Bank, provider: str, silence: float, denied: bool) -> None:
    """Whatever we are told or not told meanwhile: one reference, one payout."""
    amount = earned(bank, provider)
    bank.fault(f"{provider}.transfer_timeout_created", {"times": 1, "value": silence})
    bank.fault(f"{provider}.transfer_callback_lost")
    if denied:
        bank.fault(f"{provider}.transfer_status_404", 1)
    with bank.impatient(provider) if silence else nullcontext():
        withdraws(bank)
    (out,) = bank.disbursements()
    assert out.state == "unknown"
    assert bank.balance(f"tailor_wallet:{bank.tailor_id()}") == 0 and bank.balance(out.account) == amount
    bank.minutes(20)
    assert bank.disbursements()[0].reference == out.reference
    assert len(bank.world.outs("transfer")) == 1
    is_paid_out_once(bank, amount)


def test_f16_a_payout_nobody_knows_about_is_left_to_a_person(bank: Bank) -> None:
    """It is neither sent again nor by another way, however long the provider says nothing."""
    amount = earned(bank, "mtn")
    bank.fault("mtn.transfer_timeout_created", {"times": 1, "value": CUT})
    bank.fault("mtn.transfer_status_500")
    withdraws(bank)
    bank.days(9)
    (out,) = bank.disbursements()
    assert (out.state, out.provider) == ("needs_review", "mtn")
    assert len(bank.world.outs()) == 1 and bank.balance(out.account) == amount
    assert "disbursement_stuck" in bank.cases()
    bank.fault("mtn.transfer_status_500", False)
    bank.command(f"ledger wait {bank.case('disbursement_stuck')}")
    is_paid_out_once(bank, amount)


def test_f17_a_payout_comes_back_after_it_arrived(bank: Bank) -> None:
    amount = earned(bank, "paystack")
    wallet = f"tailor_wallet:{bank.tailor_id()}"
    withdraws(bank)
    bank.seconds(15)
    assert arrived(bank) == [amount]
    bank.days(2)
    bank.fault("paystack.transfer_callback_repeated", {"times": 1, "value": 20})
    (out,) = bank.world.outs("transfer")
    bank.world.take_back(out)
    bank.settle()
    assert bank.balance(wallet) == amount
    assert bank.journals(f"payout:{bank.disbursements()[0].id}:")[-1:] == [f"payout:{bank.disbursements()[0].id}:reversed"]
    assert bank.was_told("kofi").count("was sent back to us") == 1
    bank.books_equal_truth()
    withdraws(bank)
    bank.seconds(15)
    assert [d.state for d in bank.disbursements()] == ["reversed", "succeeded"]
    assert bank.balance(wallet) == 0 and bank.world.moved("sent", "paystack") - bank.world.moved("reversed", "paystack") == amount
    bank.books_equal_truth()


def test_f17_only_the_statement_says_that_it_came_back(bank: Bank) -> None:
    """MTN has no word for it and goes on saying that the payout arrived: its statement shows it, and two people decide."""
    amount = earned(bank)
    wallet = f"tailor_wallet:{bank.tailor_id()}"
    withdraws(bank)
    bank.seconds(15)
    bank.skip_to(MONDAY + timedelta(days=1))
    bank.world.take_back(bank.world.outs("transfer")[0])
    bank.skip_to(MONDAY + timedelta(days=2))
    assert bank.balance(wallet) == 0
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        bank.statement("mtn", day.date())
    assert bank.cases() == ["status_differs"] and bank.balance(wallet) == 0
    bank.decides("status_differs", "as_stated")
    assert bank.balance(wallet) == amount and bank.was_told("kofi").count("was sent back to us") == 1
    bank.books_equal_truth()
    withdraws(bank)
    bank.seconds(15)
    assert [d.state for d in bank.disbursements()] == ["reversed", "succeeded"] and bank.balance(wallet) == 0
    bank.statement("mtn", MONDAY.date())
    assert bank.cases() == []
    bank.books_equal_truth()


def one_after_the_other(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each payout has arrived before the next one is sent, so that the story is the same every time."""
    plain = Paymaster.carry

    def carry(paymaster: Paymaster, disbursement_id: int) -> bool:
        done = plain(paymaster, disbursement_id)
        bank.world.rest()
        return done

    monkeypatch.setattr(bank.parts.paymaster, "_pool", ThreadPoolExecutor(1))
    monkeypatch.setattr(Paymaster, "carry", carry)


@ways
def test_f18_the_float_runs_dry_in_the_middle(bank: Bank, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch pauses; everybody is either paid or has her money here, and nothing is half done."""
    one_after_the_other(bank, monkeypatch)
    bank.routes(PURSES[provider][0], provider)
    amounts = [earned(bank, provider, tailor) for tailor in TAILORS]
    assert len(set(amounts)) == 1
    bank.world.top_up(provider, amounts[0] + 10_00)
    bank.skip_to(FRIDAY)
    bank.minutes(1)
    states = sorted(d.state for d in bank.disbursements())
    assert arrived(bank) == amounts[:1] and states.count("succeeded") == 1 and set(states) <= {"succeeded", "failed", "approved"}
    if provider == "paystack":  # which refuses at once: nobody else was called
        assert states == ["approved", "failed", "succeeded"]
        assert len([a for a in bank.world.asked if a.path == "/paystack/transfer" and a.method == "POST"]) == 2
    owed = sum(bank.balance(f"tailor_wallet:{bank.tailor_id(t)}") for t in TAILORS)
    set_aside = sum(bank.balance(d.account) for d in bank.disbursements())
    assert owed + set_aside == sum(amounts[1:])
    bank.books_equal_truth(in_flight=True)
    asked = len(bank.world.asked)
    bank.minutes(35)
    assert arrived(bank) == amounts[:1]
    assert len(bank.world.asked) - asked <= 8  # the balance is asked for, and nothing is sent
    bank.world.top_up(provider, sum(amounts))
    bank.minutes(30)
    assert sorted(arrived(bank)) == sorted(amounts)
    assert not [d for d in bank.disbursements() if d.state not in ("succeeded", "failed")]
    for tailor in TAILORS:
        assert bank.balance(f"tailor_wallet:{bank.tailor_id(tailor)}") == 0
        assert bank.was_told(tailor).count("has arrived at") == 1
    bank.books_equal_truth()


def test_f19_two_schedulers_start_the_week_together(bank: Bank) -> None:
    amounts = [earned(bank, "mtn", tailor) for tailor in TAILORS]
    bank.parts.story_clock.time = FRIDAY + timedelta(seconds=1)
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        for _ in range(3):
            jobs.carry_money()
            bank.parts.payroll.run(WEEK)

    schedulers = [threading.Thread(target=run) for _ in range(4)]
    for one in schedulers:
        one.start()
    for one in schedulers:
        one.join()
    bank.minutes(2)
    assert [d.once for d in bank.disbursements()] == [f"payout:{WEEK}:{bank.tailor_id(t)}" for t in TAILORS]
    assert sorted(arrived(bank)) == sorted(amounts)
    assert [bank.was_told(tailor).count("has arrived at") for tailor in TAILORS] == [1] * len(TAILORS)
    bank.books_equal_truth()


@pytest.mark.parametrize("owner", ["objects", "says nothing"])
def test_f27_a_thief_changes_the_number_before_payday(bank: Bank, owner: str) -> None:
    """The old number is told at once, payday is too early for the new one, and one word stops everything."""
    thiefs = "233249999999"
    bank.order("finished")
    bank.person_or_new("abena")
    bank.is_paid_at("kofi", PHONES["abena"][1:], "mtn")
    wallet = f"tailor_wallet:{bank.tailor_id()}"
    amount = bank.balance(wallet)
    bank.days(2.9)
    bank.world.wallet(thiefs).name = "Kofi's Sewing"
    bank.talks("kofi", "payout number", "024 999 9999", "1")
    bank.talks("kofi", "yes")
    assert "know nothing of this" in bank.was_told("abena")
    bank.skip_to(FRIDAY)
    bank.minutes(1)
    assert not bank.world.outs() and bank.balance(wallet) == amount
    assert "waits until" in bank.was_told("kofi")
    bank.talks("kofi", "withdraw all")
    assert not bank.disbursements()
    if owner == "objects":
        bank.talks("abena", "that was not me")
    bank.days(7)
    if owner == "objects":
        assert not bank.world.outs() and bank.balance(wallet) == amount
    else:
        assert [(out.msisdn, out.amount) for out in bank.world.outs()] == [(thiefs, amount)]
        assert min(d.submitted_at for d in bank.disbursements() if d.submitted_at) - MONDAY > timedelta(days=2.9, hours=72)
    bank.books_equal_truth()


class Skewed(Clock):
    """The clock of a machine that is ahead of the others, or behind."""

    def __init__(self, true: Clock, by: timedelta) -> None:
        super().__init__()
        self._true, self._by = true, by

    def now(self) -> Any:
        return self._true.now() + self._by


def test_f29_clocks_differ_at_the_edge_of_a_week(bank: Bank) -> None:
    """Whatever their clocks say, the machines agree on the week: nobody is paid twice, and what comes later is paid next time."""
    first = earned(bank)
    ahead, behind = (
        Payroll(bank.parts.database, bank.parts.till, Skewed(bank.parts.clock, timedelta(minutes=by))) for by in (5, -5)
    )  # fmt: skip
    bank.parts.story_clock.time = FRIDAY - timedelta(minutes=4)
    assert not behind.pay_due() and ahead.pay_due()  # for one of them it is Friday, nine o'clock
    bank.minutes(2)
    bank.order("finished")
    later = bank.balance(f"tailor_wallet:{bank.tailor_id()}")
    for moment in (FRIDAY, FRIDAY + timedelta(minutes=5)):
        bank.pass_time((moment - bank.now).total_seconds() / 3600)
        for machine in (behind, bank.parts.payroll, ahead):
            machine.pay_due()
    assert arrived(bank) == [first]
    sunday = FRIDAY.replace(hour=23, minute=59, second=58) + timedelta(days=2)
    bank.pass_time((sunday - bank.now).total_seconds() / 3600)
    for machine in (ahead, behind):  # already Monday for one of them, still Sunday for the other
        assert rules.last_week(machine.clock.now()) == WEEK
        machine.run(rules.last_week(machine.clock.now()), "Adjoa Finance")
    bank.minutes(10)
    assert arrived(bank) == [first]
    bank.days(5)
    assert arrived(bank) == [first, later]
    assert [d.run for d in bank.disbursements()] == [WEEK, "2026-W49"]
    assert bank.balance(f"tailor_wallet:{bank.tailor_id()}") == 0
    bank.books_equal_truth()


@pytest.mark.parametrize("zone", ["UTC", "Africa/Accra", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_f29_the_week_is_cut_by_utc_wherever_the_machine_stands(zone: str) -> None:
    here = ZoneInfo(zone)
    for hours in range(-24 * 7, 24 * 7):
        now = FRIDAY + timedelta(hours=hours, seconds=-1)
        assert rules.last_week(now.astimezone(here)) == rules.last_week(now)
        assert rules.payday_after(now.astimezone(here)) == rules.payday_after(now)
    assert (rules.last_week(FRIDAY - timedelta(seconds=1)), rules.last_week(FRIDAY)) == ("2026-W47", WEEK)


