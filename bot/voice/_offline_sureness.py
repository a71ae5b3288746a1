"""How sure the offline engine may be of what it heard: of a whole note, or of those of its measurements that stand on their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bot.voice._offline_ears import Word, Words
from bot.voice._offline_model import numbers
from bot.voice._offline_phrases import FIELDS, KIN, NAMES

#: How much each sign counts, learnt from notes made up for it: a constant, the lead, the least probable word, the least probable number, agreement.
WEIGHTS = (2.7, 1.09, 0.45, 0.51, 1.75)
LEAST = 1e-3
ALONE = 0.8  # from here on a measurement may be taken out of a note that is unsure as a whole
NUMBERS = frozenset(numbers())
AFTER = NUMBERS | {"inches", "centimeters", "centimetres", "feet", "foot", "tall"}
NAMED = frozenset({*NAMES, *(f"{name}'s" for name in NAMES)})
_FIELDS = {name.replace(" ", "_"): name.rstrip("s") for several in FIELDS for name in several.split("|")}
#: What decides a value: "hip" or "hips" is one, "the" or "his" is nothing.
_GIST = {
    **{word: word for word in AFTER},
    "centimetres": "centimeters", "foot": "feet", "and_half": "and_a_half", "point_five": "and_a_half",
    **{name + s: name for name in (*NAMES, *KIN) for s in ("", "'s")}, **_FIELDS,
}  # fmt: skip
RELATIVES = frozenset(word for kin in KIN for word in (kin, f"{kin}'s"))
#: What is taken back is only understood together with what it replaces.
_CORRECTING = frozenset({"sorry", "no", "not", "mean", "actually", "change", "correction", "instead", "rather", "wait"})


def confidence(words: Words) -> float:
    """How probably every value in these words is right, between 0 and 1."""
    said = tuple(word.text for word in words.all)
    return _probability(words.lead, words.all, agreed=gist(said) == gist(words.again))


def certain_part(words: Words) -> Words | None:
    """The measurements that are sure by themselves, the others left out; None where the parts of the note depend on each other."""
    said = [word.text for word in words.all]
    if _CORRECTING & {*said, *words.again} or _people(said) != _people(words.again):
        return None
    again, kept, found = list(_measurements(gist(words.again))), [], False
    for part in _parts(words.all):
        has_number = any(word.text in NUMBERS for word in part)
        if part[0].text not in _FIELDS:
            if has_number:
                return None  # the number comes first: it may belong to either side
            kept += part
        elif has_number and _is_sure(words.lead, part, again):
            kept += part
            found = True
    return Words(tuple(kept), words.lead, words.again) if found else None


def is_complete(words: Words) -> bool:
    """Whether every measurement that was named has a number; one without may have lost it: "chest forty" heard as "chest for the"."""
    return all(part[0].text not in _FIELDS or any(word.text in NUMBERS for word in part) for part in _parts(words.all))


def gist(said: Sequence[str]) -> list[str]:
    return [_GIST[word] for word in said if word in _GIST]


def _is_sure(lead: float, part: list[Word], again: list[tuple[str, ...]]) -> bool:
    agreed = next(_measurements(gist([word.text for word in part]))) in again
    return _probability(lead, part, agreed=agreed) >= ALONE


def _probability(lead: float, words: Sequence[Word], *, agreed: bool) -> float:
    least = min(word.posterior for word in words)
    number = min(word.posterior for word in words if word.text in NUMBERS)
    signs = (1.0, lead, _log(least), _log(number), float(agreed))
    return 1 / (1 + math.exp(-sum(weight * sign for weight, sign in zip(WEIGHTS, signs, strict=True))))


def _parts(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Cut before each measurement's name and before each person."""
    part: list[Word] = []
    for word in words:
        if part and (word.text in _FIELDS or word.text in NAMED or word.text in RELATIVES):
            yield part
            part = []
        part.append(word)
    yield part


def _measurements(decisive: list[str]) -> Iterator[tuple[str, ...]]:
    """Names of measurements, each with what follows it."""
    part: list[str] = []
    for word in decisive:
        if part and word not in AFTER and word != "and_a_half":
            yield tuple(part)
            part = []
        part.append(word)
    yield tuple(part)


def _people(said: Sequence[str]) -> list[str]:
    return [word.removesuffix("'s") for word in said if word in NAMED or word in RELATIVES]


def _log(posterior: float) -> float:
    return math.log(max(posterior, LEAST))
