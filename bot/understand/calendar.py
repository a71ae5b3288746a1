"""The names of days: months, weekdays and the feasts of Ghana."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TWI_WEEKDAYS = ("dwoada", "benada", "wukuada", "yawoada", "fiada", "memeneda", "kwasiada")

MONTHS = {form: index for index, name in enumerate(_MONTHS, 1) for form in (name, name[:3])} | {"sept": 9}
WEEKDAYS = (
    {name: index for index, name in enumerate(_WEEKDAYS)}
    | {name[:3]: index for index, name in enumerate(_WEEKDAYS)}
    | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
    | {name: index for index, name in enumerate(_TWI_WEEKDAYS)}
)


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian rule (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * shift) // 451
    month, day = divmod(h + shift - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _after_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days)


def _farmers_day(year: int) -> date:
    """The first Friday of December."""
    first = date(year, 12, 1)
    return first + timedelta((4 - first.weekday()) % 7)


#: What people say -> the day in a year. Longer names stand before the shorter ones inside them.
FEASTS: dict[str, Callable[[int], date]] = {
    "christmas eve": _fixed(12, 24), "christmas day": _fixed(12, 25), "christmas": _fixed(12, 25), "xmas": _fixed(12, 25),
    "x mas": _fixed(12, 25), "boxing day": _fixed(12, 26), "new years eve": _fixed(12, 31), "new year eve": _fixed(12, 31),
    "31st night": _fixed(12, 31), "31 night": _fixed(12, 31), "new years day": _fixed(1, 1), "new year day": _fixed(1, 1),
    "new year": _fixed(1, 1), "new years": _fixed(1, 1), "valentines day": _fixed(2, 14), "valentines": _fixed(2, 14),
    "valentine": _fixed(2, 14), "vals day": _fixed(2, 14), "independence day": _fixed(3, 6), "may day": _fixed(5, 1),
    "workers day": _fixed(5, 1), "good friday": _after_easter(-2), "easter monday": _after_easter(1),
    "easter sunday": _after_easter(0),
    "easter": _after_easter(0), "farmers day": _farmers_day,
}  # fmt: skip
