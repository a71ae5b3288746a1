"""Somebody at the desk speaks with a person: the bot is silent from that moment, and nobody is silenced for ever."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import jobs
from bot.counter import LONGEST
from bot.messages import BUBBLE_LIMIT, Choice, Incoming, Media, Reply
from bot.rules import NotAllowed
from models.conversation import Conversation, lock_by_id
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person
from models.picture import Picture
from models.plea import Plea
from models.recording import Recording
from models.timer import Timer
from tests.counting import counted
from tests.stage import PHONES, Stage

_serial = itertools.count(10**7)


def said(stage: Stage, words: str = "", who: str = "ama", **more: Any) -> bool:
    return stage.parts.engine.hear(Incoming("twilio", f"SM{next(_serial):032x}", PHONES[who], name=who, text=words, **more))


@pytest.fixture
def ama(stage: Stage) -> Person:
    """She has written a moment ago."""
    person = stage.given_customer("ama")
    said(stage, "find a tailor")
    return person


def letters(stage: Stage, person: Person) -> list[Outbox]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Outbox).where(Outbox.person_id == person.id).order_by(Outbox.id)))


def texts(stage: Stage, person: Person) -> list[str]:
    return [row.body["text"] for row in letters(stage, person)]


def conversation(stage: Stage, person: Person) -> Conversation:
    with stage.parts.database.begin() as db:
        return db.get_one(Conversation, person.id)


def refused(reason: str) -> Any:
    return pytest.raises(NotAllowed, match=f"^{reason}$")


# -- silence begins in one moment


def test_a_message_that_waited_for_the_take_over_is_only_noted(stage: Stage, ama: Person) -> None:
    """It came first and was locked out: what counts is how things stand when it is its turn."""
    parts, before = stage.parts, len(texts(stage, ama))
    with ThreadPoolExecutor(1) as pool:
        with parts.database.begin() as db:
            lock_by_id(db, ama.id)
            late = pool.submit(said, stage, "menu")
            with pytest.raises(TimeoutError):
                late.result(0.3)
            Conversation.attend(db, ama.id, "esi")
        assert late.result(5)
    assert len(texts(stage, ama)) == before
    assert conversation(stage, ama).stack[-1]["flow"] == "browse"


def test_messages_and_take_over_at_once(stage: Stage, ama: Person) -> None:
    """Whatever the order, no answer of the bot follows the announcement, and no message is lost."""
    parts = stage.parts
    for _ in range(12):
        newest = letters(stage, ama)[-1].id
        with ThreadPoolExecutor(6) as pool:
            heard = [pool.submit(said, stage, "menu") for _ in range(4)]
            taken = pool.submit(parts.counter.take_over, ama.id, "esi")
            heard += [pool.submit(said, stage, "menu") for _ in range(3)]
            taken.result(10)
            assert all(h.result(10) for h in heard)
        rows = [row.body["text"] for row in letters(stage, ama) if row.id > newest]
        assert rows[-1].startswith("*Esi* from Sew4Mi is here now")
        assert sum(row.startswith("*Esi*") for row in rows) == 1
        parts.counter.give_back(ama.id, "esi")
    with parts.database.begin() as db:
        assert len(list(db.scalars(select(Inbox).where(Inbox.name == "text")))) == 1 + 12 * 7


def test_two_at_the_desk_cannot_have_one_person(stage: Stage, ama: Person) -> None:
    def take(by: str) -> str:
        try:
            stage.parts.counter.take_over(ama.id, by)
        except NotAllowed as refusal:
            return refusal.reason
        return "taken"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, ("esi", "yaw", "kofi", "abena", "akua", "efua"))) == ["taken", *["taken_by_another"] * 5]
    assert sum("is here now" in t for t in texts(stage, ama)) == 1
    with stage.parts.database.begin() as db:
        assert [p.taken_by for p in db.scalars(select(Plea))] == [conversation(stage, ama).attended_by]


def test_taking_over_twice_says_it_once(stage: Stage, ama: Person) -> None:
    for _ in range(2):
        stage.parts.counter.take_over(ama.id, "esi.mensah")
    assert sum("*Esi* from Sew4Mi is here" in t for t in texts(stage, ama)) == 1


@pytest.mark.parametrize("harm", ["flushed", "stale"])
def test_the_quick_copy_says_nothing_about_who_attends(stage: Stage, ama: Person, harm: str) -> None:
    redis, key = stage.parts.redis.connection, f"position:{ama.id}"
    old = redis.get(key)
    stage.parts.counter.take_over(ama.id, "esi")
    redis.delete(key) if harm == "flushed" else redis.set(key, old)
    before = len(texts(stage, ama))
    said(stage, "menu")
    assert len(texts(stage, ama)) == before


# -- while it lasts


def test_the_stack_and_the_misses_stay_as_they_are(stage: Stage, ama: Person) -> None:
    said(stage, "zzqx")
    stage.parts.counter.take_over(ama.id, "esi")
    then = conversation(stage, ama)
    for words in ("zzqx", "menu", "cancel", "kaftan", "agent", "SW-2611-7K3QX", ""):
        said(stage, words)
    said(stage, "Yes", kind="tap", tap="browse|garment||kaftan")
    now = conversation(stage, ama)
    assert (now.stack, now.misses, now.version) == (then.stack, then.misses, then.version + 8)
    assert then.misses == 1


def test_a_bug_is_not_apologised_for_while_somebody_is_here(stage: Stage, ama: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    before = len(texts(stage, ama))
    monkeypatch.setattr(stage.parts.switchboard, "_only_note", lambda *given: 1 / 0)
    assert said(stage, "hello")
    assert len(texts(stage, ama)) == before


def test_nobody_else_pays_for_it(stage: Stage, ama: Person) -> None:
    """A message costs what it did; while a person speaks with her, two more to start the clock and a word for open pages."""
    said(stage, "menu")
    with counted(stage) as seen:
        said(stage, "menu")
    assert len(seen) == 2
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.say(ama.id, "esi", "Hello")
    said(stage, "and?")
    with counted(stage) as seen:
        said(stage, "hello?")
    assert len(seen) <= 4, seen


def test_photos_papers_and_voice_notes_are_kept_without_a_word(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    before = len(texts(stage, ama))
    for words in ("[photo] torn here", "[document]", "[voice] waist thirty four"):
        stage.say("ama", words)
    with stage.parts.database.begin() as db:
        pictures = list(db.scalars(select(Picture).where(Picture.person_id == ama.id).order_by(Picture.id)))
        notes = list(db.scalars(select(Recording)))
        messages = {row.id: row.name for row in db.scalars(select(Inbox).where(Inbox.channel == "twilio"))}
    assert [(p.state, p.content_type, messages[p.sequel["inbox_id"]]) for p in pictures] == [
        ("kept", "image/jpeg", "image"), ("kept", "application/pdf", "document"),
    ]  # fmt: skip
    assert [(n.state, n.said, messages[n.inbox_id or 0]) for n in notes] == [("heard", "waist thirty four", "audio")]
    assert len(texts(stage, ama)) == before
    stage.parts.counter.give_back(ama.id, "esi")
    stage.settle()
    assert not any("waist" in t.lower() for t in texts(stage, ama)[before:])


def test_a_note_sent_to_the_bot_before_is_not_answered_by_it_later(stage: Stage, ama: Person) -> None:
    said(stage, kind="audio", media=Media("https://api.twilio.com/voice-" + b"waist thirty four".hex(), "audio/ogg"))
    stage.parts.counter.take_over(ama.id, "esi")
    before = texts(stage, ama), conversation(stage, ama).stack
    stage.settle()
    assert (texts(stage, ama), conversation(stage, ama).stack) == before


def test_a_flood_of_photos_is_noted_and_not_fetched(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    for n in range(9):
        said(stage, kind="image", media=Media(f"https://api.twilio.com/{n}", "image/jpeg"))
    with stage.parts.database.begin() as db:
        assert len(list(db.scalars(select(Picture)))) == 5
        assert len(list(db.scalars(select(Inbox).where(Inbox.name == "image")))) == 9


def test_a_voucher_is_kept_nowhere_though_somebody_else_is_here(stage: Stage, ama: Person) -> None:
    with stage.parts.database.begin() as db:
        row = db.get_one(Conversation, ama.id)
        row.stack, row.version = [{"flow": "voucher", "state": "code", "memory": {"payment_id": 1}}], row.version + 1
    stage.parts.counter.take_over(ama.id, "esi")
    said(stage, "123 456")
    said(stage, "is that the voucher?")
    with stage.parts.database.begin() as db:
        bodies = list(db.scalars(select(Inbox.body).where(Inbox.person_id == ama.id).order_by(Inbox.id)))
    assert bodies[-2] == {}
    assert bodies[-1]["text"] == "is that the voucher?"


# -- what the desk writes


def test_a_word_goes_where_she_wrote_last_and_says_who_wrote_it(stage: Stage, ama: Person) -> None:
    with stage.parts.database.begin() as db:
        Address.add(db, ama.id, "console", PHONES["ama"])
    stage.parts.engine.hear(Incoming("console", "c1", PHONES["ama"], text="menu"))
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.say(ama.id, "esi", "  Good morning!\r\nHow are you?\x00  ")
    taken, word = letters(stage, ama)[-2:]
    assert (taken.channel, word.channel) == ("console", "console")
    assert word.body == Reply("Good morning!\nHow are you?").stored() | {"by": "esi"}
    assert "by" not in taken.body


def test_what_the_desk_writes_is_sent_as_it_stands(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.say(ama.id, "esi", "50 % of {total} <b>'; %s")
    stage.settle()
    assert stage.channel.sent[-1].reply == Reply("50 % of {total} <b>'; %s")


def test_who_wrote_is_known_after_another_try(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.say(ama.id, "esi", "Hello")
    row = letters(stage, ama)[-1]
    with stage.parts.database.begin() as db:
        Outbox.window_closed(db, row.id, row.body, stage.parts.clock.now(), gone="SMx")
    body = letters(stage, ama)[-1].body
    assert body["by"] == "esi"
    assert Reply.restored(body) == Reply("Hello")
    assert Reply.restored(Reply("x", (Choice("a", "A", "b"),), "m", "p").stored()) == Reply("x", (Choice("a", "A", "b"),), "m", "p")


def test_a_long_word_is_several_bubbles(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    before = len(letters(stage, ama))
    stage.parts.counter.say(ama.id, "esi", "word " * 500)
    rows = letters(stage, ama)[before:]
    assert len(rows) == 3
    assert all(len(row.body["text"]) <= BUBBLE_LIMIT and row.body["by"] == "esi" for row in rows)


@pytest.mark.parametrize(("text", "why"), [("", "empty"), (" \n\x07 ", "empty"), ("x" * (LONGEST + 1), "too_long")])
def test_what_cannot_be_written(stage: Stage, ama: Person, text: str, why: str) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    with refused(why):
        stage.parts.counter.say(ama.id, "esi", text)


def test_only_who_attends_writes_and_gives_back(stage: Stage, ama: Person) -> None:
    counter, before = stage.parts.counter, len(texts(stage, ama))
    for by in ("esi", "yaw"):
        with refused("not_yours"):
            counter.say(ama.id, by, "Hello")
        with refused("not_yours"):
            counter.give_back(ama.id, by)
    counter.take_over(ama.id, "esi")
    for refusal in (lambda: counter.say(ama.id, "yaw", "Hello"), lambda: counter.give_back(ama.id, "yaw")):
        with refused("not_yours") as caught:
            refusal()
        assert caught.value.values == {"name": "esi"}
    assert len(texts(stage, ama)) == before + 1


def test_free_text_only_within_a_day_of_her_last_word(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.story_clock.time += timedelta(hours=23, minutes=59)
    stage.parts.counter.say(ama.id, "esi", "Hello")
    stage.parts.story_clock.time += timedelta(minutes=1)
    with refused("window_closed"):
        stage.parts.counter.say(ama.id, "esi", "Hello")


# -- giving back, and the clock


def test_a_person_of_whom_nobody_asked_anything_is_taken_and_given_back(stage: Stage, ama: Person) -> None:
    parts = stage.parts
    parts.counter.take_over(ama.id, "esi")
    with parts.database.begin() as db:
        assert not Plea.waiting(db)
        assert Plea.is_open(db, ama.id)  # money waits meanwhile
    parts.counter.give_back(ama.id, "esi")
    with parts.database.begin() as db:
        plea = Plea.last(db, ama.id)
        assert plea and (plea.taken_by, plea.content) == ("esi", None) and plea.answered_at
        assert not list(db.scalars(select(Timer)))
    said(stage, "no")
    said(stage, "[tap]", kind="tap", tap=f"content|thumb|{plea.id}|yes")
    with parts.database.begin() as db:
        assert Plea.last(db, ama.id).content is False  # type: ignore[union-attr]


def test_a_plea_closed_elsewhere_keeps_nobody_attended(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    with stage.parts.database.begin() as db:
        Plea.of(db, ama.id).answered(stage.parts.clock.now())  # type: ignore[union-attr]
        Plea.ask(db, ama.id, stage.parts.clock.now())
    stage.parts.counter.give_back(ama.id, "esi")
    assert conversation(stage, ama).attended_by is None


def test_somebody_elses_thumb_is_nobodys(stage: Stage, ama: Person) -> None:
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.give_back(ama.id, "esi")
    stage.given_customer("kofi")
    with stage.parts.database.begin() as db:
        plea = Plea.last(db, ama.id)
    said(stage, "[tap]", who="kofi", kind="tap", tap=f"content|thumb|{plea.id}|no")  # type: ignore[union-attr]
    said(stage, "[tap]", who="kofi", kind="tap", tap=f"content|thumb|{'9' * 30}|no")
    with stage.parts.database.begin() as db:
        assert Plea.last(db, ama.id).content is None  # type: ignore[union-attr]


def test_a_clock_always_runs_while_somebody_is_attended(stage: Stage, ama: Person) -> None:
    def running() -> list[str]:
        with stage.parts.database.begin() as db:
            return [t.event for t in Timer.coming(db)]

    stage.parts.counter.take_over(ama.id, "esi")
    assert running() == ["left_alone"]
    stage.parts.counter.say(ama.id, "esi", "Hello")
    assert running() == ["talked_out"]
    for _ in range(2):
        said(stage, "hello?")
        assert running() == ["left_alone"]
    stage.parts.counter.give_back(ama.id, "esi")
    assert running() == []


def test_the_clocks_of_two_people_are_two(stage: Stage, ama: Person) -> None:
    """Number 1 and number 12: calling off the one's leaves the other's."""
    with stage.parts.database.begin() as db:
        other = f"attended:{ama.id}2:waits"
        Timer.set(db, other, "left_alone", ama.id, {}, stage.parts.clock.now() + timedelta(hours=1))
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.counter.give_back(ama.id, "esi")
    with stage.parts.database.begin() as db:
        assert [t.key for t in Timer.coming(db)] == [other]


def test_a_word_while_the_clock_rings_is_soon_enough(stage: Stage, ama: Person) -> None:
    """It has rung, and before the bot comes back somebody writes."""
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.story_clock.time += timedelta(minutes=61)
    with stage.parts.database.begin() as db:
        assert Timer.ring_due(db, stage.parts.clock.now()) == 1
    stage.parts.counter.say(ama.id, "esi", "Here I am")
    jobs.carry_events()
    assert conversation(stage, ama).attended_by == "esi"
    assert texts(stage, ama)[-1] == "Here I am"


def test_who_was_left_alone_waits_in_the_queue_since_she_asked(stage: Stage, ama: Person) -> None:
    said(stage, "agent")
    with stage.parts.database.begin() as db:
        asked = Plea.waiting(db)[0].at
    stage.pass_time(0.5)
    stage.parts.counter.take_over(ama.id, "esi")
    with stage.parts.database.begin() as db:
        assert not Plea.waiting(db)
    stage.pass_time(1.1)
    with stage.parts.database.begin() as db:
        assert [(p.at, p.taken_by, p.taken_at) for p in Plea.waiting(db)] == [(asked, None, None)]
    assert conversation(stage, ama).attended_by is None


def test_by_night_she_is_let_go_without_a_word(stage: Stage, ama: Person) -> None:
    """What was forgotten is put right, and nobody is woken; what waits for her is asked when she writes."""
    parts = stage.parts
    parts.story_clock.time = parts.story_clock.time.replace(hour=3)
    said(stage, "menu")
    parts.counter.take_over(ama.id, "esi")
    parts.story_clock.time = parts.story_clock.time.replace(hour=21)
    with parts.database.begin() as db:
        Timer.call_off(db, "attended:")
        Timer.set(db, f"attended:{ama.id}:quiet", "talked_out", ama.id, {}, parts.clock.now())
    before = len(texts(stage, ama))
    stage.pass_time(0.1)
    assert conversation(stage, ama).attended_by is None
    assert len(texts(stage, ama)) == before


def test_an_apology_waits_for_the_morning(stage: Stage, ama: Person) -> None:
    """The ticker was away until the night."""
    stage.parts.counter.take_over(ama.id, "esi")
    stage.parts.story_clock.time = stage.parts.story_clock.time.replace(hour=22)
    before = len(texts(stage, ama))
    stage.pass_time(8)
    assert conversation(stage, ama).attended_by == "esi"
    assert len(texts(stage, ama)) == before
    stage.pass_time(2)
    assert conversation(stage, ama).attended_by is None
    assert texts(stage, ama)[before].startswith("I am sorry that nobody has answered you")
