"""What changes is told once, in an order in which nothing can be missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.base import Database
from models.case import Case
from models.dispute import Dispute
from models.inbox import Inbox
from models.news import News, Place
from models.order import Order
from models.outbox import Outbox
from models.plea import Plea
from models.refund import Refund
from tests.fakes import MONDAY
from tests.models.paying import hears, proof, sent
from tests.stage import Stage

BEGINNING = Place(0, 0)


@pytest.fixture
def books(stage: Stage) -> Database:
    stage.given_tailor("kofi", "kaftan", "Accra", 200)
    stage.given_order("ama", "kaftan", "kofi", "ordered")
    return stage.parts.database


def told(books: Database, after: Place = BEGINNING) -> list[tuple[str, str]]:
    with books.at_once() as connection:
        return [(one.topic, one.subject) for one in News.after(connection, after, 500)[0]]


def now(books: Database) -> Place:
    with books.at_once() as connection:
        return News.now(connection)


def order_of(db: Session) -> Order:
    return db.scalars(select(Order)).one()


# -- what is news


def test_an_order_and_its_money_are_news(books: Database) -> None:
    with books.begin() as db:
        number = order_of(db).number
    assert told(books) == [("order", number)]
    before = now(books)
    with books.begin() as db:
        payment = sent(db, order_of(db))
    with books.begin() as db:
        payment = db.merge(payment)
        hears(db, payment, proof(payment))
    found = told(books, before)
    assert ("payment", number) in found
    assert {subject for _, subject in found} == {number}


def test_what_does_not_change_the_state_is_no_news(books: Database) -> None:
    before = now(books)
    with books.begin() as db:
        order_of(db).code_tries = 3
        db.execute(text("UPDATE orders SET state = state"))
    assert told(books, before) == []


def test_a_dispute_from_its_first_word_to_its_end(stage: Stage) -> None:
    stage.given_tailor("kofi", "kaftan", "Accra", 200)
    stage.given_order("ama", "kaftan", "kofi", "cut")
    books = stage.parts.database
    steps: list[list[tuple[str, str]]] = []
    for step in (
        lambda db: Dispute.open(db, order_of(db).id, order_of(db).customer_id, "quality", MONDAY),
        lambda db: db.scalars(select(Dispute)).one().say(db, "customer", {"text": "It is torn."}, MONDAY),
        lambda db: db.scalars(select(Dispute)).one().say(db, "mediator", {"text": "Please show it."}, MONDAY, said_by="Efua"),
        lambda db: db.scalars(select(Dispute)).one().decide(db, "full_refund", reason="not_as_agreed", by="Efua", now=MONDAY),
    ):
        before = now(books)
        with books.begin() as db:
            step(db)
        with books.begin() as db:
            number, order = db.scalars(select(Dispute)).one().number, order_of(db).number
        steps.append(told(books, before))
    case = ("dispute", number)
    assert steps[0] == [case, ("order", order)] or steps[0] == [("order", order), case]
    assert steps[1] == [case] and steps[2] == [case, case]
    assert case in steps[3] and ("order", order) in steps[3] and ("refund", order) in steps[3]
    with books.begin() as db:
        assert db.scalars(select(Refund)).one()


def test_a_case_and_a_plea_are_news_when_they_come_and_when_they_go(books: Database) -> None:
    before = now(books)
    with books.begin() as db:
        person_id = order_of(db).customer_id
        Case.open(db, "a", "ours_only", provider="mtn", facts={}, now=MONDAY)
        Plea.ask(db, person_id, MONDAY)
    with books.begin() as db:
        case = Case.by_key(db, "a")
        assert case
        case.close("already_right", by="Efua", now=MONDAY)
        Plea.waiting(db)[0].answered(MONDAY)
    expected = [("case", str(case.id)), ("plea", str(person_id))]
    assert sorted(told(books, before)) == sorted(expected * 2)


LETTER = {"channel": "twilio", "body": {}, "due_at": MONDAY, "created_at": MONDAY}


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        ({"state": "sending"}, False), ({"state": "sent"}, False), ({"receipt": 5}, False), ({"state": "unknown"}, False),
        ({"state": "dead"}, True), ({"state": "held"}, True), ({"state": "sent", "receipt": 4}, True),
    ],
    ids=str,
)  # fmt: skip
def test_of_letters_only_what_failed_is_news(books: Database, change: dict[str, object], is_news: bool) -> None:
    with books.begin() as db:
        person_id = order_of(db).customer_id
        letter = Outbox(person_id=person_id, **LETTER)
        db.add(letter)
    before = now(books)
    for _ in range(2):
        with books.begin() as db:
            for name, value in change.items():
                setattr(db.get_one(Outbox, letter.id), name, value)
    assert told(books, before) == [("failed", str(person_id))] * is_news


def test_an_event_that_was_given_up_is_news(books: Database) -> None:
    with books.begin() as db:
        person_id = order_of(db).customer_id
        Inbox.happen(db, person_id, "photo", {}, once="x", now=MONDAY)
        event_id = db.scalars(select(Inbox.id).where(Inbox.provider_id == "x")).one()
    before = now(books)
    for expected in ([], [("failed", str(person_id))]):
        with books.begin() as db:
            Inbox.put_off(db, event_id, "a bug", MONDAY, (timedelta(seconds=1),))
        assert told(books, before) == expected


# -- in which order


def test_what_is_committed_late_is_not_missed(books: Database) -> None:
    """The first to write is the last to commit: until then, nobody hears of the second."""
    slow, quick = books.engine.connect(), books.engine.connect()
    begin = now(books)
    write = text("INSERT INTO news (at, topic, subject) VALUES (now(), 'order', :subject)")
    slow.execute(write, {"subject": "slow"})
    quick.execute(write, {"subject": "quick"})
    quick.commit()
    with books.at_once() as connection:
        held_back, place = News.after(connection, begin, 500)
        assert held_back == []
    slow.commit()
    assert [subject for _, subject in told(books, begin)] == ["slow", "quick"]
    assert [subject for _, subject in told(books, place)] == ["slow", "quick"], "whoever read on from there has missed nothing"
    for connection in (slow, quick):
        connection.close()


def test_a_lower_id_that_comes_later_is_not_missed(books: Database) -> None:
    """Ids are given out of the order of transactions; a reader between the two commits still gets both, once."""
    first, second = books.engine.connect(), books.engine.connect()
    first.execute(text("SELECT pg_current_xact_id()"))
    write = text("INSERT INTO news (at, topic, subject) VALUES (now(), 'order', :subject)")
    second.execute(write, {"subject": "lower id"})
    first.execute(write, {"subject": "higher id"})
    start = begin = now(books)
    seen: list[str] = []
    for connection in (first, second):
        connection.commit()
        with books.at_once() as reader:
            told_now, _ = News.after(reader, begin, 500)
        seen += [one.subject for one in told_now if one.subject.endswith("id")]
        begin = told_now[-1].place if told_now else begin
        connection.close()
    assert seen == ["higher id", "lower id"]
    for subject in seen:
        with books.at_once() as reader:
            ((one,), _) = News.after(reader, start, 1)
        assert one.subject == subject, "page by page it is the same"
        start = one.place


def test_reading_goes_on_where_it_stopped(books: Database) -> None:
    begin = now(books)
    with books.begin() as db:
        for n in range(5):
            News.add(db, "message", str(n), MONDAY)
    found: list[str] = []
    for _ in range(4):
        with books.at_once() as connection:
            page, _ = News.after(connection, begin, 2)
        found += [one.subject for one in page]
        begin = page[-1].place if page else begin
    assert found == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("said", ["", "5", "a-b", "-1-2", "1-2-3", "9223372036854775808-0"])
def test_a_place_that_is_none(said: str) -> None:
    with pytest.raises(ValueError):
        Place.read(said)


def test_a_place_is_read_as_it_is_written() -> None:
    assert Place.read(str(Place(12, 34))) == Place(12, 34)


def test_news_is_kept_for_a_week(books: Database) -> None:
    begin = now(books)
    with books.begin() as db:
        today = db.execute(text("SELECT now()")).scalar_one()
        News.add(db, "message", "old", today - timedelta(days=7, minutes=1))
        News.add(db, "message", "new", today - timedelta(days=6))
    assert News.forget(books)
    assert told(books, begin) == [("message", "new")]
