"""A message as a row of tokens: words, numbers and the names of measurements, each as it was meant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.understand.field_names import mark_fields
from bot.understand.generally import in_general
from bot.understand.numbering import list_numbers
from bot.understand.numbers import fold
from bot.understand.other_numbers import Kind
from bot.understand.quantities import Quantity
from bot.understand.refusals import refused_field, refused_from
from bot.understand.spelling import spelled
from bot.understand.tokens import Token, cut


def row_of(cleaned: str, asked: str = "", keep: Collection[str] = ()) -> list[Token]:
    """The row of a text that is clean; the words of `keep` are names and stay words."""
    return _colons(fold(mark_fields(spelled(cut(cleaned), keep), asked, keep)))


def quiet(row: list[Token], found: list[Quantity], kinds: list[Kind], named: Collection[int]) -> tuple[list[Token], set[int]]:
    """The row without names, list numbers and what was taken back: nothing there joins, parts or corrects; and those places."""
    starts = {place: refused_from(row, found[place].start) for place, kind in enumerate(kinds) if kind == "withdrawn"}
    hushed = {at for place, start in starts.items() for at in range(start, found[place].end)} | set(named)
    for place, start in list_numbers(row, found).items():
        end = found[place].end
        hushed |= set(range(start, end + (end < len(row) and row[end].is_mark(".", ")", ":", "-"))))
    hushed |= {at for at, token in enumerate(row) if token.kind == "field" and refused_field(row, at)} | in_general(row)
    return [replace(token, kind="mark", text="") if at in hushed else token for at, token in enumerate(row)], hushed


def _colons(row: list[Token]) -> list[Token]:
    """ "Bust; 36 Waist; 28", "Bust.36 Waist.28": where fields come first, such a mark belongs between a field and its number."""
    first = next((token for token in row if token.kind in ("field", "number")), None)
    if first is None or first.kind == "number":
        return row
    return [replace(token, text=":") if token.is_mark(".", ";") and _joins(row, at) else token for at, token in enumerate(row)]


def _joins(row: list[Token], at: int) -> bool:
    return 0 < at < len(row) - 1 and row[at - 1].kind == "field" and row[at + 1].kind == "number"
