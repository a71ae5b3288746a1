"""Which measurement a row of words names, in Ghanaian English, in Twi, or mistyped."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from bot.rules.measurements import FIELDS
from bot.understand.plain import plain, words
from bot.understand.tokens import Token

SHORTEST_TYPO, LONG_WORD = 4, 7  # letters: one slip from four on, two from seven on

#: What people call it -> the field.
NAMES: dict[tuple[str, ...], str] = {tuple(plain(name).split()): field.name for field in FIELDS.values() for name in field.says} | {
    tuple(name.split()): field
    for field, names in {
        "short_sleeve_length": ("short sleeves", "sleeve short", "short sleeve long"),
        "sleeve_length": ("long sleeves", "long sleeve length", "sleeves length", "length of sleeves", "full sleeve"),
        "wrist": ("wrists",), "knee": ("knees",), "ankle": ("ankles",), "armhole": ("armholes",), "calf": ("calfs",), "elbow": ("elbows",),
        "neck": ("necks",), "hip": ("hip size", "hip measurement", "hips round", "hips size", "around hip", "around hips", "bums"),
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
    """west least instead insist insert chestnut wait waits waiting wasted best busy must just boss bossy call calls called
    have hear heard heat here hits hops hope hoped hopes knew know known need deck short sharp should light bills
    bell bells under across above angle cheat calm wrong weight eight twist burst shirts chess bush buts bush tommy billy bella bully nick
    shouldnt chester holder color colour dollar dollars weighs shown thing things think sleep slept half length lengthy button
    buttons bottle bottles heats beard heads wasnt fits wet west rest boats thick neat next nice knock"""
)
#: asked field -> what people also call it when just that was asked.
_SAME_WHEN_ASKED = {
    "short_sleeve_length": ("sleeve_length",),
    "bust": ("chest",),
    "chest": ("bust",),
}


def mark_fields(row: list[Token], asked: str = "", keep: Collection[str] = ()) -> list[Token]:
    """The row with every name of a measurement, the longest first, replaced by one "field" token; the words of `keep` stay words."""
    said = [_spelling(token.text) if token.kind == "word" and token.text not in keep else "" for token in row]
    marked: list[Token] = []
    at = 0
    while at < len(row):
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


@lru_cache(maxsize=4096)
def _spelling(word: str) -> str:
    """The word of a field's name that was meant: itself, or the only one a slip away with the same first letter."""
    if word in _VOCABULARY or word in _BLOCKED or len(word) < SHORTEST_TYPO or len(word) > 20:
        return word
    slips = 2 if len(word) >= LONG_WORD else 1
    near = {known: DamerauLevenshtein.distance(word, known) for known in _FORGIVEN if known[0] == word[0]}
    near = {known: distance for known, distance in near.items() if distance <= slips}
    best = [known for known, distance in near.items() if distance == min(near.values())]
    return best[0] if len(best) == 1 else word
