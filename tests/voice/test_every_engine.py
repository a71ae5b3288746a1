"""Every engine keeps the contract: whatever a stranger sends becomes a value, never an exception."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bot.voice
from bot.plugins import classes_in
from bot.settings import BadSettings, Section, load
from bot.voice import LONGEST_S, Engine, Heard, Hints
from bot.voice._sound import as_wav, decode, hear
from sandbox import speak
from sandbox.voice_notes import spoken
from tests.voice.conftest import WAIST, World

ENGINES = classes_in(bot.voice, marked_by="name")
HINTS = Hints(("en", "tw"), ("waist", "hip"), ("Kofi",))
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    talk = speak.say(WAIST, "us")
    note = speak.as_note(talk)
    return {
        "ogg": note, "mp3": speak.encoded(talk, "mp3", "libmp3lame"), "aac": speak.encoded(talk, "adts", "aac"),
        "m4a": speak.encoded(talk, "ipod", "aac"), "wav": speak.encoded(talk, "wav", "pcm_s16le"), "webm": speak.encoded(talk, "webm", "libopus"),
        "truncated": note[: len(note) * 2 // 3],
    }  # fmt: skip


@pytest.fixture(scope="module")
def bad() -> dict[str, tuple[bytes, str]]:
    """Recordings nobody can hear anything in, and why."""
    note = speak.note(WAIST)
    return {
        "no bytes": (b"", "broken"), "a web page": (b"<html><body>404</body></html>" * 20, "broken"), "a playlist": (PLAYLIST, "broken"),
        "a list of files": (b"ffconcat version 1.0\nfile /etc/passwd\n", "broken"), "only a head": (note[:60], "broken"),
        "random bytes": (np.random.default_rng(3).bytes(5000), "broken"), "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(500), "broken"),
        "silence": (spoken("waist 30"), "silence"), "a breath": (speak.as_note(speak.pink(0.3)), "too_short"),
        "a street for two minutes": (speak.as_note(speak.pink(125)), "noise"), "a tone": (speak.as_note(_tone()), "noise"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def offline() -> Any:
    return ENGINES["offline"](ENGINES["offline"].Config())  # type: ignore[attr-defined]


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, world: World, made: dict[str, bytes], tmp_path: Path, offline: Any) -> Engine:
    if request.param == "openai":
        world.tell(says=[WAIST] * 10)
        return world.engine()
    if request.param == "fixture":
        known = {hashlib.sha256(content).hexdigest(): WAIST for content in made.values()}
        (tmp_path / "known.json").write_text(json.dumps(known))
        fixture = ENGINES["fixture"]
        return fixture(fixture.Config(file=tmp_path / "known.json", ENVIRONMENT="test"))  # type: ignore[attr-defined,no-any-return]
    return offline  # type: ignore[no-any-return]


def test_what_an_engine_says_of_itself(engine: Engine) -> None:
    assert engine.name in ENGINES and issubclass(engine.Config, Section)
    assert 0 < engine.sure <= 1 and isinstance(engine.repeats, bool)


def test_every_common_format_is_heard(engine: Engine, made: dict[str, bytes]) -> None:
    for form, content in made.items():
        heard = engine.listen(content, HINTS)
        _check(heard)
        assert heard.seconds > 0.9 and not heard.why, form
        assert form == "truncated" or "thirty two" in heard.text, form


def test_what_cannot_be_heard_has_a_reason(engine: Engine, bad: dict[str, tuple[bytes, str]]) -> None:
    for what, (content, why) in bad.items():
        heard = engine.listen(content, HINTS)
        _check(heard)
        assert heard.why == why, what


def test_production_has_no_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIXTURE_FILE", str(tmp_path))
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(BadSettings):
        load(ENGINES["fixture"].Config)  # type: ignore[attr-defined]
    monkeypatch.delenv("ENVIRONMENT")
    with pytest.raises(BadSettings):
        load(ENGINES["fixture"].Config)  # type: ignore[attr-defined]


def test_a_long_recording_is_cut() -> None:
    hours = speak.encoded(np.tile(speak.say(WAIST), 60), "wav", "pcm_s16le")
    assert hear(hours).seconds == LONGEST_S


def test_what_a_decoder_wrote_reads_back() -> None:
    samples = (speak.say(WAIST) * 30000).astype(np.int16)
    assert np.array_equal(decode(as_wav(samples)), samples)


def test_flipped_bits_never_raise() -> None:
    note, dice = bytearray(speak.note(WAIST)), np.random.default_rng(5)
    for _ in range(60):
        broken = bytearray(note)
        for at in dice.integers(0, len(broken), 40):
            broken[at] ^= int(dice.integers(1, 256))
        assert hear(bytes(broken)).seconds <= LONGEST_S


def _check(heard: Heard) -> None:
    assert 0 <= heard.confidence <= 1 and 0 <= heard.seconds <= LONGEST_S
    assert not (heard.why and heard.text)


def _tone() -> speak.Samples:
    return (np.sin(np.arange(4 * speak.RATE) * 0.1) * 0.2).astype(np.float32)
