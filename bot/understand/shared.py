"""One field for several people: "waist: Kofi 34, Yaw 36", "Ama's waist is 28 and mine is 31", "Kofi and Yaw's waists are 34 and 36"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from bot.understand.people import Owners
from bot.understand.plain import words
from bot.understand.quantities import Quantity
from bot.understand.runs import Atom, Bound, Named
from bot.understand.tokens import Token
from bot.understand.vocabulary import ALTERNATIVES, JOIN_MARKS, JOINS, LINKS

_LINKS = LINKS | JOINS | words("while whereas but own mine mines")
_OWN = words("mine mines own")
_HIS = words("my the his her their him hin im en ein e own has have had get gets dey")
_HEADING = frozenset(":-=\n–>")
_NAMING = words("and n plus are is s be both measure")
Lent = dict[int, list[tuple[str | None, Bound]]]


def parts_by_person(row: list[Token], atoms: list[Atom], whose: Owners) -> list[list[Atom]]:
    """The atoms, cut where somebody else is spoken of and before a field that stands over several people."""
    parts: list[list[Atom]] = []
    part: list[Atom] = []
    for place, atom in enumerate(atoms):
        after = atoms[place + 1] if place + 1 < len(atoms) else None
        ends = after is None or any(start in whose.starts for start in range(atom.end, after.start + 1))
        ends = ends or (after is not None and whose.of[after.start] != whose.of[atom.start])
        heads = ends and isinstance(atom, Named) and isinstance(after, Quantity) and row[atom.end].mark_among(_HEADING)
        complete = [isinstance(one, Quantity) for one in part[-2:]] in ([False, True], [True])
        if heads and complete and (len(part) > 1 or parts):
            parts.append(part)  # "chest: Kofi 40, Yaw 38. waist: Kofi 34": the waist is not Yaw's
            part = []
        part.append(atom)
        if ends:
            parts.append(part)
            part = []
    return parts


def lent_fields(row: list[Token], parts: list[list[Atom]], whose: Owners) -> Lent:
    """What the parts say that name no field of their own but share another's, by the part's place."""
    lent: Lent = {}
    field: str = ""  # that the next number may share
    heading = False
    seen: set[str | None] = set()
    for place, part in enumerate(parts):
        first, person = part[0], whose.of[part[0].start]
        if first.start in whose.together:
            if both := _together(row, part, whose):
                lent[place] = both
            field = ""
        elif len(part) == 1 and isinstance(first, Named):
            heading = row[first.end : first.end + 1] != [] and row[first.end].mark_among(_HEADING)
            field, seen = first.field if heading and first.field != "?" else "", set()
        elif field and _single(part) and len(part) == 1 and person not in seen and _shares(row, parts[place - 1][-1].end, part[0], whose, heading):
            lent[place] = [(person, Bound(field, (part[0],), first.start, first.end))]
            seen.add(person)
        else:
            heading, seen, field = False, {person}, _owned(row, part, whose)
    return lent or _trailing(row, parts, whose)


def _single(part: Sequence[Atom]) -> TypeGuard[Sequence[Quantity]]:
    return all(isinstance(atom, Quantity) for atom in part)


def _owned(row: list[Token], part: list[Atom], whose: Owners) -> str:
    """The field of "Ama's waist is 28", which "mine is 31" may share; not of "Ama's own is chest 40"."""
    first, second = part[0], part[-1]
    if len(part) != 2 or not isinstance(first, Named) or first.field == "?" or not isinstance(second, Quantity):
        return ""
    owned = first.start == 0 or first.start - 1 in whose.named or row[first.start - 1].among(_HIS) or row[first.start - 1].mark_among(_HEADING)
    return first.field if owned else ""


def _shares(row: list[Token], low: int, quantity: Quantity, whose: Owners, heading: bool) -> bool:
    """Whether only a name and what links it stand before a number; "Ama is 31" without a heading may be her age."""
    between = range(low, quantity.start)
    if quantity.fault or not all(at in whose.named or _links(row[at]) for at in between):
        return False
    named = [at for at in between if at in whose.named]
    owned = any(row[at].among(_OWN) for at in between) or any(row[at].end - row[at].start > len(row[at].text) for at in named)
    direct = bool(named) and (named[-1] == quantity.start - 1 or (named[-1] == quantity.start - 2 and row[quantity.start - 1].mark_among(_HEADING)))
    stopped = any(row[at].is_mark(".", ";", "!", "?") for at in between)
    return heading or owned or (direct and not stopped)


def _links(token: Token) -> bool:
    return token.text in JOIN_MARKS if token.kind == "mark" else token.among(_LINKS)


def _together(row: list[Token], part: list[Atom], whose: Owners) -> list[tuple[str | None, Bound]]:
    """ "Kofi and Yaw's waists are 34 and 36": as many people as numbers, in this order."""
    fields = [atom for atom in part if isinstance(atom, Named)]
    values = [atom for atom in part if isinstance(atom, Quantity)]
    at, people = part[0].start - 1, []
    while at >= 0 and (at in whose.named or row[at].among(_NAMING) or row[at].is_mark(",", ":", "/", "+")):
        if at in whose.named and whose.of[at] not in people:
            people.append(whose.of[at])
        at -= 1
    inside = row[values[0].start : values[-1].end] if values else []
    if len(fields) != 1 or fields[0].field == "?" or len(values) != len(people) or any(token.among(ALTERNATIVES) for token in inside):
        return []
    if any(one.fault for one in values) or any(token.is_mark("-", "/") for token in inside):
        return []
    return [(who, Bound(fields[0].field, (one,), one.start, one.end)) for who, one in zip(reversed(people), values, strict=True)]


def _trailing(row: list[Token], parts: list[list[Atom]], whose: Owners) -> Lent:
    """ "Kofi 40, Ama 36, Esi 38 chest": the only field, behind the last number."""
    if len(parts) < 2 or len(parts[-1]) != 2 or not isinstance(parts[-1][1], Named) or parts[-1][1].field == "?":
        return {}
    firsts = [part[0] for part in parts]
    people = {whose.of[atom.start] for atom in firsts}
    if len(people) < len(parts) or None in people or any(len(part) > 1 for part in parts[:-1]) or not _single(firsts):
        return {}
    lows = [0, *(atom.end for atom in firsts[:-1])]
    if not all(isinstance(q, Quantity) and _shares(row, low, q, whose, True) for low, q in zip(lows, firsts, strict=True)):
        return {}
    field = parts[-1][1].field
    return {at: [(whose.of[q.start], Bound(field, (q,), q.start, q.end))] for at, q in enumerate(firsts) if isinstance(q, Quantity)}
