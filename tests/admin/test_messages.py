"""The log of messages: finding one, why it failed, sending it again exactly once, throwing it away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.admin.reasons import CODES, reason
from bot.channels import Undelivered
from bot.channels.twilio import OUTCOMES
from bot.messages import Receipt
from bot.rules import NotAllowed
from models.audit import Audit
from models.outbox import Outbox
from models.person import Person
from tests.admin.conftest import Browser
from tests.admin.test_every_page import statements
from tests.stage import Stage
from tests.test_transcripts import given

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"


@pytest.fixture
def lost(stage: Stage) -> int:
    """A letter to Ama that was given up: she is not on WhatsApp, says the provider."""
    given("Ama is a customer", stage)
    stage.channel.fail = lambda letter: Undelivered("Twilio refused: HTTP 400, code 63003", outcome="give_up")
    stage.say("ama", "hello")
    stage.channel.fail = lambda letter: None
    with stage.parts.database.begin() as db:
        return db.scalars(select(Outbox.id)).one()


def row(stage: Stage, ident: int) -> Outbox:
    with stage.parts.database.begin() as db:
        return db.get_one(Outbox, ident)


def put(stage: Stage, ident: int, **values: object) -> None:
    with stage.parts.database.begin() as db:
        db.execute(update(Outbox).where(Outbox.id == ident).values(**values))


def sent(stage: Stage, ident: int) -> int:
    """How often a letter has left the house."""
    return sum(letter.outbox_id == ident for letter in stage.channel.sent)


def trail(stage: Stage, action: str) -> list[Audit]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Audit).where(Audit.action == action).order_by(Audit.id)))


# -- finding one


def test_the_log_shows_what_became_of_each(stage: Stage, sits: Sits, lost: int) -> None:
    stage.say("ama", "menu")
    page = sits("support").words("/messages")
    assert "Hello Ama, what would you like to do?" in page and "024 ••• 4567" in page
    assert "✕ failed" in page and "This number is not on WhatsApp. (63003)" in page and "✓ delivered" in page
    assert "+233" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=failed", 1), ("state=delivered", 1), ("state=held", 0), ("error=63003", 1), ("error=63016", 0), ("error=%25", 0),
        ("kind=question", 2), ("kind=text", 0), ("kind=tap", 0), ("state=done", 0), ("person=0241234567", 2),
        ("person=0209999999", 0), ("person=nobody", 0),
        ("day=2026-11-23", 2), ("day=2026-11-22", 0), ("day=nonsense", 2), ("direction=in", 2), ("direction=in&kind=text", 2),
        ("direction=in&state=failed", 0), ("state=failed&kind=question&error=63003&day=2026-11-23", 1),
    ],
)  # fmt: skip
def test_filters(stage: Stage, sits: Sits, lost: int, asked: str, found: int) -> None:
    stage.say("ama", "menu")
    assert sits("support").page(f"/messages?{asked}").count('class="open"') == found


def test_numbers_in_the_first_words_are_masked(stage: Stage, sits: Sits, lost: int) -> None:
    stage.say("ama", "pay to 020 876 5432 or +233208765432")
    page = sits("support").words("/messages?direction=in")
    assert "pay to 020 ••• 5432 or 020 ••• 5432" in page


def test_who_may_not_see_people_sees_no_words(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("readonly")
    for path in ("/messages", "/messages?direction=in", f"/messages/{lost}"):
        assert "what would you like" not in browser.page(path) and "hello" not in browser.page(path)
    assert not trail(stage, "messages.read")
    for deed in ("reveal", "again", "discard"):
        assert browser.post(f"/messages/{lost}/{deed}", why="because").status_code == 403
    assert browser.get("/messages?format=csv").status_code == 403


def test_the_file_is_safe_for_a_spreadsheet(stage: Stage, sits: Sits, lost: int) -> None:
    stage.say("ama", "=1+1")
    taken = sits("support").get("/messages?direction=in&format=csv").text
    assert "'=1+1" in taken and "024 ••• 4567" in taken


def test_hostile_words_stay_text(stage: Stage, sits: Sits, lost: int) -> None:
    stage.say("ama", HOSTILE)
    put(stage, lost, error=HOSTILE, body=row(stage, lost).body | {"text": HOSTILE, "by": HOSTILE, "gone": HOSTILE})
    with stage.parts.database.begin() as db:
        for person in db.scalars(select(Person)):
            person.name = HOSTILE
    browser = sits("operator")
    pages = [browser.page(path) for path in ("/messages", "/messages?direction=in", f"/messages/{lost}")]
    for page in [*pages, browser.post(f"/messages/{lost}/reveal").text]:
        assert "<script>alert" not in page and "<img src=x" not in page


# -- one of them


def test_it_says_why_and_what_to_do(sits: Sits, lost: int) -> None:
    page = sits("support").words(f"/messages/{lost}")
    assert "This number is not on WhatsApp." in page and "Call her, or wait until she writes." in page
    assert "Send it again" in page and "Discard it" in page
    assert "Send it again" not in sits("finance").words(f"/messages/{lost}"), "finance may look and not talk"


def test_the_whole_of_it_is_shown_only_freshly_and_written_down(stage: Stage, sits: Sits, lost: int) -> None:
    tired = sits("support", fresh=False, login="tired")
    assert tired.post(f"/messages/{lost}/reveal").status_code == 401
    assert "Talk to a person" not in tired.page(f"/messages/{lost}")
    shown = sits("support").post(f"/messages/{lost}/reveal").text
    assert "&#34;choices&#34;" in shown and "Talk to a person" in shown
    assert [(link.who, link.subject) for link in trail(stage, "message.revealed")] == [("support", f"message:{lost}")]


def test_what_she_wrote_has_a_page_and_events_have_none(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("support")
    found = browser.page("/messages?direction=in")
    ident = found.split("/admin/messages/in/")[1].split('"')[0]
    assert "hello" in browser.page(f"/messages/in/{ident}") and "&#34;text&#34;" in browser.post(f"/messages/in/{ident}/reveal").text
    assert browser.get("/messages/in/999999").status_code == browser.get("/messages/999999").status_code == 404
    assert browser.post("/messages/999999/again").status_code == 404


# -- sending it again


def test_send_again_sends_exactly_once(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("support")
    assert browser.post(f"/messages/{lost}/again").status_code == 303
    assert browser.post(f"/messages/{lost}/again").status_code == 409, "it waits already"
    stage.settle()
    assert sent(stage, lost) == 1 and row(stage, lost).fate == "delivered"
    assert browser.post(f"/messages/{lost}/again").status_code == 409, "it has arrived"
    stage.settle()
    assert sent(stage, lost) == 1
    (link,) = trail(stage, "message.sent_again")
    assert link.facts["before"]["error"] == "Twilio refused: HTTP 400, code 63003" and link.subject == f"message:{lost}"


def test_two_at_once_send_it_once(stage: Stage, lost: int) -> None:
    refused: list[str] = []
    barrier = threading.Barrier(2)

    def press() -> None:
        barrier.wait()
        try:
            with stage.parts.database.begin() as db:
                Outbox.send_again(db, lost, stage.parts.clock.now())
        except NotAllowed as why:
            refused.append(why.reason)

    both = [threading.Thread(target=press) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    stage.settle()
    assert refused == ["not_now"] and sent(stage, lost) == 1


def test_taken_and_then_not_delivered_goes_again_and_the_late_failure_of_the_first_does_not_count(stage: Stage, sits: Sits, lost: int) -> None:
    put(stage, lost, state="sent", provider_id="SMfirst", receipt=4, error="63010")
    assert sits("support").post(f"/messages/{lost}/again").status_code == 303
    stage.parts.engine.receive(Receipt("twilio", "SMfirst", "failed", lost, "63010", "give_up"))
    assert row(stage, lost).fate == "waiting"
    stage.settle()
    stage.parts.engine.receive(Receipt("twilio", "SMfirst", "failed", lost, "63010", "give_up"))
    assert sent(stage, lost) == 1 and row(stage, lost).fate == "delivered"


@pytest.mark.parametrize("stands", ["unknown", "sending"])
def test_what_may_have_been_sent_is_neither_sent_again_nor_discarded(stage: Stage, sits: Sits, lost: int, stands: str) -> None:
    put(stage, lost, state=stands, lease_until=stage.parts.clock.now() + timedelta(hours=1), due_at=stage.parts.clock.now() + timedelta(hours=1))
    browser = sits("support")
    for deed in ("again", "discard"):
        answer = browser.post(f"/messages/{lost}/{deed}", why="it hangs")
        assert answer.status_code == 409 and "It may have been sent" in answer.text
    assert "Send it again" not in browser.words(f"/messages/{lost}")
    assert row(stage, lost).state == stands


def test_who_has_told_us_to_stop_and_who_sleeps_are_left_alone(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("support")
    with stage.parts.database.begin() as db:
        db.scalars(select(Person)).one().stopped_at = stage.parts.clock.now()
    assert "told us to stop" in browser.post(f"/messages/{lost}/again").text
    with stage.parts.database.begin() as db:
        db.scalars(select(Person)).one().stopped_at = None
    stage.parts.story_clock.time += timedelta(hours=13)
    assert "It is night" in browser.post(f"/messages/{lost}/again").text
    assert row(stage, lost).fate == "failed"


def test_it_goes_as_a_template_or_freely_as_the_window_is_now(stage: Stage, sits: Sits, lost: int) -> None:
    put(stage, lost, body=row(stage, lost).body | {"window_closed": True})
    sits("support").post(f"/messages/{lost}/again")
    stage.settle()
    assert [letter.window_open for letter in stage.channel.sent if letter.outbox_id == lost] == [True], "she wrote a moment ago"


def test_a_letter_that_waits_behind_it_stays_behind_it(stage: Stage, sits: Sits, lost: int) -> None:
    """Her order is kept: the older letter leaves before a newer one that waits."""
    body = row(stage, lost).body | {"text": "newer"}
    with stage.parts.database.begin() as db:
        Outbox.write(db, row(stage, lost).person_id, "twilio", body, stage.parts.clock.now())
    sits("support").post(f"/messages/{lost}/again")
    stage.settle()
    assert [letter.outbox_id == lost for letter in stage.channel.sent] == [True, False]


# -- throwing it away


def test_discarding_needs_a_reason_and_is_for_good(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("support")
    assert browser.post(f"/messages/{lost}/discard").status_code == 422
    assert browser.post(f"/messages/{lost}/discard", why="she called us").status_code == 303
    assert browser.post(f"/messages/{lost}/discard", why="she called us").status_code == 409
    assert browser.post(f"/messages/{lost}/again").status_code == 409
    stage.say("ama", "hello")
    assert sent(stage, lost) == 0 and row(stage, lost).fate == "discarded"
    assert [(link.why, link.facts) for link in trail(stage, "message.discarded")] == [("she called us", {"before": "failed"})]


def test_what_is_held_back_can_be_discarded(stage: Stage, sits: Sits, lost: int) -> None:
    put(stage, lost, state="held")
    assert sits("support").post(f"/messages/{lost}/discard", why="no longer true").status_code == 303
    stage.say("ama", "hello")
    assert sent(stage, lost) == 0


# -- words


def test_every_code_we_act_upon_has_words() -> None:
    assert {str(code) for code in OUTCOMES} <= set(CODES)
    assert all(words.endswith(".") and advice.endswith(".") for words, advice in CODES.values())


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        ("63016", "Her last message was more than 24 hours old", "63016"), ("Twilio refused: HTTP 400, code 21211", "This is no number", "21211"),
        ("99999", "The provider did not take it", "99999"), ("no answer: ReadTimeout", "The provider did not answer.", ""),
        ("no address on this channel", "We have no number of hers", ""), ("something else", "something else", ""),
    ],
)  # fmt: skip
def test_reasons(error: str, words: str, code: str) -> None:
    told = reason(error)
    assert told and told.words.startswith(words) and told.code == code
    assert reason(None) is reason("") is None


def test_pages_ask_little(stage: Stage, sits: Sits, lost: int) -> None:
    browser = sits("operator")
    asked = {path: statements(stage, browser, path)[0] for path in ("/messages", "/messages?direction=in&person=0241234567", f"/messages/{lost}")}
    assert all(count <= 12 for count in asked.values()), asked
