"""How well the offline engine hears: `python -m benchmarks voice`. Synthetic voices only, so these are upper bounds for people."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from benchmarks.voice_sentences import ELSEWHERE, MEASURED
from bot.understand import measurements_in
from bot.understand.reading import Context, Value
from bot.voice import Heard, Hints
from bot.voice.offline import Offline, OfflineConfig
from sandbox import speak

BARS = {
    "voice_clear_accepted": (">=", 0.75), "voice_clear_values_right": (">=", 0.98), "voice_elsewhere_accepted": ("<=", 0.02),
    "voice_real_time_factor": ("<=", 0.3),
}  # fmt: skip
NEAR_MM = 3
LET_GO_S = 0.4  # people let the button go after the last word, not in it
#: Whom the product knows of the speaker's family when it listens.
FAMILY = Hints(names=("Kofi", "Ama", "Kwame", "Akosua", "Yaw", "Esi"))


@dataclass
class Tally:
    """Notes heard, accepted (values are read back; of some only a part, which is said), and their values."""

    notes: int = 0
    accepted: int = 0
    partly: int = 0
    whole: int = 0
    values: int = 0
    right: int = 0

    def add(self, heard: Heard, sure: float, meant: str) -> None:
        self.notes += 1
        reading = measurements_in(heard.text, Context()) if heard.confidence >= sure and not heard.why else None
        if reading is None or reading.ask or not reading.values:
            return
        wanted = expected(meant)
        right = sum(any(_same(value, one) for one in wanted) for value in reading.values)
        self.accepted += 1
        self.partly += heard.missed
        self.values += len(reading.values)
        self.right += right
        self.whole += right == len(reading.values) == len(wanted)

    def shown(self, name: str) -> dict[str, float]:
        return {
            f"voice_{name}_notes": self.notes, f"voice_{name}_accepted": self.accepted / max(1, self.notes),
            f"voice_{name}_partly": self.partly / max(1, self.notes),
            f"voice_{name}_values_right": self.right / max(1, self.values), f"voice_{name}_notes_right": self.whole / max(1, self.accepted),
        }  # fmt: skip


def measured() -> dict[str, float]:
    before = psutil.Process().memory_info().rss
    engine = Offline(OfflineConfig())
    engine.listen(speak.note("my waist is thirty inches"), Hints())
    found: dict[str, float] = {"voice_memory_mb": (psutil.Process().memory_info().rss - before) / 2**20}
    clear, seconds, busy = Tally(), 0.0, time.process_time()
    for note, meant in measured_notes(speak.CLEAR):
        heard = engine.listen(note, FAMILY)
        seconds += heard.seconds
        clear.add(heard, engine.sure, meant)
    found |= clear.shown("clear") | {"voice_real_time_factor": (time.process_time() - busy) / seconds}
    elsewhere, market = Tally(), Tally()
    for note in elsewhere_notes():
        elsewhere.add(engine.listen(note, FAMILY), engine.sure, "")
    found |= {"voice_elsewhere_notes": elsewhere.notes, "voice_elsewhere_accepted": elsewhere.accepted / elsewhere.notes}
    for note, meant in _market():
        market.add(engine.listen(note, FAMILY), engine.sure, meant)
    found |= market.shown("babble_10db")
    others = {"caribbean_scottish": measured_notes(speak.OTHER), "ghanaian_proxy": measured_notes(speak.GHANAIAN), "pink_20db": _street()}
    for name in others:
        tally = Tally()
        for note, meant in others[name]:
            tally.add(engine.listen(note, FAMILY), engine.sure, meant)
        found |= tally.shown(name)
    return found


def expected(meant: str) -> list[tuple[str | None, str, int]]:
    """(whose, field, millimetres) of "kofi:chest 28, waist 88c"."""
    found: list[tuple[str | None, str, int]] = []
    for part in filter(None, meant.split(", ")):
        named, _, number = part.rpartition(" ")
        whose, _, field = named.rpartition(":")
        found.append((whose or None, field, round(float(number[:-1]) * 10 if number.endswith("c") else float(number) * 25.4)))
    return found


def measured_notes(voices: tuple[str, ...]) -> Iterable[tuple[bytes, str]]:
    for said, meant in MEASURED:
        for voice in voices:
            yield speak.as_note(_spoken(said, voice)), meant


def elsewhere_notes() -> Iterable[bytes]:
    """Other talk in every voice, music, and a market without a customer."""
    voices = tuple(speak.VOICES)
    for place, said in enumerate(ELSEWHERE * 4):
        yield speak.as_note(_spoken(said, voices[(place * 3 + place // len(ELSEWHERE)) % len(voices)]))
    for seed in range(20):
        yield speak.as_note(speak.chords(3 + seed % 5, seed))
        yield speak.as_note(speak.babble(3 + seed % 5, seed))


def _market() -> Iterable[tuple[bytes, str]]:
    for place, (said, meant) in enumerate(MEASURED):
        yield speak.as_note(speak.mixed(_spoken(said, speak.CLEAR[place % 5]), speak.babble(8, place), 10)), meant


def _street() -> Iterable[tuple[bytes, str]]:
    for place, (said, meant) in enumerate(MEASURED):
        for voice in (speak.CLEAR[place % 5], speak.CLEAR[(place + 2) % 5]):
            yield speak.as_note(speak.mixed(_spoken(said, voice), speak.pink(8, place), 20)), meant


def _spoken(said: str, voice: str) -> speak.Samples:
    return speak.joined([speak.say(said, voice)], LET_GO_S)


def _same(value: Value, wanted: tuple[str | None, str, int]) -> bool:
    whose = value.person.lower() if value.person else None
    return (whose, value.field) == wanted[:2] and abs(value.mm - wanted[2]) <= NEAR_MM


if __name__ == "__main__":
    os.nice(5)
    for name, number in measured().items():
        sign, bar = BARS.get(name, ("", 0.0))
        fine = not sign or (number >= bar if sign == ">=" else number <= bar)
        print(f"{name:36}{number:10.3f}" + (f"   bar {sign} {bar}  {'ok' if fine else 'MISSED'}" if sign else ""), flush=True)
