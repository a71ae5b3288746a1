"""Which of the offered answers a person means: by number, by name, or by a name with a slip of the finger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from bot.understand.errors import NotUnderstood
from bot.understand.fillers import FILLERS
from bot.understand.numbers import tokens
from bot.understand.plain import plain, words
from bot.understand.yes_no import yes_no

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9, "10th": 10,
}  # fmt: skip
SHORTEST_PREFIX, SHORTEST_WORD, SHORTEST_TYPO = 2, 3, 4  # letters
FUZZY_ENOUGH, FUZZY_MARGIN = 84, 8  # of 100: how near, and how much nearer than the next label
SWAPPED = 90  # two neighbours exchanged: "ketne"; a changed letter may be another garment: shirt, skirt
_REFUSING = words("no not dont never none neither nor without except but or nope daabi")
#: Ewe and Hausa labels that mean yes or no; typed without being offered they may be just a sigh.
_LABELS_ONLY = {"ɛ": True, "eh": True, "aa": False}
SHORT_ANSWER = 5  # letters: "yes", "daabi"; such a label is never found inside or near other words


def choose(text: str, labels: Sequence[str], *, numbered: int | None = None) -> int:
    """The index of the label a text means, counted from 0; people count from 1.

    Only the first `numbered` labels carry a number on the screen (None: all); the others go by name alone.
    NotUnderstood when no label or several fit.
    """
    said, names = plain(text), [plain(label) for label in labels]
    counted = _by_number(text, said, len(labels) if numbered is None else min(numbered, len(labels)))
    exact = [index for index, name in enumerate(names) if name == said and said]
    if counted is not None and exact and exact != [counted]:
        raise NotUnderstood("ambiguous_choice", tuple(labels[index] for index in [*exact, counted]))
    if counted is not None:
        return counted
    if not exact and (agreed := _agreed(text, labels)) is not None:
        return agreed
    bare = " ".join(word for word in said.split() if word not in FILLERS) or said
    found = exact or _same(bare, names) or ([] if _REFUSING & set(said.split()) else _near(bare, names))
    if len(found) != 1:
        raise NotUnderstood("ambiguous_choice" if found else "unclear", tuple(labels[index] for index in found))
    return found[0]


def _by_number(text: str, said: str, count: int) -> int | None:
    """ "2", "2.", "two", "no 2", "the second one", "2️⃣": the number alone, within the list."""
    kept = [word for word in said.split() if word not in FILLERS and word != "no"]
    if len(kept) in (1, 2) and kept[0] in ORDINALS and kept[1:] in ([], ["one"]):
        place = ORDINALS[kept[0]]
        return place - 1 if place <= count else None
    spoken = tokens(re.sub(r"\bno\b\.?", " ", plain(text)) if "no" in said.split() else text)
    numbers = [token for token in spoken if token.kind == "number"]
    if len(numbers) != 1 or any(token.kind == "word" and token.text not in FILLERS for token in spoken):
        return None
    value = numbers[0].value
    whole = numbers[0].exact and 1 <= value <= count and not text.strip().startswith("-")
    return int(value) - 1 if whole else None


def _agreed(text: str, labels: Sequence[str]) -> int | None:
    """Where one label says yes and one says no ("Accept", "Decline"), every other way of saying yes or no fits too."""
    votes = [_LABELS_ONLY.get(plain(label), _vote(label)) for label in labels]
    meant = {index: vote for index, vote in enumerate(votes) if vote is not None}
    said = _vote(text[:40]) if sorted(meant.values()) == [False, True] else None
    return next((index for index, vote in meant.items() if vote is said), None)


@lru_cache(1024)
def _vote(text: str) -> bool | None:
    try:
        return None if any(letter.isdigit() for letter in text) else yes_no(text)
    except NotUnderstood:
        return None


def _same(bare: str, names: Sequence[str]) -> list[int]:
    """The labels that equal the text once filler words are left out on both sides."""
    return [index for index, name in enumerate(names) if bare and bare == " ".join(w for w in name.split() if w not in FILLERS)]


def _near(bare: str, names: Sequence[str]) -> list[int]:
    """The labels of the first rule that finds any, from the surest to the boldest."""
    names = ["" if len(name) <= SHORT_ANSWER and _vote(name) is not None else name for name in names]
    rules = (_begins, _contained, _has_words, _has_word_beginnings, _mistyped)
    return next((found for rule in rules if (found := rule(bare, names))), [])


def _begins(bare: str, names: Sequence[str]) -> list[int]:
    return [index for index, name in enumerate(names) if len(bare) >= SHORTEST_PREFIX and name.startswith(bare)]


def _contained(bare: str, names: Sequence[str]) -> list[int]:
    inside = [index for index, name in enumerate(names) if name and f" {name} " in f" {bare} "]
    return [index for index in inside if not any(names[index] in names[other] for other in inside if other != index)]


def _has_words(bare: str, names: Sequence[str]) -> list[int]:
    wanted = set(bare.split())
    return [index for index, name in enumerate(names) if wanted and wanted <= set(name.split())]


def _has_word_beginnings(bare: str, names: Sequence[str]) -> list[int]:
    begun = bare.split()
    if not begun or min(map(len, begun)) < SHORTEST_WORD:
        return []
    return [index for index, name in enumerate(names) if all(any(w.startswith(word) for w in name.split()) for word in begun)]


def _mistyped(bare: str, names: Sequence[str]) -> list[int]:
    """One label clearly nearer than every other; nothing short."""
    if len(bare) < SHORTEST_TYPO:
        return []
    near = {index: _likeness(bare, name) for index, name in enumerate(names) if name}
    best = max(near.values(), default=0.0)
    lowest = max(FUZZY_ENOUGH, best - FUZZY_MARGIN)
    return [index for index, score in near.items() if score >= lowest]


def _likeness(bare: str, name: str) -> float:
    parts = [word for word in name.split() if len(word) >= SHORTEST_TYPO]
    alone = max((fuzz.ratio(bare, word) for word in parts), default=0.0) if " " not in bare else 0.0
    swapped = any(sorted(bare) == sorted(word) and OSA.distance(bare, word) == 1 for word in (*parts, name))
    return max(fuzz.ratio(bare, name), alone, SWAPPED if swapped else 0)
