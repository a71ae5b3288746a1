"""Numbers that count the lines of a list: "1. chest 40", "2) waist 34", "No. 3 hip 42"."""

from __future__ import annotations

from bot.understand.quantities import Quantity
from bot.understand.tokens import Token

_WORDS = ("no", "number", "num", "nr", "item")
_LINE = 8  # words


def list_numbers(row: list[Token], found: list[Quantity]) -> dict[int, int]:
    """The places in `found` of numbers that count up from 1, and where in the row each label begins."""
    listed: dict[int, int] = {}
    wanted = 1
    for place, quantity in enumerate(found):
        at = quantity.start
        if quantity.unit or quantity.fault or not row[at].exact or quantity.end != at + 1 or at + 1 >= len(row):
            continue
        if quantity.value == 1 and _first(row, at):
            listed[place] = at
            wanted = 2
            continue
        if quantity.value != wanted:
            continue
        label = _label(row, at)
        last = max(listed, default=-1)
        heading = place == last + 1 and wanted > 1 and all(token.kind == "field" for token in row[found[last].end + 1 : at])  # "1. neck 2. chest: …"
        if label < at or _opens_line(row, at, wanted, heading=heading):
            listed[place] = label
            wanted += 1
    return listed


def _first(row: list[Token], at: int) -> bool:
    """ "for Ama: 1. bust 36": another person's list begins; no field measures 1."""
    before, after = row[at - 1] if at else None, row[at + 1]
    marked = after.is_mark(".", ")") and not after.spaced and at + 2 < len(row) and row[at + 2].kind == "field"
    return marked and row[at].text == "1" and before is not None and (before.is_mark(":", "-", ",") or (before.kind == "word" and row[at].spaced))


def _label(row: list[Token], at: int) -> int:
    """Where "No. 1" begins, if something that can be counted follows."""
    before = at - 1
    if before > 0 and row[before].is_mark(".", ":"):
        before -= 1
    after = row[at + 1]
    named = before >= 0 and row[before].is_word(*_WORDS) and not (before and row[before - 1].kind == "field")
    return before if named and (after.kind in ("field", "word") or after.is_mark(":", "-", ")", ".")) and _number_in_line(row, at + 1) else at


def _opens_line(row: list[Token], at: int, wanted: int, *, heading: bool) -> bool:
    before, after = row[at - 1] if at else None, row[at + 1]
    if after.is_mark("-", "/") and at + 2 < len(row) and row[at + 2].kind == "number":
        return False
    opens = before is None or before.is_mark("\n", "(", "#", "*", "•") or (wanted > 1 and (before.kind != "field" or heading or after.is_mark(")")))
    marked = after.is_mark(".", ")", ":", "-", "]", "/") and not after.spaced
    line = before is None or before.is_mark("\n", "#")
    return (opens and marked) or (line and after.kind in ("field", "word") and _number_in_line(row, at + 1))


def _number_in_line(row: list[Token], at: int) -> bool:
    """Whether a field and then a number follow before the line ends."""
    field = False
    for token in row[at : at + _LINE]:
        if token.is_mark("\n"):
            return False
        if token.kind == "number":
            return field
        field = field or token.kind == "field"
    return False
