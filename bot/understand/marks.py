"""Where a message names somebody: a person of ours, a given name, a relative, or the speaker again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.understand.field_names import _spelling
from bot.understand.known_names import known_name, near_known
from bot.understand.names import BETWEEN, NAMES, NAMES_WITH_MEANING, NEVER_ADDRESSED, OWNERS, POLITE, RELATIVES, TITLES
from bot.understand.places import somewhere
from bot.understand.plain import words
from bot.understand.quantities import FOREIGN_UNITS, UNITS
from bot.understand.tokens import Token
from bot.understand.vocabulary import AGENT_WORDS, BEFORE_AGENT, GREETINGS, KNOWN

_COPULAS = words("is are has have had be na dey get gets s wears takes needs wants measures")
_INTRODUCED = words("for of")
_HIS = words("his her their him hin im in dem e en ein own")  # "Kofi hin waist"
_TO_SOMEBODY = words("my i im ive me mine mines please pls kindly good how can could do what here")
_OPENERS = words("lastly finally now last please pls kindly and then plus also while but na for of ne")
_PRESENTING, _THEN = words("have is comes got"), words("we next then there first second third last also i")
_BACK = words("back over now down return returning coming next on start begin")
_I = words("am m have wear got get measured")
_CALLING = words("please pls plz abeg kindly boss ok okay yes sir madam masa oga")
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
    field: int = 0  # words of a field before it that is hers: "the bust of my wife"

    @property
    def begin(self) -> int:
        return self.start - self.field


def is_value(token: Token) -> bool:
    return token.kind in ("number", "field") or (token.kind == "word" and token.text in UNITS) or token.is_mark('"', "'")


class Marks:
    """Finds the marks of one message."""

    def __init__(self, row: list[Token], cleaned: str, capital: Collection[str], people: frozenset[str]) -> None:
        self.row, self.cleaned, self.capital, self.people = row, cleaned, capital, people
        self.passed = 0  # up to here somebody is only spoken to
        self.compounds = sorted((tuple(name.split()) for name in people if " " in name), key=len, reverse=True)

    def found(self) -> list[Mark]:
        found: list[Mark] = []
        at = 0
        while at < len(self.row):
            mark = None
            if self.row[at].kind == "word":
                mark = self._speaker(at) or self._relative(at) or self._name(at)
            if mark:
                if found and self._beside_name(found[-1], mark):
                    at = mark.end
                    continue
                if found and mark.start < found[-1].end:
                    mark = Mark(found[-1].end, mark.end, mark.person, mark.introduced)
                of_field = mark.end > mark.start and self._of_field(mark)
                found.append(replace(mark, field=int(of_field)))
            at = max(at + 1, mark.end if mark else 0, self.passed)
        return found

    def _of_field(self, mark: Mark) -> bool:
        """ "the bust of my wife", "chest for Kofi is 40"."""
        after = self._at(mark.end)
        said = self._at(mark.start).is_word("of") or (self._at(mark.start).is_word("for") and (after.kind == "number" or after.among(_COPULAS)))
        return said and self._at(mark.start - 1).kind == "field"

    def _beside_name(self, last: Mark, mark: Mark) -> bool:
        """ "Akua (my sister)", "Akua, my sister, …": the same person."""
        kin = mark.person in RELATIVES.values() and last.person is not None and last.person not in RELATIVES.values()
        return kin and mark.start == last.end + 1 and self._at(last.end).is_mark("(", ",") and self._at(mark.end).is_mark(")", ",")

    def _at(self, at: int) -> Token:
        return self.row[at] if 0 <= at < len(self.row) else Token("mark", "\n", True)

    def _has_s(self, at: int) -> bool:
        token = self.row[at]
        return self.cleaned[token.start : token.end].endswith("'s")

    def _pidgin_his(self, somebody: int, at: int) -> bool:
        """ "Kofi im waist"."""
        im = self._at(at)
        plain = im.is_word("im") and im.end - im.start == 2 and self._at(at + 1).kind == "field"
        return plain and (self._grade(somebody) > 0 or self._at(somebody).among(RELATIVES))

    def _opens(self, at: int) -> bool:
        """Whether a clause may begin here."""
        before = self._at(at - 1)
        return before.mark_among(_OPENING_MARKS) or before.among(_OPENERS) or is_value(before)

    def _agent(self, before: int, after: int) -> bool:
        """ "my wife said", "measured by my wife": somebody who was not measured."""
        return self._at(after).among(AGENT_WORDS) or self._at(before).among(BEFORE_AGENT)

    def _speaker(self, at: int) -> Mark | None:
        """ "my waist", "mine is", "me: …", "I am 5 ft 7": the speaker again."""
        word, after = self.row[at].text, self._at(at + 1)
        back = Mark(at, at, None)
        if word in ("mine", "mines", "myself"):
            ends = self._at(at - 1).among(_COPULAS) and (after.kind == "mark" or after.is_word("and", "then", "but"))  # "bust 40 is mine"
            return Mark(at, at + 1, None, ends or self._at(at - 1).is_word("for"))
        if word == "my":
            near = self._at(at + 2) if after.is_word("own", "actual", "real", "current", "new", "natural", "body", "round", "long", "full") else after
            return back if near.kind == "field" or after.is_word("own", "measurement", "measurements", "size", "sizes", "details") else None
        if word == "me":
            introduced = self._at(at - 1).is_word("for")
            if after.is_word("too", "also", "then", "paa", "dier", "own") or (after.is_mark(",") and self._at(at - 1).is_word("and", "then", "now")):
                after = self._at(at + 2)
            back_to = self._at(at - 1).is_word("to", "with") and self._at(at - 2).among(_BACK)
            plain = introduced or back_to or after.kind == "field" or after.mark_among(_HEADING_MARKS) or after.among(_COPULAS)
            return Mark(at, at + 1, None, introduced) if plain and (introduced or back_to or self._opens(at)) else None
        if word == "i" and self._at(at - 1).is_word("and") and after.kind != "word":
            return Mark(at, at + 1, None)
        if (word == "im" and not self._pidgin_his(at - 1, at)) or (word == "i" and after.among(_I)):
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
        if self._agent(start - 1, end) or (not name and not owned and not introduced and self._called(start, end, kin)):
            return None
        if first is None and not owned and not self._stands_alone(at, end, kin, bool(name)):
            return None
        if first is None and name and word in TITLES:
            return None
        start -= self._at(start - 1).among(_INTRODUCED) and start > 0
        return Mark(start, end, name or kin, introduced)

    def _called(self, start: int, end: int, kin: str) -> bool:
        """ "Please my brother, the chest is 40": somebody spoken to."""
        if kin not in POLITE | {"mother", "father"} or not self._at(end).is_mark(","):
            return False
        before = self._at(start - 2) if start and self._at(start - 1).is_mark(",") else self._at(start - 1)
        spoken = start > 0 and before.among(GREETINGS | _CALLING)
        return spoken and self._at(end + 1).is_word("the", "my", "i", "im") and not self._at(end + 2).is_word("own")

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

    def _compound(self, at: int) -> tuple[int, str] | None:
        """A person of ours with a name of several words: "Nana Yaa"."""
        for parts in self.compounds:
            if all(self._at(at + n).kind == "word" and part in (self._base(at + n), self._at(at + n).text) for n, part in enumerate(parts)):
                return at + len(parts), " ".join(parts)
        return None

    def _whole_name(self, at: int) -> tuple[int, str]:
        if compound := self._compound(at):
            return compound
        parts = [self._base(at)]
        here = at + 1
        while len(parts) < _MOST_PARTS and not self._owning(here - 1) and self._grade(here) >= 1:
            parts.append(self._base(here))
            here += 1
        known = self._as_known(" ".join(parts))
        if len(parts) == 1 or known in self.people:
            return here, known
        return here, " ".join(near if " " not in (near := self._as_known(part)) else part for part in parts)

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
        if known_name(name, self.people) or self._compound(at):
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
        value = is_value(self._at(start - 2))
        cloth = self._at(end + 1).kind == "number" and self._at(end + 2).among(FOREIGN_UNITS)  # "Woodin: 6 yards"
        if somewhere(before, self._at(start - 2), after, owning=self._owning(end - 1), sure=grade > 1, value=value) or (cloth and grade < 2):
            return None
        framed = before.is_mark("(") and after.is_mark(")") and is_value(self._at(start - 2))  # "chest 40 (Kofi)"
        introduced = before.among(_INTRODUCED) or framed
        owning = self._owning(end - 1)
        if self._agent(start - 1, end) or (not owning and not introduced and self._addressed(start, end, name)):
            self.passed = end
            return None
        first = max(0, start - 1) if introduced else start
        end += framed
        return Mark(first, end, name, introduced) if self._placed(grade, start, after, owning, introduced) else None

    def _placed(self, grade: int, start: int, after: Token, owning: bool, introduced: bool) -> bool:
        """Whether a name is likely here; the less sure the word, the clearer the place must be."""
        if grade >= 2:
            near = after.kind in ("field", "number", "mark") or after.among(_COPULAS) or after.among(_HIS) or after.is_word("and")
            return owning or introduced or near or self._opens(start)
        if owning:
            return after.kind == "field" or grade == 1
        heading = after.is_mark(":") or (
            grade == 1 and (after.mark_among(_HEADING_MARKS) or after.kind == "field" or after.is_word("is", "has", "na"))
        )
        presented = self._at(start - 1).among(_PRESENTING) and self._at(start - 2).among(_THEN) and after.among(_HIS - {"in"})
        if introduced or presented:
            return grade == 1 or presented or after.is_mark(":")
        return heading and self._opens(start) and after.start > 0

    def _addressed(self, start: int, end: int, name: str) -> bool:
        """ "hello Akua, my waist …", "Kofi, I want …", "my name is Ama": the one spoken to, or the speaker."""
        before, after = self._at(start - 1), self._at(end)
        heading = after.kind == "field" or after.mark_among(_HEADING_MARKS)
        if before.is_mark(",", "!", ".") and self._at(start - 2).among(GREETINGS) and not heading:
            before = self._at(start - 2)  # "Hello, Akua"; but "Hello, Akua: waist 34" is about Akua
        if start and (
            before.among(GREETINGS) or before.is_word("am", "im", "name") or (before.is_word("is", "s") and self._at(start - 2).is_word("name"))
        ):
            return True
        if before.is_word("is") and self._at(start - 2).is_word("this") and name not in self.people and not heading:
            return True  # "This is Kofi. Chest 40"
        if after.is_mark(",", "!", ".", "?"):
            after = self._at(end + 1)
        return after.among(_TO_SOMEBODY) and not self._pidgin_his(start, end)
