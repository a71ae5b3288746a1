"""Numbers as millimetres: the unit said with them, before them or for the whole message, and heights in feet and inches."""

from __future__ import annotations

from fractions import Fraction

from bot.understand.doubts import in_millimetres, usual
from bot.understand.quantities import MM, UNITS, Quantity, Unit
from bot.understand.tokens import Token

TALLEST_GIRTH_MM = 1200  # what somebody "is" from here on is a height


def spoken_heights(row: list[Token], found: list[Quantity], asked: tuple[str, ...]) -> list[Quantity]:
    """ "5 7", "five seven", "one seventy" said of a height; "5 ft, 7 in"."""
    kept: list[Quantity] = []
    for quantity in found:
        joined = _joined(row, kept[-1], quantity, asked) if kept else None
        if joined is not None:
            kept[-1] = joined
        else:
            kept.append(quantity)
    return kept


def _joined(row: list[Token], first: Quantity, second: Quantity, asked: tuple[str, ...]) -> Quantity | None:
    between = row[first.end : second.start]
    if (
        first.unit == "ft"
        and len(between) == 1
        and between[0].is_mark(",", ".")
        and second.unit == "in"
        and second.value < 12
        and first.value.denominator == 1
    ):
        return Quantity(first.value + second.value / 12, "ft", first.start, second.end)
    apart = bool(between) and not (len(between) == 1 and between[0].is_mark("-", "/"))  # "five-seven"
    if apart or first.unit not in (None, "in") or not row[first.start].exact or not _of_height(row, first, second, asked):
        return None
    if 3 <= first.value <= 7 and 0 <= second.value < 12 and second.unit in (None, "in"):
        return Quantity(first.value + Fraction(second.value, 12), "ft", first.start, second.end)
    if first.value == 1 and first.unit is None and 10 <= second.value < 100 and second.unit in (None, "cm"):
        return Quantity(100 + second.value, "cm", first.start, second.end)
    return None


def _of_height(row: list[Token], first: Quantity, second: Quantity, asked: tuple[str, ...]) -> bool:
    named = next((token.text for token in reversed(row[max(0, first.start - 8) : first.start]) if token.kind in ("field", "number")), "")
    behind = second.end < len(row) and row[second.end].kind == "field" and row[second.end].text == "height"
    return named == "height" or behind or _said_of_me(row, first.start) or (asked == ("height",) and not any(token.kind == "field" for token in row))


def _said_of_me(row: list[Token], at: int) -> bool:
    said = row[max(0, at - 2) : at]
    return bool(said) and (said[-1].is_word("im", "stand") or (said[0].is_word("i") and said[-1].is_word("am", "be")))


def of_me(row: list[Token], quantity: Quantity) -> bool:
    """ "I'm 178cm": a height without its name."""
    return quantity.unit in ("cm", "mm") and quantity.mm() >= TALLEST_GIRTH_MM and _said_of_me(row, quantity.start)


def length_of(row: list[Token], quantity: Quantity, name: str, stated: str, hint: Unit | None) -> int | None:
    """Millimetres; None when no body is so, -1 when the unit may be either."""
    local = _unit_before(row, quantity)
    unit = local or (stated if stated in MM else None)
    mm = in_millimetres(quantity, name, unit)  # type: ignore[arg-type]
    if quantity.unit or unit or hint is None or mm is None or mm != round(quantity.value * MM["in"]):
        return mm
    other = round(quantity.value * MM[hint])
    if not usual(name, other) or in_millimetres(quantity, name, hint) is None:
        return mm
    return -1 if usual(name, mm) else other


def _unit_before(row: list[Token], quantity: Quantity) -> Unit | None:
    """ "chest in cm 102", "chest (cm): 102": a unit between a field and its number."""
    for at in range(quantity.start - 1, max(0, quantity.start - 4) - 1, -1):
        token = row[at]
        if token.kind in ("field", "number") or token.is_mark(",", ";", "\n", "."):
            return None
        framed = at > 0 and row[at - 1].is_mark("(", "[") and row[at + 1].is_mark(")", "]")
        if token.kind == "word" and token.text in UNITS and (framed or token.text not in ("in", "ins", "m")):
            return UNITS[token.text]
    return None


def stated_units(row: list[Token], found: list[Quantity], values: list[Quantity]) -> tuple[str, Unit | None]:
    """The unit stated for the whole message ("both": two of them), and a unit the list ends with or mostly has."""
    inside = {at for quantity in found for at in range(quantity.start, quantity.end)}
    loose: set[Unit] = set()
    for at, token in enumerate(row):
        if at in inside or token.kind != "word" or token.text not in UNITS or token.text in ("in", "ins", "m", "foot", "feet", "ft"):
            continue
        article = at and row[at - 1].is_word("a", "an", "not", "no", "per")
        if not article:
            loose.add(UNITS[token.text])
    if len(loose) > 1:
        local = all(_unit_before(row, q) for q in found if q.unit is None)
        return ("" if local else "both"), None
    if loose:
        return loose.pop(), None
    if len(values) > 1 and values[-1].unit in ("cm", "mm") and any(q.unit is None for q in values):
        return "", values[-1].unit
    return "", None
