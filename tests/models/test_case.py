"""What is wrong with money waits in a case until two people have settled it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot import jobs
from bot.payments import Hint, Paid, Refused, Unknown
from bot.rules import NotAllowed
from bot.rules import payment as rules
from bot.rules.case import HOLDING, KINDS, RESOLUTIONS
from models import ledger, resolution
from models.case import Case
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.switch import PAYOUTS, Switch
from tests.stage import Stage

MAKER, CHECKER = "Efua Mensah", "Kwesi Boateng"


def opened(stage: Stage, kind: str | None = None) -> Case:
    with stage.parts.database.begin() as db:
        found = [case for case in Case.waiting(db) if kind in (None, case.kind)]
    assert len(found) == 1, [(c.key, c.kind) for c in found]
    return found[0]


def settle(stage: Stage, case: Case, what: str, *, confirm: bool = True, by: str = CHECKER, **details: str) -> None:
    with stage.parts.database.begin() as db:
        Case.by_id(db, case.id, lock=True).propose(what, by=MAKER, why="seen on the phone", **details)
    if confirm:
        with stage.parts.database.begin() as db:
            resolution.confirm(db, Case.by_id(db, case.id, lock=True), by, stage.parts.clock.now())
        stage.settle()


def prompted(stage: Stage) -> Payment:
    """Ama waits for the prompt of her deposit of GHS 62.50."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    for said in ("my orders", "1", "1", "1", "yes"):
        stage.say("ama", said)
    with stage.parts.database.begin() as db:
        return db.scalars(select(Payment)).one()


def paid_wrongly(stage: Stage, pesewas: int, currency: str = "GHS") -> Payment:
    payment = prompted(stage)
    stage.wallets["mtn"].pay(payment.reference, amount=pesewas)
    if currency != "GHS":
        stage.wallets["mtn"].answers[payment.reference] = Paid(payment.reference, pesewas, currency, "MTN-E")
    stage.pass_time(0.1)
    return payment


def balances(stage: Stage) -> dict[str, int]:
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        rows = db.execute(text("SELECT code, kind, balance FROM account WHERE balance <> 0"))
        return {row.code: ledger.own_side(row.kind, row.balance) for row in rows}


# -- opening


def test_the_same_key_opens_once_and_again_only_when_it_happens_anew(stage: Stage) -> None:
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        Case.open(db, "k", "forged", provider="mtn", facts={"n": 1}, now=now)
        Case.open(db, "k", "forged", provider="mtn", facts={"n": 2}, now=now)
        Case.settle(db, "k", now)
        Case.open(db, "k", "forged", provider="mtn", facts={"n": 3}, now=now)
        assert Case.waiting(db) == [] and [c.facts for c in Case.waiting(db, closed=True)] == [{"n": 1}]
        Case.open(db, "k", "forged", provider="mtn", facts={"n": 4}, now=now, anew=True)
    again = opened(stage)
    assert (again.facts, again.resolution, again.closed_by) == ({"n": 4}, None, None)


def test_the_worst_ones_stop_payouts(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        Case.open(db, "a", "fee_differs", provider="mtn", facts={}, now=stage.parts.clock.now())
        assert Switch.is_on(db, PAYOUTS)
        Case.open(db, "b", "ours_only", provider="mtn", facts={}, now=stage.parts.clock.now())
        assert not Switch.is_on(db, PAYOUTS) and "(b)" in Switch.off(db)[PAYOUTS]


def test_every_kind_can_be_settled() -> None:
    for name, kind in KINDS.items():
        assert kind.severity in (1, 2, 3) and set(kind.resolutions) <= RESOLUTIONS.keys(), name
        assert set(kind.resolutions) - {"keep_waiting"} <= resolution.EFFECTS.keys(), name
        assert (name in HOLDING) is ("give_back" in kind.resolutions), "money in suspense, and only that, can be given back"


# -- two people


def test_one_person_alone_settles_nothing(stage: Stage) -> None:
    paid_wrongly(stage, 62_49)
    case = opened(stage)
    with pytest.raises(NotAllowed, match="same_person"):
        settle(stage, case, "give_back", by=f" {MAKER.lower()} ")
    with pytest.raises(NotAllowed, match="same_person"):
        settle(stage, case, "give_back", by="")
    assert balances(stage)["suspense:unmatched"] == 62_49
    with stage.parts.database.begin() as db:
        Case.by_id(db, case.id, lock=True).take_back(CHECKER)
    with stage.parts.database.begin() as db, pytest.raises(NotAllowed, match="nothing_proposed"):
        resolution.confirm(db, Case.by_id(db, case.id, lock=True), CHECKER, stage.parts.clock.now())


@pytest.mark.parametrize(("what", "by", "why", "reason"), [
    ("arrived", MAKER, "so", "does_not_fit"), ("give_back", MAKER, " ", "no_reason"), ("give_back", " ", "so", "no_reason"),
])  # fmt: skip
def test_a_proposal_must_fit_and_say_why(stage: Stage, what: str, by: str, why: str, reason: str) -> None:
    paid_wrongly(stage, 62_49)
    with stage.parts.database.begin() as db, pytest.raises(NotAllowed, match=reason):
        Case.waiting(db)[0].propose(what, by=by, why=why)


def test_a_closed_case_stays_closed(stage: Stage) -> None:
    paid_wrongly(stage, 62_49)
    case = opened(stage)
    settle(stage, case, "give_back")
    with pytest.raises(NotAllowed, match="closed"):
        settle(stage, case, "written_off")


# -- F09: another amount or currency


def test_a_wrong_amount_waits_in_suspense_with_a_case(stage: Stage) -> None:
    payment = paid_wrongly(stage, 62_49)
    case = opened(stage)
    assert (case.kind, case.severity, case.provider) == ("wrong_amount", 2, "mtn")
    assert case.facts["payment_id"] == payment.id and case.facts["excess"] == 62_49 and case.facts["asked"] == 62_50
    assert balances(stage) == {"provider_clearing:mtn": 62_49, "suspense:unmatched": 62_49}
    assert stage.orders()[0].state == "PENDING_DEPOSIT"


def test_it_is_given_back_to_the_wallet_it_came_from(stage: Stage) -> None:
    paid_wrongly(stage, 62_49)
    settle(stage, opened(stage), "give_back")
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        assert [(r.state, r.amount) for r in db.scalars(select(Refund))] == [("paid", 62_49)]
    assert balances(stage) == {}


def test_it_pays_what_is_due_and_the_rest_goes_back(stage: Stage) -> None:
    paid_wrongly(stage, 70_00)
    settle(stage, opened(stage), "apply")
    stage.pass_time(1)
    order = stage.orders()[0]
    assert order.state == "DEPOSIT_PAID"
    assert balances(stage) == {"provider_clearing:mtn": 62_50, f"escrow:{order.id}:deposit": 62_50}
    said = [letter.reply.text for letter in stage.channel.sent]
    assert any("GHS 62.50 received" in line for line in said) and any("New order" in line for line in said)
    with stage.parts.database.begin() as db:
        assert [(r.state, r.amount) for r in db.scalars(select(Refund))] == [("paid", 7_50)]


def test_too_little_pays_nothing(stage: Stage) -> None:
    paid_wrongly(stage, 62_49)
    with pytest.raises(NotAllowed, match="too_little"):
        settle(stage, opened(stage), "apply")
    assert balances(stage)["suspense:unmatched"] == 62_49


def test_it_pays_nothing_that_is_not_due(stage: Stage) -> None:
    paid_wrongly(stage, 70_00)
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    with pytest.raises(NotAllowed, match="nothing_due"):
        settle(stage, opened(stage), "apply")


@pytest.mark.parametrize(("what", "left"), [("returned", {}), ("written_off", {"provider_clearing:mtn": 70_00, "loss:writeoff": -70_00})])
def test_it_is_returned_by_hand_or_written_off(stage: Stage, what: str, left: dict[str, int]) -> None:
    paid_wrongly(stage, 70_00)
    settle(stage, opened(stage), what)
    assert balances(stage) == left
    with stage.parts.database.begin() as db:
        assert [r.state for r in db.scalars(select(Refund))] == (["paid"] if what == "returned" else [])


def test_another_currency_is_only_returned_by_hand(stage: Stage) -> None:
    paid_wrongly(stage, 62_50, "EUR")
    case = opened(stage)
    for what in ("give_back", "apply"):
        with pytest.raises(NotAllowed, match="foreign_currency"):
            settle(stage, case, what)
    assert balances(stage) == {"provider_clearing:mtn:EUR": 62_50, "suspense:unmatched:EUR": 62_50}
    settle(stage, case, "returned")
    assert balances(stage) == {}


# -- F10, F14: nobody knows


def test_a_payment_nobody_knows_of_ends_with_a_person_and_a_late_success_still_counts(stage: Stage) -> None:
    stage.wallets["mtn"].hears_only()
    payment = prompted(stage)
    with stage.parts.database.begin() as db:
        db.execute(text("UPDATE timer SET due_at = due_at + interval '60 days'"))  # the order waits as well
    stage.pass_time(24 * 8)
    with stage.parts.database.begin() as db:
        assert Payment.by_id(db, payment.id).state == "needs_review", "never failed by ourselves"
    case = opened(stage, "payment_stuck")
    stage.wallets["mtn"].on_query = []
    stage.wallets["mtn"].pay(payment.reference)
    with stage.parts.database.begin() as db:
        resolution.keep_waiting(db, Case.by_id(db, case.id, lock=True), stage.parts.clock.now())
    stage.settle()
    stage.pass_time(0.1)
    assert stage.orders()[0].state == "DEPOSIT_PAID"


def test_money_we_sent_and_nobody_knows_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refund whose fate is unknown for days: a person finds proof, the customer hears of it."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for wallet in stage.wallets.values():
        wallet.on_send = [lambda out: Unknown("timeout")] * 50
        monkeypatch.setattr(wallet, "sent", lambda reference: Unknown("timeout"))
    with stage.parts.database.begin() as db:
        order = db.scalars(select(Order)).one()
        order.cancel(db, f"person:{order.customer_id}", stage.parts.clock.now())
    stage.settle()
    stage.pass_time(24 * 5)
    case = opened(stage, "disbursement_stuck")
    with pytest.raises(NotAllowed, match="does_not_fit"):
        settle(stage, case, "returned")
    settle(stage, case, "arrived")
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Refund)).one().state == "paid"
        assert ledger.faults(db) == []
    assert any("is back on" in letter.reply.text for letter in stage.channel.sent)


def test_a_case_about_a_refund_ends_when_it_arrives_after_all(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for wallet in stage.wallets.values():
        wallet.on_send = [lambda out: Refused("cannot_receive")] * 50
    with stage.parts.database.begin() as db:
        order = db.scalars(select(Order)).one()
        order.cancel(db, f"person:{order.customer_id}", stage.parts.clock.now())
    stage.settle()
    stage.pass_time(24 * 3)
    assert opened(stage).kind == "refund_stuck"
    for wallet in stage.wallets.values():
        wallet.on_send = []
    stage.pass_time(24 * 2)
    with stage.parts.database.begin() as db:
        assert Case.waiting(db) == [] and db.scalars(select(Refund)).one().state == "paid"


def test_a_refund_that_does_not_go_through_is_seen(stage: Stage) -> None:
    """F20: still owed, with a case; given back by hand in the end."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for wallet in stage.wallets.values():
        wallet.on_send = [lambda out: Refused("cannot_receive")] * 50
    with stage.parts.database.begin() as db:
        order = db.scalars(select(Order)).one()
        order.cancel(db, f"person:{order.customer_id}", stage.parts.clock.now())
    stage.settle()
    stage.pass_time(24 * 3)
    case = opened(stage, "refund_stuck")
    owed = balances(stage)[f"refunds_payable:{order.customer_id}"]
    assert owed == 62_50
    settle(stage, case, "returned")
    assert f"refunds_payable:{order.customer_id}" not in balances(stage)
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Refund)).one().state == "paid"


# -- F07: a callback that lies


def test_a_claim_that_is_never_proven_is_looked_at(stage: Stage) -> None:
    payment = prompted(stage)
    for _ in range(3):
        assert stage.parts.cashier.hint(Hint(payment.reference, paid=True), payment.callback_key)
        stage.settle()
    with stage.parts.database.begin() as db:
        assert Case.waiting(db) == [] and Payment.by_id(db, payment.id).state == "pending"
    assert balances(stage) == {}
    stage.wallets["mtn"].refuse(payment.reference, Refused("declined"))
    stage.pass_time(0.2)
    assert opened(stage).kind == "forged" and balances(stage) == {}


def test_a_true_claim_opens_nothing(stage: Stage) -> None:
    payment = prompted(stage)
    stage.parts.cashier.hint(Hint(payment.reference, paid=True), payment.callback_key)
    stage.settle()
    stage.wallets["mtn"].pay(payment.reference)
    stage.pass_time(0.2)
    with stage.parts.database.begin() as db:
        assert Case.waiting(db) == [] and Payment.by_id(db, payment.id).state == "succeeded"


# -- paying again while nobody knows


def test_within_the_time_of_a_prompt_nobody_pays_again(stage: Stage) -> None:
    stage.wallets["mtn"].hears_only()
    payment = prompted(stage)
    assert timedelta(seconds=300) < rules.EXPIRY, "longer than any provider gives a customer"
    stage.pass_time(0.2)
    with stage.parts.database.begin() as db, pytest.raises(NotAllowed, match="already_asked"):
        again(stage, db, payment)
    stage.pass_time(0.1)
    with stage.parts.database.begin() as db:
        second = again(stage, db, payment)
        assert Payment.by_id(db, payment.id).state == "expired" and second.id != payment.id
    with stage.parts.database.begin() as db, pytest.raises(NotAllowed, match="already_asked"):
        again(stage, db, payment)
    stage.wallets["mtn"].on_query = []
    for reference in (second.reference, payment.reference):
        jobs.carry_money()
        stage.wallets["mtn"].pay(reference)
    stage.pass_time(24)
    with stage.parts.database.begin() as db:
        booked = {p.id: p.booked for p in db.scalars(select(Payment))}
        assert sorted(booked.values(), key=str) == ["escrow", "surplus"]
        assert [r.amount for r in db.scalars(select(Refund))] == [62_50]
        assert ledger.faults(db) == []


def again(stage: Stage, db: object, payment: Payment) -> Payment:
    return Payment.start(
        db, order_id=payment.order_id, stage="deposit", person_id=payment.person_id, provider="mtn", network="mtn",  # type: ignore[arg-type]
        msisdn=payment.msisdn, amount=payment.amount, currency="GHS", now=stage.parts.clock.now(),
    )  # fmt: skip


def test_a_superseded_request_is_never_sent_again(stage: Stage) -> None:
    """The provider never saw the first one; she pays again; the first must not be asked for a second time."""
    stage.wallets["mtn"].on_collect = [lambda charge: Unknown("timeout")]
    stage.wallets["mtn"].on_query = [Unknown("timeout")] * 500
    payment = prompted(stage)
    stage.pass_time(0.3)
    with stage.parts.database.begin() as db:
        again(stage, db, payment)
    stage.wallets["mtn"].on_query = []
    stage.pass_time(24 * 2)
    assert payment.reference not in stage.wallets["mtn"].charges
