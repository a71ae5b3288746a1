"""Hears measurements on this machine, without any service: a small decoder that knows nothing else, and would rather refuse than guess.

Experimental: measured with synthetic voices only (benchmarks/voice.py). What it writes is never shown to anybody; the values read in it are.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator

from bot.settings import Section
from bot.voice import Heard, Hints, Why
from bot.voice._offline_ears import Ears, Words
from bot.voice._offline_model import numbers
from bot.voice._offline_phrases import FIELDS, KIN, NAMES
from bot.voice._sound import hear

#: How much each sign counts, learnt from notes made up for it: a constant, the lead, the least probable word, the least probable number, agreement.
WEIGHTS = (2.7, 1.09, 0.45, 0.51, 1.75)
LEAST = 1e-3
CUT = 0.4  # what remains of the confidence in a note that ends in the middle of a word
STRANGER = 0.5  # and where somebody is named who is not among those we know
PAUSE = 15  # frames of 10 ms: a comma
_NUMBERS = frozenset(numbers())
_AFTER = _NUMBERS | {"inches", "centimeters", "centimetres", "feet", "foot", "tall"}
#: What decides a value: "hip" or "hips" is one, "the" or "his" is nothing.
_GIST = {
    **{word: word for word in _AFTER},
    "centimetres": "centimeters", "foot": "feet", "and_half": "and_a_half", "point_five": "and_a_half",
    **{name + s: name for name in (*NAMES, *KIN) for s in ("", "'s")},
    **{name.replace(" ", "_"): name.rstrip("s") for several in FIELDS for name in several.split("|")},
}
_CAPITAL = frozenset({*NAMES, *(f"{name}'s" for name in NAMES)})


class OfflineConfig(Section, env_prefix="OFFLINE_"):
    """Nothing to configure."""


class Offline:
    """Its decoders are made at the first note and serve one note at a time.

    Its vocabulary is fixed. Of the hints only the names count: where some are known, another one is rather misheard than new.
    """

    name = "offline"
    Config = OfflineConfig
    sure = 0.5
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
        if not _NUMBERS & set(said):
            return _nothing(sound.seconds, "unclear")
        doubt = (CUT if sound.cut else 1) * (STRANGER if _strangers(said, hints.names) else 1)
        return Heard(written(words), confidence(words) * doubt, sound.seconds)

    def _mine(self) -> Ears:
        if self._ears is None or self._ears[0] != os.getpid():
            self._ears = os.getpid(), Ears()
        return self._ears[1]


def confidence(words: Words) -> float:
    """How probably every value in these words is right, between 0 and 1."""
    said = tuple(word.text for word in words.all)
    least = min(word.posterior for word in words.all)
    number = min(word.posterior for word in words.all if word.text in _NUMBERS)
    signs = (1.0, words.lead, _log(least), _log(number), float(_gist(said) == _gist(words.again)))
    return 1 / (1 + math.exp(-sum(weight * sign for weight, sign in zip(WEIGHTS, signs, strict=True))))


def written(words: Words) -> str:
    """The words as a reader expects them: names with a capital, a comma where a measurement ends and a pause follows."""
    return " ".join(_tokens(words))


def _strangers(said: list[str], known: tuple[str, ...]) -> bool:
    """Whether a name was heard that is none of the known ones. Where none is known, every name may be right."""
    ours = {part for name in known for part in name.lower().split()}
    return bool(ours) and any(word.removesuffix("'s") not in ours for word in said if word in _CAPITAL)


def _gist(words: tuple[str, ...]) -> list[str]:
    return [_GIST[word] for word in words if word in _GIST]


def _tokens(words: Words) -> Iterator[str]:
    for word, following in zip(words.all, (*words.all[1:], None), strict=True):
        text = word.text.replace("_", " ")
        shown = text.capitalize() if word.text in _CAPITAL else text
        ends = following is not None and word.text in _AFTER and following.text not in _AFTER and following.start - word.end > PAUSE
        yield shown + "," if ends else shown


def _log(posterior: float) -> float:
    return math.log(max(posterior, LEAST))


def _nothing(seconds: float, why: Why) -> Heard:
    return Heard("", 0.0, seconds, why)
