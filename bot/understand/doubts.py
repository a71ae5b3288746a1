"""Whether values are possible and likely for the person they are said of."""

from __future__ import annotations

from collections.abc import Mapping

from bot.rules.measurements import ADULT_AGE, FIELDS, check, contradictions
from bot.understand.quantities import MM, Quantity, Unit
from bot.understand.reading import Context, Value

HEIGHT_IN_CM_FROM = 84  # a bare height from here on is centimetres
TOLERANCE_MM = 3


def possible(field: str, mm: int) -> bool:
    """Whether any body measures so."""
    low, high = FIELDS[field].hard
    return low <= mm <= high


def usual(field: str, mm: int, sex: str | None = None) -> bool:
    """Whether grown people measure so."""
    low, high = FIELDS[field].soft(sex)  # type: ignore[arg-type]
    return low - TOLERANCE_MM <= mm <= high + TOLERANCE_MM


def in_millimetres(quantity: Quantity, field: str, stated: Unit | None) -> int | None:
    """Whole millimetres; a number without a unit is inches if a body can be so, else centimetres if a body can be so, else None."""
    guesses: tuple[Unit, ...] = ("in", "cm")
    if quantity.unit or stated:
        guesses = (quantity.unit or stated or "in",)
    elif field == "height" and quantity.value >= HEIGHT_IN_CM_FROM:
        guesses = ("cm",)
    return next((round(quantity.value * MM[unit]) for unit in guesses if possible(field, round(quantity.value * MM[unit]))), None)


def doubtful(values: list[Value], context: Context) -> tuple[str, ...]:
    """The fields of one person whose values are unusual or contradict each other, in their order."""
    person = values[0].person
    age = context.year - context.birth_year if context.year and context.birth_year else None
    known = {**context.saved, **{value.field: value.mm for value in values}}
    doubted = [value.field for value in values if not _fine(value, person, age, context, known.get("height"))]
    said = {value.field for value in values}
    breaches = _breaches(known, person, age)
    return tuple(dict.fromkeys([*doubted, *(field for pair in breaches for field in pair if field in said)]))


def _fine(value: Value, person: str | None, age: int | None, context: Context, height: int | None) -> bool:
    """A value is fine if it is so within the tolerance; somebody else of unknown age may be a child."""
    tall = height if age is not None and age < ADULT_AGE else None
    near = (value.mm, value.mm - TOLERANCE_MM, value.mm + TOLERANCE_MM)
    ways = (False,) if person is None else (False, True)
    return any(check(value.field, mm, context.sex, child=child, age=age, height=tall) == "fine" for child in ways for mm in near)


def _breaches(known: Mapping[str, int], person: str | None, age: int | None) -> list[tuple[str, str]]:
    """The pairs that fit no body of this age; of an unknown age, no body at all."""
    young = age is not None and age < ADULT_AGE
    found = {(c.first, c.second) for c in contradictions(known, child=young)}
    if age is None and person is not None:
        found &= {(c.first, c.second) for c in contradictions(known, child=True)}
    return [pair for pair in sorted(found) if _still(known, pair, young)]


def _still(known: Mapping[str, int], pair: tuple[str, str], young: bool) -> bool:
    """Whether they still contradict each other when one is a little off."""
    first, second = pair
    for near in (known[first] - TOLERANCE_MM, known[first] + TOLERANCE_MM):
        if not any((c.first, c.second) == pair for c in contradictions({first: near, second: known[second]}, child=young)):
            return False
    return True
