"""A deposit outlives its tailor: it waits through every change, and goes back to the last pesewa."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules import NotAllowed, clocks
from bot.rules import order as rules
from models import ledger
from models.order import Order
from models.order_step import OrderStep
from models.refund import Refund
from models.tailor import Offer, Tailor
from models.timer import Timer
from tests.fakes import MONDAY
from tests.stage import Stage

DEPOSIT = 62_50


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    """Ama has paid Kofi's deposit; Adwoa, Yaw and Kwame sew the same."""
    for who, town, price in (("kofi", "Accra", 250), ("adwoa", "Accra", 200), ("yaw", "Kumasi", 250), ("kwame", "Accra", 251)):
        stage.given_tailor(who, "kente shirts", town, price)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    with stage.parts.database.begin() as session:
        yield session


@pytest.fixture
def order(db: Session) -> Order:
    return db.scalars(select(Order)).one()


def sewing(db: Session, who: str) -> Tailor:
    return db.scalars(select(Tailor).where(Tailor.business == f"{who}'s Sewing")).one()


def names(tailors: list[Tailor]) -> list[str]:
    return [t.business.split("'")[0] for t in tailors]


def running(db: Session, order: Order) -> dict[str, int]:
    """{event: whom it rings for}"""
    rows = db.scalars(select(Timer).where(Timer.rung_at.is_(None), Timer.key.startswith(f"order:{order.id}:")))
    return {timer.event: timer.person_id for timer in rows}


def test_the_deposit_stays_through_two_changes_and_goes_back_whole(db: Session, order: Order) -> None:
    now = MONDAY + timedelta(hours=1)
    order.decline(db, "travelling", now)
    order.offer_to(db, sewing(db, "Adwoa"), now)
    assert (order.state, order.trouble, order.tailor_id) == ("DEPOSIT_PAID", "", sewing(db, "Adwoa").id)
    order.accept(db, now)
    order.overdue(db, now + clocks.NO_SHOW)
    order.offer_to(db, sewing(db, "Yaw"), now + clocks.NO_SHOW)
    assert ledger.balance(db, f"escrow:{order.id}:deposit") == DEPOSIT
    order.decline(db, "full", now + clocks.NO_SHOW)
    back = order.cancel(db, "test", now + clocks.NO_SHOW)
    assert (back.to_customer, back.to_tailor) == (DEPOSIT, 0)
    assert ledger.held(db, order.id) == 0
    assert ledger.balance(db, f"refunds_payable:{order.customer_id}") == DEPOSIT
    assert [(r.amount, r.cause, r.state) for r in Refund.of_order(db, order.id)] == [(DEPOSIT, "cancelled", "owed")]
    assert [key.split(":")[0] for key, _, _ in ledger.story(db, order.id)] == ["collect", "collect", "cancel", "cancel"]
    assert ledger.faults(db) == []


def test_each_change_is_logged_and_the_price_stays(db: Session, order: Order) -> None:
    sewing(db, "Adwoa").commission_bp = 1500
    order.decline(db, "travelling", MONDAY)
    order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    steps = [(s.event, s.origin, s.target) for s in db.scalars(select(OrderStep).order_by(OrderStep.id))]
    assert steps[-2:] == [("declined", "DEPOSIT_PAID", "DEPOSIT_PAID"), ("offered_again", "DEPOSIT_PAID", "DEPOSIT_PAID")]
    assert (order.total, order.work, order.commission_bp) == (250_00, 250_00, 1500)


def test_the_new_tailors_rate_is_what_a_release_takes(db: Session, order: Order) -> None:
    sewing(db, "Adwoa").commission_bp = 1500
    order.decline(db, "travelling", MONDAY)
    order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    order.accept(db, MONDAY)
    assert order.release(db, "deposit", MONDAY) == DEPOSIT - DEPOSIT * 15 // 100
    assert ledger.balance(db, f"tailor_wallet:{sewing(db, 'Adwoa').id}") == DEPOSIT - DEPOSIT * 15 // 100
    assert ledger.balance(db, f"tailor_wallet:{sewing(db, 'Kofi').id}") == 0


def test_clocks_change_hands(db: Session, order: Order) -> None:
    assert running(db, order) == {"tailor_silent": order.customer_id}
    order.decline(db, "travelling", MONDAY)
    assert running(db, order) == {"choice_expired": order.customer_id}
    order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    assert running(db, order) == {"tailor_silent": order.customer_id}
    order.accept(db, MONDAY)
    assert running(db, order) == {"fitting_due": sewing(db, "Adwoa").person_id, "no_show": order.customer_id}
    order.overdue(db, MONDAY)
    order.offer_to(db, sewing(db, "Yaw"), MONDAY)
    assert running(db, order) == {"tailor_silent": order.customer_id}


def test_who_may_be_offered_it(db: Session, order: Order) -> None:
    assert names(order.others(db, MONDAY)) == ["Adwoa", "Yaw"], "Kwame is dearer than what the customer pays; the same town comes first"
    order.decline(db, "travelling", MONDAY)
    order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    order.decline(db, "full", MONDAY)
    assert names(order.others(db, MONDAY)) == ["Yaw"], "nobody is offered it twice"
    sewing(db, "Yaw").rest(db)
    assert order.others(db, MONDAY) == []
    for gone in ("Kofi", "Yaw", "Kwame"):
        with pytest.raises(NotAllowed, match="tailor_gone"):
            order.offer_to(db, sewing(db, gone), MONDAY)
    assert order.tailor_id == sewing(db, "Adwoa").id


def test_a_full_day_is_no_offer(stage: Stage, db: Session, order: Order) -> None:
    adwoa = sewing(db, "Adwoa")
    adwoa.per_day = 0
    order.decline(db, "travelling", MONDAY)
    assert names(order.others(db, MONDAY)) == ["Yaw"]
    with pytest.raises(NotAllowed, match="day_full"):
        order.offer_to(db, adwoa, MONDAY)


def test_express_is_asked_of_those_who_take_it(db: Session, order: Order) -> None:
    order.express_cost = 20_00
    order.total += 20_00
    sewing(db, "Adwoa").express = False
    assert names(order.others(db, MONDAY)) == ["Yaw"]
    db.expire(order)


def test_the_day_leaves_time_for_the_work(db: Session, order: Order) -> None:
    promised = order.promised_on
    assert order.day_of_another(db, MONDAY) == promised
    order.overdue(db, MONDAY + timedelta(days=1))
    order.offer_to(db, sewing(db, "Adwoa"), MONDAY + timedelta(days=1))
    assert order.promised_on == promised + timedelta(days=1)


def test_an_order_without_trouble_stays_where_it_is(db: Session, order: Order) -> None:
    with pytest.raises(NotAllowed, match="not_now"):
        order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    order.accept(db, MONDAY)
    with pytest.raises(NotAllowed, match="not_now"):
        order.offer_to(db, sewing(db, "Adwoa"), MONDAY)
    with pytest.raises(NotAllowed, match="not_now"):
        order.decline(db, "too late", MONDAY)


def test_a_tailor_who_declined_has_lost_it(db: Session, order: Order) -> None:
    kofi = sewing(db, "Kofi")
    order.decline(db, "travelling", MONDAY)
    assert not order.awaits(kofi.id)
    assert Order.of_tailor(db, kofi.id, ("DEPOSIT_PAID",)) == []
    with pytest.raises(NotAllowed, match="not_now"):
        order.accept(db, MONDAY)
    with pytest.raises(NotAllowed, match="not_now"):
        order.decline(db, "once more", MONDAY)


def test_accepted_and_not_begun_costs_the_tailor_her_fifth_and_counts(db: Session, order: Order) -> None:
    order.accept(db, MONDAY)
    assert (order.goes_back(db).to_customer, order.goes_back(db).to_tailor) == (50_00, 12_50)
    order.overdue(db, MONDAY + clocks.NO_SHOW)
    back = order.cancel(db, "test", MONDAY + clocks.NO_SHOW)
    assert (back.to_customer, back.to_tailor) == (DEPOSIT, 0)
    db.refresh(kofi := sewing(db, "Kofi"))
    assert kofi.cancellations == 1
    assert (kofi.rating100, kofi.reputation) == (480, None), "without a review there is nothing to weigh"


def test_a_customer_who_thinks_better_of_it_counts_for_nobody(db: Session, order: Order) -> None:
    order.accept(db, MONDAY)
    order.cancel(db, "test", MONDAY)
    db.refresh(kofi := sewing(db, "Kofi"))
    assert kofi.cancellations == 0
    assert ledger.balance(db, f"tailor_wallet:{kofi.id}") == 12_50


def test_silence_is_given_up_in_the_end(db: Session, order: Order) -> None:
    order.overdue(db, order.state_since + rules.GIVEN_UP["DEPOSIT_PAID"] - timedelta(minutes=1))
    assert not order.is_given_up
    order.overdue(db, order.state_since + rules.GIVEN_UP["DEPOSIT_PAID"])
    assert order.is_given_up


def test_a_dispute_stops_the_choice(db: Session, order: Order) -> None:
    order.decline(db, "travelling", MONDAY)
    order.freeze(db, "test", MONDAY + timedelta(hours=1))
    assert order.trouble == ""
    order.thaw(db, "DEPOSIT_PAID", "test", MONDAY + timedelta(days=3))
    assert order.trouble == "declined"
    timer = db.scalars(select(Timer).where(Timer.event == "choice_expired")).one()
    assert timer.due_at == MONDAY + timedelta(days=3) + rules.CHOICE - timedelta(hours=1)


def test_a_garment_nobody_else_sews(db: Session, order: Order) -> None:
    for offer in db.scalars(select(Offer).where(Offer.tailor_id != order.tailor_id)):
        offer.open = False
    db.flush()
    order.decline(db, "travelling", MONDAY)
    assert order.others(db, MONDAY) == []
