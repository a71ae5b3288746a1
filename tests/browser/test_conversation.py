"""A conversation in a real browser: taken over, answered with the keyboard, given back; the page hears by itself what is new."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.clock import Clock
from models.note import Canned
from tests.stage import Stage
from tests.test_transcripts import given

Opens = Callable[..., Page]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def ama(stage: Stage) -> int:
    given("Ama is a customer", stage)
    stage.say("ama", "agent")
    with stage.parts.database.begin() as db:
        db.add(Canned(word="hours", text="We are here from 8 to 18.", by="operator", at=Clock().now()))
        person = stage.person(db, "ama")
        assert person
        return person.id


def told(stage: Stage) -> list[str]:
    stage.settle()
    return [letter.reply.text for who, letter in stage.unread() if who == "ama"]


def test_taken_over_answered_and_given_back(stage: Stage, opens: Opens, ama: int) -> None:
    tab = opens("support", "/conversations")
    tab.get_by_role("button", name="Take the next one").click()
    field = tab.get_by_label("Your message")
    field.fill("Good morning, Ama.")
    field.press("Shift+Enter")
    field.type("How can I help?")
    field.press("Enter")
    expect(tab.get_by_role("log")).to_contain_text("How can I help?")
    expect(field).to_have_value("")
    assert told(stage)[-1] == "Good morning, Ama.\nHow can I help?"
    stage.say("ama", "when are you there?")
    expect(tab.get_by_role("log")).to_contain_text("when are you there?")
    expect(tab.locator(".bubble.ours").last).to_contain_text("✓✓")
    field.type(":ho")
    field.press("Enter")
    expect(field).to_have_value("We are here from 8 to 18.")
    field.press("Enter")
    expect(tab.locator(".bubble.ours").last).to_contain_text("We are here from 8 to 18.")
    assert told(stage).count("We are here from 8 to 18.") == 1
    tab.get_by_role("button", name="Give back to the bot").click()
    expect(tab.get_by_text("The bot speaks with her again.")).to_be_visible()
    assert "You are back with me (the bot)." in "\n".join(told(stage))


def test_what_is_new_does_not_move_who_reads_further_up(stage: Stage, opens: Opens, ama: int) -> None:
    stage.parts.counter.take_over(ama, "support")
    for n in range(30):
        stage.say("ama", f"word {n}")
    tab = opens("support", f"/conversations/{ama}")
    log = tab.locator("#log")
    expect(tab.get_by_text("word 29", exact=True)).to_be_in_viewport()
    log.evaluate("log => { log.scrollTop = -400; }")
    read = tab.get_by_text("word 22", exact=True)
    before = read.bounding_box()
    stage.say("ama", "something new")
    expect(tab.get_by_text("New messages below")).to_be_visible()
    after = read.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 2
    log.evaluate("log => { log.scrollTop = 0; }")
    expect(tab.get_by_text("something new")).to_be_in_viewport()
    expect(tab.get_by_text("New messages below")).to_have_count(0)


def test_a_refusal_keeps_what_was_typed(stage: Stage, opens: Opens, ama: int) -> None:
    stage.parts.counter.take_over(ama, "support")
    tab = opens("support", f"/conversations/{ama}")
    stage.parts.counter.give_back(ama, "support")
    tab.get_by_label("Your message").fill("Still there?")
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_text("Somebody else speaks with this person.")).to_be_visible()
    expect(tab.get_by_label("Your message")).to_have_value("Still there?")


def test_it_all_works_without_script(stage: Stage, opens: Opens, ama: int) -> None:
    tab = opens("support", f"/conversations/{ama}", script=False, wide=360)
    tab.get_by_role("button", name="Take over").click()
    tab.get_by_label("Your message").fill(":hours")
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator(".bubble.ours").last).to_contain_text("We are here from 8 to 18.")
    expect(tab.locator(".bubble.ours").last).to_be_in_viewport()
    tab.get_by_role("button", name="Give back to the bot").click()
    assert told(stage)[-1].endswith("Were you content with the answer?")
