"""One body measurement, said in answer to one question or as a correction: "32½", "82 cm", "no, waist is 33"."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from bot.rules.measurements import FIELDS
from bot.understand.errors import NotUnderstood
from bot.understand.field_names import mark_fields
from bot.understand.fillers import ASIDES
from bot.understand.numbers import fold
from bot.understand.plain import plain, words
from bot.understand.quantities import UNITS, Quantity, Unit, quantities
from bot.understand.tokens import Token, pieces

SAME_LENGTH_MM = 7  # "32 in (81 cm)" is one value said twice
HEIGHT_IN_CM_FROM = 84  # a bare height from here on is centimetres
TALL_MM = 1200  # feet or metres from here on, said without a field, are somebody's height
STRANGE_WORDS_BESIDE_A_UNIT, STRANGE_WORDS_BESIDE_A_FIELD = 2, 8

_CORRECTIONS = words("no nope sorry actually rather correction mistake scratch mean instead change")
_UNKNOWN = (
    "dont know", "do not know", "not sure", "no idea", "i no know", "idk", "never measured", "cant measure", "cannot measure",
    "mennim",
)  # fmt: skip
_PREVIOUS = words("same last previous before unchanged")
_DELTA = words("more less add plus minus reduce increase bigger smaller longer shorter tighter looser extra wider narrower")
_SIZES = words("xs s m l xl xxl xxxl small medium large")
_PEOPLE = words("wife husband son daughter child children baby wifes husbands sons daughters his her their him")
_ADDRESSED = words("mother father mum mom mummy dad daddy brother sister friend uncle auntie aunty aunt boy girl cousin boss")
_OTHER_THINGS = words("ghs cedi cedis year years age aged day days week weeks month months pm oclock pieces pcs percent phone")
_NEUTRAL = words(
    """morning afternoon evening measured measurement measure tape value its right correct comes come got has now not of
    than from or between maybe either all"""
)
_LENGTHWISE, _ROUND = words("length long tall"), words("round around circumference")
_KNOWN = ASIDES | _CORRECTIONS | _NEUTRAL | _LENGTHWISE | _ROUND | _PREVIOUS | _ADDRESSED | UNITS.keys()


@dataclass(frozen=True, slots=True)
class Said:
    """A measurement as it was said: the field it is about, and whole millimetres."""

    field: str
    mm: int


def length(text: str, asked: str) -> Said:
    """The one measurement in an answer to the question for `asked`; `field` differs when another one was named.

    With `asked` empty, nothing was asked and the text must name the field: "waist is 33".

    NotUnderstood carries the reason: empty, no_measurement, out_of_range, ambiguous_value, ambiguous_field, ambiguous_unit,
    conflict, unknown_value, reference_previous, relative_delta, size_label, bad_unit, several, other_person, unclear.
    """
    row = fold(mark_fields(pieces(text), asked))
    if not row:
        raise NotUnderstood("empty")
    found = _counted(row, quantities(row))
    _refuse_other_talk(plain(text), row, found)
    field = _field(row, found, asked)
    _refuse_strange_words(row, found)
    return _value(row, found, field)


def _counted(row: list[Token], found: list[Quantity]) -> list[Quantity]:
    """The quantities that state a value: not list numbers, ages, prices, withdrawn or corrected ones."""
    if len(found) > 1 and found[0].start == 0 and found[0].unit is None and row[0].exact and row[1].is_mark(".", ")"):
        found = found[1:]
    found = [quantity for quantity in found if not _withdrawn(row, quantity) and not _about_other_things(row, quantity)]
    last = 0
    for place, (before, after) in enumerate(pairwise(found), 1):
        if any(token.is_word(*_CORRECTIONS) for token in row[before.end : after.start]):
            last = place
    return found[last:]


def _withdrawn(row: list[Token], quantity: Quantity) -> bool:
    """ "not 32", "instead of 32", "rather than 32"."""
    before = [token.text for token in row[max(0, quantity.start - 2) : quantity.start] if token.kind == "word"]
    return before[-1:] == ["not"] or before in (["instead", "of"], ["rather", "than"])


def _about_other_things(row: list[Token], quantity: Quantity) -> bool:
    beside = row[max(0, quantity.start - 1) : quantity.start] + row[quantity.end : quantity.end + 1]
    return quantity.unit is None and any(token.is_word(*_OTHER_THINGS) for token in beside)


def _refuse_other_talk(said: str, row: list[Token], found: list[Quantity]) -> None:
    """Answers that are clear but no value, each with its own reason."""
    spoken = {token.text for token in row if token.kind == "word"}
    reason = ""
    if any(f" {phrase} " in f" {said} " for phrase in _UNKNOWN):
        reason = "unknown_value"
    elif spoken & _DELTA:
        reason = "relative_delta"
    elif spoken & {"size", "sizes"} or (not found and spoken & _SIZES):
        reason = "size_label"
    elif _other_person(row):
        reason = "other_person"
    elif not found:
        reason = "reference_previous" if spoken & _PREVIOUS else "no_measurement"
    if reason:
        raise NotUnderstood(reason)


def _other_person(row: list[Token]) -> bool:
    owned = any(a.is_word("my", "for", "the") and b.is_word(*_ADDRESSED) for a, b in pairwise(row))
    return owned or any(token.is_word(*_PEOPLE) for token in row)


def _field(row: list[Token], found: list[Quantity], asked: str) -> str:
    """The field the value is about: the one named, else the one asked."""
    named = list(dict.fromkeys(token.text for token in row if token.kind == "field"))
    if len(named) > 1 and set(named) == set(asked.split("_to_")):
        return asked  # "from the shoulder to my waist"
    if len(named) > 1:
        raise NotUnderstood("several" if len(found) > 1 else "ambiguous_field", tuple(named))
    if named:
        return named[0]
    if not asked:
        raise NotUnderstood("ambiguous_field")
    tall = len(found) == 1 and found[0].unit in ("ft", "m") and found[0].mm() >= TALL_MM
    if tall and FIELDS[asked].kind != "length":
        return "height"
    vague = {token.text for token in row if token.kind == "word"}
    wrong_kind = vague & (_ROUND if FIELDS[asked].kind == "length" else _LENGTHWISE) - {"around"}
    if wrong_kind or "tip" in vague:
        raise NotUnderstood("ambiguous_field")
    return asked


def _refuse_strange_words(row: list[Token], found: list[Quantity]) -> None:
    """A bare number inside a story is no answer; the unit or the name of a field makes it one."""
    inside = {at for quantity in found for at in range(quantity.start, quantity.end)}
    strange = sum(token.kind == "word" and token.text not in _KNOWN for at, token in enumerate(row) if at not in inside)
    limit = STRANGE_WORDS_BESIDE_A_UNIT if any(quantity.unit for quantity in found) else 0
    if any(token.kind == "field" for token in row):
        limit = STRANGE_WORDS_BESIDE_A_FIELD
    if strange > limit:
        raise NotUnderstood("unclear")


def _value(row: list[Token], found: list[Quantity], field: str) -> Said:
    if field == "height" and len(found) == 2 and not found[0].unit and (feet := _feet_and_inches(row, *found)):
        found = [feet]
    stated = _stated_unit(row, found)
    values = [_mm(quantity, field, stated) for quantity in found]
    one_unit = len({quantity.unit for quantity in found}) == 1  # in two units a little rounding is allowed
    if max(values) - min(values) > (0 if one_unit else SAME_LENGTH_MM):
        twice = sum(token.kind == "field" for token in row) > 1
        raise NotUnderstood("conflict" if twice else "ambiguous_value", tuple(_written(quantity, row) for quantity in found))
    return Said(field, values[0])


def _feet_and_inches(row: list[Token], feet: Quantity, inches: Quantity) -> Quantity | None:
    """ "5 7", "five seven" said of a height."""
    joined = feet.end == inches.start and row[feet.start].exact and 3 <= feet.value <= 7
    if not joined or inches.unit not in (None, "in") or not 0 <= inches.value < 12:
        return None
    return Quantity(feet.value + Fraction(inches.value, 12), "ft", feet.start, inches.end)


def _stated_unit(row: list[Token], found: list[Quantity]) -> Unit | None:
    """A unit said once for the whole message: "in cm: 82", "82, all centimetres"."""
    inside = {at for quantity in found for at in range(quantity.start, quantity.end)}
    loose = [token.text for at, token in enumerate(row) if at not in inside and token.kind == "word" and len(token.text) > 1]
    units = {UNITS[word] for word in loose if word in UNITS and word not in ("in", "ins")}
    if len(units) > 1:
        raise NotUnderstood("ambiguous_unit")
    return units.pop() if units else None


def _mm(quantity: Quantity, field: str, stated: Unit | None) -> int:
    """Whole millimetres; a number without a unit is inches if a body can be so, else centimetres if a body can be so."""
    low, high = FIELDS[field].hard
    guesses: tuple[Unit, ...] = ("in", "cm")
    if quantity.unit or stated:
        guesses = (quantity.unit or stated or "in",)
    elif field == "height" and quantity.value >= HEIGHT_IN_CM_FROM:
        guesses = ("cm",)
    for unit in guesses:
        if low <= quantity.mm(unit) <= high:
            return quantity.mm(unit)
    raise NotUnderstood("out_of_range")


def _written(quantity: Quantity, row: list[Token]) -> str:
    return " ".join(token.text for token in row[quantity.start : quantity.end])
