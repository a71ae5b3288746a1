"""Hears measurements on this machine, without any service: a small decoder that knows nothing else, and would rather refuse than guess.

Experimental: measured with synthetic voices only (benchmarks/voice.py). What it writes is never shown to anybody; the values read in it are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from bot.settings import Section
from bot.voice import Heard, Hints, Why
from bot.voice._offline_ears import Ears, Words
from bot.voice._offline_sureness import AFTER, NAMED, NUMBERS, RELATIVES, certain_part, confidence, is_complete
from bot.voice._sound import hear

CUT = 0.4  # what remains of the confidence in a note that ends in the middle of a word
STRANGER = 0.5  # and where somebody is named who is not among those we know
RELATIVE = 0.78  # and where a relative is: "uncle" is easily heard in what nobody said
PAUSE = 15  # frames of 10 ms: a comma


class OfflineConfig(Section, env_prefix="OFFLINE_"):
    """Nothing to configure."""


class Offline:
    """Its decoders are made at the first note and serve one note at a time.

    Its vocabulary is fixed. Of the hints only the names count: where some are known, another one is rather misheard than new.
    """

    name = "offline"
    Config = OfflineConfig
    sure = 0.7
    repeats = False

    def __init__(self, config: OfflineConfig) -> None:
        self._lock = threading.Lock()
        self._ears: tuple[int, Ears] | None = None

    def listen(self, recording: bytes, hints: Hints) -> Heard:
        sound = hear(recording)
        if sound.why:
            return _nothing(sound.seconds, sound.why)
        with self._lock:
            words = self._mine().listen(sound.samples)
        said = [word.text for word in words.all]
        if not NUMBERS & set(said):
            return _nothing(sound.seconds, "unclear")
        doubt = (CUT if sound.cut else 1) * (STRANGER if _strangers(said, hints.names) else 1) * (RELATIVE if RELATIVES & set(said) else 1)
        certainty = confidence(words) * doubt
        part = certain_part(words) if certainty < self.sure and doubt == 1 else None
        if part:
            return Heard(written(part), self.sure, sound.seconds, missed=True)
        return Heard(written(words), certainty, sound.seconds, missed=not is_complete(words))

    def _mine(self) -> Ears:
        if self._ears is None or self._ears[0] != os.getpid():
            self._ears = os.getpid(), Ears()
        return self._ears[1]


def written(words: Words) -> str:
    """The words as a reader expects them: names with a capital, a comma where a measurement ends and a pause follows."""
    return " ".join(_tokens(words))


def _strangers(said: list[str], known: tuple[str, ...]) -> bool:
    """Whether a name was heard that is none of the known ones. Where none is known, every name may be right."""
    ours = {part for name in known for part in name.lower().split()}
    return bool(ours) and any(word.removesuffix("'s") not in ours for word in said if word in NAMED)


def _tokens(words: Words) -> Iterator[str]:
    for word, following in zip(words.all, (*words.all[1:], None), strict=True):
        text = word.text.replace("_", " ")
        shown = text.capitalize() if word.text in NAMED else text
        ends = following is not None and word.text in AFTER and following.text not in AFTER and following.start - word.end > PAUSE
        yield shown + "," if ends else shown


def _nothing(seconds: float, why: Why) -> Heard:
    return Heard("", 0.0, seconds, why)
