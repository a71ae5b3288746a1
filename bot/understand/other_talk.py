"""What people say instead of a number: that they do not know, as last time, a bit bigger, size M, or a question."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise

from bot.understand.other_numbers import Kind
from bot.understand.plain import words
from bot.understand.quantities import UNITS, Quantity
from bot.understand.reading import Ask
from bot.understand.runs import Named
from bot.understand.tokens import Token
from bot.understand.vocabulary import (
    DELTA_VERBS,
    HOW,
    JOIN_MARKS,
    JOINS,
    LINKS,
    PREVIOUS,
    PREVIOUS_ALONE,
    QUESTION_OPENERS,
    SIZE_LETTERS,
    SIZE_SYSTEMS,
    SIZE_WORDS,
    STOPS,
    UNKNOWN,
)  # fmt: skip

LONGEST_QUESTION, MOST_PHRASES = 30, 20
_COMPARED = words("bigger smaller longer shorter tighter looser larger wider narrower slimmer fuller roomier")
_DEGREES = words("my the bit too very so little more less how as")
_LOOSELY = words("tight loose more less extra allowance ease free space") | (
    DELTA_VERBS - words("add adding allow leave drop cut lower raise plus trim")
)
_SIZED = words("size wear wears is am take takes a an be sizes")
_BY, _ONE, _STEPS = DELTA_VERBS | {"by"}, words("a an one some few"), UNITS.keys() | words("bit little")
_GIVEN = ("gave you", "sent you")
_LAST_TIME = ("last time", "before", "previous", "old size", "same size")


def _table(phrases: Collection[str]) -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        parts = tuple(phrase.split())
        table.setdefault(parts[0], []).append(parts)
    for found in table.values():
        found.sort(key=len, reverse=True)
    return table


_UNKNOWN, _PREVIOUS = _table(UNKNOWN), _table(PREVIOUS)


@dataclass(slots=True)
class Talk:
    """`without_value` are fields somebody does not know or wants as they were."""

    without_value: set[Named] = field(default_factory=set)
    certain: list[tuple[Ask, tuple[str, ...]]] = field(default_factory=list)
    only_alone: list[Ask] = field(default_factory=list)

    def questions(self, values: bool, asked: tuple[str, ...]) -> list[tuple[Ask, tuple[str, ...]]]:
        """What is asked because of it; some talk counts only when no value was given."""
        alone: list[tuple[Ask, tuple[str, ...]]] = [] if values or self.certain else [(ask, asked) for ask in self.only_alone]
        return self.certain + alone


def other_talk(row: list[Token], fields: list[Named], found: list[Quantity], kinds: list[Kind], named: Collection[int] = ()) -> Talk:
    """Everything of a message that is clear and yet no value."""
    talk = Talk()
    used = [q for q, kind in zip(found, kinds, strict=True) if kind == "value"]
    _unknown(row, fields, used, talk)
    _previous(row, fields, used, talk)
    if any(token.is_word("same", "thesame") and {at - 1, at - 2, at - 3} & set(named) for at, token in enumerate(row) if token.kind == "word"):
        talk.certain.append(("reference_previous", ()))  # "Kofi chest 40, Yaw is the same"
    _relative(row, kinds, talk)
    _sizes(row, used, kinds, talk)
    return talk


def is_question(row: list[Token], at: int) -> bool:
    """Whether row[at] stands in a question: "is 34 waist ok?", "how do I get from 34 to 36"."""
    first, last = at, at
    while first and at - first < LONGEST_QUESTION and not (row[first - 1].kind == "mark" and row[first - 1].text in STOPS):
        first -= 1
    while last < len(row) and last - at < LONGEST_QUESTION and not (row[last].kind == "mark" and row[last].text in STOPS):
        last += 1
    opener = next(
        (token for token in row[first:at] if not token.is_word("please", "pls", "so", "and", "hello", "hi", "ok", "but") and token.kind != "mark"),
        None,
    )
    asks = last < len(row) and row[last].is_mark("?")
    if opener is None or opener.kind != "word" or opener.text not in QUESTION_OPENERS - {"can", "could"}:
        return False
    return asks or (opener.text in HOW - {"what", "when", "if"} and not any(t.kind == "field" for t in row[at - 2 : at]))


def _phrases(row: list[Token], table: dict[str, list[tuple[str, ...]]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    end = 0
    for at, token in enumerate(row):
        if len(found) == MOST_PHRASES:
            break
        if at < end or token.kind != "word" or token.text not in table:
            continue
        for phrase in table[token.text]:
            if tuple(t.text for t in row[at : at + len(phrase)] if t.kind != "mark") == phrase:
                end = at + len(phrase)
                found.append((at, end))
                break
    return found


def _linked(row: list[Token], low: int, high: int, also: Collection[str] = ()) -> bool:
    allowed, marks = (LINKS, JOINS, also), JOIN_MARKS - STOPS
    return all(token.text in marks if token.kind == "mark" else any(token.text in some for some in allowed) for token in row[low:high])


def _has_number(row: list[Token], named: Named, used: list[Quantity]) -> bool:
    return any(q.start >= named.end and _linked(row, named.end, q.start) for q in used if q.start - named.end < 6)


def _about(row: list[Token], fields: list[Named], used: list[Quantity], low: int, high: int) -> list[Named]:
    """The fields a phrase at row[low:high] is about: the one before it, else those behind it."""
    before = [n for n in fields if n.end <= low and _linked(row, n.end, low, ("i", "you", "for", "do", "really"))][-1:]
    if before and not any(q.end == before[0].start and not (q.start and row[q.start - 1].kind == "field") for q in used):
        return before
    about: list[Named] = []
    at = high
    for named in fields:
        if named.start < at or named.start - at > 5:
            continue
        between = row[at : named.start]
        if any(t.is_word("but", "if", "how", "so") or t.is_mark(".", "\n", ";", "!", "?") for t in between):
            break
        if about and not all(t.is_mark(",", "/") or t.is_word("or", "and", "my", "the", "nor", "his", "her") for t in between):
            break
        if _has_number(row, named, used):
            break
        about.append(named)
        at = named.end
    return about


def _unknown(row: list[Token], fields: list[Named], used: list[Quantity], talk: Talk) -> None:
    for low, high in _phrases(row, _UNKNOWN):
        about = _about(row, fields, used, low, high)
        if about:
            talk.without_value.update(about)
            talk.certain.append(("unknown_value", tuple(named.field for named in about)))
        else:
            talk.only_alone.append("unknown_value")


def _previous(row: list[Token], fields: list[Named], used: list[Quantity], talk: Talk) -> None:
    for low, high in _phrases(row, _PREVIOUS):
        if high < len(row) and row[high].kind == "number":
            continue
        about = [named for named in _about(row, fields, used, low, high) if not _has_number(row, named, used)]
        said = " ".join(token.text for token in row[low:high])
        if said in _GIVEN and any(named.start == high and _has_number(row, named, used) for named in fields):
            continue  # "I gave you waist 34 earlier, it should be 36"
        if about:
            talk.without_value.update(about)
            talk.certain.append(("reference_previous", tuple(named.field for named in about)))
        elif said in _LAST_TIME:
            talk.only_alone.append("reference_previous")
        else:
            talk.certain.append(("reference_previous", ()))
    if any(token.among(PREVIOUS_ALONE) for token in row):
        talk.only_alone.append("reference_previous")


def _relative(row: list[Token], kinds: list[Kind], talk: Talk) -> None:
    if "delta" in kinds or any(token.among(_COMPARED) for token in row) or _by_a_unit(row):
        talk.certain.append(("relative_delta", ()))
    elif any(token.among(_LOOSELY) for token in row) or any(a.is_word("add") and b.is_word("a", "an", "some", "small") for a, b in pairwise(row)):
        talk.only_alone.append("relative_delta")


def _by_a_unit(row: list[Token]) -> bool:
    """ "add an inch to the sleeve", "take it in by an inch"."""
    return any(a.among(_BY) and b.among(_ONE) and c.among(_STEPS) for a, b, c in zip(row, row[1:], row[2:], strict=False))


def _sizes(row: list[Token], used: list[Quantity], kinds: list[Kind], talk: Talk) -> None:
    if "size" in kinds:
        talk.certain.append(("size_label", ()))
        return
    spoken = [token.text for token in row if token.kind == "word"]
    for at, token in enumerate(row):
        before, after = row[at - 1] if at else None, row[at + 1] if at + 1 < len(row) else None
        beside = after is not None and (after.kind == "field" or after.text == token.text)
        if token.among(SIZE_WORDS) and (beside or (before is not None and before.text == token.text)):
            continue  # "small small", "small waist"
        if token.among(SIZE_WORDS) and not (before is not None and before.among(_DEGREES)):
            if token.text.startswith("x") or (before is not None and (before.among(_SIZED) or before.kind == "field")) or len(spoken) < 4:
                talk.certain.append(("size_label", ()))
            else:
                talk.only_alone.append("size_label")
            return
        labelled = len(spoken) == 1 or (before is not None and (before.is_word("size", "wear", "wears") or before.kind == "field"))
        if token.among(SIZE_LETTERS) and labelled and (not used or (before is not None and before.is_word("size"))):
            talk.certain.append(("size_label", ()))
            return
    if any(a.among(SIZE_SYSTEMS) and b.kind == "number" for a, b in pairwise(row)):
        talk.only_alone.append("size_label")
