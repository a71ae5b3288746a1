"""What is usual for a child, by height or age (WHO height tables, a retailer's chart of chest and waist)."""

from __future__ import annotations

from itertools import pairwise

#: age -> shortest, tallest boy (-3 and +3 SD), shortest, tallest girl, chest, waist; in cm.
_TABLE: dict[int, tuple[float, ...]] = {
    2: (79, 97, 77, 96, 54, 52),
    4: (91, 116, 90, 116, 58, 55),
    6: (101, 131, 100, 131, 63, 57),
    8: (110, 144, 109, 144, 69, 60),
    10: (119, 157, 119, 158, 75, 63),
    12: (128, 170, 131, 172, 83, 65.5),
    14: (140, 186, 139, 181, 91, 71),
    16: (150, 196, 142, 183, 97.5, 80),
}
_TOLERANCE = 0.20  # around chest and waist of the chart

#: field -> lowest and highest share of the height.
_OF_HEIGHT = {
    "chest": (0.42, 0.72), "bust": (0.42, 0.72), "waist": (0.36, 0.68), "tummy": (0.36, 0.68), "hip": (0.44, 0.78),
    "sleeve_length": (0.28, 0.40), "inseam": (0.33, 0.54),
}  # fmt: skip
_HEAD = (440, 600)


def child_range(field: str, *, sex: str | None, age: int | None, height: int | None) -> tuple[int, int] | None:
    """The usual range in mm of a child's field; None when nothing is known about it."""
    if field == "head":
        return _HEAD
    row = None if age is None else _row(age)
    if row is not None and field in ("chest", "bust", "waist"):
        middle = row[5 if field == "waist" else 4] * 10
        return round(middle * (1 - _TOLERANCE)), round(middle * (1 + _TOLERANCE))
    tall = (height, height) if height and field != "height" else row and _heights(row, sex)
    if not tall or field == "height":
        return tall or None
    share = _OF_HEIGHT.get(field)
    return share and (round(tall[0] * share[0]), round(tall[1] * share[1]))


def _row(age: int) -> tuple[float, ...]:
    """The table's row at an age, between two rows in proportion; the first row for younger children."""
    age = min(max(age, min(_TABLE)), max(_TABLE))
    for young, old in pairwise(_TABLE):
        if young <= age <= old:
            part = (age - young) / (old - young)
            return tuple(a + (b - a) * part for a, b in zip(_TABLE[young], _TABLE[old], strict=True))
    raise AssertionError(age)


def _heights(row: tuple[float, ...], sex: str | None) -> tuple[int, int]:
    low, high = (row[0], row[1]) if sex == "m" else (row[2], row[3]) if sex == "f" else (min(row[0], row[2]), max(row[1], row[3]))
    return round(low * 10), round(high * 10)
