"""The fields of a message: what is named for sure, what only beside a number, and what may mean several things."""

from __future__ import annotations

from collections.abc import Collection

from bot.rules.measurements import FIELDS
from bot.understand.field_names import near_field
from bot.understand.plain import words
from bot.understand.quantities import UNITS
from bot.understand.runs import Named
from bot.understand.tokens import Token
from bot.understand.vocabulary import KNOWN, LENGTH_OF, LENGTHWISE, LINKS, ROUND, VAGUE_PHRASES, VAGUE_WORDS, WEAK_NAMES

_OF = words("of the my for a on")
_FAR = 60  # words
_BEFORE = words("back front upper lower under below above inner outer high low mid middle")
_BEHIND = words("width wide depth deep drop front back")
_ONE_BY_ONE = {"shoulder waist": ("shoulder", "waist"), "shoulder hip": ("shoulder", "hip"), "shoulder nipple": ("shoulder", "nipple_to_nipple")}


def named_fields(row: list[Token], cleaned: str, garment: str, asked: tuple[str, ...], taken: Collection[int]) -> list[Named]:
    """Every field of a row, in order; "round" and "length" may mean what was asked. The places of `taken` belong to names and numbers."""
    found: list[Named] = []
    meant = asked[0] if len(asked) == 1 else ""
    at = 0
    while at < len(row):
        named = None if at in taken else _named(row, at, cleaned, LENGTH_OF.get(garment, ""), meant, found[-1] if found else None, taken)
        if named is not None:
            if found and named.start < found[-1].end:
                found.pop()
            found.append(named)
        at = max(at + 1, named.end if named else 0)
    return found


def _named(row: list[Token], at: int, cleaned: str, length: str, meant: str, last: Named | None, taken: Collection[int]) -> Named | None:
    token = row[at]
    if token.kind == "field":
        return _field(row, at, cleaned, taken)
    if token.kind != "word":
        return None
    for phrase in VAGUE_PHRASES:
        if tuple(t.text for t in row[at : at + len(phrase)]) == phrase:
            return Named("?", at, at + len(phrase))
    beside = last if last is not None and last.end == at else None
    if token.text in LENGTHWISE - {"long"} or (token.text in ROUND and token.text != "around"):
        said = last is not None and token.text in LENGTHWISE and _said_before(row, last, at)  # "the kaba should be 25 length"
        return None if said else _dimension(row, at, cleaned, length, meant, beside)
    if beside is not None and token.text in _BEHIND:
        return Named("?", beside.start, at + 1)
    if token.text in VAGUE_WORDS:
        return Named("?", at, at + 1, weak=True)
    return Named("?", at, at + 1) if token.text not in KNOWN and near_field(token.text) and _beside_number(row, at, behind=True) else None


def _field(row: list[Token], at: int, cleaned: str, taken: Collection[int]) -> Named:
    token = row[at]
    said = cleaned[token.start : token.end]
    of = at + 1 < len(row) and row[at + 1].is_word("of")
    thing = next((here for here in range(at + 2, min(at + 4, len(row))) if not row[here].is_word("the", "a")), at) if of else at
    if row[thing].kind == "word" and row[thing].text not in KNOWN and thing not in taken:
        return Named("?", at, at + 1)  # "chest of drawers", "the waist of the season"
    if at and row[at - 1].among(_BEFORE) and not row[at - 1].is_mark():
        return Named("?", at - 1, at + 1)
    return Named(token.text, at, at + 1, said in WEAK_NAMES, _ONE_BY_ONE.get(said, ()))


def _dimension(row: list[Token], at: int, cleaned: str, length: str, meant: str, beside: Named | None) -> Named | None:
    """ "length" or "round": part of the field beside it, or the garment's length, or unclear."""
    lengthwise = row[at].text in LENGTHWISE
    fits = ("length",) if lengthwise else ("girth",)
    if beside is not None and beside.field != "?":
        fine = FIELDS[beside.field].kind in fits
        return Named(beside.field if fine else "?", beside.start, at + 1)
    here = at + 1
    while here < len(row) and row[here].among(_OF):
        here += 1
    if here < len(row) and row[here].kind == "field" and (here > at + 1 or not lengthwise):
        fine = FIELDS[row[here].text].kind in fits
        return Named(row[here].text if fine else "?", at, here + 1)
    if here < len(row) and here > at + 1 and row[here].among(LENGTH_OF) and lengthwise:
        return Named(LENGTH_OF[row[here].text], at, here + 1)
    meant = meant if meant and FIELDS[meant].kind in fits else "?"
    if not lengthwise:
        return Named(meant, at, at + 1) if _beside_number(row, at) else None
    mentioned = (LENGTH_OF[said] for i in range(at - 1, max(-1, at - _FAR), -1) if (said := _garment_at(row, i, cleaned)))
    return Named(next(mentioned, length or meant), at, at + 1)


def _garment_at(row: list[Token], at: int, cleaned: str) -> str:
    """The garment mentioned here, unless it is a measurement of its own: "trouser 41"."""
    token = row[at]
    said = cleaned[token.start : token.end] if token.kind == "field" and row[at + 1].kind != "number" else token.text if token.kind == "word" else ""
    return said if said in LENGTH_OF else ""


def _said_before(row: list[Token], last: Named, at: int) -> bool:
    """Whether "length" stands behind the number of a field that is a length itself."""
    numbers = [token for token in row[last.end : at] if token.kind == "number"]
    behind = row[at - 1].kind == "number" or (row[at - 1].among(UNITS) and row[at - 2].kind == "number")
    linked = all(token.kind == "number" or token.among(LINKS) or token.among(UNITS) for token in row[last.end : at])
    return last.field != "?" and FIELDS[last.field].kind == "length" and len(numbers) == 1 and behind and linked


def _beside_number(row: list[Token], at: int, *, behind: bool = False) -> bool:
    """Whether a number follows, or (behind) stands before."""
    after = row[at + 1] if at + 1 < len(row) else None
    if after is not None and (after.is_mark(":", "=", "-") or after.is_word("is", "be", "na")):
        after = row[at + 2] if at + 2 < len(row) else None
    before = row[at - 1] if behind and at else None
    return (after is not None and after.kind == "number") or (before is not None and (before.kind == "number" or before.among(UNITS)))
