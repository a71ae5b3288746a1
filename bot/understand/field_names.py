"""Which measurement a row of words names, in Ghanaian English, in Twi, or mistyped."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from bot.rules.measurements import FIELDS
from bot.understand.numbers import TENS
from bot.understand.plain import plain, words
from bot.understand.tokens import Token

SHORTEST_TYPO, LONG_WORD = 4, 7  # letters: one slip from four on, two from seven on

#: What people call it -> the field.
NAMES: dict[tuple[str, ...], str] = {tuple(plain(name).split()): field.name for field in FIELDS.values() for name in field.says} | {
    tuple(name.split()): field
    for field, names in {
        "short_sleeve_length": ("short sleeves", "sleeve short", "short sleeve long"),
        "sleeve_length": ("long sleeves", "long sleeve length", "sleeves length", "length of sleeves", "full sleeve"),
        "wrist": ("wrists", "mabakɔn", "mabakon", "nabakɔn"), "shoulder": ("mabatire", "mabatiri", "nabatire", "shoulda"),
        "knee": ("knees",), "ankle": ("ankles",), "armhole": ("armholes",), "calf": ("calfs",), "elbow": ("elbows",),
        "neck": ("necks", "nek", "nec"),
        "hip": ("hpi", "hps", "hep", "hip size", "hip measurement", "hips round", "hips size", "around hip", "around hips", "bums"),
        "bust": ("breast", "breasts", "bustline", "around bust"), "chest": ("around chest",), "tummy": ("around tummy",),
        "trouser_length": ("trouser lenght", "trousers length", "pant length", "length of pants", "length of the trouser", "length of the trousers",
                           "length of my trouser", "length of my trousers"),
        "shorts_length": ("length of shorts", "short length", "length of knickers"),
        "kaba_length": ("length of kaba",), "agbada_length": ("length of agbada",), "full_length": ("length of gown", "length of the gown",
        "length of my dress"),
        "top_length": ("length of kaftan", "length of smock", "length of top", "length of my shirt", "length of jacket", "length of fugu",
        "dashiki length"),
    }.items()
    for name in names
}  # fmt: skip
#: Other spellings of the words of those names.
_ALSO = {
    "bust": ("burst", "breast"), "length": ("lenght", "lenth", "lengh", "lengt", "lenghth"), "waist": ("waste",), "trouser": ("trousers",),
    "hip": ("hips",), "shoulder": ("shoulders",), "knee": ("knees",), "nipple": ("nipples",), "calf": ("calve",), "sleeve": ("sleeves",),
}  # fmt: skip
for _name in list(NAMES):
    for _part in _name:
        for _other in _ALSO.get(_part, ()):
            NAMES.setdefault(tuple(_other if part == _part else part for part in _name), NAMES[_name])
for _name in [name for name in NAMES if "to" in name]:  # "from the shoulder to my waist"
    for _other in ("the", "my", "your"):
        _at = _name.index("to") + 1
        NAMES.setdefault((*_name[:_at], _other, *_name[_at:]), NAMES[_name])
for _name in [name for name in NAMES if len(name) == 2 and len("".join(name)) >= 8]:  # "shirtlength"
    NAMES.setdefault(("".join(_name),), NAMES[_name])
_LONGEST = max(map(len, NAMES))
_VOCABULARY = frozenset(word for name in NAMES for word in name)
#: The words of those names that are recognised with a slip in them.
_FORGIVEN = words(
    """neck collar head shoulder shoulders chest bust waist waistline tummy stomach belly abdomen hips buttocks armhole
    bicep biceps elbow wrist thigh thighs knee calf ankle bottom sleeve sleeves nipple length trouser trousers
    inseam crotch skirt blouse kaba height agbada kaftan underbust"""
)
#: English words one slip away from one of them that mean something else.
_BLOCKED = words(
    """west least instead insist insert chestnut wait waiting wasted best busy must just boss bossy call calls called
    have hear heard heat here hits hops hope hoped hopes knew know known need deck short sharp should light bills
    bell bells under across above angle cheat calm wrong weight eight twist burst shirts chess bush buts bush tommy billy bella bully nick
    shouldnt chester holder color colour dollar dollars weighs shown thing things think sleep slept half length lengthy button
    buttons bottle bottles heats beard heads wasnt fits wet west rest boats thick neat next nice knock"""
)
_TWI_VOWELS = frozenset("aeiouɛɔ")
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = re.compile("[aeiou]")
_SMALL = words("to of the in at on me my bo out")
#: asked field -> what people also call it when just that was asked.
_SAME_WHEN_ASKED = {
    "short_sleeve_length": ("sleeve_length",),
    "bust": ("chest",),
    "chest": ("bust",),
}


def mark_fields(row: list[Token], asked: str = "", keep: Collection[str] = ()) -> list[Token]:
    """The row with every name of a measurement, the longest first, replaced by one "field" token; the words of `keep` stay words."""
    said = [_spelling(token.text) if token.kind == "word" and token.text not in keep else "" for token in row]
    said = [word[1:] if word[:1] == "m" and word[1:2] in _TWI_VOWELS and (word[1:],) in NAMES else word for word in said]  # "m'etire"
    marked: list[Token] = []
    at = 0
    while at < len(row):
        if said[at] == "pa" and _my_hip(row, at):
            marked.append(replace(row[at], kind="field", text="hip"))
            at += 1
            continue
        for length in range(min(_LONGEST, len(row) - at), 0, -1):
            field = NAMES.get(tuple(said[at : at + length]))
            if field is not None and not (said[at] == "half" and said[at + length : at + length + 1] == ["of"]):  # "thirty and a half length of slit"
                meant = asked if field in _SAME_WHEN_ASKED.get(asked, ()) else field
                marked.append(Token("field", meant, row[at].spaced, start=row[at].start, end=row[at + length - 1].end))
                at += length
                break
        else:
            marked.append(row[at])
            at += 1
    return marked


def _my_hip(row: list[Token], at: int) -> bool:
    """ "me pa yɛ 40"; never "me pa wo kyɛw", please."""
    here = at + 1 + (at + 1 < len(row) and row[at + 1].is_word("yɛ", "ye", "no", "be", "bɛyɛ"))
    return at > 0 and row[at - 1].is_word("me") and here < len(row) and (row[here].kind == "number" or row[here].among(TENS))


def is_field_word(word: str) -> bool:
    """Whether a word, as it was meant, belongs to the name of a measurement."""
    return _spelling(word) in _VOCABULARY


@lru_cache(maxsize=4096)
def near_field(word: str) -> bool:
    """Whether an unknown word looks like the name of a measurement without being clearly one."""
    if not SHORTEST_TYPO - 1 <= len(word) <= 20 or word in _BLOCKED or _spelling(word) in _VOCABULARY:
        return False
    slips = 2 if len(word) > SHORTEST_TYPO else 1
    return any(known[0] == word[0] and DamerauLevenshtein.distance(word, known, score_cutoff=slips) <= slips for known in _FORGIVEN)


@lru_cache(maxsize=4096)
def _spelling(word: str) -> str:
    """The word of a field's name that was meant: itself, or the only one a slip away with the same first letter."""
    if word in _VOCABULARY or word in _BLOCKED or len(word) < SHORTEST_TYPO or len(word) > 20:
        return word
    single = _DOUBLED.sub(r"\1", word)
    if single in _VOCABULARY and single not in _SMALL:
        return single
    slips = 2 if len(word) >= LONG_WORD else 1
    near = {known: DamerauLevenshtein.distance(word, known) for known in _FORGIVEN if known[0] == word[0]}
    near = {known: distance for known, distance in near.items() if distance <= slips}
    best = [known for known, distance in near.items() if distance == min(near.values())]
    alike = [known for known in best if _VOWELS.sub("", known) == _VOWELS.sub("", word)] if len(best) > 1 else best  # "weist" is no wrist
    return alike[0] if len(alike) == 1 else word
