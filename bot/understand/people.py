"""Whose measurements they are: names, relatives and the speaker, for every word of a message."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.understand.marks import Mark, Marks, is_value
from bot.understand.plain import clean, words
from bot.understand.tokens import Token

_CAPITAL = re.compile(r"(?<![^\W\d_])[A-ZƐƆ][^\W\d_]+")
_LINKING = words("is are be na was this that these those all it")


@dataclass(frozen=True, slots=True)
class Owners:
    """For every token whose it is, and which are about several people at once, name people, or begin another part."""

    of: list[str | None]
    together: frozenset[int]
    named: frozenset[int]
    starts: frozenset[int]


def capitals(text: str) -> frozenset[str]:
    """The words written with a capital letter, unless everything is."""
    return frozenset() if text.isupper() else frozenset(clean(word) for word in _CAPITAL.findall(text[:5000]))


def owners(row: list[Token], cleaned: str, capital: Collection[str], people: Collection[str]) -> Owners:
    """For every token the person it is about; after somebody was named, all is theirs until the next."""
    marks = Marks(row, cleaned, capital, frozenset(people)).found()
    marks = [mark for at, mark in enumerate(marks) if mark.end > mark.start or (at and marks[at - 1].person is not None)]
    of: list[str | None] = [None] * len(row)
    numeric = [at for at, token in enumerate(row) if token.kind == "number"]
    numbers = (numeric[0], numeric[-1]) if numeric else (len(row), -1)
    trailing = [_trails(row, marks, at, numbers) for at in range(len(marks))]
    bound = first = 0
    together: set[int] = set()
    for at, mark in enumerate(marks):
        if at and mark.start == marks[at - 1].end + 1 and (row[mark.start - 1].is_word("and") or row[mark.start - 1].is_mark("/", "+")):
            end = marks[at + 1].start if at + 1 < len(marks) else len(row)
            together |= set(range(first if trailing[at - 1] else mark.start, end))
        end = marks[at + 1].begin if at + 1 < len(marks) else len(row)
        of[mark.begin : end] = [mark.person] * (end - mark.begin)
        if trailing[at]:
            first = bound if not at or trailing[at - 1] else _clause(row, bound, mark.start)
            of[first : mark.start] = [mark.person] * (mark.start - first)
        bound = mark.end
    named = frozenset(at for mark in marks for at in range(mark.start, mark.end))
    starts = {mark.begin for mark in marks} | {mark.end for mark, trails in zip(marks, trailing, strict=True) if trails}
    return Owners(of, frozenset(together), named, frozenset(starts))


def _clause(row: list[Token], low: int, high: int) -> int:
    """Where the last clause of row[low:high] begins."""
    return next((at for at in range(high - 1, low - 1, -1) if row[at].kind == "mark" and row[at].text in "\n.;,"), low)


def _trails(row: list[Token], marks: list[Mark], at: int, numbers: tuple[int, int]) -> bool:
    """Whether a person is named after the values: "bust 36 for my wife", not "bust 36, for my wife: waist 30"."""
    mark = marks[at]
    if numbers[0] < marks[0].start and numbers[1] < marks[-1].start and all(_attached(row, other) for other in marks[:20]):
        return True  # "waist 30 Ama, waist 34 Kofi"
    if not mark.introduced or numbers[0] >= mark.start:
        return False
    all_introduced = numbers[1] < marks[-1].end and all(other.introduced for other in marks[:20])
    attached = _attached(row, mark)
    if numbers[1] < mark.end:
        return attached or mark.end >= len(row) or row[mark.end].kind != "field"  # not "chest 40, but I'm not sure of Yaw's chest"
    after = row[mark.end]
    return attached and (all_introduced or (after.kind == "mark" and after.text in ",.;\n!") or after.is_word("and", "then", "but", "while"))


def _attached(row: list[Token], mark: Mark) -> bool:
    """Whether a value stands right before a name."""
    before = mark.start - 1
    while before > 0 and row[before].among(_LINKING):
        before -= 1
    return is_value(row[before]) and row[before].kind != "field" and row[before].text != "one"  # "this one is for Ebo"
