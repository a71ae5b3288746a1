"""Three decoders over one sound: two expect measurements, one only speech sounds. How far they differ says how sure the first may be."""

from __future__ import annotations

import gzip
import math
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder, get_model_path

from bot.voice import _offline_model as model
from bot.voice._sound import RATE

DITHER = 40  # of 32768: digital silence misleads the decoder
MARGIN = RATE // 4  # silence before and after, so that the first and the last word have an end
FRAME = RATE // 100
_COMMON: dict[str, Any] = {"hmm": "en-us/en-us", "remove_noise": False, "cmn": "batch", "loglevel": "FATAL"}
#: Wide beams: narrow ones lose whole words, and time is not short.
_WORDS: dict[str, Any] = {
    "lw": 12.0, "fwdflatlw": 12.0, "bestpathlw": 12.0, "wip": 0.005, "beam": 1e-60, "wbeam": 1e-42, "lpbeam": 1e-52, "lponlybeam": 1e-42,
    "pbeam": 1e-54, "fwdflatwbeam": 1e-42,
}  # fmt: skip
#: Another balance between what is expected and what is heard: where both say the same, it is mostly right.
_AGAIN: dict[str, Any] = {"lw": 8.0, "fwdflatlw": 8.0, "bestpathlw": 8.0, "wip": 0.005}
_SOUNDS: dict[str, Any] = {"lw": 2.0, "pip": 0.3, "beam": 1e-10, "pbeam": 1e-10, "allphone_ci": True}


@dataclass(frozen=True, slots=True)
class Word:
    """A word, the frames it fills (100 a second), and how probable it is among the decoder's alternatives."""

    text: str
    start: int
    end: int
    posterior: float


@dataclass(frozen=True, slots=True)
class Words:
    """What was heard; `lead` is how much better it explains the sound than bare speech sounds do, per 1000 frames; `again` a second opinion."""

    all: tuple[Word, ...]
    lead: float
    again: tuple[str, ...]


class Ears:
    """Some 100 MB; one sound at a time."""

    def __init__(self) -> None:
        common = _COMMON | {"hmm": get_model_path(_COMMON["hmm"])}
        with tempfile.NamedTemporaryFile(suffix=".lm") as expected:
            expected.write(gzip.decompress(model.EXPECTED.read_bytes()))
            expected.flush()
            self._words, self._again = (Decoder(lm=expected.name, dict=str(model.DICTIONARY), **common, **own) for own in (_WORDS, _AGAIN))
        self._sounds = Decoder(lm=None, allphone=get_model_path("en-us/en-us-phone.lm.bin"), **common, **_SOUNDS)

    def listen(self, samples: NDArray[np.int16]) -> Words:
        sound = _dithered(samples, 1)
        found, score = _decoded(self._words, sound)
        _, bare = _decoded(self._sounds, sound)
        again, _ = _decoded(self._again, _dithered(samples, 2))
        frames = (len(samples) + 2 * MARGIN) // FRAME
        return Words(tuple(found), (score - bare) / frames * 1000, tuple(word.text for word in again))


def _dithered(samples: NDArray[np.int16], seed: int) -> bytes:
    framed = np.pad(samples.astype(np.float64), MARGIN)
    framed += np.random.default_rng(seed).normal(0, DITHER, len(framed))
    return np.clip(framed, -32768, 32767).astype("<i2").tobytes()


def _decoded(decoder: Decoder, sound: bytes) -> tuple[list[Word], float]:
    """The words without silences and noises, and the logarithm of how well they explain the sound."""
    decoder.reinit_feat()  # otherwise it carries the last speaker's loudness into this note
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    if best is None or best.score <= 0:
        return [], -20.0
    spoken = (part for part in decoder.seg() if part.word[0] not in "<[+")
    return [Word(p.word.split("(")[0], p.start_frame, p.end_frame, min(1.0, p.prob)) for p in spoken], math.log(best.score)
