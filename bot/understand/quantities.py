"""Numbers with their units in a row of tokens: "5 ft 7", "82 cm", "32 inches and a half", "1 m 70"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from bot.understand.numbers import TENS, part_at
from bot.understand.plain import words
from bot.understand.tokens import Token

Unit = Literal["in", "cm", "mm", "m", "ft"]

MM: dict[Unit, Fraction] = {
    "in": Fraction(254, 10), "cm": Fraction(10), "mm": Fraction(1), "m": Fraction(1000), "ft": Fraction(3048, 10),
}  # fmt: skip

_NAMES: dict[Unit, frozenset[str]] = {
    "in": words("in ins inch inches inchs inche inces inchies incch"),
    "cm": words("cm cms cmm centimeter centimeters centimetre centimetres centimetres centi centis sentimeter sentimeters"),
    "mm": words("mm millimeter millimeters millimetre millimetres"),
    "m": words("m meter meters metre metres mtr mtrs mita"),
    "ft": words("ft feet foot feets fts"),
}
UNITS: dict[str, Unit] = {name: unit for unit, names in _NAMES.items() for name in names}
#: Units of other things: a number before one of these is not a length of the body.
FOREIGN_UNITS = words(
    """kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes yard yards yd yds pound pounds lb lbs litre litres liter liters gallon gallons
    km kms kilometre kilometres kilometer kilometers mile miles gram grams gramme grammes g ounce ounces tonne tonnes ton tons acre acres"""
)
#: The same right behind a field; elsewhere they tell a time, a share or a price.
_NO_LENGTHS = words("minutes minute mins hours hour hrs seconds degrees degree percent percentage celsius cedis dollars")
_SAID = words("is be na are dey yɛ ye")
_TOO = words("too to")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at tokens[start:end]; `unit` is None when none was said with it."""

    value: Fraction
    unit: Unit | None
    start: int
    end: int
    fault: str = ""  # "bad_unit" for kilograms and yards, "ambiguous_unit" for decimal feet, "ambiguous_value" for "thirty too"

    def mm(self, unit: Unit | None = None) -> int:
        """Whole millimetres, in its own unit or the given one."""
        return round(self.value * MM[self.unit or unit or "in"])


def measured(tokens: list[Token]) -> list[Quantity]:
    """Every number of a folded row of tokens, joined with its unit; what cannot be a length carries its fault."""
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        if tokens[at].kind != "number":
            at += 1
            continue
        found.append(_feet(tokens, at) or _metres(tokens, at) or _simple(tokens, at))
        at = found[-1].end
    return [replace(one, fault=one.fault or "out_of_range") if _below_zero(tokens, one.start, len(found)) else one for one in found]


def _below_zero(tokens: list[Token], at: int, count: int) -> bool:
    """ "hip: -40"; "hip -40" only where no list is marked so."""
    if at < 2 or not tokens[at - 1].is_mark("-") or not tokens[at - 1].spaced or tokens[at].spaced:
        return False
    return tokens[at - 2].is_mark(":", "=") or tokens[at - 2].is_word("is", "be") or (tokens[at - 2].kind == "field" and count == 1)


def _simple(tokens: list[Token], at: int) -> Quantity:
    value, here = tokens[at].value, at + 1
    unit, here = _unit(tokens, here)
    if unit is None and here < len(tokens) and tokens[here].kind == "word" and tokens[here].text in FOREIGN_UNITS:
        return Quantity(value, None, at, here + 1, "bad_unit")
    if unit is None and here < len(tokens) and (tokens[here].among(_NO_LENGTHS) or tokens[here].is_mark("%", "°")) and _of_field(tokens, at):
        return Quantity(value, None, at, here + 1, "bad_unit")
    if unit is None and tokens[at].text.rpartition(" ")[2] in TENS and here < len(tokens) and tokens[here].among(_TOO):
        range_ = tokens[here].is_word("to") and here + 1 < len(tokens) and tokens[here + 1].kind in ("number", "word")
        return Quantity(value, None, at, here, "" if range_ else "ambiguous_value")  # "thirty too" may be thirty two
    if unit is None and 0 < value < 1 and here < len(tokens) and tokens[here].is_word("a", "an") and _unit(tokens, here + 1)[0]:
        unit, here = _unit(tokens, here + 1)
    if unit is not None and value.denominator == 1:
        if here < len(tokens) and tokens[here].is_word("and") and _is_part(tokens, here + 1):
            value, here = value + tokens[here + 1].value, here + 2
        else:
            part, here = part_at(tokens, here)
            value += part
    return Quantity(value, unit, at, here)


def _of_field(tokens: list[Token], at: int) -> bool:
    """Whether a field stands right before a number."""
    link = at > 1 and (tokens[at - 1].among(_SAID) or tokens[at - 1].is_mark(":", "=", "-"))
    return at > 0 and tokens[at - 2 if link else at - 1].kind == "field"


def _is_part(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind == "number" and 0 < tokens[at].value < 1


def _unit(tokens: list[Token], at: int) -> tuple[Unit | None, int]:
    """The unit standing here. "in" before another unit is only a preposition: "82 in cm"."""
    if at >= len(tokens):
        return None, at
    if tokens[at].is_mark('"'):
        return "in", at + 1
    if tokens[at].is_mark("'") and at + 1 < len(tokens) and tokens[at + 1].is_mark("'") and not tokens[at + 1].spaced:
        return "in", at + 2
    if tokens[at].is_mark("(", "["):
        unit, after = _unit(tokens, at + 1)
        return (unit, after + 1) if unit and after < len(tokens) and tokens[after].is_mark(")", "]") else (None, at)
    if tokens[at].kind != "word" or tokens[at].text not in UNITS:
        return None, at
    if tokens[at].text == "in" and at + 1 < len(tokens) and tokens[at + 1].kind == "word" and tokens[at + 1].text in UNITS:
        at += 1
    return UNITS[tokens[at].text], at + 1


def _feet(tokens: list[Token], at: int) -> Quantity | None:
    """ "5 ft 7", "5'7", "5 feet 7 and a half inches", "6 feet"; "5.7 feet" has two meanings and is asked."""
    mark = at + 1 < len(tokens) and tokens[at + 1].is_mark("'") and not (at + 2 < len(tokens) and tokens[at + 2].is_mark("'"))
    mark = mark or _swapped_marks(tokens, at)
    if not mark and at + 2 < len(tokens) and tokens[at + 1].is_mark("-") and _unit(tokens, at + 2)[0] == "ft" and not tokens[at + 2].spaced:
        rest = _feet([*tokens[: at + 1], *tokens[at + 2 :]], at)  # "5-foot-3"
        return replace(rest, end=rest.end + 1) if rest else None
    if not mark and _unit(tokens, at + 1)[0] != "ft":
        return None
    if "." in tokens[at].text or "point" in tokens[at].text:
        return Quantity(tokens[at].value, "ft", at, at + 2, "ambiguous_unit")
    here, feet = at + 2, tokens[at].value
    if feet.denominator == 1 and here < len(tokens) and (tokens[here].is_word("and") or (tokens[here].is_mark("-") and not mark)):
        here += 1
    if feet.denominator == 1 and here < len(tokens) and tokens[here].kind == "number" and tokens[here].value < 12:
        inches = _simple(tokens, here)
        if inches.unit in (None, "in"):
            return Quantity(feet + inches.value / 12, "ft", at, inches.end)
    return Quantity(feet, "ft", at, at + 2)


def _swapped_marks(tokens: list[Token], at: int) -> bool:
    """ "5"7" and "5''7" for 5'7"."""
    if not 4 <= tokens[at].value <= 7 or not tokens[at].exact:
        return False
    here = at + 2 if at + 1 < len(tokens) and tokens[at + 1].is_mark('"') else 0
    last = tokens[here] if 0 < here < len(tokens) else None
    return last is not None and last.kind == "number" and last.exact and last.value < 12 and not last.spaced and not tokens[at + 1].spaced


def _metres(tokens: list[Token], at: int) -> Quantity | None:
    """ "1 m 70", "1m70", "one meter seventy"."""
    if at + 2 >= len(tokens) or _unit(tokens, at + 1)[0] != "m" or not tokens[at].exact:
        return None
    rest = tokens[at + 2]
    unit, end = _unit(tokens, at + 3)
    if rest.kind == "number" and rest.value.denominator == 1 and 10 <= rest.value < 100 and unit in (None, "cm"):
        return Quantity(tokens[at].value + rest.value / 100, "m", at, end)
    return None
