"""Orders at the desk: the list, the page of one, and what is done in a person's place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import ledger
from models.audit import Audit
from models.order import Order
from models.order_step import OrderStep
from models.person import Person
from models.refund import Refund
from tests.admin.conftest import Browser
from tests.counting import counted
from tests.stage import Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]
MOST = 12


@contextmanager
def few(stage: Stage) -> Iterator[list[str]]:
    """Collects the statements of a block; there may be at most twelve."""
    with counted(stage) as seen:
        yield seen
    assert len(seen) <= MOST, "\n".join(seen)


def order_of(stage: Stage, reached: str, who: str = "Ama") -> Order:
    given("Kofi sews kente shirts in Accra from GHS 250", stage) if who == "Ama" else None
    given(f"{who}'s kente shirt by Kofi is {reached}", stage)
    return stage.orders()[-1]


def trail(stage: Stage, order: Order) -> list[Audit]:
    with stage.parts.database.begin() as db:
        return Audit.of(db, f"order:{order.id}")


def told(stage: Stage) -> list[str]:
    stage.settle()
    return [f"{who}: {letter.reply.text}" for who, letter in stage.new_letters()]


# -- the list


def test_the_list_shows_filters_and_sorts(stage: Stage, sits: Sits) -> None:
    first, second = order_of(stage, "cut"), order_of(stage, "ordered", "Esi")
    browser = sits()
    with few(stage):
        page = browser.words("/orders")
    assert first.number in page and second.number in page and "Kofi&#39;s Sewing" in page and "GHS 250.00" in page
    assert "in work" in page and "waits for the deposit" in page
    assert second.number not in browser.page("/orders?show=open") and first.number not in browser.page("/orders?state=PENDING_DEPOSIT")
    assert first.number not in browser.page("/orders?tailor=nobody") and first.number in browser.page("/orders?tailor=kofi")
    assert first.number in browser.page("/orders?since=2020-01-01") and first.number not in browser.page("/orders?until=2020-01-01")
    assert first.number in browser.page("/orders?since=rubbish&sort=promised")
    assert "No order is like that" in browser.words("/orders?show=late")
    stage.parts.story_clock.time += timedelta(days=30)
    late = browser.words("/orders?show=late&sort=-total")
    assert first.number in late and second.number not in late


def test_a_list_asks_as_much_for_many_as_for_one(stage: Stage, sits: Sits) -> None:
    browser = sits()
    order_of(stage, "cut")
    with few(stage) as one:
        browser.page("/orders")
    with stage.parts.database.begin() as db:
        stage.tailor(db, "kofi").per_day = 9
    for who in ("Esi", "Yaw", "Efua"):
        order_of(stage, "ordered", who)
    with few(stage) as many:
        browser.page("/orders")
    assert len(one) == len(many)


def test_the_list_says_what_happens_next_on_the_page_and_in_the_file(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "accepted"), sits()
    assert " days left" in browser.words("/orders")
    (line,) = [line for line in browser.get("/orders?format=csv").text.splitlines() if order.number in line]
    assert ",2026-11-30T09:00:00" in line


def test_the_list_as_a_file_masks_by_role(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "cut")
    with stage.parts.database.begin() as db:
        order.customer(db).name = "=Ama Mensah"
    file = sits("finance").get("/orders?format=csv").text
    assert f"{order.number},'=Ama Mensah," in file and ",250.00," in file
    assert sits("readonly").get("/orders?format=csv").status_code == 403
    assert "Mensah" in sits("verifier").page("/orders") and "Mensah" not in sits("readonly", login="rosa").page("/orders")


# -- one order


def test_the_page_tells_all_of_an_order_in_few_statements(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "half paid")
    browser = sits()
    with few(stage):
        page = browser.words(f"/orders/{order.id}")
    for said in (order.number, "finishing", "Kofi&#39;s Sewing", "GHS 250.00", "GHS 62.50", "held", "fitting shown", "024 ••• 4567", "Kente shirt"):
        assert said in page, said
    assert "+233241234567" not in page and "chest" not in page
    assert browser.get("/orders/999999").status_code == 404


def test_frozen_measurements_are_for_some_and_leave_a_link(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "cut")
    with few(stage):
        assert "39⅜ in (100 cm)" in sits("verifier").words(f"/orders/{order.id}/measures")
    assert [link.action for link in trail(stage, order)] == ["measurements.read"]
    assert sits("readonly").get(f"/orders/{order.id}/measures").status_code == 403


def test_the_talk_is_read_only_when_asked_for_and_that_is_written_down(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "cut")
    stage.say("ama", "<script>alert(1)</script> where is it?")
    browser = sits("support")
    assert "where is it?" not in browser.page(f"/orders/{order.id}")
    with few(stage):
        page = browser.page(f"/orders/{order.id}?chat=1")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; where is it?" in page and "<script>alert" not in page
    with stage.parts.database.begin() as db:
        assert [link.action for link in Audit.of(db, f"person:{order.customer_id}")] == ["chat.read"]
    assert "where is it?" not in sits("readonly").page(f"/orders/{order.id}?chat=1")


def test_hostile_names_stay_text(stage: Stage, sits: Sits) -> None:
    order = order_of(stage, "cut")
    with stage.parts.database.begin() as db:
        db.get_one(Person, order.customer_id).name = "\"'><img src=x onerror=1>"
        order.tailor(db).business = "<script>alert(1)</script>"
        db.get_one(Order, order.id).style = "</textarea><script>alert(2)</script>"
    browser = sits()
    here, hers = f"/orders/{order.id}", f"/people/{order.customer_id}"
    for path in ("/orders", here, f"{here}/measures", f"{here}/offer", hers, f"{hers}/measures", f"{hers}/forget", "/people"):
        page = browser.page(path)
        assert "<img src=x" not in page and "<script>alert" not in page, path


# -- deeds


def test_cancelling_gives_back_once_and_both_hear_of_it(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "accepted"), sits("support")
    list(stage.new_letters())
    assert "GHS 50.00" in browser.words(f"/orders/{order.id}"), "what goes back is said before"
    assert browser.post(f"/orders/{order.id}/cancel", why="she called us", seen="ACCEPTED").status_code == 303
    again = browser.post(f"/orders/{order.id}/cancel", why="she called us", seen="ACCEPTED")
    assert again.status_code == 409 and "moved on meanwhile" in again.text and "You wrote: “she called us”" in again.text
    with stage.parts.database.begin() as db:
        assert db.get_one(Order, order.id).state == "CANCELLED"
        assert [refund.amount for refund in Refund.of_order(db, order.id)] == [50_00]
        assert db.scalars(select(OrderStep.actor).where(OrderStep.event == "cancelled")).one() == "admin:support"
    assert [letter.partition(":")[0] for letter in told(stage) if "Our office has cancelled" in letter] == ["ama", "kofi"]
    (link,) = trail(stage, order)
    assert (link.action, link.why, link.facts["before"]["state"], link.facts["after"]["state"]) == (
        "order.cancelled", "she called us", "ACCEPTED", "CANCELLED",
    )  # fmt: skip


def test_who_presses_at_the_same_moment_finds_it_done(stage: Stage, sits: Sits) -> None:
    order, browsers = order_of(stage, "deposited"), [sits("support"), sits("operator")]
    with ThreadPoolExecutor(2) as both:
        pressed = [both.submit(b.post, f"/orders/{order.id}/cancel", why="she called us", seen="DEPOSIT_PAID") for b in browsers]
    assert sorted(p.result().status_code for p in pressed) == [303, 409]
    with stage.parts.database.begin() as db:
        assert [refund.amount for refund in Refund.of_order(db, order.id)] == [62_50]
    assert len(trail(stage, order)) == 1


def test_nobody_is_woken_by_what_the_desk_does(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "accepted"), sits()
    happen("14 hours pass", stage)
    list(stage.new_letters())
    assert browser.post(f"/orders/{order.id}/cancel", why="she called us", seen="ACCEPTED").status_code == 303
    assert told(stage) == []
    happen("9 hours pass", stage)
    assert len([letter for letter in told(stage) if "Our office has cancelled" in letter]) == 2


def test_an_approval_asks_for_the_second_part(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "fitted"), sits()
    list(stage.new_letters())
    assert browser.post(f"/orders/{order.id}/approve", why="on the telephone", seen="READY_FOR_FITTING").status_code == 303
    letters = told(stage)
    assert any("you approve the fitting" in letter and "GHS 125.00" in letter for letter in letters)
    assert any(letter.startswith("kofi") for letter in letters)


def test_a_confirmation_releases_what_is_held(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "all paid"), sits()
    assert browser.post(f"/orders/{order.id}/confirm", why="she has it", seen="READY_FOR_DELIVERY").status_code == 303
    with stage.parts.database.begin() as db:
        assert db.get_one(Order, order.id).state == "COMPLETED" and ledger.held(db, order.id) == 0


def test_what_is_not_paid_is_not_confirmed(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "ready"), sits()
    assert "Confirm that the customer is content" not in browser.page(f"/orders/{order.id}")
    answer = browser.post(f"/orders/{order.id}/confirm", why="she has it", seen="READY_FOR_DELIVERY")
    assert answer.status_code == 422 and "last part is not paid" in answer.text and "You wrote: “she has it”" in answer.text
    assert not trail(stage, order)


def test_a_later_day_is_promised_and_a_wrong_one_stays_typed(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "cut"), sits()
    there, later = f"/orders/{order.id}/promise", order.promised_on + timedelta(days=3)
    for day in (order.promised_on.isoformat(), "2030-01-01", "soon"):
        answer = browser.post(there, why="the tailor is ill", seen=order.state, day=day)
        assert answer.status_code == 422 and f'value="{day}"' in answer.text and 'value="the tailor is ill"' in answer.text
    assert browser.post(there, why="", seen=order.state, day=later.isoformat()).status_code == 422
    assert browser.post(there, why="the tailor is ill", seen=order.state, day=later.isoformat()).status_code == 303
    assert stage.orders()[-1].promised_on == later
    assert len(trail(stage, order)) == 1


def test_another_tailor_is_asked_when_the_first_is_silent(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "deposited"), sits()
    given("Yaw sews kente shirts in Accra from GHS 240", stage)
    assert "nobody else can be asked" in browser.words(f"/orders/{order.id}/offer")
    happen("24 hours pass", stage)
    page = browser.page(f"/orders/{order.id}/offer")
    assert "Yaw&#39;s Sewing" in page
    with stage.parts.database.begin() as db:
        yaw = stage.tailor(db, "yaw").id
    for status in (303, 422):
        assert browser.post(f"/orders/{order.id}/offer", why="Kofi is silent", seen="DEPOSIT_PAID", tailor=str(yaw)).status_code == status
    assert stage.orders()[-1].tailor_id == yaw and len(trail(stage, order)) == 1


DEEDS = ("cancel", "approve", "confirm", "promise", "offer")


@pytest.mark.parametrize("role", ["readonly", "verifier", "finance"])
def test_who_only_looks_may_do_nothing(stage: Stage, sits: Sits, role: str) -> None:
    order, browser = order_of(stage, "accepted"), sits(role)
    assert "Your role looks" in browser.page(f"/orders/{order.id}")
    assert {browser.post(f"/orders/{order.id}/{deed}", why="because", seen=order.state).status_code for deed in DEEDS} == {403}


def test_money_asks_for_the_second_factor_again(stage: Stage, sits: Sits) -> None:
    order, browser = order_of(stage, "accepted"), sits(fresh=False)
    assert browser.post(f"/orders/{order.id}/cancel", why="she called", seen="ACCEPTED").status_code == 401
    assert stage.orders()[-1].state == "ACCEPTED"
