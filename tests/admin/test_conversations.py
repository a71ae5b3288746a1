"""The queue, and conversations at the desk: what the page shows, and what is done from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.admin.door import wall
from models.audit import Audit
from models.conversation import Conversation
from models.note import Canned
from models.outbox import Outbox
from models.person import Person
from models.staff import StaffSession
from tests.admin.conftest import Browser
from tests.admin.test_every_page import statements
from tests.stage import Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1> *<b>bold</b>*"


@pytest.fixture
def ama(stage: Stage) -> int:
    """Ama is in the middle of an order and has asked for a person."""
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama is a customer", stage)
    stage.say("ama", "order a kente shirt")
    stage.say("ama", "agent")
    return known(stage, "ama")


def known(stage: Stage, who: str) -> int:
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        assert person
        return person.id


def attended(stage: Stage, person_id: int) -> str | None:
    with stage.parts.database.begin() as db:
        return db.get_one(Conversation, person_id).attended_by


def trail(stage: Stage, action: str) -> list[Audit]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Audit).where(Audit.action == action).order_by(Audit.id)))


def said_by(stage: Stage, login: str) -> list[str]:
    with stage.parts.database.begin() as db:
        return [row.body["text"] for row in db.scalars(select(Outbox).order_by(Outbox.id)) if row.body.get("by") == login]


def once(page: str) -> str:
    return re.search(r'name="once" value="([^"]+)"', page)[1]  # type: ignore[index]


# -- the queue


def test_who_waits_stands_first_the_longest_first(stage: Stage, sits: Sits, ama: int) -> None:
    happen("20 minutes pass", stage)
    stage.given_customer("esi")
    stage.say("esi", "agent")
    page = sits("support").page("/conversations?show=waiting")
    assert page.index(">Ama<") < page.index(">Esi<")
    assert "024 ••• 4567" in page and "+233" not in page
    assert "open until 18:00" in page and "39 min left" in page
    happen("30 hours pass", stage)
    assert "late" in sits("support", login="two").page("/conversations")
    assert "Take the next one" not in sits("finance").page("/conversations"), "finance may read and not talk"


def test_nobody_waits(sits: Sits) -> None:
    browser = sits("support")
    assert "Nobody waits for a person." in browser.page("/conversations")
    assert "You speak with nobody just now" in browser.page("/conversations?show=mine")
    assert "Nobody has written yet" in browser.page("/conversations?show=all")


def test_the_second_page_is_everybodys_and_says_nothing_of_who_waits(stage: Stage, sits: Sits, ama: int) -> None:
    page = sits("support").page("/conversations?page=2")
    assert "Nobody waits for a person" not in page and "Nobody has written yet" in page


def test_next_takes_the_oldest_and_never_one_who_is_taken(stage: Stage, sits: Sits, ama: int) -> None:
    stage.given_customer("esi")
    stage.say("esi", "agent")
    one, two = sits("support", login="abena"), sits("operator", login="yaa")
    assert one.post("/conversations/next").headers["Location"].endswith(f"/conversations/{ama}")
    assert two.post("/conversations/next").headers["Location"].endswith(f"/conversations/{known(stage, 'esi')}")
    assert one.post("/conversations/next").headers["Location"].endswith("/conversations")
    assert [(link.who, link.subject) for link in trail(stage, "conversation.taken")] == [
        ("abena", f"person:{ama}"), ("yaa", f"person:{known(stage, 'esi')}"),
    ]  # fmt: skip
    assert ">Ama<" in one.page("/conversations?show=mine") and ">Esi<" not in one.page("/conversations?show=mine")


def test_the_list_as_a_file_masks_and_is_written_down(stage: Stage, sits: Sits, ama: int) -> None:
    stage.say("ama", "hello")
    with stage.parts.database.begin() as db:
        db.get_one(Person, ama).name = "=HYPERLINK(1)"
    taken = sits("support").get("/conversations?show=all&format=csv").text
    assert "'=HYPERLINK(1)" in taken and "024 ••• 4567" in taken and "4123" not in taken
    assert [link.subject for link in trail(stage, "list.exported")] == ["list:people"]
    assert sits("verifier").get("/conversations?show=all&format=csv").status_code == 403


# -- a conversation


def test_it_shows_both_sides_in_order_with_ticks_and_the_draft(stage: Stage, sits: Sits, ama: int) -> None:
    page = sits("support").words(f"/conversations/{ama}")
    order = [page.index(words) for words in ("order a kente shirt", "In which town?", "agent", "A person will answer you here soon")]
    assert order == sorted(order)
    assert "✓✓ delivered" in page and "waits for a person" in page
    assert "Order" in page or "Browse" in page
    assert "garment kente shirt" in page
    assert "24 hours from her last message" in page
    with stage.parts.database.begin() as db:
        row = db.scalars(select(Outbox).order_by(Outbox.id)).first()
        assert row
        row.state, row.receipt, row.error = "sent", 4, "63003"
    page = sits("support", login="two").words(f"/conversations/{ama}")
    assert "This number is not on WhatsApp. Call her, or wait until she writes. (63003)" in page


def test_a_voucher_and_a_number_in_a_draft_are_never_shown(stage: Stage, sits: Sits, ama: int) -> None:
    with stage.parts.database.begin() as db:
        row = db.get_one(Conversation, ama)
        row.stack = [{"flow": "pay", "state": "wallet", "memory": {"wallet": "233249999999", "code": "482913", "order_id": 7, "town": "Accra"}}]
    page = sits("support").page(f"/conversations/{ama}")
    assert "Accra" in page and "9999" not in page and "482913" not in page


def test_reading_is_written_down_once_per_look(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("finance")
    assert browser.get(f"/conversations/{ama}/since").status_code == 403, "who has not opened it gets nothing of it"
    browser.page(f"/conversations/{ama}")
    browser.get(f"/conversations/{ama}/since")
    assert [(link.who, link.subject) for link in trail(stage, "conversation.read")] == [("finance", f"person:{ama}")]
    assert sits("readonly").get(f"/conversations/{ama}").status_code == 403
    assert browser.get("/conversations/999999").status_code == 404


def test_what_an_open_page_asks_keeps_nobody_signed_in(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.page(f"/conversations/{ama}")
    earlier = wall.now() - timedelta(minutes=10)
    with stage.parts.database.begin() as db:
        db.scalars(select(StaffSession)).one().seen_at = earlier
    assert browser.get(f"/conversations/{ama}/since").status_code == 200
    with stage.parts.database.begin() as db:
        assert db.scalars(select(StaffSession)).one().seen_at == earlier


def test_hostile_words_stay_text(stage: Stage, sits: Sits, ama: int) -> None:
    stage.say("ama", HOSTILE)
    with stage.parts.database.begin() as db:
        db.get_one(Person, ama).name = HOSTILE
        row = db.get_one(Conversation, ama)
        row.stack = [{"flow": "order", "state": "<i>", "memory": {"style": HOSTILE}}]
    browser = sits("support")
    for path in (f"/conversations/{ama}", "/conversations"):
        page = browser.page(path)
        assert "<script>alert" not in page and "<img src=x" not in page and "<b>bold" not in page
    assert "<strong>&lt;b&gt;bold&lt;/b&gt;</strong>" in browser.page(f"/conversations/{ama}")


def test_photos_voice_notes_and_documents(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.post(f"/conversations/{ama}/take")
    for sent in ("[photo] this cloth", "[voice] it should be long", "[document]", "[location]"):
        stage.say("ama", sent)
    page = browser.page(f"/conversations/{ama}")
    photo, voice = (re.search(rf'{name}="(/media/[^"]+{end})"', page) for name, end in (("src", "jpg"), ("src", "ogg")))
    assert photo and voice and 'alt="Photo from Ama' in page
    assert stage.web.get(photo[1]).mimetype == "image/jpeg" and stage.web.get(voice[1]).data == b"it should be long"
    assert "it should be long" in page and "Document from Ama" in page and "She sent a location." in page


def test_older_pages_leave_nothing_out(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.post(f"/conversations/{ama}/take")
    for n in range(70):
        stage.say("ama", f"word {n:03}")
    browser.post(f"/conversations/{ama}/say", text="an answer", once="1")
    seen: list[str] = []
    address = f"/conversations/{ama}"
    while address:
        page = browser.page(address)
        seen = re.findall(r'<li id="((?:in|out)-\d+)"', page) + seen
        older = re.search(r'href="(\?before=[^"]+)"', page)
        address = f"/conversations/{ama}{older[1]}" if older else ""
    assert len(seen) == len(set(seen)) and sum(key.startswith("in") for key in seen) == 72
    with stage.parts.database.begin() as db:
        assert sum(key.startswith("out") for key in seen) == len(db.scalars(select(Outbox.id).where(Outbox.person_id == ama)).all())
    assert browser.page(f"/conversations/{ama}?before=nonsense") and browser.page(f"/conversations/{ama}?before=9-9-9")


# -- taking over, writing, giving back


def test_take_over_write_and_give_back(stage: Stage, sits: Sits, ama: int) -> None:
    mine, other = sits("support", login="abena"), sits("operator", login="yaa")
    assert "Take over to write" in mine.page(f"/conversations/{ama}")
    assert mine.post(f"/conversations/{ama}/take").status_code == 303
    assert mine.post(f"/conversations/{ama}/take").status_code == 303, "pressing twice takes her once"
    assert other.post(f"/conversations/{ama}/take").status_code == 409
    assert "abena speaks with this person." in other.page(f"/conversations/{ama}")
    assert other.post(f"/conversations/{ama}/say", text="me too", once="x").status_code == 422
    assert mine.post(f"/conversations/{ama}/say", text="Good morning, Ama.", once="a").status_code == 303
    stage.settle()
    assert [letter.reply.text for who, letter in stage.unread() if who == "ama"][-1] == "Good morning, Ama."
    page = mine.words(f"/conversations/{ama}")
    assert "Abena : Good morning, Ama." in page and "you speak with her" in page
    assert other.post(f"/conversations/{ama}/give-back").status_code == 409
    assert mine.post(f"/conversations/{ama}/give-back").status_code == 303
    assert attended(stage, ama) is None
    assert mine.post(f"/conversations/{ama}/give-back").status_code == 409
    assert [len(trail(stage, f"conversation.{done}")) for done in ("taken", "said", "given_back")] == [1, 1, 1]
    assert "Good morning" not in str([link.facts for link in trail(stage, "conversation.said")])


def test_a_form_that_comes_twice_is_sent_once(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.post(f"/conversations/{ama}/take")
    form = once(browser.page(f"/conversations/{ama}"))
    for _ in range(2):
        assert browser.post(f"/conversations/{ama}/say", text="One moment", once=form).status_code == 303
    assert said_by(stage, "support") == ["One moment"]
    assert browser.post(f"/conversations/{ama}/say", text="One moment", once=once(browser.page(f"/conversations/{ama}"))).status_code == 303
    assert said_by(stage, "support") == ["One moment"] * 2, "the same words on purpose"


@pytest.mark.parametrize("role", ["finance", "verifier", "readonly"])
def test_who_may_not_talk(stage: Stage, sits: Sits, ama: int, role: str) -> None:
    browser = sits(role)
    for deed in ("next", f"{ama}/take", f"{ama}/say", f"{ama}/give-back", "canned"):
        assert browser.post(f"/conversations/{deed}", text="x", once="x").status_code == 403
    assert attended(stage, ama) is None and said_by(stage, role) == []


def test_when_the_window_is_closed_the_composer_is_too_and_what_was_typed_is_kept(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.post(f"/conversations/{ama}/take")
    stage.parts.story_clock.time += timedelta(hours=25)
    page = browser.page(f"/conversations/{ama}")
    assert "more than 24 hours old" in page and re.search(r'<textarea id="text"[^>]* disabled', page)
    refused = browser.post(f"/conversations/{ama}/say", text="Are you <b>there</b>?", once="y")
    assert refused.status_code == 422 and "Are you &lt;b&gt;there&lt;/b&gt;?" in refused.text
    assert said_by(stage, "support") == []


def test_a_page_that_stays_open_hears_what_is_new(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("support")
    browser.post(f"/conversations/{ama}/take")
    browser.page(f"/conversations/{ama}")
    first = browser.get(f"/conversations/{ama}/since")
    again = browser.get(f"/conversations/{ama}/since", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and "<html" not in first.text
    stage.say("ama", "are you there?")
    newer = browser.get(f"/conversations/{ama}/since", headers={"If-None-Match": first.headers["ETag"]})
    assert newer.status_code == 200 and "are you there?" in newer.text
    answered = browser.client.post(
        f"/admin/conversations/{ama}/say", data={"_token": browser.csrf, "text": "Yes!", "once": "z"}, headers={"X-Fragment": "1"}
    )
    assert answered.status_code == 200 and "Yes!" in answered.text and "<html" not in answered.text
    refused = browser.client.post(
        f"/admin/conversations/{ama}/say", data={"_token": browser.csrf, "text": " ", "once": "zz"}, headers={"X-Fragment": "1"}
    )
    assert (refused.status_code, refused.text) == (422, "There is nothing to send.")


# -- ready answers


def test_ready_answers(stage: Stage, sits: Sits, ama: int) -> None:
    operator, support = sits("operator"), sits("support")
    assert operator.post("/conversations/canned", word=":Hours", text="We are here from 8 to 18.").status_code == 303
    assert operator.post("/conversations/canned", word="hours", text="We are here Monday to Friday.").status_code == 303
    bad = operator.post("/conversations/canned", word="no spaces", text=HOSTILE)
    assert bad.status_code == 422 and "&lt;script&gt;" in bad.text and "<script>alert" not in bad.text
    assert support.post("/conversations/canned", word="x", text="y").status_code == 403
    assert "Monday to Friday" in support.page("/conversations/canned")
    support.post(f"/conversations/{ama}/take")
    assert 'data-word="hours"' in support.page(f"/conversations/{ama}")
    support.post(f"/conversations/{ama}/say", text=":hours", once="1")
    assert said_by(stage, "support") == ["We are here Monday to Friday."]
    with stage.parts.database.begin() as db:
        row = db.scalars(select(Canned)).one()
    assert support.post(f"/conversations/canned/{row.id}/delete").status_code == 403
    assert operator.post(f"/conversations/canned/{row.id}/delete").status_code == 303
    assert operator.post(f"/conversations/canned/{row.id}/delete").status_code == 404
    assert [link.facts["before"] for link in trail(stage, "canned.written")] == [None, "We are here from 8 to 18."]


def test_pages_ask_little(stage: Stage, sits: Sits, ama: int) -> None:
    browser = sits("operator")
    given("Ama's kente shirt by Kofi is cut", stage)
    browser.post(f"/conversations/{ama}/take")
    browser.post("/conversations/canned", word="hours", text="8 to 18")
    browser.post("/notes", subject=f"person:{ama}", text="calls herself Amma")
    for sent in ("[photo] this cloth", "[voice] long", "[document]"):
        stage.say("ama", sent)
    asked = {path: statements(stage, browser, path)[0] for path in ("/conversations", f"/conversations/{ama}", f"/conversations/{ama}/since")}
    assert browser.get(f"/conversations/{ama}").status_code == 200
    assert all(count <= 12 for count in asked.values()), asked
