"""People at the desk: the list, the page of one, what she may ask of us; and the search that leads to her."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text

from bot.admin.pages.data_requests import HOW_MANY, WORDS
from models.audit import Audit
from models.inbox import Inbox
from models.note import Note
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.person import Address, Person
from models.piece import Piece
from models.profile import Measurement
from models.recording import Recording
from tests.admin.conftest import Browser
from tests.admin.test_orders import few, order_of
from tests.stage import Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]
NUMBER = "+233241234567"


def ama(stage: Stage) -> int:
    with stage.parts.database.begin() as db:
        person = stage.person(db, "ama")
        assert person
        return person.id


def actions(stage: Stage, person_id: int) -> list[str]:
    with stage.parts.database.begin() as db:
        return [link.action for link in reversed(Audit.of(db, f"person:{person_id}"))]


def words_of(browser: Browser, there: str) -> str:
    return browser.page(there).partition('class="type-this">')[2].partition("<")[0]


# -- looking


def test_the_list_masks_and_filters(stage: Stage, sits: Sits) -> None:
    order_of(stage, "cut")
    browser = sits()
    with few(stage):
        page = browser.words("/people")
    assert "024 ••• 4567" in page and NUMBER not in page and "Ama" in page
    assert "Ama" not in browser.words("/people?role=tailor") and "Nobody is like that" in browser.words("/people?stopped=yes")
    stage.say("ama", "stop")
    assert "Ama" in browser.words("/people?stopped=yes")


def test_the_page_tells_all_in_few_statements_and_no_number_in_full(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "half paid")
    browser = sits()
    with few(stage):
        page = browser.words(f"/people/{order.customer_id}")
    for said in (order.number, "024 ••• 4567", "customer", "English", "GHS 62.50", "deposit"):
        assert said in page, said
    assert "241234567" not in page
    with stage.parts.database.begin() as db:
        tailor = order.tailor(db).person_id
    with few(stage):
        assert "Kofi&#39;s Sewing" in browser.page(f"/people/{tailor}")
    assert browser.get("/people/999999").status_code == 404


def test_numbers_in_full_need_a_reason_a_code_and_leave_a_link(stage: Stage, sits: Sits) -> None:
    person = order_of(stage, "cut").customer_id
    there = f"/people/{person}/reveal"
    assert sits("readonly").post(there, why="I want to").status_code == 403
    assert sits("verifier", fresh=False).post(there, why="I call her").status_code == 401
    assert actions(stage, person) == []
    browser = sits("support")
    assert browser.post(there, why="").status_code == 422
    shown = browser.post(there, why="I call her")
    assert shown.status_code == 200 and NUMBER in shown.text and NUMBER not in browser.page(f"/people/{person}")
    assert actions(stage, person) == ["person.revealed"]


def test_measurements_with_their_past_are_written_down(stage: Stage, sits: Sits) -> None:
    given("Ama has measurements for a kente shirt", stage)
    stage.say("ama", "my chest is 42 inches")
    browser = sits("finance")
    with few(stage):
        assert "39⅜ in (100 cm)" in browser.words(f"/people/{ama(stage)}/measures")
    assert actions(stage, ama(stage)) == ["measurements.read"]
    assert sits("readonly").get(f"/people/{ama(stage)}/measures").status_code == 403


def test_messages_stop_once_with_a_reason(stage: Stage, sits: Sits) -> None:
    person, browser = order_of(stage, "cut").customer_id, sits("support")
    for _ in range(2):
        assert browser.post(f"/people/{person}/stop", why="she asked by letter").status_code == 303
    assert actions(stage, person) == ["person.stopped"]
    assert "no messages" in browser.words(f"/people/{person}")
    assert sits("finance").post(f"/people/{person}/stop", why="because").status_code == 403
    with stage.parts.database.begin() as db:
        assert db.get_one(Person, person).is_stopped


# -- what she may ask of us


def test_the_file_has_everything_about_her_and_nobody_else(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "half paid")
    order_of(stage, "ordered", "Esi")
    given("Ama has measurements for a kente shirt", stage)
    stage.say("ama", "where is my shirt")
    there = f"/people/{order.customer_id}/export"
    assert sits("verifier").post(there, why="she asked").status_code == 403
    assert sits("finance", fresh=False, login="fiona").post(there, why="she asked").status_code == 401
    answer = sits("support").post(there, why="she asked")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    known = json.loads(answer.text)
    assert known["person"]["name"] == "Ama" and known["addresses"][0]["value"] == NUMBER
    assert [o["number"] for o in known["orders"]] == [order.number] and known["orders"][0]["total"] == 250_00
    assert {p["stage"] for p in known["payments"]} == {"deposit", "fitting"}
    assert "where is my shirt" in [m["text"] for m in known["messages_from_her"]] and known["profiles"][0]["measurements"]
    assert "Esi" not in answer.text and actions(stage, order.customer_id) == ["person.exported"]


def forgettable(stage: Stage) -> Order:
    """An order that is over, with its money where it belongs."""
    order = order_of(stage, "finished")
    given("Ama has measurements for a kente shirt", stage)
    stage.say("ama", "my secret is 42")
    stage.say("ama", "[voice]")
    return order


def test_who_is_forgotten_leaves_orders_and_money_only(stage: Stage, sits: Sits) -> None:
    order, browser = forgettable(stage), sits("support")
    person, there = order.customer_id, f"/people/{order.customer_id}/forget"
    browser.post("/notes", subject=f"person:{person}", text="she is Kofi's cousin")
    assert browser.post(there, why="she asked", words="wrong words here").status_code == 422
    done = browser.post(there, why="she asked", words=words_of(browser, there))
    assert done.status_code == 303, done.text[-2000:]
    assert browser.post(there, why="she asked", words="x").status_code == 303, "twice is once"
    with stage.parts.database.begin() as db:
        gone = db.get_one(Person, person)
        assert (gone.name, gone.wallet, gone.is_stopped) == ("", None, True)
        assert [a.value for a in db.scalars(select(Address).where(Address.person_id == person))] == [""]
        assert db.scalar(select(Measurement.id)) is None and db.scalars(select(Piece)).one().measures == {}
        assert not [r for r in db.scalars(select(Inbox).where(Inbox.person_id == person, Inbox.channel != "events")) if r.body["text"]]
        assert not [r for r in db.scalars(select(Outbox).where(Outbox.person_id == person)) if r.body["text"]]
        assert [(r.content, r.said) for r in db.scalars(select(Recording))] == [(None, None)]
        assert Note.of(db, f"person:{person}") == []
        assert db.get_one(Order, order.id).total == 250_00 and len(db.scalars(select(Payment)).all()) == 3
    assert actions(stage, person) == ["note.kept", "person.forgotten"]
    assert "Forgotten person" in browser.words(f"/people/{person}") and browser.get(f"/orders/{order.id}").status_code == 200
    assert browser.get(f"/orders/{order.id}/measures").status_code == 200 and browser.get("/people").status_code == 200


def test_nothing_of_her_words_is_left_in_any_table(stage: Stage, sits: Sits) -> None:
    order, browser = forgettable(stage), sits("support")
    there = f"/people/{order.customer_id}/forget"
    assert browser.post(there, why="she asked", words=words_of(browser, there)).status_code == 303
    with stage.parts.database.begin() as db:
        for table in ("inbox", "outbox", "conversation", "timer", "news", "audit"):
            found = db.scalars(text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE to_jsonb(t)::text ~* 'my secret|241234567'")).all()
            assert not found, table


def test_the_same_number_is_somebody_new_afterwards(stage: Stage, sits: Sits) -> None:
    order, browser = forgettable(stage), sits("support")
    there = f"/people/{order.customer_id}/forget"
    assert browser.post(there, why="she asked", words=words_of(browser, there)).status_code == 303
    list(stage.new_letters())
    stage.say("ama", "hello")
    assert [who for who, _ in stage.new_letters()] == ["ama"]
    assert ama(stage) != order.customer_id


@pytest.mark.parametrize(("reached", "said"), [("ordered", "still open"), ("cut", "still open"), ("all paid", "still open")])
def test_nobody_is_forgotten_while_an_order_is_open(stage: Stage, sits: Sits, reached: str, said: str) -> None:
    order, browser = order_of(stage, reached), sits("support")
    there = f"/people/{order.customer_id}/forget"
    assert said in browser.words(there) and "type-this" not in browser.page(there)
    answer = browser.post(there, why="she asked", words=forced(browser, order.customer_id))
    assert answer.status_code == 409 and actions(stage, order.customer_id) == []
    with stage.parts.database.begin() as db:
        assert db.get_one(Person, order.customer_id).name == "Ama"


def forced(browser: Browser, person_id: int) -> str:
    """The words the page would have shown."""
    left, drawn = list(WORDS), sha256(f"{browser.csrf}:{person_id}".encode()).digest()
    return " ".join(left.pop(byte % len(left)) for byte in drawn[:HOW_MANY])


def test_nobody_is_forgotten_while_money_is_owed(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "accepted"), sits("support")
    browser.post(f"/orders/{order.id}/cancel", why="she called", seen="ACCEPTED")
    there = f"/people/{order.customer_id}/forget"
    assert "still on its way" in browser.words(there)
    assert browser.post(there, why="she asked", words=forced(browser, order.customer_id)).status_code == 409
    with stage.parts.database.begin() as db:
        tailor = order.tailor(db).person_id
    both = browser.words(f"/people/{tailor}/forget")
    assert "tailor with us" in both and "still on its way" in both, "her wallet is not empty"


@pytest.mark.parametrize("role", ["readonly", "verifier", "finance"])
def test_forgetting_is_for_few(stage: Stage, sits: Sits, role: str) -> None:
    person, browser = order_of(stage, "cut").customer_id, sits(role)
    assert browser.get(f"/people/{person}/forget").status_code == 403
    assert browser.post(f"/people/{person}/forget", why="because", words="x").status_code == 403


# -- search


def test_one_hit_opens_its_page(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "half paid"), sits()
    happen("1 minutes pass", stage)
    with stage.parts.database.begin() as db:
        payment = db.scalars(select(Payment).where(Payment.stage == "deposit")).one()
        reference, theirs = payment.reference, payment.provider_id
    there = f"/admin/orders/{order.id}"
    packed = order.number.replace("-", " ").lower()
    looked = {
        order.number: there, packed: there, "024 123 4567": f"/admin/people/{order.customer_id}", NUMBER: f"/admin/people/{order.customer_id}",
        "0241234567": f"/admin/people/{order.customer_id}", reference: there, "kofi's": "/admin/people/",
    } | ({theirs: there} if theirs else {})  # fmt: skip
    for said, where in looked.items():
        with few(stage):
            answer = browser.get("/search", query_string={"q": said})
        assert answer.status_code == 303 and answer.headers["Location"].startswith(where), said


def test_a_message_and_a_case_are_found(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "cut")
    stage.say("ama", "hello")
    with stage.parts.database.begin() as db:
        heard = db.scalars(select(Inbox.provider_id).where(Inbox.channel == "twilio")).first()
        told = db.scalars(select(Outbox.provider_id).where(Outbox.provider_id.is_not(None))).first()
    browser = sits()
    for sid in (heard, told):
        assert f"/admin/conversations/{order.customer_id}" in browser.get("/search", query_string={"q": sid}).headers["Location"]
    happen("12 hours pass", stage)
    assert "Nothing is called so" in browser.words("/search?q=D-99")


UNKNOWN = ["", "4567", "Nobody Known", "<script>alert(1)</script>", "%", "_" * 99, "SW-2611-00000", "a\x00bcd", "D-99999999999"]


@pytest.mark.parametrize("said", UNKNOWN)
def test_what_is_not_found_says_what_can_be(stage: Stage, sits: Sits, said: str) -> None:
    order_of(stage, "cut")
    answer = sits().get("/search", query_string={"q": said})
    assert answer.status_code == 200 and "What can be found" in answer.text and "<script>alert" not in answer.text
    assert ("find nobody" in answer.text) is (said == "4567")


def test_several_hits_are_listed(stage: Stage, sits: Sits) -> None:
    order_of(stage, "cut")
    given("Yaw sews kaftans in Kumasi from GHS 180", stage)
    page = sits().page("/search?q=sewing")
    assert "Kofi&#39;s Sewing" in page and "Yaw&#39;s Sewing" in page


def test_a_list_of_a_year_ago_is_empty_and_says_so(stage: Stage, sits: Sits) -> None:
    order_of(stage, "cut")
    stage.parts.story_clock.time += timedelta(days=1)
    assert "No order is like that" in sits().words("/orders?until=2001-01-01")
