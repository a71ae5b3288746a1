"""Sample voice notes for people without a microphone at hand, and words somebody typed, spoken aloud; made when first asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from sandbox import voice_notes

LONGEST = 1000  # characters
VOICE, PACE = "us", 0.9  # the clearest, and not in a hurry
PAUSE_S = 0.5
#: Names that the synthesiser would read as English words.
SPELT = {"Kwame": "Kwahmay"}


@dataclass(frozen=True, slots=True)
class Clip:
    """A sample: what the page calls it, what it says, in which voice; without words it is a market heard from its middle."""

    label: str
    words: str
    voice: str = VOICE


CLIPS = {
    "own": Clip(
        "My own measurements",
        "My chest is forty inches, my waist is thirty four and a half inches, my hip is forty two inches, and sleeve twenty four inches.",
    ),
    "family": Clip(
        "Three of the family",
        "For my brother Kwame, chest forty inches, waist thirty four inches. For my sister Esi, chest thirty eight inches, "
        "waist thirty inches. For my daughter Akosua, chest twenty eight inches, waist twenty four inches.",
    ),
    "correction": Clip("A correction", "My waist is thirty two inches, no sorry, thirty three and a half inches."),
    "units": Clip(
        "Inches and centimetres",
        "My chest is ninety eight centimeters, my waist is thirty four inches, and my hip is one hundred and six centimeters.",
    ),
    "chat": Clip("About something else", "Good morning, when will my dress be ready? The wedding is on Saturday. Thank you very much.", "gb_m"),
    "noise": Clip("Only noise", ""),
}


@cache
def clip(name: str) -> bytes:
    """One of the samples as a voice note. Slow at first: not for the event loop. Raises KeyError."""
    sample = CLIPS[name]
    if sample.words:
        return aloud(sample.words, sample.voice)
    from sandbox import speak

    return speak.as_note(speak.mixed(speak.babble(6), speak.pink(6), -3))


@lru_cache(64)
def aloud(words: str, voice: str = VOICE) -> bytes:
    """A voice note that says the words; silent when nothing in them can be spoken. Slow: not for the event loop."""
    from sandbox import speak  # brings a synthesiser, which most worlds never need

    words = words.encode(errors="replace").decode()  # half a letter cannot be spoken
    if not any(letter.isalnum() for letter in words):
        return voice_notes.spoken(words)
    said = re.sub(r"\w+", lambda word: SPELT.get(word[0].capitalize(), word[0]), words)
    sound = speak.say(said, voice if voice in speak.VOICES else VOICE, pace=PACE)
    return speak.as_note(speak.joined([sound], PAUSE_S), words=words)  # people let the button go after the last word, not in it
