"""Numbers in a message that are no measurements: phones, prices, dates, ages, sizes, counts, differences, what was taken back."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from bot.understand.field_names import is_field_word
from bot.understand.generally import in_general
from bot.understand.names import RELATIVES
from bot.understand.numbering import list_numbers
from bot.understand.plain import words
from bot.understand.quantities import Quantity
from bot.understand.refusals import refused_from
from bot.understand.tokens import Token
from bot.understand.vocabulary import (
    AFTER_DELTA,
    AFTER_OTHER,
    ALTERNATIVES,
    BEFORE_DATE,
    BEFORE_OTHER,
    DATED,
    DELTA_VERBS,
    GARMENT_WORDS,
    KNOWN,
    LINKS,
    SIZE_SYSTEMS,
    SIZE_WORDS,
    WEAK_NAMES,
    WORN,
)  # fmt: skip

Kind = Literal["value", "other", "delta", "size", "withdrawn", "stray"]

_PHONE = re.compile(r"(?<![\d.])(?:\+ ?\d{1,3}|00\d{2,3}|0\d{2}|233)(?:[ ()-]{0,2}\d){6,12}")
_CODE = re.compile(r"(?:https?://|www\.)\S{1,300}|\S{1,60}@\S{1,60}|\b[a-z]{1,6}[-_#]\d[\d\w-]{1,20}")
_CLOCK = re.compile(r"(?<![\d:.])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])(?: ?[ap]\.?m)?|(?<![\d.])(?:1[0-2]|0?[1-9])(?:\.[0-5]\d)? ?[ap]\.?m\b(?!\.?\d)")
_DAY = re.compile(
    r"(?<![\d/.-])(?:(?:0?[1-9]|[12]\d|3[01])([/.-])(?:0?[1-9]|1[0-2])\1(?:19\d\d|(?:20)?[0-3]\d)|(?:19|20)\d\d([/.-])(?:0?[1-9]|1[0-2])\2(?:0?[1-9]|[12]\d|3[01]))(?![\d/-])"
)
_DEADLINE = re.compile(r"\b(?:by|on|before|until|till|due|since)\s+(?:the\s+)?(?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|1[0-2])\b(?![/.-]?\d)")
_LETTERS = re.compile(r"[^\W\d_]*")
_ORDINALS = words("st nd rd th")
_STATED_ORDER = words("that this same the which in following stated any your")
_SIGNS = frozenset("₵$€£#%¢")
_FROM_WORDS = words("change from instead replace was")
_TO_NUMBER = LINKS - words("and but then also plus so for")
_ORDINARY = WEAK_NAMES - GARMENT_WORDS | {"top", "cap"}
_OLDEST, _CLAUSE = 80, 12
_LINKED = 4  # words between a field and its number
_COUNTED = 10  # "2 trousers", but "40 trouser"
_YEARS = (1900, 2100)
_NUMBERED = BEFORE_OTHER - words("size shoe shoes line no")
_NEVER_LENGTHS = AFTER_OTHER - words(
    "second seconds min mins minute of set sets star stars times men women people person persons them values fingers"
)
_SOME = words("about an a another extra like it around some")
_DATING = BEFORE_DATE | words("in of")
_SIZING, _SIZED = SIZE_SYSTEMS | words("size sizes shoe shoes"), SIZE_SYSTEMS | SIZE_WORDS
_SIGNS_BEHIND = frozenset("%₵$€£")


def spans(cleaned: str) -> list[tuple[int, int]]:
    """The stretches of a text that are phone numbers, links, codes, times and written dates."""
    found = [match.span() for pattern in (_PHONE, _CLOCK, _DAY, _DEADLINE) for match in pattern.finditer(cleaned)]
    codes = (match for match in _CODE.finditer(cleaned) if not is_field_word(_LETTERS.match(match.group()).group()))  # type: ignore[union-attr]
    return found + [match.span() for match in codes]


def kinds(row: list[Token], found: list[Quantity], cleaned: str, named: Collection[int], fields: Collection[int] = ()) -> list[Kind]:
    """What each quantity is; `named` and `fields` are the places that name people and measurements."""
    foreign = spans(cleaned) if found else []
    listed, general = list_numbers(row, found), in_general(row)
    kept: list[Kind] = []
    for place, quantity in enumerate(found):
        inside = any(low <= row[quantity.start].start < high for low, high in foreign)
        kind: Kind = "other" if inside or place in listed else _kind(row, quantity, cleaned, named, fields)
        kept.append("stray" if kind == "value" and quantity.start in general else kind)
    for place in range(len(found) - 1, 0, -1):  # "2 or 3 shirts", "38 to 40 years", "add 1 or 2 inches"
        between = row[found[place - 1].end : found[place].start]
        if (
            len(between) == 1
            and kept[place] in ("other", "delta")
            and kept[place - 1] == "value"
            and _alternative(between[0])
            and place not in listed
        ):
            kept[place - 1] = kept[place]
        if len(between) == 1 and kept[place - 1 : place + 1] == ["value", "stray"] and _alternative(between[0]):
            of_field = _place(row, found[place - 1], cleaned, fields).of_field
            kept[place if of_field else place - 1] = "value" if of_field else "stray"  # "waist 40 to 42 depending"
    _exchanged(row, found, kept)
    return kept


def _alternative(token: Token) -> bool:
    return token.among(ALTERNATIVES) or token.is_mark("-", "/")


@dataclass(frozen=True, slots=True)
class _Place:
    """A quantity with what stands before it (nearest first) and behind it."""

    quantity: Quantity
    token: Token
    before: tuple[Token, Token, Token]
    after: Token
    second: Token
    counted: bool  # whether the name of a garment follows
    of_field: bool  # whether it stands right behind a field: "waist 34", "waist is 34", "waist: 34"
    opens: bool  # whether fields come only in later clauses
    weak: bool  # whether that field's name is also an ordinary word


_NOTHING = Token("mark", "", True)


def _place(row: list[Token], quantity: Quantity, cleaned: str, fields: Collection[int]) -> _Place:
    def at(place: int) -> Token:
        return row[place] if 0 <= place < len(row) else _NOTHING

    start, end = quantity.start, quantity.end
    counted = cleaned[at(end).start : at(end).end] in GARMENT_WORDS
    here = start - 1
    while here > max(0, start - _LINKED) and (at(here).among(_TO_NUMBER) or at(here).is_mark(":", "=", "-", "(")) and here not in fields:
        here -= 1
    of_field = _names(row, here, fields)
    weak = here == start - 1 and at(here).kind == "field" and cleaned[at(here).start : at(here).end] in _ORDINARY
    before = at(start - 1), at(start - 2), at(start - 3)
    return _Place(quantity, row[start], before, at(end), at(end + 1), counted, of_field, _opens(row, start), weak)


def _opens(row: list[Token], at: int) -> bool:
    clause = list(takewhile(lambda token: not token.is_mark(".", ",", ";", "\n", ":"), reversed(row[max(0, at - _CLAUSE) : at])))
    return not any(token.kind == "field" for token in clause) and any(token.kind == "field" for token in row[at + 2 : at + _CLAUSE])


def _names(row: list[Token], at: int, fields: Collection[int]) -> bool:
    return at in fields or (0 <= at < len(row) and row[at].kind == "field")


def _kind(row: list[Token], quantity: Quantity, cleaned: str, named: Collection[int], fields: Collection[int]) -> Kind:
    place = _place(row, quantity, cleaned, fields)
    if refused_from(row, quantity.start) < quantity.start:
        return "withdrawn"
    if _paid(place) or _measures_other_things(place) or (quantity.unit is None and (_dated(place) or _counts(place, named))):
        return "other"
    if _difference(place):
        return "delta"
    if quantity.unit is None and _size(place):
        return "size"
    return "stray" if quantity.unit is None and _before_a_thing(place, quantity.end in named) else "value"


def _paid(place: _Place) -> bool:
    """ "₵34", "34%", "5th"."""
    first, after = place.before[0], place.after
    return first.mark_among(_SIGNS) or after.mark_among(_SIGNS_BEHIND) or (after.among(_ORDINALS) and not after.spaced)


def _measures_other_things(place: _Place) -> bool:
    """ "I weigh 70 kg", "6 yards of cloth"; "waist 34 kg" is a measurement in a wrong unit."""
    weighed = place.before[0].is_word("weigh", "weighs")
    if place.quantity.fault != "bad_unit":
        return place.quantity.unit is not None and weighed
    return not place.of_field and place.after.kind != "field"


def _dated(place: _Place) -> bool:
    """ "25 december", "on monday 5", "in 2026"."""
    first, after, value = place.before[0], place.after, place.quantity.value
    if first.among(DATED) or after.among(DATED) or (after.is_word("of") and place.second.among(DATED)):
        return True
    return value.denominator == 1 and _YEARS[0] <= value <= _YEARS[1] and (first.among(_DATING) or first.kind == "number")


def _counts(place: _Place, named: Collection[int]) -> bool:
    """Ages, prices, order numbers, "this one", "2 weeks": a number with the name of what it counts."""
    (first, second, third), after = place.before, place.after
    beside_number = first.kind == "number" or after.kind == "number"
    if place.token.text == "one":
        return not beside_number
    if first.kind == after.kind == "word" and not place.token.spaced and not after.spaced and not place.token.text.isalpha():
        return True  # "sew4mi"
    if place.quantity.value < 1 and after.kind in ("field", "number"):
        return True
    if first.is_word("order") and second.among(_STATED_ORDER):
        return False
    if any(token.among(WORN) for token in takewhile(lambda token: token.kind == "word", place.before)):
        return True
    kin = after.among(RELATIVES) and not place.of_field and place.token.exact and place.quantity.value < _COUNTED  # "I have 1 daughter"
    if kin or _ages(place, named):
        return True
    out_of = (first.is_word("of") and second.is_word("out")) or (after.is_word("out") and place.second.is_word("of"))
    if out_of or (after.is_word("x") and not after.spaced):
        return True  # "10 out of 10", "2x kaftan"
    if (
        first.among(_NUMBERED)
        or (first.is_word("no", "number", "nr", "num") and second.among(_NUMBERED))
        or (first.is_word("line") and second.kind != "field" and not second.among(LINKS) and place.quantity.value < _COUNTED)
        or (first.is_mark(":", ".", "-", "#") and (second.among(_NUMBERED) and not (second.is_word("order") and third.among(_STATED_ORDER))))
        or (first.is_mark(".") and second.is_word("no") and third.among(_NUMBERED))
        or (first.is_word("is", "number") and second.among(_NUMBERED))
    ):
        return True
    return after.among(_NEVER_LENGTHS if place.of_field else AFTER_OTHER)


def _ages(place: _Place, named: Collection[int]) -> bool:
    """ "my daughter is 12.", "I am 28, …": nothing is said of what was measured."""
    (first, second, _), after, at = place.before, place.after, place.quantity.start
    alone = after.is_mark(".", ",", ";", ":", "\n") or after.is_word("and")
    if not place.token.exact or place.quantity.value > _OLDEST or not alone or place.second.kind == "number" or not place.opens:
        return False
    is_somebody = (at - 2 in named and not second.is_word("mine")) or second.is_word("he", "she")
    somebody = first.is_word("is", "turned") and is_somebody
    return somebody or first.is_word("im") or (first.is_word("am") and second.is_word("i"))


def _difference(place: _Place) -> bool:
    """ "add 2 inches", "2 inches more", "increase it by 1", "half an inch bigger"; "increase it to 36" is a value."""
    (first, second, _), after = place.before, place.after
    other_field = place.second.kind == "field" and not place.quantity.unit and place.quantity.value >= _COUNTED
    if after.among(AFTER_DELTA) and not other_field:
        return True
    if first.is_word("by") and second.kind == "number":
        return False  # "40 by 34 by 42"
    if first.is_word("by", "than", "extra", "additional", "another", "minus") or (first.is_word("plus") and place.quantity.value < _COUNTED):
        return True
    return (first.among(DELTA_VERBS) and not first.is_word("plus")) or (second.among(DELTA_VERBS) and first.among(_SOME))


def _size(place: _Place) -> bool:
    (first, second, _), after = place.before, place.after
    if after.among(SIZE_WORDS) and place.second.text in (after.text, "waist"):
        return False  # "46 small small" is a manner of speaking
    if first.among(_SIZING):
        return second.kind != "field"
    if first.is_word("is") or first.is_mark(":", "-", "="):
        return second.is_word("size")
    return after.among(_SIZED) or (after.is_word("l") and not after.spaced)


def _before_a_thing(place: _Place, name: bool) -> bool:
    """ "2 trousers", "3 dashikis": a number before the thing it counts, unless a field stands before it."""
    first, after = place.before[0], place.after
    unknown = after.kind == "word" and len(after.text) > 2 and after.text not in KNOWN and not name
    if place.weak and unknown and after.spaced:
        return True  # "top 10 designers"
    if place.of_field or first.is_mark(":", "="):
        return False
    if after.kind == "field":
        return place.counted and place.quantity.value < _COUNTED and place.quantity.value.denominator == 1 and first.kind != "number"
    return place.token.exact and after.spaced and (unknown or place.counted)


def _exchanged(row: list[Token], found: list[Quantity], kept: list[Kind]) -> None:
    """ "from 32 to 33", "change 32 to 33": the first is taken back."""
    for place in range(len(found) - 1):
        between = row[found[place].end : found[place + 1].start]
        if len(between) != 1 or not between[0].is_word("to", "into", "with") or kept[place] != "value":
            continue
        said = {token.text for token in row[max(0, found[place].start - 6) : found[place].start] if token.kind == "word"}
        if said & {"change", "changed", "replace", "correct", "update", "edit", "adjust", "amend"}:
            kept[place] = "withdrawn"
