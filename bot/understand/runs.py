"""Fields and numbers in the order they were said, cut where one thing ends and another begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from bot.understand.plain import words
from bot.understand.quantities import Quantity
from bot.understand.reading import Ask
from bot.understand.tokens import Token
from bot.understand.vocabulary import ALTERNATIVES, AROUND_ALTERNATIVES, AROUND_CORRECTIONS, COMMA, CORRECTIONS, JOIN_MARKS, JOINS, STOPS

Gap = int  # how strongly two places are parted: 2 by "and", CLAUSE by a comma, 5 by the end of a sentence or line
CLAUSE = 3
_STRONG = words("no nope nah sorry sorri sory scratch mean meant correction mistake mistaken wrong wrongly oops ops rather typo daabi dabi kafra")
_LIST_WORDS = JOINS | words("maybe perhaps probably possibly about around even like between from then is are be measures na both respectively by")
_SAYING = words("is be thats are was")
_DOUBTING = words("or if sometimes maybe perhaps")
_FIELD_WORDS = JOINS | words("is it its um uh erm er a so then okay ok yes that")


@dataclass(frozen=True, slots=True)
class Named:
    """A field where it was named; "?" for words that may mean several fields, `weak` for ordinary words, `parts` for "shoulder waist"."""

    field: str
    start: int
    end: int
    weak: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """Tokens [start:end] that say a field's value, or several values one of which is meant."""

    field: str  # "" when none was named
    values: tuple[Quantity, ...]
    start: int
    end: int
    corrected: bool = False
    ask: Ask | None = None
    named: bool = True  # False for a correction that names no field


@dataclass(slots=True)
class Pairs:
    """What a part of a message that is about one person says."""

    bound: list[Bound] = field(default_factory=list)
    questions: list[tuple[Ask, tuple[str, ...]]] = field(default_factory=list)


Atom = Named | Quantity


@dataclass(slots=True)
class Run:
    """Fields or numbers that follow each other; `corrected` when a correction stands before."""

    kind: Literal["fields", "numbers"]
    atoms: list[Atom]
    corrected: bool = False
    strongly: bool = False

    @property
    def start(self) -> int:
        return self.atoms[0].start

    @property
    def end(self) -> int:
        return self.atoms[-1].end


def blocks(row: list[Token], atoms: list[Atom]) -> Iterator[list[Atom]]:
    """Lines, sentences or clauses that are complete by themselves; whatever is not stays together."""
    while atoms and (stated := _stated(row, atoms)):
        low, high = stated
        yield from _unstated(row, atoms[:low]) if low else ()
        yield atoms[low:high]
        atoms = atoms[high:]
    yield from _unstated(row, atoms) if atoms else ()


def _unstated(row: list[Token], atoms: list[Atom]) -> Iterator[list[Atom]]:
    pieces = _split(row, atoms, frozenset("\n"))
    for line in pieces if _apart(pieces, loose=True) else [atoms]:
        sentences = _split(row, line, STOPS)
        for sentence in sentences if _apart(sentences, loose=True) else [line]:
            clauses = _split(row, sentence, COMMA)
            yield from clauses if _apart(clauses, loose=False) else [sentence]


def _stated(row: list[Token], atoms: list[Atom]) -> tuple[int, int] | None:
    """A number that is said to be a field's, while nothing says so of the next one: "29 is my waist and hip is 40"."""
    if not any(token.among(_SAYING) or (token.kind == "field" and token.text == "height") for token in row[atoms[0].start : atoms[-1].end]):
        return None
    for at, (first, second) in enumerate(pairwise(atoms)):
        if not isinstance(first, Quantity) or not isinstance(second, Named):
            continue
        tall = second.field == "height" and first.end == second.start  # "5 ft 9 tall and my chest is 42"
        if not tall and not _says(row[first.end : second.start]):
            continue
        after = atoms[at + 2] if at + 2 < len(atoms) else None
        before = atoms[at - 1] if at else None
        if isinstance(before, Quantity) and listed(row[before.end : first.start], "numbers"):
            continue  # "40, 34, 42 are my chest, waist and hip"
        taken = isinstance(before, Named) and gap(row, before.end, first.start) < CLAUSE
        open_end = not isinstance(after, Quantity) or gap(row, second.end, after.start) >= 2
        if open_end and not taken:
            return at, at + 2
    return None


def _says(between: Sequence[Token]) -> bool:
    """Whether this is the "is" of "34 is my waist"."""
    return bool(between) and between[0].among(_SAYING) and all(token.among(_SAYING | JOINS) for token in between)


def _split(row: list[Token], atoms: list[Atom], marks: frozenset[str]) -> list[list[Atom]]:
    pieces: list[list[Atom]] = []
    for atom in atoms:
        if pieces and not any(token.kind == "mark" and token.text in marks for token in row[pieces[-1][-1].end : atom.start]):
            pieces[-1].append(atom)
        else:
            pieces.append([atom])
    return pieces


def _apart(pieces: list[list[Atom]], *, loose: bool) -> bool:
    """Whether the pieces can be read one by one: as many fields as numbers in each, or (loose) only fields or only numbers too many."""
    balances = [sum(isinstance(atom, Named) or -1 for atom in piece) for piece in pieces]
    complete = [balance == 0 for balance in balances]
    if all(complete):
        return True
    only_fields = any(all(isinstance(atom, Named) for atom in piece) for piece in pieces)
    only_numbers = [all(isinstance(atom, Quantity) for atom in piece) for piece in pieces]
    odd = [
        not whole and not (all(isinstance(a, Named) for a in piece) or bare)
        for whole, piece, bare in zip(complete, pieces, only_numbers, strict=True)
    ]
    if any(odd) or (only_fields and any(only_numbers)):
        return False
    if loose:
        return not any(only_numbers[1:])
    return not only_fields and not any(only_numbers[1:])


def runs_of(row: list[Token], atoms: list[Atom], since: int) -> list[Run]:
    """The atoms as runs; a correction may stand before the first, from row[since] on."""
    runs: list[Run] = []
    for atom in atoms:
        kind: Literal["fields", "numbers"] = "fields" if isinstance(atom, Named) else "numbers"
        between = row[runs[-1].end if runs else since : atom.start]
        corrected, strongly = correction(between)
        if kind == "numbers" and row[atom.end : atom.end + 1] and row[atom.end].is_word("instead"):
            corrected = True
        if runs and runs[-1].kind == kind and not corrected and listed(between, kind):
            if _said_again(runs[-1].atoms[-1], atom):
                runs[-1].atoms.pop()
            runs[-1].atoms.append(atom)
        else:
            runs.append(Run(kind, [atom], corrected, strongly))
    return runs


def _said_again(last: Atom, atom: Atom) -> bool:
    """ "chest, the chest", "length, trouser length": one field, named twice."""
    if not isinstance(last, Named) or not isinstance(atom, Named):
        return False
    return last.field == atom.field or (last.field == "?" and last.end == atom.start and atom.field.endswith("_length"))


def correction(between: Sequence[Token]) -> tuple[bool, bool]:
    """Whether a correction stands here, and whether it may also mean the field: "no sorry", "I mean"."""
    at = next((at for at, token in enumerate(between) if _corrects(between, at)), None)
    if at is None:
        return False, False
    said = [token for token in between[at:] if token.kind == "word"]
    if any(token.text not in AROUND_CORRECTIONS and token.text not in CORRECTIONS for token in said):
        return False, False
    return True, any(token.text in _STRONG for token in said)


def _corrects(between: Sequence[Token], at: int) -> bool:
    """ "sorry", "make it 42", "my bad, 34"; but not "36 if not 37"."""
    if between[at].among(CORRECTIONS):
        return not (at and between[at - 1].is_word("if"))
    after = between[at + 1] if at + 1 < len(between) else None
    if after is None:
        return False
    return (between[at].is_word("make") and after.is_word("it", "that", "am", "e")) or (between[at].is_word("my") and after.is_word("bad"))


def listed(between: Sequence[Token], kind: str) -> bool:
    allowed = _LIST_WORDS | ALTERNATIVES if kind == "numbers" else _FIELD_WORDS
    if kind == "numbers" and any(token.among(_DOUBTING) for token in between):
        allowed = allowed | AROUND_ALTERNATIVES
    return all(token.text in (JOIN_MARKS if token.kind == "mark" else allowed) for token in between)


def gap(row: list[Token], low: int, high: int) -> Gap:
    """How strongly two places are parted."""
    strength = 0
    for token in row[low:high]:
        if token.kind == "mark":
            strength = max(strength, 5 if token.text in STOPS else CLAUSE if token.text in COMMA else 0)
        elif token.kind == "word":
            strength = max(strength, 2 if token.is_word("and", "then", "but", "na") else 0)
    return strength
