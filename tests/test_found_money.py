"""Faults of the money that a hostile reading found: each has its test, named after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from bot import auditor, bookkeeper_cli, payroll_cli
from bot.payments import Line, Refused, Reversed
from models import ledger, payout
from models.case import Case
from models.disbursement import Disbursement
from models.funds import net
from models.inbox import Inbox
from models.order import Order
from models.payday import Payday
from models.payment import Payment
from models.purse import Purse
from models.refund import Refund
from models.switch import PAYOUTS, Switch
from tests.models.test_case import opened, paid_wrongly, prompted, settle
from tests.stage import Stage


def wallet_with(stage: Stage, pesewas: int) -> int:
    """Kofi the tailor has so much, and a wallet that is his."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    with stage.parts.database.begin() as db:
        tailor, now = stage.tailor(db, "kofi"), stage.parts.clock.now()
        ledger.post(db, "collect:0", {"provider_clearing:mtn": pesewas, f"tailor_wallet:{tailor.id}": -pesewas}, now=now)
        purse = Purse.of(db, tailor.id)
        assert purse
        purse.network, purse.number = "mtn", "233241112222"
        Payday.plan(db, now)
        return tailor.id


def faults(stage: Stage) -> list[str]:
    with stage.parts.database.begin() as db:
        return ledger.faults(db)


def test_a_week_paid_by_hand_before_its_friday_does_not_end_all_paydays(stage: Stage) -> None:
    wallet_with(stage, 100_00)
    stage.parts.payroll.run("2026-W48", "Esi Boateng")  # on Monday, because Friday is a holiday
    with stage.parts.database.begin() as db:
        assert [p.week for p in Payday.open(db)] == ["2026-W49"]


def test_a_transfer_that_came_back_before_we_heard_that_it_arrived_is_in_the_wallet_again(stage: Stage) -> None:
    tailor = wallet_with(stage, 100_00)
    mtn = stage.wallets["mtn"]
    with stage.parts.database.begin() as db:
        out = payout.request(db, stage.tailor(db, "kofi"), None, once="w", till=stage.parts.till, now=stage.parts.clock.now())[0]
    mtn.out_answers[out.reference] = Reversed("MTN1")
    stage.settle()
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        assert (Disbursement.by_id(db, out.id).state, ledger.balance(db, f"tailor_wallet:{tailor}")) == ("reversed", 100_00)
    assert faults(stage) == []


def test_a_gap_that_opens_again_can_be_written_off_again(stage: Stage) -> None:
    for stated in (30, 70):
        stage.parts.auditor.compare_balance("mtn", stated)
        settle(stage, opened(stage, "balance_differs"), "written_off")
        with stage.parts.database.begin() as db:
            assert ledger.balance(db, "provider_clearing:mtn") == stated


def test_a_refund_that_nobody_can_send_is_looked_at(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for wallet in stage.wallets.values():
        monkeypatch.setattr(wallet, "sends", False)
    for said in ("cancel order", "1", "yes"):
        stage.say("ama", said)
    stage.pass_time(1)
    assert opened(stage, "refund_stuck").facts["amount"] == 62_50


def test_what_was_applied_after_too_much_came_can_be_given_back_whole(stage: Stage) -> None:
    paid_wrongly(stage, 80_00)  # GHS 62.50 were asked for
    settle(stage, opened(stage), "apply")
    for said in ("problem", "1", "he is rude to me", "done"):
        stage.say("ama", said)
    number = stage.command("dispute list").split()[0]
    stage.command(f"dispute decide {number} --outcome full_refund --reason agreed --by Efua")
    stage.pass_time(1)
    assert stage.wallets["mtn"].paid_out() == 80_00
    assert faults(stage) == []


def test_adopted_money_of_which_a_part_goes_back_agrees_with_its_line(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    line = Line("collected", "MTN-X", "", 80_00, "GHS", 0, stage.parts.clock.now(), "233241234567")
    stage.parts.auditor.take_in("mtn", [line], [])
    settle(stage, opened(stage), "apply", order=stage.orders()[0].number)
    stage.parts.auditor.take_in("mtn", [], [])
    with stage.parts.database.begin() as db:
        assert Case.waiting(db) == []


def test_a_payment_whose_event_failed_is_booked_when_the_bug_is_gone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = prompted(stage)
    with monkeypatch.context() as broken:
        broken.setattr(Payment, "_book", lambda *_: 1 / 0)
        broken.setattr(Inbox.put_off.__func__, "__defaults__", ((timedelta(seconds=5),) * 4,))  # else the next question revives it before we look
        stage.answer_prompt()
        stage.pass_time(0.1)
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Inbox.state).where(Inbox.name == "payment_answered")).all() == ["failed"]
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        assert Payment.by_id(db, payment.id).state == "succeeded"


def test_a_refund_that_cannot_be_started_keeps_no_other_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    for who in ("ama", "esi"):
        stage.given_order(who, "kente shirt", "kofi", "deposited")
    send = Refund.send

    def stumble(self: Refund, *given: Any, **named: Any) -> Disbursement:
        if self.id == first:
            raise ledger.Overdrawn("refunds_payable")
        return send(self, *given, **named)

    with stage.parts.database.begin() as db:
        for order in db.scalars(select(Order).order_by(Order.id)):
            order.cancel(db, "story", stage.parts.clock.now())
        first = db.scalars(select(Refund.id).order_by(Refund.id)).first()
    monkeypatch.setattr(Refund, "send", stumble)
    for _ in range(2):
        stage.pass_time(0.1)
    assert stage.wallets["mtn"].paid_out() == 62_50


def test_the_second_handover_asks_again(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "all paid")
    asked = []
    for _ in range(2):
        stage.say("kofi", "handover")
        stage.say("kofi", stage.orders()[0].handover_code or "")
        asked.append(sum("is everything right?" in letter.reply.text for who, letter in stage.new_letters() if who == "ama"))
        if len(asked) == 1:
            for said in ("problem", "1", "a button is missing", "done"):
                stage.say("ama", said)
            number = stage.command("dispute list").split()[0]
            stage.command(f"dispute decide {number} --outcome continue --changes --reason will_be_changed --by Efua")
            list(stage.new_letters())
    assert asked == [1, 1]


def test_a_line_that_cannot_be_judged_keeps_no_other_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = auditor.judge

    def stumble(db: Any, line: Any, home: str, now: datetime) -> str:
        if line.provider_id == "A":
            raise RuntimeError("a bug")
        return judge(db, line, home, now)

    monkeypatch.setattr(auditor, "judge", stumble)
    now = stage.parts.clock.now()
    lines = [Line("collected", ident, "", 10_00, "GHS", 0, now, "233241234567") for ident in "AB"]
    stage.parts.auditor.take_in("mtn", lines, [])
    assert opened(stage).kind == "theirs_only"


@pytest.mark.parametrize("words", ["fund mtn 0 --ref a --by Efua", "fund mtn 7 --ref b --by Efua"])
def test_nonsense_about_a_top_up_is_refused_in_words(stage: Stage, words: str) -> None:
    group = bookkeeper_cli.commands(lambda: stage.parts)[0]
    CliRunner().invoke(group, ["fund", "mtn", "5", "--ref", "b", "--by", "Efua"], catch_exceptions=False)
    done = CliRunner().invoke(group, words.split(), catch_exceptions=False)
    assert done.exit_code == 1 and "Error" in done.output


def test_a_request_nobody_accepted_is_not_repeated_for_an_order_that_was_cancelled(stage: Stage) -> None:
    payment = prompted(stage)
    with stage.parts.database.begin() as db:
        db.execute(update(Payment).values(state="not_accepted", refusals=["mtn"], next_at=stage.parts.clock.now()))
        Order.by_id(db, payment.order_id).cancel(db, "story", stage.parts.clock.now())
    stage.wallets["mtn"].charges.clear()
    stage.settle()
    with stage.parts.database.begin() as db:
        assert (stage.wallets["mtn"].charges, Payment.by_id(db, payment.id).state) == ({}, "cancelled")


def test_nobody_is_held_without_a_reason(stage: Stage) -> None:
    tailor = wallet_with(stage, 100_00)
    done = CliRunner().invoke(payroll_cli.commands(lambda: stage.parts), ["hold", str(tailor), "--because", " "], catch_exceptions=False)
    assert (done.exit_code, done.output) == (1, "Error: Say why.\n")


def test_a_provider_with_a_currency_of_its_own_is_asked_to_give_back_in_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.wallets["mtn"], "currency", "EUR")
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for said in ("cancel order", "1", "yes"):
        stage.say("ama", said)
    stage.pass_time(1)
    assert [out.currency for out in stage.wallets["mtn"].out.values()] == ["EUR"]
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Refund.state)).all() == ["paid"]
    assert faults(stage) == []


def test_a_retry_that_found_payouts_switched_off_is_made_when_they_are_on_again(stage: Stage) -> None:
    wallet_with(stage, 100_00)
    stage.wallets["mtn"].on_send = [lambda _: Refused("provider_down")]
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        payout.request(db, stage.tailor(db, "kofi"), None, once="w", till=stage.parts.till, now=now)
    stage.settle()
    for off, hours in ((True, 0.5), (False, 1)):
        with stage.parts.database.begin() as db:
            Switch.turn(db, PAYOUTS, off=off, why="a look", by="Efua", now=now)
        stage.pass_time(hours)
    assert sum(wallet.paid_out() for wallet in stage.wallets.values()) == 100_00


@pytest.mark.parametrize("is_netted", [False, True])
def test_an_order_paid_in_cash_and_cancelled_costs_its_tailor_no_commission(stage: Stage, is_netted: bool) -> None:
    tailor = wallet_with(stage, 100_00)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as db:
        now, order = stage.parts.clock.now(), db.scalars(select(Order)).one()
        claim = Payment.claim_cash(db, order, by=order.customer_id, now=now)
        assert claim.settle_cash(db, now, fee=True) == 12_50
        order.funded(db, "deposit", now)
        if is_netted:
            net(db, tailor, now)
        order.cancel(db, "story", now)
    with stage.parts.database.begin() as db:
        assert [ledger.balance(db, f"{a}:{tailor}") for a in ("tailor_wallet", "tailor_receivable")] == [100_00, 0]
        assert ledger.balance(db, "platform_revenue") == 0


def test_a_payment_that_only_the_statement_knows_of_is_booked_by_two_people(stage: Stage) -> None:
    payment = prompted(stage)
    stage.answer_prompt(refuse=Refused("unclear"))
    line = Line("collected", "MTN-S", payment.reference, payment.amount, "GHS", 0, stage.parts.clock.now(), payment.msisdn)
    stage.parts.auditor.take_in("mtn", [line], [])
    settle(stage, opened(stage, "status_differs"), "as_stated")
    assert stage.orders()[0].state == "DEPOSIT_PAID"
    stage.parts.auditor.take_in("mtn", [], [])
    with stage.parts.database.begin() as db:
        assert Case.waiting(db) == []
    assert faults(stage) == []


def test_a_payout_that_only_the_statement_says_came_back_is_hers_again(stage: Stage) -> None:
    tailor = wallet_with(stage, 100_00)
    with stage.parts.database.begin() as db:
        out = payout.request(db, stage.tailor(db, "kofi"), None, once="w", till=stage.parts.till, now=stage.parts.clock.now())[0]
    for _ in range(2):
        stage.pass_time(0.1)
    line = Line("reversed", "MTN-R", out.reference, out.amount, "GHS", 0, stage.parts.clock.now())
    stage.parts.auditor.take_in("mtn", [line], [])
    settle(stage, opened(stage, "status_differs"), "as_stated")
    with stage.parts.database.begin() as db:
        assert ledger.balance(db, f"tailor_wallet:{tailor}") == 100_00
    assert faults(stage) == []


def test_a_bug_with_the_payments_keeps_no_payout_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    wallet_with(stage, 100_00)
    monkeypatch.setattr(stage.parts.cashier, "carry_due", lambda: 1 / 0)
    with stage.parts.database.begin() as db:
        payout.request(db, stage.tailor(db, "kofi"), None, once="w", till=stage.parts.till, now=stage.parts.clock.now())
    stage.settle()
    assert sum(len(wallet.out) for wallet in stage.wallets.values()) == 1
