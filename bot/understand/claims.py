"""What a language model claims to have read, checked against the text before it counts: it points at words, we read them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.rules.measurements import FIELDS
from bot.understand.doubts import in_millimetres
from bot.understand.field_names import mark_fields
from bot.understand.lengths import spoken_heights
from bot.understand.measures import LONGEST
from bot.understand.names import RELATIVES
from bot.understand.numbers import fold
from bot.understand.other_numbers import kinds
from bot.understand.plain import clean, plain
from bot.understand.quantities import UNITS, Quantity, Unit, measured
from bot.understand.reading import Context, Value
from bot.understand.rows import row_of
from bot.understand.spelling import spelled
from bot.understand.tokens import Token, cut

LONGEST_EVIDENCE, MOST_PLACES = 400, 20


@dataclass(frozen=True, slots=True)
class Claim:
    """One value as the model saw it; every part must stand in the text."""

    person: str | None
    field: str
    evidence: str
    value_text: str
    unit_text: str | None


@dataclass(frozen=True, slots=True)
class _Text:
    """A message as our own tokenizer sees it."""

    cleaned: str
    row: list[Token]
    found: list[Quantity]

    def span(self, quantity: Quantity) -> tuple[int, int]:
        return self.row[quantity.start].start, self.row[quantity.end - 1].end


def accepted(text: str, claims: Collection[Claim], context: Context, taken: Collection[Value | str] = ()) -> tuple[Value, ...]:
    """The values of the claims that hold; `taken` are values, or words of the text, whose numbers are spoken for."""
    message = _message(text, context)
    spoken_for = [said.said if isinstance(said, Value) else said for said in taken]
    used = {at for said in spoken_for for at in _numbers(message, *_first(message.cleaned, said))}
    values: list[Value] = []
    for claim in claims:
        for quantity, value in _readings(message, claim, context):
            if quantity.start not in used:
                used.add(quantity.start)
                values.append(value)
                break
    return tuple(values)


def _message(text: str, context: Context) -> _Text:
    cleaned = clean(text, LONGEST)
    row = row_of(cleaned)
    found = spoken_heights(row, measured(row), context.asked)
    kept = [q for q, kind in zip(found, kinds(row, found, cleaned, ()), strict=True) if kind in ("value", "stray") and not q.fault]
    return _Text(cleaned, row, kept)


def _readings(message: _Text, claim: Claim, context: Context) -> Iterator[tuple[Quantity, Value]]:
    """Every place of the text where a claim holds."""
    if claim.field not in FIELDS or not _person_stands(message, claim.person) or not _field_stands(claim, context):
        return
    unit = _unit(claim)
    if claim.unit_text and unit is None:
        return
    for low, high in _places(message.cleaned, claim.evidence):
        for first, last in _places(message.cleaned[low:high], claim.value_text):
            quantity = _read(message, low + first, low + last)
            if quantity is None or (unit and quantity.unit not in (None, unit)) or not _one_number(claim.value_text, quantity, context):
                continue
            mm = in_millimetres(quantity, claim.field, unit)
            if mm is not None:
                yield quantity, Value(claim.person and plain(claim.person), claim.field, mm, " ".join(message.cleaned[low:high].split()))


def _read(message: _Text, low: int, high: int) -> Quantity | None:
    """The quantity of the text that these letters say completely, with or without its unit."""
    for quantity in message.found:
        start, end = message.span(quantity)
        number_end = max((message.row[at].end for at in range(quantity.start, quantity.end) if message.row[at].kind == "number"), default=end)
        if start == low and number_end <= high <= end:
            return quantity
    return None


def _one_number(value_text: str, quantity: Quantity, context: Context) -> bool:
    """Whether the words alone read as the same number."""
    row = fold(spelled(cut(clean(value_text))))
    found = measured(row)
    if len(found) == 2 and quantity.unit in ("ft", "cm"):  # "five seven", "one seventy" of a height
        found = spoken_heights(row, found, ("height",))
    return len(found) == 1 and not found[0].fault and found[0].value == quantity.value


def _unit(claim: Claim) -> Unit | None:
    """The unit, if the evidence has it."""
    unit = clean(claim.unit_text or "").strip()
    row = cut(clean(claim.evidence))
    stands = any(token.text == unit for token in row) or unit == '"'
    return "in" if unit == '"' and unit in clean(claim.evidence) else UNITS.get(unit) if stands else None


def _field_stands(claim: Claim, context: Context) -> bool:
    """Whether the evidence names the field; the field just asked for needs no name, unless another is named."""
    named = {token.text for token in mark_fields(cut(clean(claim.evidence))) if token.kind == "field"}
    return claim.field in named or (claim.field in context.asked and not named)


def _person_stands(message: _Text, person: str | None) -> bool:
    """Whether a person's name, or a word for the relative, is in the text."""
    if person is None:
        return True
    said = {token.text for token in message.row if token.kind == "word"}
    said |= {word.removesuffix("s") for word in said}
    parts = plain(person).split()
    return bool(parts) and (all(part in said for part in parts) or any(RELATIVES.get(word) == plain(person) for word in said))


def _places(text: str, part: str) -> Iterator[tuple[int, int]]:
    """Where some words stand in a text as whole words; blanks are all alike."""
    wanted = clean(part).split()
    if not wanted or len(part) > LONGEST_EVIDENCE:
        return
    pattern = re.compile(r"(?<![^\W_])" * (wanted[0][0].isalnum()) + r"\s+".join(map(re.escape, wanted)) + r"(?![^\W_])" * (wanted[-1][-1].isalnum()))
    for count, match in enumerate(pattern.finditer(text)):
        if count == MOST_PLACES:
            return
        yield match.span()


def _first(text: str, part: str) -> tuple[int, int]:
    return next(_places(text, part), (0, 0))


def _numbers(message: _Text, low: int, high: int) -> list[int]:
    return [quantity.start for quantity in message.found if low <= message.span(quantity)[0] < high]
