"""Which number belongs to which measurement: by nearness, by order, and by what was corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from bot.understand.plain import words
from bot.understand.quantities import Quantity
from bot.understand.reading import Ask
from bot.understand.runs import CLAUSE, Atom, Bound, Gap, Named, Pairs, Run, blocks, correction, gap, listed, runs_of
from bot.understand.tokens import Token
from bot.understand.vocabulary import ALTERNATIVES, CORRECTIONS, SAME_FOR_ALL

TALL_MM = 1200  # feet or metres from here on, said without a field, are somebody's height
FARTHEST, NEAREST = 7, 4  # words between a field and its number
_OF = words("of for on in the my his her")
_BEHIND = CORRECTIONS - words("no nope nah not now wait hold should correct oo daabi dabi")


def pair(row: list[Token], atoms: list[Atom], since: int) -> Pairs:
    """The pairs of one person's part of a message; row[since:] may begin with a correction."""
    pairs, end = Pairs(), since
    for block in blocks(row, atoms):
        _pair_block(row, block, end, pairs)
        end = block[-1].end
    return pairs


def _pair_block(row: list[Token], atoms: list[Atom], since: int, pairs: Pairs) -> None:
    runs = runs_of(row, _without_weak(row, atoms), since)
    if not runs:
        return
    forward = _forward(row, runs)
    tall = [atom for atom in atoms if isinstance(atom, Quantity) and atom.unit in ("ft", "m") and atom.mm() >= TALL_MM]
    if not forward and _undecided(row, runs) and len(tall) == 1:  # "he is 5'10 with chest 42"
        pairs.bound.append(Bound("", (tall[0],), tall[0].start, tall[0].end))
        _pair_block(row, [atom for atom in atoms if atom is not tall[0]], since, pairs)
        return
    if not forward and _undecided(row, runs):
        _vague(pairs, [atom for run in runs for atom in run.atoms])
        return
    at = 0
    while at < len(runs):
        run, following = runs[at], runs[at + 1] if at + 1 < len(runs) else None
        partner = following if following is not None and following.kind != run.kind and _near(row, run, following) else None
        if run.kind == "fields":
            at += _from_fields(row, runs, at, partner if forward or at == 0 or len(runs) - at == 2 else None, pairs)
        else:
            at += _from_numbers(row, runs, at, partner, pairs, forward)
    _corrected_behind(row, pairs)


def _near(row: list[Token], first: Run, second: Run) -> bool:
    return sum(token.kind == "word" for token in row[first.end : second.start]) <= FARTHEST


def _forward(row: list[Token], runs: list[Run]) -> bool:
    """Whether fields come before their numbers: where the gaps are smaller, else as the block begins."""
    ahead: list[Gap] = []
    behind: list[Gap] = []
    for first, second in pairwise(runs):
        if first.kind != second.kind:
            strength = gap(row, first.end, second.start)
            if first.kind == "fields":
                ahead.append(strength)
            else:
                behind.append(strength + CLAUSE * second.corrected)
    if not ahead or not behind:
        return not behind
    if runs[0].kind != runs[-1].kind and max(ahead if runs[0].kind == "fields" else behind) < CLAUSE:
        return runs[0].kind == "fields"  # complete as it stands: only clauses cut the other way speak against it
    forward, backward = sum(ahead) * len(behind), sum(behind) * len(ahead)
    return runs[0].kind == "fields" if forward == backward else forward < backward


def _undecided(row: list[Token], runs: list[Run]) -> bool:
    """ "34 waist 40 chest 42": neither order leaves nothing over."""
    kinds = [run.kind for run in runs]
    alternate = all(a != b for a, b in pairwise(kinds))
    if len(runs) == 3 and {(q.value, q.unit) for q in runs[0].atoms if isinstance(q, Quantity)} == {
        (q.value, q.unit) for q in runs[2].atoms if isinstance(q, Quantity)
    }:
        return False  # "it's thirty three yes waist thirty three"
    return alternate and len(runs) > 2 and kinds[0] == kinds[-1] == "numbers" and not any(run.corrected for run in runs)


def _without_weak(row: list[Token], atoms: list[Atom]) -> list[Atom]:
    """Without ordinary words that name a field only beside a number: "for the trousers: waist 34"."""
    kept: list[Atom] = []
    for at, atom in enumerate(atoms):
        if isinstance(atom, Named) and atom.weak:
            after = atoms[at + 1] if at + 1 < len(atoms) else None
            before = kept[-1] if kept else None
            ahead = isinstance(after, Quantity) and _near_number(row, atom.end, after.start) and not _opens_own(row, atoms, at)
            behind = isinstance(before, Quantity) and _near_number(row, before.end, atom.start) and before.end >= atom.start - 2
            inside = _in_list(row, atoms, at)
            owned = isinstance(before, Named) and all(token.among(_OF) for token in row[before.end : atom.start]) and before.end < atom.start
            placed = atom.start > 0 and row[atom.start - 1].is_word("in", "at", "on") and atom.field == "hip"  # "in seat 42"
            if owned or placed or not (ahead or behind or inside):
                continue
        kept.append(atom)
    return kept


def _near_number(row: list[Token], low: int, high: int) -> bool:
    """Whether hardly anything stands between a field and a number."""
    return high - low <= NEAREST and not any(token.is_mark(",", ";") for token in row[low:high])


def _opens_own(row: list[Token], atoms: list[Atom], at: int) -> bool:
    """ "for trousers 34 waist": the number belongs to the field behind it."""
    weak, after = atoms[at], atoms[at + 2] if at + 2 < len(atoms) else None
    introduced = any(token.is_word("for", "sew", "new") for token in row[max(0, weak.start - 2) : weak.start])
    return introduced and isinstance(after, Named) and atoms[at + 1].end == after.start


def _in_list(row: list[Token], atoms: list[Atom], at: int) -> bool:
    """Whether it stands in a row of fields followed by as many numbers."""
    first = at
    while first and at - first < 45 and isinstance(atoms[first - 1], Named) and listed(row[atoms[first - 1].end : atoms[first].start], "fields"):
        first -= 1
    last = at
    while (
        last - at < 45
        and last + 1 < len(atoms)
        and isinstance(atoms[last + 1], Named)
        and listed(row[atoms[last].end : atoms[last + 1].start], "fields")
    ):
        last += 1
    numbers = last + 1
    while numbers < len(atoms) and isinstance(atoms[numbers], Quantity) and numbers - last <= 40:
        numbers += 1
    return last > first and numbers - last - 1 == last - first + 1


def _from_fields(row: list[Token], runs: list[Run], at: int, partner: Run | None, pairs: Pairs) -> int:
    run = runs[at]
    if partner is None:
        if run.strongly and pairs.bound and len(run.atoms) == 1 and isinstance(run.atoms[0], Named) and run.atoms[0].field != "?":
            pairs.bound[-1] = replace(pairs.bound[-1], field=run.atoms[0].field)  # "chest 40, I mean bust"
        return 1
    following = runs[at + 2] if at + 2 < len(runs) else None
    spare = following if following is not None and following.kind == "fields" and at + 3 >= len(runs) else None
    if len(run.atoms) == 1 and spare is not None and len(partner.atoms) == 1 + len(spare.atoms) and not _one_value(row, partner):
        _match(row, run, Run("numbers", partner.atoms[:1]), pairs)
        _match(row, spare, Run("numbers", partner.atoms[1:]), pairs)  # "chest 40 34 waist"
        return 3
    _match(row, run, partner, pairs)
    return 2


def _from_numbers(row: list[Token], runs: list[Run], at: int, partner: Run | None, pairs: Pairs, forward: bool) -> int:
    run = runs[at]
    own = partner is not None and (not forward or at + 2 >= len(runs) or runs[at + 2].kind == "fields")
    if run.corrected and pairs.bound and not (own and partner and gap(row, run.end, partner.start) < 3):
        last = pairs.bound[-1]
        values = tuple(atom for atom in run.atoms if isinstance(atom, Quantity))
        pairs.bound.append(Bound(last.field, values, run.start, run.end, True, _several(row, run), named=False))
        return 1
    if own and partner is not None:
        _match(row, partner, run, pairs, corrected=run.corrected)
        return 2
    ask = _joined(row, run)
    pairs.bound += [Bound("", (atom,), atom.start, atom.end, run.corrected, ask) for atom in run.atoms if isinstance(atom, Quantity)]
    return 1


def _one_value(row: list[Token], run: Run) -> bool:
    return any(token.among(ALTERNATIVES) or token.is_mark("-", "/") for token in row[run.start : run.end] if token.kind != "number")


def _joined(row: list[Token], run: Run) -> Ask | None:
    """ "32 or 33" said of nothing in particular."""
    between = [token for a, b in pairwise(run.atoms) for token in row[a.end : b.start]]
    marked = len(run.atoms) == 2 and any(token.is_mark("-", "/") for token in between)  # "36-28-38" is a list
    return "ambiguous_value" if marked or any(token.among(ALTERNATIVES) for token in between) else None


def _several(row: list[Token], run: Run) -> Ask | None:
    return "ambiguous_value" if len(run.atoms) > 1 else None


def _match(row: list[Token], fields: Run, numbers: Run, pairs: Pairs, *, corrected: bool = False) -> None:
    names = [atom for atom in fields.atoms if isinstance(atom, Named)]
    values = [atom for atom in numbers.atoms if isinstance(atom, Quantity)]
    names = _fitting(names, len(values))
    low, high = min(fields.start, numbers.start), max(fields.end, numbers.end)
    corrected = corrected or numbers.corrected or fields.corrected or bool(pairs.bound and correction(row[low:high])[0])
    if len(names) > 1 and len(values) == 1 and any(token.among(SAME_FOR_ALL) for token in row[max(0, low - 2) : high + 2]):
        values = values * len(names)
    if len(names) == 1:
        _renamed(names[0], values, fields, pairs)
        pairs.bound.append(Bound(names[0].field, tuple(values), low, high, corrected, _alternatives(row, values)))
    elif len(names) == len(values):
        pairs.bound += [Bound(name.field, (value,), value.start, value.end, corrected) for name, value in zip(names, values, strict=True)]
    else:
        _vague(pairs, names)


def _renamed(name: Named, values: list[Quantity], fields: Run, pairs: Pairs) -> None:
    """ "chest 40, sorry, waist 40": the field was wrong, or field and value; then what was said before does not stand."""
    if not fields.strongly or not pairs.bound or any(bound.field == name.field for bound in pairs.bound):
        return
    last = pairs.bound.pop()
    if len(last.values) != 1 or len(values) != 1 or last.values[0].mm() != values[0].mm():
        pairs.questions.append(("ambiguous_field", (last.field,) if last.field not in ("", "?") else ()))


def _alternatives(row: list[Token], values: list[Quantity]) -> Ask | None:
    """ "32 or 33", "38 to 40"; two spellings of one length are for the reader to find."""
    return "ambiguous_value" if len(values) > 1 else None


def _fitting(names: list[Named], count: int) -> list[Named]:
    """The fields as there are numbers for: "shoulder waist" may be two, an ordinary word may be none."""
    if len(names) == count or len(names) + sum(len(name.parts) - 1 for name in names if name.parts) == count:
        if len(names) == count:
            return names
        return [replace(name, field=part) for name in names for part in (name.parts or (name.field,))]
    strong = [name for name in names if not name.weak]
    return strong if strong and (len(strong) == count or len(strong) == 1) else names


def _vague(pairs: Pairs, atoms: Sequence[Atom]) -> None:
    about = tuple(dict.fromkeys(atom.field for atom in atoms if isinstance(atom, Named) and atom.field != "?"))
    pairs.questions.append(("ambiguous_field", about))


def _corrected_behind(row: list[Token], pairs: Pairs) -> None:
    """ "waist should be 33 instead", "chest 42 sorry": a correction behind the last value."""
    if not pairs.bound:
        return
    last = pairs.bound[-1]
    behind = []
    for token in row[last.end : last.end + 6]:
        if token.kind == "field" or token.kind == "number" or token.is_mark("\n"):
            break
        behind.append(token)
    if any(token.among(_BEHIND) for token in behind) and last.end + len(behind) >= len(row):
        pairs.bound[-1] = replace(last, corrected=True)
