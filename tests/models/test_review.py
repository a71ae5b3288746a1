"""Reviews: once, by the customer, in time; they make the rating that customers see."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules.reputation import MARKS, REVIEW_WITHIN
from models.order import Order
from models.review import Review
from models.tailor import Offer, Tailor
from tests.stage import Stage


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    with stage.parts.database.begin() as session:
        session.scalars(select(Tailor)).one().per_day = 9
    for who, reached in (("ama", "finished"), ("esi", "finished"), ("yaw", "handed over")):
        stage.given_order(who, "kente shirt", "kofi", reached)
    with stage.parts.database.begin() as session:
        yield session


def orders(db: Session) -> list[Order]:
    return list(db.scalars(select(Order).order_by(Order.id)))


def give(db: Session, order: Order, *marks: int, person_id: int = 0, late: timedelta = timedelta()) -> Review:
    given = dict(zip(MARKS, marks, strict=True))
    return Review.give(
        db, order, given, person_id=person_id or order.customer_id, words="", picture_id=None, now=order.state_since + late
    )  # fmt: skip


def test_a_review_becomes_the_rating_and_moves_the_offers(db: Session) -> None:
    first, second, _ = orders(db)
    before = db.scalars(select(Offer)).one().score
    assert give(db, first, 5, 4, 3, 4).stars100 == 400
    kofi = db.scalars(select(Tailor)).one()
    assert (kofi.rating100, kofi.jobs) == (400, 22)
    assert kofi.reputation == 74  # 40 for the marks, 10 for quick answers, 10 + 10 for the badges: 70 of -30 to 105
    offer = db.scalars(select(Offer)).one()
    db.refresh(offer)
    assert offer.rating100 == 400 and offer.score != before
    give(db, second, 5, 5, 5, 5)
    assert db.scalars(select(Tailor)).one().rating100 == 450


def test_once_by_the_customer_when_it_is_finished_and_in_time(db: Session) -> None:
    first, second, under_way = orders(db)
    for refused, reason in (
        (lambda: give(db, first, 1, 1, 1, 1, person_id=second.customer_id), "not_yours"),
        (lambda: give(db, under_way, 5, 5, 5, 5), "not_finished"),
        (lambda: give(db, first, 5, 5, 5, 5, late=REVIEW_WITHIN), "too_late"),
    ):
        with pytest.raises(NotAllowed, match=reason):
            refused()
    give(db, first, 5, 5, 5, 5, late=REVIEW_WITHIN - timedelta(seconds=1))
    with pytest.raises(NotAllowed, match="reviewed"):
        give(db, first, 1, 1, 1, 1)
    assert len(list(db.scalars(select(Review)))) == 1


def test_what_can_be_reviewed(db: Session) -> None:
    first, _, under_way = orders(db)
    now = first.state_since
    assert [o.id for o in Review.open_for(db, first.customer_id, now)] == [first.id]
    assert Review.open_for(db, under_way.customer_id, now) == []
    assert Review.open_for(db, first.customer_id, now + REVIEW_WITHIN) == []
    give(db, first, 5, 5, 5, 5)
    assert Review.open_for(db, first.customer_id, now) == []


@pytest.mark.parametrize("mark", [0, 6, -1])
def test_the_database_keeps_marks_between_one_and_five(db: Session, mark: int) -> None:
    with pytest.raises(IntegrityError, match="ck_review_fit"), db.begin_nested():
        give(db, orders(db)[0], 5, mark, 5, 5)


def test_one_answer(db: Session) -> None:
    review = give(db, orders(db)[0], 5, 5, 5, 5)
    assert [r.id for r in Review.unanswered(db, review.tailor_id)] == [review.id]
    review.answer("Thank you", review.at)
    with pytest.raises(NotAllowed, match="answered"):
        review.answer("And once more", review.at)
    assert Review.unanswered(db, review.tailor_id) == []


def test_orders_not_begun_weigh_on_the_reputation(db: Session) -> None:
    give(db, orders(db)[0], 5, 5, 5, 5)
    kofi = db.scalars(select(Tailor)).one()
    was = kofi.reputation
    for _ in range(3):  # of 25 orders: 12 per cent
        kofi.cancelled(db, orders(db)[0].state_since)
    assert was is not None and kofi.reputation is not None
    assert (kofi.cancellations, was - kofi.reputation) == (3, 18)  # from 80 points to 55, of 135


def test_two_reviews_at_once_both_count(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    for who in ("ama", "esi"):
        stage.given_order(who, "kente shirt", "kofi", "finished")

    def review(order: Order, mark: int) -> None:
        with stage.parts.database.begin() as db:
            give(db, Order.by_id(db, order.id, lock=True), *[mark] * 4)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(review, stage.orders(), (5, 3)))
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Tailor)).one().rating100 == 400
