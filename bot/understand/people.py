"""Whose measurements they are: names, relatives and the speaker, for every word of a message."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.understand.field_names import _spelling
from bot.understand.known_names import known_name, near_known
from bot.understand.names import BETWEEN, NAMES, NAMES_WITH_MEANING, NEVER_ADDRESSED, OWNERS, POLITE, RELATIVES, TITLES
from bot.understand.plain import clean, words
from bot.understand.quantities import UNITS
from bot.understand.tokens import Token
from bot.understand.vocabulary import AGENT_WORDS, BEFORE_AGENT, GREETINGS, KNOWN

_CAPITAL = re.compile(r"(?<![^\W\d_])[A-ZƐƆ][^\W\d_]+")
_COPULAS = words("is are has have had be na dey get gets s wears takes needs wants measures")
_INTRODUCED = words("for of")
_TO_SOMEBODY = words("my i im ive me mine mines please pls kindly good how can could do what here")
_OPENERS = words("please pls kindly and then plus also while but na for of ne")
_OPENING_MARKS = frozenset("\n.;,!?:-•*)(–|/>#")
_HEADING_MARKS = frozenset(":=-(\n–>")
_MOST_PARTS = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """Tokens [start:end] that name somebody; None is the speaker."""

    start: int
    end: int
    person: str | None
    introduced: bool = False  # by "for" or "of"


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
    reader = _Reader(row, cleaned, capital, frozenset(people))
    marks = reader.marks()
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
        end = marks[at + 1].start if at + 1 < len(marks) else len(row)
        of[mark.start : end] = [mark.person] * (end - mark.start)
        if trailing[at]:
            first = bound if not at or trailing[at - 1] else _clause(row, bound, mark.start)
            of[first : mark.start] = [mark.person] * (mark.start - first)
        bound = mark.end
    named = frozenset(at for mark in marks for at in range(mark.start, mark.end))
    starts = {mark.start for mark in marks} | {mark.end for mark, trails in zip(marks, trailing, strict=True) if trails}
    return Owners(of, frozenset(together), named, frozenset(starts))


def _clause(row: list[Token], low: int, high: int) -> int:
    """Where the last clause of row[low:high] begins."""
    return next((at for at in range(high - 1, low - 1, -1) if row[at].kind == "mark" and row[at].text in "\n.;,"), low)


def _trails(row: list[Token], marks: list[Mark], at: int, numbers: tuple[int, int]) -> bool:
    """Whether a person is named after the values: "bust 36 for my wife", not "bust 36, for my wife: waist 30"."""
    mark = marks[at]
    if not mark.introduced or numbers[0] >= mark.start:
        return False
    if numbers[1] < mark.end:
        return True
    all_introduced = numbers[1] < marks[-1].end and all(other.introduced for other in marks[:20])
    attached = _is_value(row[mark.start - 1])
    after = row[mark.end]
    return attached and (all_introduced or (after.kind == "mark" and after.text in ",.;\n!") or after.is_word("and", "then", "but", "while"))


def _is_value(token: Token) -> bool:
    return token.kind in ("number", "field") or (token.kind == "word" and token.text in UNITS) or token.is_mark('"', "'")


class _Reader:
    """Finds the marks of one message."""

    def __init__(self, row: list[Token], cleaned: str, capital: Collection[str], people: frozenset[str]) -> None:
        self.row, self.cleaned, self.capital, self.people = row, cleaned, capital, people

    def marks(self) -> list[Mark]:
        found: list[Mark] = []
        at = 0
        while at < len(self.row):
            mark = None
            if self.row[at].kind == "word":
                mark = self._speaker(at) or self._relative(at) or self._name(at)
            if mark:
                if found and mark.start < found[-1].end:
                    mark = Mark(found[-1].end, mark.end, mark.person, mark.introduced)
                found.append(mark)
            at = max(at + 1, mark.end if mark else 0)
        return found

    def _at(self, at: int) -> Token:
        return self.row[at] if 0 <= at < len(self.row) else Token("mark", "\n", True)

    def _has_s(self, at: int) -> bool:
        token = self.row[at]
        return self.cleaned[token.start : token.end].endswith("'s")

    def _opens(self, at: int) -> bool:
        """Whether a clause may begin here."""
        before = self._at(at - 1)
        return before.mark_among(_OPENING_MARKS) or before.among(_OPENERS) or _is_value(before)

    def _agent(self, before: int, after: int) -> bool:
        """ "my wife said", "measured by my wife": somebody who was not measured."""
        return self._at(after).among(AGENT_WORDS) or self._at(before).among(BEFORE_AGENT)

    def _speaker(self, at: int) -> Mark | None:
        """ "my waist", "mine is", "me: …", "I am 5 ft 7": the speaker again."""
        word, after = self.row[at].text, self._at(at + 1)
        back = Mark(at, at, None)
        if word in ("mine", "mines", "myself"):
            return Mark(at, at + 1, None, self._at(at - 1).is_word("for"))
        if word == "my":
            near = self._at(at + 2) if after.is_word("own", "actual", "real", "current", "new", "natural", "body", "round", "long", "full") else after
            return back if near.kind == "field" or after.is_word("own") else None
        if word == "me":
            introduced = self._at(at - 1).is_word("for")
            plain = introduced or after.kind == "field" or after.mark_among(_HEADING_MARKS) or after.among(_COPULAS)
            return Mark(at, at + 1, None, introduced) if plain and (introduced or self._opens(at)) else None
        if word == "i" and self._at(at - 1).is_word("and") and after.kind != "word":
            return Mark(at, at + 1, None)
        if word == "im" or (word == "i" and after.is_word("am", "m", "have", "wear")):
            near = self._at(at + (1 if word == "im" else 2))
            return back if near.kind in ("number", "field") or near.is_word("about", "a", "around") else None
        return None

    def _relative(self, at: int) -> Mark | None:
        word, after = self.row[at].text, self._at(at + 1)
        kin, owned = RELATIVES.get(word), self._has_s(at)
        if kin is None and word.endswith("s") and (owned or after.kind == "field"):
            kin, owned = RELATIVES.get(word[:-1]), True
        if kin is None:
            return None
        first = self._first_of_kin(at)
        start = at if first is None else first
        introduced = self._at(start - 1).among(_INTRODUCED) or self._at(start).among(_INTRODUCED)
        end, name = self._named(at + 1, owned)
        if self._agent(start - 1, end):
            return None
        if first is None and not owned and not self._stands_alone(at, end, kin, bool(name)):
            return None
        if first is None and name and word in TITLES:
            return None
        start -= self._at(start - 1).among(_INTRODUCED) and start > 0
        return Mark(start, end, name or kin, introduced)

    def _first_of_kin(self, at: int) -> int | None:
        """Where "my little 5 year old" before a relative begins."""
        here = at - 1
        while here >= max(0, at - 6) and (self.row[here].among(BETWEEN) or self.row[here].kind == "number" or self.row[here].is_mark("-")):
            if self.row[here].among(OWNERS):
                break
            here -= 1
        return here if here >= 0 and self.row[here].among(OWNERS) else None

    def _stands_alone(self, at: int, end: int, kin: str, named: bool) -> bool:
        """A relative without "my": a heading, or a word nobody is called by."""
        after = self._at(end)
        if not self._opens(at) and not self._at(at - 1).is_word("the", "a"):
            return False
        if after.mark_among(_HEADING_MARKS):
            return not (after.is_mark("\n") and (kin in POLITE or end >= len(self.row)))
        near = after.kind in ("field", "number") or after.among(_COPULAS)
        return near and (self.row[at].text in NEVER_ADDRESSED or (kin not in POLITE and after.kind == "field") or named)

    def _named(self, at: int, owned: bool) -> tuple[int, str]:
        """The name behind a relative: "my daughter Akosua", "my son, Kofi", "my wife called Ama"."""
        here = at
        if self._at(here).is_word("called", "named", "name"):
            here += 1
        elif self._at(here).is_mark(","):
            here += 1
            if self._grade(here) < 2 or self._opener_of_field(here):
                return at, ""
        if owned and not self._grade(here) >= 2:
            return at, ""
        floor = 0 if (self._at(here + 1).kind == "field" or self._at(here + 1).is_mark(":")) and not self._at(here).is_mark() else 1
        if self._grade(here) < floor or self._grade(here) < 0:
            return at, ""
        return self._whole_name(here)

    def _opener_of_field(self, at: int) -> bool:
        return self._at(at).kind != "word"

    def _whole_name(self, at: int) -> tuple[int, str]:
        parts = [self._base(at)]
        here = at + 1
        while len(parts) < _MOST_PARTS and not self._owning(here - 1) and self._grade(here) >= 1:
            parts.append(self._base(here))
            here += 1
        return here, " ".join(self._as_known(part) for part in parts)

    def _owning(self, at: int) -> bool:
        return self._base(at) != self.row[at].text

    def _base(self, at: int) -> str:
        """The name in "kofi's", or in "kofis" where such a name is known."""
        word = self._at(at).text
        if word.endswith("s") and len(word) > 3 and (self._has_s(at) or (word not in NAMES and (word[:-1] in NAMES or word[:-1] in self.people))):
            return word[:-1]
        return word

    def _as_known(self, name: str) -> str:
        return known_name(name, self.people) or name

    def _grade(self, at: int) -> int:
        """How surely a token is a name: 3 one of ours, 2 a common one, 1 capital letter, 0 unknown word, -1 no name."""
        token = self._at(at)
        if token.kind != "word" or at >= len(self.row):
            return -1
        name = self._base(at)
        if known_name(name, self.people):
            return 3
        if name in NAMES:
            return 2
        capital = token.text in self.capital or name in self.capital or f"{name}'s" in self.capital
        if name in NAMES_WITH_MEANING:
            return 1 if capital else -1
        if len(name) < 3 or name in KNOWN or token.text in KNOWN or name in RELATIVES or _spelling(name) != name or near_known(name):
            return -1
        return int(capital)

    def _name(self, at: int) -> Mark | None:
        grade = self._grade(at)
        if grade < 0:
            return None
        end, name = self._whole_name(at)
        start = at - 1 if at and self.row[at - 1].among(TITLES) else at
        before, after = self._at(start - 1), self._at(end)
        introduced = before.among(_INTRODUCED)
        owning = self._owning(end - 1)
        if self._agent(start - 1, end) or (not owning and not introduced and self._addressed(start, end)):
            return None
        first = max(0, start - 1) if introduced else start
        return Mark(first, end, name, introduced) if self._placed(grade, start, after, owning, introduced) else None

    def _placed(self, grade: int, start: int, after: Token, owning: bool, introduced: bool) -> bool:
        """Whether a name is likely here; the less sure the word, the clearer the place must be."""
        if grade >= 2:
            near = after.kind in ("field", "number", "mark") or after.among(_COPULAS) or after.is_word("and")
            return owning or introduced or near or self._opens(start)
        if owning:
            return after.kind == "field" or grade == 1
        heading = after.is_mark(":") or (
            grade == 1 and (after.mark_among(_HEADING_MARKS) or after.kind == "field" or after.is_word("is", "has", "na"))
        )
        if introduced:
            return grade == 1 or after.is_mark(":")
        return heading and self._opens(start) and after.start > 0

    def _addressed(self, start: int, end: int) -> bool:
        """ "hello Akua, my waist …", "Kofi, I want …", "my name is Ama": the one spoken to, or the speaker."""
        before, after = self._at(start - 1), self._at(end)
        heading = after.kind == "field" or after.mark_among(_HEADING_MARKS)
        if before.is_mark(",", "!", ".") and self._at(start - 2).among(GREETINGS) and not heading:
            before = self._at(start - 2)  # "Hello, Akua"; but "Hello, Akua: waist 34" is about Akua
        if start and (
            before.among(GREETINGS) or before.is_word("am", "im", "name") or (before.is_word("is", "s") and self._at(start - 2).is_word("name"))
        ):
            return True
        if after.is_mark(",", "!", ".", "?"):
            after = self._at(end + 1)
        return after.among(_TO_SOMEBODY)
