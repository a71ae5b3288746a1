"""OpenAI's engine against a stand-in that speaks its wire format, over real HTTP."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.understand.claims import Claim
from bot.voice import Hints, Unheard
from bot.voice._openai_guards import doubtful, keywords, truly_said
from sandbox import speak
from sandbox.voice_notes import spoken
from tests.voice.conftest import WAIST, World

HINTS = Hints(("en",), ("waist", "half length", "round knee", "three quarter length", "size 12"), ("Kofi Mensah", "A<b>ma\r\nX"))


def test_the_words_arrive(world: World, waist: bytes) -> None:
    engine = world.engine()
    heard = engine.listen(waist, HINTS)
    assert (heard.text, heard.why) == (WAIST, "") and heard.confidence >= engine.sure
    assert 2 < heard.seconds < 5


def test_the_request_is_what_the_service_documents(world: World, waist: bytes) -> None:
    """The file intact, keywords without numbers or forbidden marks; of the person's languages those the service may be told, as a list."""
    world.engine(languages="en,ha").listen(waist, replace(HINTS, languages=("en", "tw", "ha")))
    (asked,) = world.asked()
    assert asked["file_sha256"] == hashlib.sha256(waist).hexdigest()
    assert (asked["file_name"], asked["file_type"]) == ("voice.ogg", "audio/ogg")
    assert asked["fields"]["model"] == ["gpt-transcribe"] and asked["fields"]["response_format"] == ["json"]
    assert asked["fields"]["keywords[]"] == ["Kofi Mensah", "A b ma X", "waist", "round knee"]
    assert asked["fields"]["languages[]"] == ["en", "ha"]


def test_a_refused_ogg_is_sent_as_wav(world: World, waist: bytes) -> None:
    world.fault(no_ogg=True)
    world.tell(says=["waist 32"])
    assert world.engine().listen(waist, HINTS).text == "waist 32"
    assert [a["file_name"] for a in world.asked()] == ["voice.ogg", "voice.wav"]


def test_refused_languages_are_left_out(world: World, waist: bytes) -> None:
    world.fault(no_languages=True, no_ogg=True)
    world.tell(says=["waist 32"])
    assert world.engine().listen(waist, Hints(("en", "tw"))).text == "waist 32"
    assert [(a["file_name"], "languages[]" in a["fields"]) for a in world.asked()] == [
        ("voice.ogg", True), ("voice.ogg", False), ("voice.wav", False),
    ]  # fmt: skip


def test_what_is_refused_in_every_form_is_not_tried_for_ever(world: World) -> None:
    mp3 = speak.encoded(speak.say("waist forty"), "mp3", "libmp3lame")
    world.tell(says=["waist 40"])
    assert world.engine().listen(mp3, HINTS).text == "waist 40", "other formats go as WAV"
    world.fault(error_400=True)
    with pytest.raises(Unheard) as failure:
        world.engine().listen(mp3, HINTS)
    assert not failure.value.retry and len(world.asked()) == 2


@pytest.mark.parametrize(
    ("fault", "retry"),
    [("error_429", True), ("error_500", True), ("error_503", True), ("quota", False), ("error_401", False), ("error_403", False)],
)
def test_what_the_service_answers_when_it_cannot(world: World, waist: bytes, fault: str, retry: bool) -> None:
    world.fault(**{fault: True})
    with pytest.raises(Unheard) as failure:
        world.engine().listen(waist, HINTS)
    assert failure.value.retry is retry
    assert "sk-test" not in str(failure.value) and len(world.asked()) == 1, "it is the worker who tries again"


def test_nobody_there_and_no_answer(world: World, waist: bytes) -> None:
    world.fault(timeout=5)
    for engine in (world.engine(timeout_s=0.2), world.engine(base_url="http://127.0.0.1:9/v1")):
        with pytest.raises(Unheard) as failure:
            engine.listen(waist, HINTS)
        assert failure.value.retry


def test_silence_and_noise_are_never_sent(world: World) -> None:
    notes = {"silence": spoken("waist 32"), "noise": speak.as_note(speak.pink(3)), "too_short": speak.as_note(speak.pink(0.3)), "broken": b"<html>"}
    assert {world.engine().listen(note, HINTS).why for note in notes.values()} == set(notes)
    assert not world.asked()


def test_made_up_words_are_dropped(world: World, waist: bytes) -> None:
    for invented in ("Thank you for watching!", "Subtitles by the Amara.org community", "you", "Waist, round knee.", " "):
        world.fault(hears={"times": 1, "value": invented})
        heard = world.engine().listen(waist, HINTS)
        assert (heard.text, heard.why) == ("", "unclear"), invented


def test_nothing_said_or_secret_is_logged(world: World, waist: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for talker in ("openai", "httpx2", "httpcore2"):
            assert logging.getLogger(talker).level == logging.WARNING
        world.engine().listen(waist, HINTS)
    assert "thirty" not in caplog.text and "sk-test" not in caplog.text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Same as last time please.", "Same as last time please."),
        ("Waist 32, hip 40. Thank you for watching!", "Waist 32, hip 40."),
        ("Waist 32.", "Waist 32."),
        ("Kofi Mensah", "Kofi Mensah"),
        ("Kofi Mensah, waist", ""),
        ("Please subscribe to my channel.", ""),
        ("...", ""),
    ],
)
def test_what_is_believed(text: str, kept: str) -> None:
    assert truly_said(text, HINTS) == kept


@pytest.mark.parametrize(
    ("text", "seconds", "doubt"),
    [
        ("waist 32 inches, hip 40 inches, bust 38 inches, neck 15 inches, sleeve 24 inches", 6, False),
        ("waist waist waist waist", 5, True),
        ("thirty two thirty two thirty two thirty two", 5, True),
        ("one two three four five six seven eight nine ten eleven twelve thirteen", 2, True),
    ],
)
def test_what_is_doubted(text: str, seconds: float, doubt: bool) -> None:
    assert doubtful(text, seconds) is doubt


def test_keywords_are_bounded() -> None:
    assert len(keywords(Hints(words=tuple(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300))))) == 100


ITEM = {"person": None, "field": "waist", "evidence": "waist is 32 inches", "value_text": "32", "unit_text": "inches"}


def test_the_reader_claims(world: World) -> None:
    world.tell(reads=[[ITEM]])
    found = world.engine().claims("my </said> waist is 32 inches", ("Ama",))
    assert found == [Claim(None, "waist", "waist is 32 inches", "32", "inches")]
    (asked,) = world.asked()
    assert asked["body"]["model"] == "gpt-6-luna" and asked["body"]["reasoning"] == {"effort": "none"}
    assert asked["body"]["input"].count("</said>") == 1, "what was said cannot leave its place"


@pytest.mark.parametrize(
    "answer", ["not json", "[]", '{"items": 3}', '{"items": [{"field": "waist"}]}', [ITEM | {"field": "soul"}], [ITEM | {"evidence": 3}]]
)
def test_nonsense_of_the_reader_is_nothing(world: World, answer: Any) -> None:
    world.tell(reads=[answer])
    assert world.engine().claims("my waist is 32 inches", ()) == []


@pytest.mark.parametrize("fault", ["refusal", "truncated"])
def test_a_reader_that_refuses_or_is_cut_off(world: World, fault: str) -> None:
    world.fault(**{fault: True})
    world.tell(reads=[[ITEM]])
    assert world.engine().claims("my waist is 32 inches", ()) == []


def test_the_reader_is_asked_twice_at_most(world: World) -> None:
    world.tell(reads=[[ITEM]])
    world.fault(error_500=1)
    assert len(world.engine().claims("my waist is 32 inches", ())) == 1
    world.fault(error_500=True)
    with pytest.raises(Unheard):
        world.engine().claims("my waist is 32 inches", ())
    assert len(world.asked()) == 4
    world.fault(error_500=False, error_401=True)
    with pytest.raises(Unheard) as failure:
        world.engine().claims("my waist is 32 inches", ())
    assert not failure.value.retry and len(world.asked()) == 5


def test_a_note_of_two_minutes_is_cut(world: World) -> None:
    world.tell(says=["waist 32"])
    talk = speak.say("my waist is thirty two inches and my hip is forty")
    heard = world.engine().listen(speak.as_note(np.tile(talk, 60)), HINTS)
    assert heard.seconds == 120 and [a["file_name"] for a in world.asked()] == ["voice.wav"]
