"""What a transcription model is told beforehand, and what of its answer is believed."""

from __future__ import annotations

import re

from bot.understand.numbers import PARTS, POWERS, TEENS, TENS, UNITS
from bot.voice import Hints

MOST_KEYWORDS, LONGEST_KEYWORD = 100, 40
FASTEST = 6.0  # words a second
REPEATED = 4  # so often in a row nobody says a word or a phrase
#: What such models hear in noise, as plain words. A sentence that is one of these was not said to a tailor.
MADE_UP = (
    "you", "thanks for watching", "thank you for watching", "thank you so much for watching", "thank you very much for watching",
    "thank you all for watching", "thanks for watching and see you next time", "thank you for watching and see you next time",
    "please subscribe", "please like and subscribe", "like and subscribe", "please subscribe to my channel", "subscribe to my channel",
    "don t forget to subscribe", "please subscribe to our channel", "see you in the next video", "i ll see you in the next video",
    "see you next time", "music", "applause", "silence", "inaudible", "foreign", "blank audio", "no speech", "transcribed by otter ai",
)  # fmt: skip
_CREDITS = re.compile(r"\b(subtitles?|captions?|captioned|transcription|translated) (by|from|provided)\b|\bamara org\b")
_NUMBERS = frozenset({*UNITS, *TEENS, *TENS, *POWERS, *PARTS})
_JOINTS = frozenset({"and", "or", "the", "a"})


def keywords(hints: Hints) -> list[str]:
    """Names and words to expect, each a line without marks that the service refuses, none with a number: it would be heard everywhere."""
    kept: list[str] = []
    for word in (*hints.names, *hints.words):
        clean = " ".join(re.sub(r"[<>\x00-\x1f\x7f\u2028\u2029]", " ", word).split())
        if 0 < len(clean) <= LONGEST_KEYWORD and not re.search(r"\d", clean) and not _NUMBERS & set(_words(clean)) and clean not in kept:
            kept.append(clean)
    return kept[:MOST_KEYWORDS]


def languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    clean = (code.strip().lower() for code in codes)
    return tuple(dict.fromkeys(code for code in clean if re.fullmatch("[a-z]{2}", code)))


def truly_said(text: str, hints: Hints) -> str:
    """The text without made-up sentences; nothing if only our own hints came back."""
    sentences = re.split(r"(?<=[.!?…])\s+|\n+", text.strip())
    kept = " ".join(s for s in sentences if s and not _made_up(s))
    return "" if not _words(kept) or _echoes(kept, hints) else kept


def doubtful(text: str, seconds: float) -> bool:
    """Faster than anybody speaks, or stuck in a loop."""
    words = _words(text)
    return len(words) > FASTEST * max(seconds, 1.0) or any(_loops(words, size) for size in (1, 2, 3, 4))


def _made_up(sentence: str) -> bool:
    plain = " ".join(_words(sentence))
    return plain in MADE_UP or bool(_CREDITS.search(plain))


def _echoes(text: str, hints: Hints) -> bool:
    """Whether nothing but hints was heard. A single name may well be an answer."""
    words = _words(text)
    known = {part for hint in (*hints.words, *hints.names) for part in _words(hint)} - _NUMBERS
    names = {" ".join(_words(name)) for name in hints.names}
    return bool(known) and set(words) <= known | _JOINTS and " ".join(words) not in names


def _loops(words: list[str], size: int) -> bool:
    pieces = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    span = size * (REPEATED - 1)
    return any(all(pieces[at] == pieces[at + size * turn] for turn in range(1, REPEATED)) for at in range(len(pieces) - span))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())
