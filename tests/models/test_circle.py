"""Circles: who is in, what a tailor's word changes, who pays, and a closing that happens as a whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.rules import NotAllowed
from models.circle import Booking, Circle
from models.circle_item import Item
from models.inbox import Inbox
from models.order import Order
from models.person import Person
from models.piece import Piece
from models.profile import Profile
from models.tailor import Offer
from models.vote import Ballot, Vote
from tests.stage import Stage

pytestmark = pytest.mark.xdist_group("stories")


@pytest.fixture
def family(stage: Stage) -> Stage:
    """Ama, Esi and Yaw are in and measured; Kofi sews."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    for who in ("ama", "esi", "yaw"):
        stage.given_measurements(who, "kente shirt")
    stage.given_circle("ama", "kofi", ["ama", "esi", "yaw"])
    return stage


def one(db: Any) -> Circle:
    return db.scalars(select(Circle)).one()


def who(stage: Stage, db: Any, name: str) -> Person:
    person = stage.person(db, name)
    assert person
    return person


def test_coming_twice_is_coming_once(family: Stage) -> None:
    with family.parts.database.begin() as db:
        circle, esi = one(db), who(family, db, "esi")
        assert circle.join(db, esi, family.parts.clock.now()).id == circle.join(db, esi, family.parts.clock.now()).id
        assert len(Item.of(db, circle.id)) == 3


def test_the_database_itself_refuses_a_second_piece_of_the_same_body(family: Stage) -> None:
    with pytest.raises(IntegrityError), family.parts.database.begin() as db:
        circle, esi = one(db), who(family, db, "esi")
        circle._item(db, esi.id, Profile.own(db, esi.id).id, "Esi", True, family.parts.clock.now())


def test_two_of_one_name_are_told_apart(family: Stage) -> None:
    with family.parts.database.begin() as db:
        circle, esi = one(db), who(family, db, "esi")
        child = Profile.create(db, esi.id, "Yaw", "child", now=family.parts.clock.now())
        circle.add(db, esi, "Yaw", child.id, family.parts.clock.now())
        assert set(Circle.people(db, circle.id)) == {"ama", "esi", "yaw a", "yaw b"}
        assert Circle.people(db, circle.id)["yaw b"] == child.id


def test_a_tailor_who_declines_leaves_everybody_to_choose_again(family: Stage) -> None:
    with family.parts.database.begin() as db:
        circle, tailor = one(db), family.tailor(db, "kofi")
        assert len(circle.answer(db, tailor.id, False)) == 3
        assert {i.lacks(db) for i in Item.of(db, circle.id)} == {"garment"}
        circle.ask(db, tailor)
        booking = Booking.of(db, circle.id, tailor.id)
        assert booking and booking.state == "asked"


def test_who_leaves_takes_her_children_along_and_pays_for_nobody(family: Stage) -> None:
    with family.parts.database.begin() as db:
        circle, esi, yaw = one(db), who(family, db, "esi"), who(family, db, "yaw")
        child = Profile.create(db, yaw.id, "Kofi", "child", now=family.parts.clock.now())
        circle.add(db, yaw, "Kofi", child.id, family.parts.clock.now())
        hers = Item.own_of(db, circle.id, esi.id)
        assert hers
        hers.payer_id = yaw.id
        db.flush()
        assert [i.id for i in circle.leave(db, yaw.id)] == [hers.id]
        db.flush()
        assert (hers.payer_id, hers.state) == (esi.id, "joined")
        assert [i.name for i in Item.of(db, circle.id)] == ["Ama", "Esi"]


def test_a_closing_that_is_refused_has_changed_nothing(family: Stage) -> None:
    """One payer's part is beyond GHS 10,000: nobody's order is placed."""
    with family.parts.database.begin() as db:
        circle, yaw = one(db), who(family, db, "yaw")
        db.scalars(select(Offer)).one().price = 6_000_00
        esi = Item.own_of(db, circle.id, who(family, db, "esi").id)
        assert esi
        esi.payer_id = yaw.id
        db.flush()
        with pytest.raises(NotAllowed, match="lot_total_out_of_range"):
            circle.close(db, family.parts.clock.now())
        assert db.scalar(select(func.count(Order.id))) == 0
        assert circle.is_open and {i.state for i in Item.of(db, circle.id)} == {"agreed"}


def test_one_order_for_each_payer_at_one_price_that_stays(family: Stage) -> None:
    now = family.parts.clock.now()
    with family.parts.database.begin() as db:
        circle, yaw = one(db), who(family, db, "yaw")
        esi = Item.own_of(db, circle.id, who(family, db, "esi").id)
        assert esi
        esi.payer_id = yaw.id
        db.flush()
        orders = circle.close(db, now)
        assert [(o.customer(db).name, o.pieces, o.total) for o in orders] == [("Ama", 1, 21_250), ("Yaw", 2, 42_500)]
        assert [(p.who, p.total) for p in Piece.of(db, orders[1].id)] == [("Esi", 21_250), (None, 21_250)]
        assert all(o.circle_id == circle.id and o.promised_on <= circle.event_on for o in orders)
        orders[0].cancel(db, "story", now)
        assert orders[1].total == 42_500  # 15 % for three, though two are left
        with pytest.raises(NotAllowed, match="not_open"):
            circle.close(db, now)


def test_whose_numbers_somebody_else_gave_hears_of_it_and_nobody_else_does(family: Stage) -> None:
    with family.parts.database.begin() as db:
        circle, ama = one(db), who(family, db, "ama")
        ids = [i.profile_id for i in Item.of(db, circle.id) if i.name in ("Ama", "Esi")]
        Circle.measured(db, circle.id, ids, by=ama.id, now=family.parts.clock.now())
        told = db.execute(select(Inbox.person_id, Inbox.body).where(Inbox.name == "circle_measured")).all()
        assert [row.person_id for row in told] == [who(family, db, "esi").id] and told[0].body["by"] == ama.id
        db.execute(Inbox.__table__.delete())  # type: ignore[attr-defined]


def test_one_vote_each_until_it_is_closed(family: Stage) -> None:
    now = family.parts.clock.now()
    with family.parts.database.begin() as db:
        circle, ama, esi = one(db), who(family, db, "ama"), who(family, db, "esi")
        vote = Vote.start(db, circle.id, [{"label": "blue", "picture_id": None}, {"label": "gold", "picture_id": None}], now)
        with pytest.raises(NotAllowed, match="vote_under_way"):
            Vote.start(db, circle.id, [], now)
        for person, choice in ((ama, 0), (esi, 0), (ama, 1)):
            vote.cast(db, person.id, choice)
        assert vote.counts(db) == [1, 1] and vote.winners(db) == ["blue", "gold"]
        vote.close(now)
        db.flush()
        assert Vote.chosen(db, circle.id) == ""  # a tie
        second = Vote.start(db, circle.id, [{"label": "wide sleeves", "picture_id": None}, {"label": "narrow", "picture_id": None}], now)
        second.cast(db, esi.id, 0)
        second.close(now)
        assert {o.style for o in circle.close(db, now)} == {"wide sleeves"}
        with pytest.raises(NotAllowed, match="vote_closed"):
            vote.cast(db, ama.id, 0)
        assert db.scalar(select(func.count(Ballot.id))) == 3


def test_the_picture_to_scan_is_served_to_who_has_its_address(family: Stage) -> None:
    with family.parts.database.begin() as db:
        code = one(db).code
    links = family.parts.links
    assert links.join(code) == f"https://wa.me/14155238886?text=JOIN-{code}"
    answer = family.web.get(links.qr(code))
    assert answer.mimetype == "image/jpeg" and answer.data[:2] == b"\xff\xd8"
    assert family.web.get(links.qr(code).replace(code, "2222")).status_code == 404
