"""The measurements in a message, typed or spoken: whose, which, how many millimetres, and what must be asked.

The road: cut the text into tokens, see whose each word is, find fields and numbers, set aside the numbers that mean other
things, pair the rest, and judge every value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.understand.doubts import doubtful, in_millimetres
from bot.understand.lengths import length_of, of_me, spoken_heights, stated_units
from bot.understand.naming import named_fields
from bot.understand.other_numbers import Kind, kinds
from bot.understand.other_talk import Talk, is_question, other_talk
from bot.understand.pairing import TALL_MM, pair
from bot.understand.people import Owners, capitals, owners
from bot.understand.plain import clean
from bot.understand.quantities import UNITS, Quantity, Unit, measured
from bot.understand.reading import Ask, Context, Reading, Value
from bot.understand.rows import quiet, row_of
from bot.understand.runs import Atom, Bound, Named
from bot.understand.shared import lent_fields, parts_by_person
from bot.understand.tokens import Token
from bot.understand.vocabulary import KNOWN

LONGEST = 4096  # characters; what stands behind is asked for again
SAME_LENGTH_MM = 7  # "32 in (81 cm)" is one value said twice
FARTHEST_CORRECTION = 1.28  # nobody is wrong by more about one measurement
NEAR, STRANGE_WORDS = 6, 2  # beside a bare answer to a question

#: Of several questions the first is put: lost values, then values that cannot be told apart, then other talk, then doubts.
PRECEDENCE: tuple[Ask, ...] = (
    "out_of_range", "bad_unit", "ambiguous_unit", "conflict", "ambiguous_value", "ambiguous_field", "relative_delta", "reference_previous",
    "size_label", "unknown_value", "cross_check", "no_measurement", "empty",
)  # fmt: skip
_NOTHING = Context()


@dataclass(slots=True)
class _Message:
    """One message on its way."""

    cleaned: str
    row: list[Token]
    context: Context
    whose: Owners
    found: list[Quantity]
    kinds: list[Kind]
    fields: list[Named]
    quiet: list[Token]  # the row without names and without what does not count
    values: list[Value] = field(default_factory=list)
    questions: list[tuple[Ask, tuple[str, ...]]] = field(default_factory=list)
    unexplained: bool = False

    def said(self, start: int, end: int) -> str:
        return " ".join(self.cleaned[self.row[start].start : self.row[end - 1].end].split())


def measurements_in(text: str, context: Context = _NOTHING) -> Reading:
    """Every measurement a message gives for certain, and the first of the questions it leaves open."""
    message = _read(text, context)
    talk = other_talk(message.row, message.fields, message.found, message.kinds, message.whose.named)
    bound = _heights_apart(message, [one for part in _parts(message, talk) for one in part])
    bound = _once(message, bound)
    _asked_for(message, [(person, one) for person, one in bound if not one.field])
    _judge(message, [(person, one) for person, one in bound if one.field])
    _doubt(message)
    message.questions += talk.questions(bool(message.values), context.asked)
    if not message.row:
        message.questions.append(("empty", ()))
    elif len(text) > LONGEST:
        message.questions.append(("ambiguous_value" if message.values else "no_measurement", ()))
    elif not message.values and not message.questions:
        message.questions.append(("no_measurement", ()))
    return _reading(message)


def _read(text: str, context: Context) -> _Message:
    cleaned = clean(text, LONGEST)
    if len(text) > LONGEST:
        cleaned = cleaned[: max(cleaned.rfind(" "), cleaned.rfind("\n"), 0)]  # half a word is no word
    people = frozenset(clean(name) for name in context.people)
    keep = {part for name in people for part in name.split()}
    short = "short_sleeve_length" if context.asked == ("short_sleeve_length",) else ""
    row = row_of(cleaned, short, keep)
    if not any(token.kind != "mark" for token in row):
        row = []
    whose = owners(row, cleaned, capitals(text), people)
    found = spoken_heights(row, measured(row), context.asked)
    inside = {at for quantity in found for at in range(quantity.start, quantity.end)}
    fields = named_fields(row, cleaned, context.garment, context.asked, whose.named | inside)
    places = {at for named in fields for at in range(named.start, named.end)}
    kept = kinds(row, found, cleaned, whose.named, places)
    still, hushed = quiet(row, found, kept, whose.named)
    return _Message(cleaned, row, context, whose, found, kept, [named for named in fields if named.start not in hushed], still)


def _parts(message: _Message, talk: Talk) -> Iterable[list[tuple[str | None, Bound]]]:
    """What is said of each person in turn, paired."""
    row, fields = message.row, [named for named in message.fields if named not in talk.without_value]
    numbers = [q for q, kind in zip(message.found, message.kinds, strict=True) if kind in ("value",) and not is_question(row, q.start)]
    atoms: list[Atom] = sorted([*fields, *numbers], key=lambda atom: atom.start)
    parts = parts_by_person(row, atoms, message.whose)
    lent = lent_fields(row, parts, message.whose)
    since = 0
    for place, part in enumerate(parts):
        last = part[-1]
        if place in lent or any(after == place + 1 for after in lent if isinstance(last, Named) and len(part) == 1):
            yield lent.get(place, [])
        else:
            pairs = pair(message.quiet, part, since)
            message.questions += pairs.questions
            if last.start in message.whose.together:
                message.questions.append(("ambiguous_field", tuple(one.field for one in pairs.bound if one.field)))
                pairs.bound.clear()
            yield [(message.whose.of[one.values[0].start] if one.values else None, one) for one in pairs.bound]
        since = last.end


def _heights_apart(message: _Message, bound: list[tuple[str | None, Bound]]) -> list[tuple[str | None, Bound]]:
    """ "I'm 5'7, waist 34": feet or metres that no field stands beside are a height."""
    kept: list[tuple[str | None, Bound]] = []
    for person, one in bound:
        tall = [q for q in one.values if q.unit in ("ft", "m") and q.mm() >= TALL_MM and not message.row[q.end - 1].is_mark("'")]
        stated = len(one.values) == 1 and of_me(message.row, one.values[0])
        if not one.field and (stated or (tall and not one.ask and not _told(message, one))):
            one = replace(one, field="height")
        elif one.field and len(one.values) > 1 and tall and len(tall) < len(one.values):
            kept += [(person, Bound("height", (q,), q.start, q.end)) for q in tall]
            rest = tuple(q for q in one.values if q not in tall)
            one = replace(one, values=rest, ask=one.ask if len(rest) > 1 else None)
        kept.append((person, one))
    return kept


def _told(message: _Message, one: Bound) -> bool:
    """ "I walked 5 feet to the door": a story, and nobody's height."""
    around = message.quiet[max(0, one.start - NEAR) : one.start] + message.quiet[one.end : one.end + NEAR]
    return sum(token.kind == "word" and token.text not in KNOWN for token in around) >= STRANGE_WORDS


def _once(message: _Message, bound: list[tuple[str | None, Bound]]) -> list[tuple[str | None, Bound]]:
    """Without numbers that only repeat their neighbour: "waist is 33, yes 33"."""
    kept: list[tuple[str | None, Bound]] = []
    for at, (person, one) in enumerate(bound):
        beside = [other for whose, other in bound[max(0, at - 1) : at] + bound[at + 1 : at + 3] if other.field not in ("", "?") and whose == person]
        repeats = not one.field and not one.ask and any(_repeats(message, one, other) for other in beside)
        kept += [] if repeats else [(person, one)]
    return kept


def _repeats(message: _Message, one: Bound, other: Bound) -> bool:
    first, second = one.values[0], other.values[0]
    if len(other.values) > 1 or first.value != second.value or first.unit != second.unit:
        return False
    between = message.row[min(first.end, second.end) : max(first.start, second.start)]
    return all(token.kind != "word" or token.text in KNOWN for token in between)


def _asked_for(message: _Message, bare: list[tuple[str | None, Bound]]) -> None:
    """Numbers alone are what was just asked for, if there are as many of them."""
    asked = message.context.asked
    for person in dict.fromkeys(person for person, _ in bare):
        mine = [one for whose, one in bare if whose == person]
        faults = {one.values[0].fault for one in mine} & {"bad_unit"}
        named = [one.field for one in message.fields]
        open_fields = asked if not named else tuple(f for f in asked if f not in named) if len(asked) == 1 else ()
        answers = len(mine) == len(open_fields) and not any(one.ask for one in mine) and _plain_answer(message, mine)
        if answers:
            _judge(message, [(person, replace(one, field=name)) for name, one in zip(open_fields, mine, strict=True)])
        elif faults and not asked:
            message.unexplained = True
        else:
            _unclear(message, mine, open_fields)


def _unclear(message: _Message, mine: list[Bound], open_fields: tuple[str, ...]) -> None:
    message.unexplained = True
    lengths = {one.values[0].mm() for one in mine}
    if len(open_fields) == 1 and len(mine) > 1:
        if len(lengths) == 1 and not any(one.ask for one in mine):
            _judge(message, [(message.whose.of[mine[0].start], replace(mine[0], field=open_fields[0]))])
            return
        both = replace(mine[0], field=open_fields[0], values=tuple(one.values[0] for one in mine), end=mine[-1].end)
        if mine[-1].corrected:
            both = replace(mine[-1], field=open_fields[0])
        _judge(message, [(message.whose.of[mine[0].start], both)])
        return
    ambiguous = [one for one in mine if one.ask]
    message.questions.append(("ambiguous_value" if ambiguous and len(ambiguous) == len(mine) and open_fields else "ambiguous_field", open_fields))


def _plain_answer(message: _Message, mine: list[Bound]) -> bool:
    """Whether numbers without a field are an answer and not part of a story."""
    inside = {at for one in mine for at in range(one.start, one.end)} | message.whose.named
    strange = sum(token.kind == "word" and token.text not in KNOWN for at, token in enumerate(message.row) if at not in inside)
    return strange <= STRANGE_WORDS * any(one.values[0].unit for one in mine)


def _judge(message: _Message, bound: list[tuple[str | None, Bound]]) -> None:
    """Values in millimetres, with corrections in force and contradictions dropped."""
    used = [q for q, kind in zip(message.found, message.kinds, strict=True) if kind == "value"]
    stated, hint = stated_units(message.row, message.found, used)
    if stated == "both":
        message.questions.append(("ambiguous_unit", ()))
    given: dict[tuple[str | None, str], list[Value]] = {}
    again = False  # "sorry, chest 41 and hip 43": what is named again behind a correction is corrected too
    for person, one in bound:
        again = (again or (one.corrected and one.named)) and bool(given.get((person, one.field)))
        one = replace(one, corrected=one.corrected or again)
        if one.field == "?":
            message.questions.append(("ambiguous_field", ()))
            continue
        for value, corrected in _values(message, person, one, stated, hint):
            earlier = given.setdefault((person, one.field), [])
            if corrected and earlier and not one.named and not earlier[-1].mm / FARTHEST_CORRECTION < value.mm < earlier[-1].mm * FARTHEST_CORRECTION:
                message.questions.append(("ambiguous_field", (one.field,)))  # "knee 17, wait 31": hardly the knee
                earlier.clear()
                continue
            if corrected:
                earlier.clear()
            earlier.append(value)
    for (_, name), several in given.items():
        if not several:
            continue
        several = _not_refused(message, name, several)
        if max(v.mm for v in several) - min(v.mm for v in several) > SAME_LENGTH_MM * (len({_unit_said(v.said) for v in several}) > 1):
            message.questions.append(("conflict", (name,)))
        else:
            message.values.append(several[0])


def _not_refused(message: _Message, name: str, several: list[Value]) -> list[Value]:
    """ "sleeve 23 … the sleeve is 24, not 23": without the value that was taken back."""
    refused = {in_millimetres(q, name, None) for q, kind in zip(message.found, message.kinds, strict=True) if kind == "withdrawn"}
    return [value for value in several if value.mm not in refused] or several


def _unit_said(said: str) -> str:
    return next((UNITS[word] for word in reversed(said.replace('"', " in ").split()) if word in UNITS), "")


def _values(message: _Message, person: str | None, one: Bound, stated: str, hint: Unit | None) -> Iterable[tuple[Value, bool]]:
    """The one value of a pair, or a question instead."""
    faults: list[Ask] = [q.fault for q in one.values if q.fault]  # type: ignore[misc]
    if one.field == "height" and not faults and any(_feet_with_a_point(q) for q in one.values):
        faults = ["ambiguous_unit"]
    if faults or (stated == "both" and not all(q.unit for q in one.values)):
        message.questions.append((faults[0] if faults else "ambiguous_unit", (one.field,)))
        return
    lengths = [length_of(message.row, q, one.field, stated, hint) for q in one.values]
    if -1 in lengths:
        message.questions.append(("ambiguous_unit", (one.field,)))
        return
    known = [mm for mm in lengths if mm is not None and mm > 0]
    if len(known) < len(lengths):
        several = len(lengths) > 1
        message.questions.append(("ambiguous_value" if several else "out_of_range", (one.field,)))
        return
    same = SAME_LENGTH_MM if len({q.unit for q in one.values}) > 1 else 0
    if max(known) - min(known) > same:
        message.questions.append(("ambiguous_value", (one.field,)))
        return
    yield Value(person, one.field, known[0], message.said(one.start, one.end)), one.corrected


def _feet_with_a_point(quantity: Quantity) -> bool:
    """A height of "5.7": feet and inches, or feet and a part?"""
    return quantity.unit is None and 4 <= quantity.value < 7 and quantity.value.denominator != 1


def _doubt(message: _Message) -> None:
    """Values that are unusual or do not go together are kept and asked about."""
    people = list(dict.fromkeys(value.person for value in message.values))
    for person in people:
        mine = [value for value in message.values if value.person == person]
        about = person is None or len(people) == 1
        context = message.context if about else replace(message.context, saved={}, birth_year=None, sex=None)
        if fields := doubtful(mine, context):
            message.questions.append(("cross_check", fields))


def _reading(message: _Message) -> Reading:
    place = {value: at for at, value in enumerate(message.values)}
    values = tuple(sorted(message.values, key=lambda value: (message.cleaned.find(value.said), place[value])))
    ask = min((ask for ask, _ in message.questions), key=PRECEDENCE.index, default=None)
    about = dict.fromkeys(name for question, names in message.questions if question == ask for name in names if name != "?")
    return Reading(values, ask, tuple(about), message.unexplained or "stray" in message.kinds)
