"""The road of a voice note: fetched, listened to, sealed, heard once, forgotten after a month, whatever breaks on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot import jobs
from bot.channels import Undelivered
from bot.hearing import MOST_WAITING
from bot.understand.claims import Claim
from bot.voice import Heard, Unheard
from models.inbox import Inbox
from models.profile import Profile
from models.recording import KEPT_FOR, Recording
from tests.stage import Stage
from tests.test_engine import counted


@pytest.fixture(autouse=True)
def ama(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.say("ama", "my measurements")


def recordings(stage: Stage) -> list[Recording]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Recording).order_by(Recording.id)))


def said(stage: Stage, last: int = 1) -> str:
    return "\n".join(letter.reply.text for letter in stage.channel.sent[-last:])


def saved(stage: Stage) -> dict[str, int]:
    with stage.parts.database.begin() as db:
        person = stage.person(db, "ama")
        assert person
        return Profile.own(db, person.id).values(db)


def test_a_note_is_read_back_and_saved_with_its_message(stage: Stage) -> None:
    stage.say("ama", "[voice] chest forty")
    assert "Chest: 40 in" in said(stage)
    assert saved(stage) == {}
    stage.say("ama", "yes")
    assert saved(stage) == {"chest": 1016}
    with stage.parts.database.begin() as db:
        row = db.execute(text("SELECT m.source, i.name FROM measurement m JOIN inbox i ON i.id = m.inbox_id")).one()
    assert tuple(row) == ("voice", "audio")


def test_the_recording_and_its_words_are_sealed_and_forgotten_after_a_month(stage: Stage) -> None:
    stage.say("ama", "[voice] chest forty")
    with stage.parts.database.begin() as db:
        content, words = db.execute(text("SELECT content, said FROM recording")).one()
    assert b"forty" not in bytes(content) and "forty" not in words
    stage.pass_time(KEPT_FOR.total_seconds() / 3600 + 1)
    with stage.parts.database.begin() as db:
        assert tuple(db.execute(text("SELECT content, said, claims, names FROM recording")).one()) == (None, None, None, None)


def test_the_same_webhook_three_times_is_one_note(stage: Stage) -> None:
    form = stage._fields("ama", "[voice] chest forty")
    assert [stage.post(form).status_code for _ in range(3)] == [200] * 3
    stage.settle()
    assert len(recordings(stage)) == 1
    assert sum("Please check" in letter.reply.text for letter in stage.channel.sent) == 1


def test_what_was_written_meanwhile_does_not_lose_the_note(stage: Stage) -> None:
    stage.post(stage._fields("ama", "[voice] chest forty"))
    for words in ("trousers", "waist 34"):
        stage.post(stage._fields("ama", words))
    stage.settle()
    assert "Chest: 40 in" in said(stage) and "Waist: 34 in" in said(stage)


def test_she_has_left_for_the_menu_and_the_note_still_arrives(stage: Stage) -> None:
    stage.post(stage._fields("ama", "[voice] chest forty"))
    stage.post(stage._fields("ama", "menu"))
    stage.settle()
    assert "Chest: 40 in" in said(stage)
    stage.say("ama", "yes")
    assert saved(stage) == {"chest": 1016}


def test_a_file_that_is_not_ready_is_fetched_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, tries = stage.channel.fetch, []

    def flaky(media: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise Undelivered("the file answered HTTP 404")
        return fetch(media)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.channel, "fetch", flaky)
    stage.say("ama", "[voice] chest forty")
    stage.pass_time(0.1)
    assert "Chest: 40 in" in said(stage)
    assert len(tries) == 3


def test_a_file_that_never_comes_is_said_plainly(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(media: object) -> object:
        raise Undelivered("the file answered HTTP 410", outcome="give_up")

    monkeypatch.setattr(stage.channel, "fetch", gone)
    stage.say("ama", "[voice] chest forty")
    assert "could not open that voice note" in said(stage)
    assert recordings(stage)[0].state == "lost"


def test_an_engine_that_is_away_is_asked_again_and_one_that_refuses_is_given_up(stage: Stage) -> None:
    answers = iter([Unheard("429", retry=True), Unheard("503", retry=True)])
    stage.listener.fail = lambda: next(answers, None)
    stage.say("ama", "[voice] chest forty")
    stage.pass_time(0.1)
    assert "Chest: 40 in" in said(stage)
    stage.listener.fail = lambda: Unheard("401", retry=False)
    stage.say("ama", "[voice] waist thirty")
    assert "could not open that voice note" in said(stage)


def test_a_note_that_takes_the_worker_down_is_given_up(stage: Stage) -> None:
    class Crash(BaseException):
        pass

    def crash() -> None:
        raise Crash

    stage.listener.fail = crash
    stage.post(stage._fields("ama", "[voice] chest forty"))
    for _ in range(6):
        with pytest.raises(Crash):
            jobs.carry_voice()
        stage.parts.story_clock.time += timedelta(minutes=3)
    stage.settle()
    assert recordings(stage)[0].state == "lost"
    assert "could not open that voice note" in said(stage)


def test_two_workers_listen_once(stage: Stage) -> None:
    stage.post(stage._fields("ama", "[voice] chest forty"))
    wanted = stage.parts.ear._claim()
    assert wanted
    assert stage.parts.ear._claim() is None
    content = b"chest forty"
    for _ in range(2):
        stage.parts.ear._finish(wanted, content, (Heard("chest forty", 0.9, 1.0), []))
    stage.settle()
    with stage.parts.database.begin() as db:
        assert len(list(db.scalars(select(Inbox).where(Inbox.name == "voice_heard")))) == 1


def test_what_is_heard_without_confidence_is_asked_again_and_never_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.listener, "listen", lambda recording, hints: Heard("chest forty", 0.2, 2.0))
    stage.say("ama", "[voice] chest forty")
    assert "clearly enough" in said(stage)
    stage.say("ama", "yes")
    assert saved(stage) == {}


def test_a_rough_engine_is_never_quoted(stage: Stage) -> None:
    stage.parts.switchboard.repeats = False
    try:
        stage.say("ama", "menu")
        stage.say("ama", "[voice] some dreadful words nobody said")
        assert "dreadful" not in said(stage, 3)
        assert "clearly enough" in said(stage)
    finally:
        stage.parts.switchboard.repeats = True


def test_a_flood_of_notes_is_slowed(stage: Stage) -> None:
    for n in range(MOST_WAITING + 2):
        stage.post(stage._fields("ama", f"[voice] chest {n + 36}"))
    assert len(recordings(stage)) == MOST_WAITING
    stage.settle()
    assert any("still listening" in letter.reply.text for letter in stage.channel.sent)


def test_the_engine_hears_whose_names_may_come(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        person = stage.person(db, "ama")
        assert person
        Profile.create(db, person.id, "Akosua", "child", now=stage.parts.clock.now())
    stage.say("ama", "[voice] Akosua chest twenty six")
    hints = stage.listener.hints[-1]
    assert hints.names == ("Akosua",)
    assert not [word for word in hints.words if any(letter.isdigit() for letter in word)]


def test_a_language_model_may_only_explain_what_stands_in_the_text(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both claims come back for a text the rules leave unexplained; only the one with evidence is read back, and nothing is saved unasked."""
    monkeypatch.setattr(stage.parts.engine, "has_reader", True)
    text_ = "the thing round my middle, waist so to say, it came to something like, let me see, 34"
    evidence = "waist so to say, it came to something like, let me see, 34"
    claims = [Claim(None, "waist", evidence, "34", None), Claim(None, "hip", "hip 44", "44", None)]

    class Model:
        def claims(self, said: str, people: tuple[str, ...]) -> list[Claim]:
            return claims

    monkeypatch.setattr(stage.parts.ear, "reader", Model())
    monkeypatch.setattr("flows.measure.measurements_in", unexplained)
    monkeypatch.setattr("bot.ear.measurements_in", unexplained)
    stage.say("ama", text_)
    assert "Waist: 34 in" in said(stage)
    assert "Hip" not in said(stage)
    assert saved(stage) == {}


def unexplained(text_: str, context: object = None) -> object:
    from bot.understand import Reading

    return Reading((), "no_measurement", unexplained=True)


def test_a_note_about_many_asks_the_database_no_more_for_each(stage: Stage) -> None:
    """Whose bodies they are is looked up once for a message, however often their names are spoken in the read-back."""
    names = ("Kofi", "Esi", "Yaw", "Adwoa", "Kojo", "Abena", "Kwame", "Efua", "Akua")
    with stage.parts.database.begin() as db:
        person = stage.person(db, "ama")
        assert person
        for name in names:
            Profile.create(db, person.id, name, "other", now=stage.parts.clock.now())
    asked: list[int] = []
    for several in (names[:1], names):
        stage.say("ama", "menu")
        stage.say("ama", "my measurements")
        with counted(stage) as seen:
            stage.post(stage._fields("ama", ", ".join(f"{name} chest 40 waist 34" for name in several)))
        asked.append(len(seen))
        stage.settle()
        assert f"*{several[-1]}*" in said(stage)
    one, nine = asked
    assert nine <= one + 3 * (len(names) - 1), asked  # each body once, its values once, and one to spare
