"""One attempt to collect: what it believes after each answer, what is booked, and when it is asked about again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.payments import Absent, Needs, NotAccepted, Pending, Refused, Unknown
from bot.rules import NotAllowed
from bot.rules import payment as rules
from models import ledger
from models.case import Case
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from tests.fakes import MONDAY
from tests.models.paying import LEASE, SECOND, asked, hears, moved, proof, sent
from tests.stage import Stage

MINUTE = timedelta(minutes=1)


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    stage.given_order("esi", "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as session:
        yield session
        assert ledger.faults(session) == []


@pytest.fixture
def order(db: Session) -> Order:
    return db.scalars(select(Order).order_by(Order.id)).all()[0]


@pytest.fixture
def other(db: Session) -> Order:
    return db.scalars(select(Order).order_by(Order.id)).all()[1]


# -- asked for


def test_it_is_written_down_before_anybody_is_called(db: Session, order: Order) -> None:
    payment = asked(db, order)
    assert (payment.state, payment.polls, payment.next_at, payment.submitted_at) == ("created", 0, MONDAY, None)
    assert len(payment.reference) == 32 and len(payment.callback_key) >= 20
    assert Payment.by_reference(db, payment.reference) is payment


def test_nobody_pays_the_same_stage_twice_at_once(db: Session, order: Order, other: Order) -> None:
    payment = sent(db, order)
    with pytest.raises(NotAllowed, match="already_asked"):
        asked(db, order)
    asked(db, other)
    assert Payment.open_for(db, order.id, "deposit") is payment
    assert Payment.open_for(db, order.id, "fitting") is None


def test_three_prompts_in_ten_minutes_and_no_more(db: Session, order: Order, other: Order) -> None:
    for minute in range(3):
        hears(db, sent(db, order, now=MONDAY + minute * MINUTE), Refused("no_funds"))
    with pytest.raises(NotAllowed, match="too_many_prompts"):
        asked(db, order, now=MONDAY + 10 * MINUTE - SECOND)
    asked(db, other, now=MONDAY + 3 * MINUTE)
    asked(db, order, now=MONDAY + 10 * MINUTE)


def test_who_was_told_that_nobody_knows_may_pay_again(db: Session, order: Order) -> None:
    first = sent(db, order)
    hears(db, first, Unknown("timeout"))
    assert not first.may_be_paid_again
    assert hears(db, first, Unknown("timeout"), after=rules.EXPIRY) == "doubtful"
    assert first.may_be_paid_again
    second = sent(db, order, now=MONDAY + 20 * MINUTE)
    assert (first.state, second.state) == ("expired", "submitting")
    assert first.next_at is not None, "it is still asked about"
    assert hears(db, second, proof(second), after=21 * MINUTE) == "paid"
    assert hears(db, first, proof(first), due=False, after=22 * MINUTE) == "surplus"


def test_its_reference_is_the_same_at_every_try(db: Session, order: Order) -> None:
    payment = sent(db, order)
    reference = payment.reference
    assert (payment.state, payment.submitted_at, payment.next_at) == ("submitting", MONDAY, MONDAY + LEASE)
    assert hears(db, payment, Absent()) == "moved"
    assert (payment.state, payment.polls, payment.next_at) == ("created", 1, MONDAY + 3 * SECOND)
    payment.begin(MONDAY + MINUTE, LEASE)
    assert payment.reference == reference
    assert payment.submitted_at == MONDAY, "her time runs from the first prompt"


def test_only_what_nobody_heard_of_is_withdrawn(db: Session, order: Order, other: Order) -> None:
    payment = asked(db, order)
    payment.withdraw()
    assert (payment.state, payment.next_at) == ("cancelled", None)
    with pytest.raises(NotAllowed, match="not_now"):
        sent(db, other).withdraw()


# -- paid


def test_money_that_is_due_is_held_for_its_stage(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, proof(payment)) == "paid"
    assert (payment.state, payment.booked, payment.provider_id, payment.next_at) == ("succeeded", "escrow", f"P{payment.id}", None)
    held = f"escrow:{order.id}:deposit"
    assert moved(db, f"collect:{payment.id}") == {"provider_clearing:mtn": payment.amount, held: -payment.amount}
    assert Payment.funded(db, order.id, "deposit") is payment
    assert Payment.funded(db, order.id, "fitting") is None
    assert Refund.of_order(db, order.id) == [] and Case.waiting(db) == []
    assert [key for key, *_ in ledger.story(db, order.id)] == [f"collect:{payment.id}"] * 2


def test_what_is_heard_twice_counts_once(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, proof(payment))
    assert not payment.is_news(proof(payment)) and not payment.is_news(Refused("declined"))
    for answer in (proof(payment), Refused("declined"), Unknown("timeout"), Absent(), Pending(), NotAccepted("503")):
        assert hears(db, payment, answer) == "nothing"
    assert (payment.state, ledger.held(db, order.id)) == ("succeeded", payment.amount)


def test_two_orders_of_two_people_are_two_movements(db: Session, order: Order, other: Order) -> None:
    for one in (order, other):
        payment = sent(db, one)
        hears(db, payment, proof(payment))
        assert ledger.held(db, one.id) == payment.amount == one.part("deposit")
    assert ledger.balance(db, "provider_clearing:mtn") == order.part("deposit") + other.part("deposit")


def test_money_that_is_not_due_any_more_goes_back(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, proof(payment), due=False) == "surplus"
    assert (payment.state, payment.booked) == ("succeeded", "surplus")
    [refund] = Refund.of_order(db, order.id)
    facts = (refund.key, refund.state, refund.amount, refund.currency, refund.cause, refund.payment_id, refund.person_id)
    assert facts == (f"payment:{payment.id}", "owed", payment.amount, "GHS", "surplus", payment.id, order.customer_id)
    assert ledger.balance(db, f"refunds_payable:{order.customer_id}") == payment.amount
    assert Payment.funded(db, order.id, "deposit") is None


@pytest.mark.parametrize("more", [-1, 1, 100_00])
def test_another_amount_waits_for_two_people(db: Session, order: Order, more: int) -> None:
    """More than enough is not right either."""
    payment = sent(db, order)
    assert hears(db, payment, proof(payment, amount=payment.amount + more)) == "wrong_amount"
    assert (payment.state, payment.booked, ledger.held(db, order.id)) == ("mismatch", "suspense", 0)
    assert moved(db, f"collect:{payment.id}") == {"provider_clearing:mtn": payment.amount + more, "suspense:unmatched": -payment.amount - more}
    [refund] = Refund.of_order(db, order.id)
    assert (refund.state, refund.amount, refund.cause) == ("held", payment.amount + more, "wrong_amount")
    case = Case.by_key(db, f"payment:{payment.id}:wrong_amount")
    assert case is not None and (case.kind, case.provider) == ("wrong_amount", "mtn")
    facts = {"payment_id": payment.id, "order_id": order.id, "asked": payment.amount, "currency": "GHS"}
    assert case.facts == facts | {"account": "suspense:unmatched", "excess": payment.amount + more}


def test_another_currency_is_other_money(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, proof(payment, currency="EUR")) == "wrong_amount"
    assert moved(db, f"collect:{payment.id}") == {"provider_clearing:mtn:EUR": payment.amount, "suspense:unmatched:EUR": -payment.amount}
    assert ledger.balance(db, "provider_clearing:mtn") == 0
    case = Case.by_key(db, f"payment:{payment.id}:wrong_amount")
    assert case is not None and (case.facts["account"], case.facts["currency"]) == ("suspense:unmatched:EUR", "EUR")
    assert [refund.currency for refund in Refund.of_order(db, order.id)] == ["EUR"]


def test_a_sandbox_that_speaks_another_currency_is_counted_in_ours(db: Session, order: Order) -> None:
    payment = sent(db, order, currency="EUR")
    assert hears(db, payment, proof(payment)) == "paid"
    assert ledger.held(db, order.id) == ledger.balance(db, "provider_clearing:mtn") == payment.amount


def test_what_another_payment_brought_is_not_ours(db: Session, order: Order, other: Order) -> None:
    """By its reference, or by the number the provider gave it."""
    first, second = sent(db, order), sent(db, other)
    assert hears(db, second, proof(first)) == "waiting"
    hears(db, first, proof(first))
    assert hears(db, second, proof(second, provider_id=f"P{first.id}")) == "waiting"
    assert (second.state, ledger.held(db, other.id)) == ("unknown", 0)
    assert hears(db, second, proof(second)) == "paid"


def test_numbers_of_two_providers_may_be_the_same_and_some_give_none(db: Session, order: Order, other: Order) -> None:
    first, second = sent(db, order), sent(db, other, provider="paystack")
    hears(db, first, proof(first, provider_id="7"))
    assert hears(db, second, proof(second, provider_id="7")) == "paid"
    third, fourth = sent(db, order, "fitting"), sent(db, other, "fitting")
    assert [hears(db, payment, proof(payment, provider_id="")) for payment in (third, fourth)] == ["paid", "paid"]
    assert third.provider_id is fourth.provider_id is None


# -- refused, or nobody knows


def test_a_refusal_ends_it_and_a_late_success_still_counts(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert payment.is_news(Refused("no_funds", "51"))
    assert hears(db, payment, Refused("no_funds", "51")) == "refused"
    assert (payment.state, payment.reason, payment.code, payment.next_at) == ("failed", "no_funds", "51", None)
    assert not payment.is_news(Refused("no_funds")) and payment.is_news(proof(payment))
    assert hears(db, payment, Refused("declined")) == "nothing"
    assert payment.reason == "no_funds"
    assert hears(db, payment, Unknown("timeout")) == "nothing"
    assert hears(db, payment, proof(payment)) == "paid"
    assert (payment.reason, ledger.held(db, order.id)) == (None, payment.amount)


def test_nobody_refuses_what_nobody_was_asked(db: Session, order: Order) -> None:
    payment = asked(db, order)
    assert hears(db, payment, Refused("declined")) == "nothing"
    assert hears(db, payment, Pending()) == "nothing"
    assert (payment.state, payment.next_at) == ("created", MONDAY)


def test_a_timeout_is_no_failure(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, Unknown("timeout")) == "waiting"
    assert (payment.state, payment.reason, payment.next_at) == ("unknown", None, MONDAY + 10 * SECOND)
    with pytest.raises(NotAllowed, match="already_asked"):
        asked(db, order)
    assert hears(db, payment, Pending(), after=11 * SECOND) == "waiting"
    assert (payment.state, payment.next_at) == ("pending", MONDAY + 30 * SECOND)
    assert hears(db, payment, Unknown("timeout"), after=31 * SECOND) == "waiting"
    assert (payment.state, payment.polls, payment.next_at) == ("pending", 3, MONDAY + 70 * SECOND), "it was there already"


def test_questions_that_were_slept_through_are_not_made_up_for(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, Pending(), after=70 * SECOND)
    assert (payment.polls, payment.next_at) == (4, MONDAY + 150 * SECOND)


def test_her_time_is_over_once(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, Pending(), after=rules.EXPIRY - SECOND) == "waiting"
    assert payment.told_at is None
    assert hears(db, payment, Pending(), after=rules.EXPIRY) == "expired"
    assert (payment.state, payment.told_at) == ("expired", MONDAY + rules.EXPIRY)
    assert hears(db, payment, Pending(), after=2 * rules.EXPIRY) == "waiting"
    assert (payment.state, payment.told_at) == ("expired", MONDAY + rules.EXPIRY)
    assert payment.next_at == MONDAY + timedelta(hours=1)
    assert hears(db, payment, proof(payment), due=True, after=timedelta(hours=1)) == "paid"


def test_after_a_week_of_questions_a_person_looks(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, Unknown("timeout"))
    said = [hears(db, payment, Unknown("timeout"), after=payment.next_at - MONDAY) for _ in range(14) if payment.next_at]
    assert said == ["waiting"] * 6 + ["doubtful"] + ["waiting"] * 6 + ["stuck"]
    assert (payment.state, payment.next_at) == ("needs_review", None)
    case = Case.by_key(db, f"payment:{payment.id}:stuck")
    assert case is not None and (case.state, case.kind) == ("open", "payment_stuck")
    assert case.facts == {"payment_id": payment.id, "order_id": order.id, "asked": payment.amount}
    payment.hint(MONDAY + timedelta(days=8))
    assert payment.next_at == MONDAY + timedelta(days=8), "a person may have it asked once more"
    assert hears(db, payment, Pending(), after=timedelta(days=8)) == "nothing"
    assert payment.next_at is None
    assert hears(db, payment, proof(payment), after=timedelta(days=9)) == "paid"
    assert (case.state, case.resolution) == ("closed", "already_right")


def test_the_first_poll_is_due_however_often_it_was_sent_again(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, Unknown("timeout"))
    assert hears(db, payment, Absent(), after=10 * SECOND) == "moved"
    assert (payment.state, payment.next_at) == ("created", MONDAY + 12 * SECOND)
    payment.begin(MONDAY + 12 * SECOND, LEASE)
    hears(db, payment, Pending(), after=13 * SECOND)
    assert (payment.polls, payment.next_at) == (3, MONDAY + 70 * SECOND)
    assert hears(db, payment, Absent(), after=71 * SECOND) == "waiting", "it was there: it is not sent again"
    assert payment.state == "pending"


# -- somebody else is asked


def test_who_did_not_accept_is_asked_once_more_then_the_next_one(db: Session, order: Order) -> None:
    payment = sent(db, order)
    assert hears(db, payment, NotAccepted("x" * 300)) == "moved"
    assert (payment.provider, payment.refusals, payment.code, payment.next_at) == ("mtn", ["mtn"], "x" * 200, MONDAY + 3 * SECOND)
    payment.begin(MONDAY + 2 * SECOND, LEASE)
    reference = payment.reference
    assert payment.hear(db, NotAccepted("503"), ("mtn", "paystack"), {"paystack": "USD"}, due=True, now=MONDAY) == "moved"
    assert (payment.provider, payment.currency, payment.state, payment.reference) == ("paystack", "USD", "not_accepted", reference)
    payment.begin(MONDAY, LEASE)
    assert hears(db, payment, NotAccepted("503")) == "stuck"
    assert (payment.state, payment.next_at, payment.reason) == ("needs_review", None, "provider_down")
    assert Case.by_key(db, f"payment:{payment.id}:stuck") is not None


@pytest.mark.parametrize("earlier", [Unknown("timeout"), Absent()])
def test_after_any_doubt_nobody_else_is_asked(db: Session, order: Order, earlier: Unknown | Absent) -> None:
    """An earlier call may have been accepted."""
    payment = sent(db, order)
    hears(db, payment, earlier)
    if payment.state == "created":
        payment.begin(MONDAY, LEASE)
    assert hears(db, payment, NotAccepted("503")) == "waiting"
    assert (payment.provider, payment.refusals, payment.state) == ("mtn", [], "unknown")


def test_a_voucher_is_asked_for_once(db: Session, order: Order) -> None:
    payment = sent(db, order)
    with pytest.raises(NotAllowed, match="not_now"):
        payment.hand_in("123456", MONDAY)
    assert hears(db, payment, Needs()) == "needs"
    assert (payment.state, payment.next_at) == ("action_required", MONDAY + 10 * SECOND)
    assert hears(db, payment, Needs(), after=10 * SECOND) == "waiting"
    payment.hand_in("123456", MONDAY + 20 * SECOND)
    assert payment.next_at == MONDAY + 20 * SECOND
    assert (payment.take_secret(), payment.secret) == ("123456", None)
    assert hears(db, payment, Needs(), after=rules.EXPIRY) == "expired"
    assert payment.state == "expired"


# -- callbacks


def test_a_callback_makes_us_ask_and_books_nothing(db: Session, order: Order) -> None:
    payment = sent(db, order)
    hears(db, payment, Pending())
    payment.hint(MONDAY + 2 * SECOND, paid=True)
    assert (payment.state, payment.booked, payment.next_at) == ("pending", None, MONDAY + 2 * SECOND)
    assert ledger.story(db, order.id) == []
    assert payment.claimed_at == MONDAY + 2 * SECOND
    payment.hint(MONDAY + 5 * SECOND, paid=True)
    assert (payment.claimed_at, payment.next_at) == (MONDAY + 2 * SECOND, MONDAY + 5 * SECOND)


def test_a_callback_that_claims_nothing_is_no_claim(db: Session, order: Order) -> None:
    payment = sent(db, order)
    payment.hint(MONDAY + 2 * SECOND)
    assert (payment.claimed_at, payment.next_at) == (None, MONDAY + 2 * SECOND)
    assert hears(db, payment, Refused("declined")) == "refused"
    assert Case.waiting(db) == []


def test_a_callback_before_anybody_was_asked_or_when_all_is_settled_is_nothing(db: Session, order: Order, other: Order) -> None:
    fresh = asked(db, order)
    fresh.hint(MONDAY + MINUTE, paid=True)
    assert (fresh.next_at, fresh.claimed_at) == (MONDAY, None)
    again = sent(db, other)
    hears(db, again, Absent())
    again.hint(MONDAY + MINUTE, paid=True)
    assert (again.next_at, again.claimed_at) == (MONDAY + 3 * SECOND, None), "it is to be sent, not asked about"
    again.begin(MONDAY + MINUTE, LEASE)
    hears(db, again, proof(again))
    again.hint(MONDAY + MINUTE, paid=True)
    assert (again.next_at, again.claimed_at) == (None, None)


@pytest.mark.parametrize("answer", [Refused("declined"), Pending(), Unknown("timeout")])
def test_a_claim_that_is_not_proven_is_looked_at_and_a_late_proof_settles_it(
    db: Session, order: Order, answer: Refused | Pending | Unknown
) -> None:
    payment = sent(db, order)
    hears(db, payment, answer if isinstance(answer, Unknown) else Pending())
    payment.hint(MONDAY + 2 * SECOND, paid=True)
    key = f"payment:{payment.id}:forged"
    hears(db, payment, Pending() if isinstance(answer, Refused) else answer, after=3 * SECOND)
    assert Case.by_key(db, key) is None, "there is still time"
    hears(db, payment, answer, after=rules.EXPIRY)
    case = Case.by_key(db, key)
    assert case is not None and (case.state, case.kind, case.provider) == ("open", "forged", "mtn")
    hears(db, payment, proof(payment), after=2 * rules.EXPIRY)
    assert case.state == "closed"


# -- when it is due


def test_what_is_due_is_asked_by_provider_in_turn(db: Session, order: Order, other: Order) -> None:
    late, early = asked(db, order, now=MONDAY + MINUTE), asked(db, other)
    elsewhere = asked(db, other, "fitting", provider="paystack", now=MONDAY + MINUTE)
    assert Payment.due(db, MONDAY - SECOND) == []
    assert Payment.due(db, MONDAY) == [(early.id, "mtn")]
    everything = {(late.id, "mtn"), (early.id, "mtn"), (elsewhere.id, "paystack")}
    assert set(Payment.due(db, MONDAY + MINUTE)) == everything
    assert set(Payment.due(db, MONDAY + MINUTE, each=1)) == everything - {(late.id, "mtn")}, "one of them keeps nobody else waiting"
