"""Faults of the money that a hostile reading found: each has its test, named after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot import auditor, bookkeeper_cli
from bot.payments import Line, Reversed
from models import ledger, payout
from models.case import Case
from models.disbursement import Disbursement
from models.inbox import Inbox
from models.order import Order
from models.payday import Payday
from models.payment import Payment
from models.purse import Purse
from models.refund import Refund
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
