"""Whether a word is one of the names we know, or an ordinary word with a slip in it."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from bot.understand.field_names import _spelling
from bot.understand.names import NAMES
from bot.understand.vocabulary import KNOWN

_LONG = tuple(word for word in KNOWN if len(word) >= 5)


def known_name(name: str, people: frozenset[str]) -> str:
    """The name of ours that was meant, with a slip or two."""
    if not people:
        return ""
    return _among(name, people)


@lru_cache(4096)
def _among(name: str, people: frozenset[str]) -> str:
    if name in people:
        return name
    first = [known for known in people if name == known.split()[0]]
    if first:
        return first[0] if len(first) == 1 else ""
    if len(name) < 4 or name in KNOWN or _spelling(name) != name or name in NAMES:
        return ""
    slips = 2 if len(name) >= 7 else 1
    near = [known for known in people if known[0] == name[0] and len(known) >= 4 and DamerauLevenshtein.distance(name, known) <= slips]
    return near[0] if len(near) == 1 else ""


@lru_cache(4096)
def near_known(word: str) -> bool:
    """Whether a longer word is an ordinary one with a slip in it."""
    if len(word) < 6 or len(word) > 20:
        return False
    return any(
        known[0] == word[0] and len(known) >= 5 and DamerauLevenshtein.distance(word, known, score_cutoff=2) <= 1 + (len(word) >= 8)
        for known in _LONG
    )
