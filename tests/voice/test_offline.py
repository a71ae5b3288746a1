"""The offline engine: a dozen synthetic notes, what it refuses, and that its two files are what its script makes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.voice import Hints, _offline_model
from bot.voice.offline import Offline, OfflineConfig
from sandbox import speak

HEARD = (
    ("My waist is thirty two and a half inches.", "us", "waist is thirty two and a half inches"),
    ("Chest forty two inches.", "gb", "chest forty two inches"),
    ("Sleeve length is twenty five inches.", "us", "sleeve length is twenty five inches"),
    ("Waist thirty four inches, hips forty one inches.", "us", "waist thirty four inches, hip"),
    ("My hip is forty three inches.", "gb_m", "hip is forty three inches"),
    ("Trouser length is forty one inches.", "gb", "trouser length is forty one inches"),
)
REFUSED = (
    ("I sent the cloth with my brother yesterday, have you received it?", "us_f"),
    ("The meeting starts at ten thirty on Monday morning at the church.", "gb"),
    ("Chelsea scored two goals in the first half and the other team scored none.", "rp_f"),
    ("The electricity bill came to one hundred and twenty five this month.", "us"),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Offline]:
    yield Offline(OfflineConfig())


@pytest.mark.parametrize(("said", "voice", "written"), HEARD, ids=[said for said, *_ in HEARD])
def test_clear_notes_are_heard(engine: Offline, said: str, voice: str, written: str) -> None:
    heard = engine.listen(speak.note(said, voice), Hints())
    assert written in heard.text and heard.confidence >= engine.sure


@pytest.mark.parametrize(("said", "voice"), REFUSED, ids=[said for said, _ in REFUSED])
def test_other_talk_is_refused(engine: Offline, said: str, voice: str) -> None:
    heard = engine.listen(speak.note(said, voice), Hints())
    assert heard.why == "unclear" or heard.confidence < engine.sure


def test_music_and_a_market_are_refused(engine: Offline) -> None:
    talk = speak.say("My waist is thirty two and a half inches.")
    for sound in (speak.chords(4), speak.babble(4), speak.mixed(talk, speak.babble(5), 3)):
        heard = engine.listen(speak.as_note(sound), Hints())
        assert heard.why or heard.confidence < engine.sure


def test_a_name_that_is_not_known_is_doubted(engine: Offline) -> None:
    note = speak.note("For Kofi, waist thirty two inches.", "us")
    known, nobody, others = (engine.listen(note, Hints(names=names)) for names in (("Kofi Mensah",), (), ("Abena",)))
    assert "Kofi" in known.text
    assert known.confidence == nobody.confidence > others.confidence


def test_one_note_does_not_change_the_next(engine: Offline) -> None:
    """Whatever was heard before, and by whom."""
    first, other = speak.note(HEARD[0][0], "gb"), speak.as_note(speak.chords(3))
    once = engine.listen(first, Hints())
    engine.listen(other, Hints())
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: engine.listen(first, Hints()), range(4))) == {once}


def test_its_files_are_what_its_script_makes() -> None:
    expected = _offline_model.expectations()
    assert gzip.decompress(_offline_model.EXPECTED.read_bytes()).decode() == expected
    assert _offline_model.DICTIONARY.read_text() == _offline_model.dictionary(_offline_model.vocabulary(expected))
    assert _offline_model.EXPECTED.stat().st_size < 400_000
