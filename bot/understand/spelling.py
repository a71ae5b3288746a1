"""Number words with a slip of the finger, run together or shortened: "thrity fuor", "thirtyfour", "33nhalf", "inhces"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from bot.understand.numbers import PARTS, POWERS, TEENS, TENS, UNITS
from bot.understand.plain import words
from bot.understand.tokens import Token

_SHORTEST, _LONG, _LONGEST = 4, 7, 20  # letters: one slip from four on, two from seven on
_SPELLED = words(
    """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
    thirty forty fifty sixty seventy eighty ninety hundred quarter quarters inches centimeters centimetres centimeter centimetre"""
)
_TWI = words("aduonu aduasa aduanan aduonum aduosia aduɔson aduɔwɔtwe aduɔkron mmienu mmiensa dunum dunsia dunson dunwɔtwe dunkron")
#: Words of their own, one slip away from a number.
_OTHERS = words(
    """there thee tree threw these foul flour fours fires fire fine file find fife fort forth forte forts fifth fitty nifty sixth seventh
    eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth
    steven severn sever seen even none nice nines nina ninja hundreds thousands thirsty thirst twenties thirties forties fifties sixties
    seventies eighties nineties inched quartet teens teen tens eights sevens threes fives fourths fourth live forge foray forties
    twins twice twine sixes nigh night neat nest niece onto once ones eighteens quart quarters fifteens event events seventeens thirteens
    thirdly nene"""
)
#: What follows a tens word can only be a number: "thirty tree".
_AFTER_TENS = {"tow": "two", "tree": "three", "thre": "three", "fo": "four", "fou": "four", "sevn": "seven", "fiv": "five", "nin": "nine"}
_SHORT = {"haf": "half", "hlf": "half", "hafl": "half", "halve": "half", "quater": "quarter", "quaters": "quarters"}
_GLUED = {"nhalf": ("n", "half"), "andhalf": ("and", "half"), "andahalf": ("and", "half"), "nahalf": ("n", "half")}


def spelled(row: list[Token], keep: Collection[str] = ()) -> list[Token]:
    """The row with every number word as it was meant; the words of `keep` stay as they are."""
    put: list[Token] = []
    for token in row:
        if token.kind != "word" or token.text in keep:
            put.append(token)
            continue
        last = put[-2] if len(put) > 1 and put[-1].is_mark("-") else put[-1] if put else None
        tens = last is not None and last.among(TENS)
        parts = _parts(token.text, tens)
        put.append(replace(token, text=parts[0]))
        put += [replace(token, text=part, spaced=True) for part in parts[1:]]
    return put


def _parts(word: str, tens: bool) -> tuple[str, ...]:
    if tens and word in _AFTER_TENS:
        return (_AFTER_TENS[word],)
    if word in _SHORT:
        return (_SHORT[word],)
    return _GLUED.get(word) or _meant(word)


@lru_cache(4096)
def _meant(word: str) -> tuple[str, ...]:
    """The number words somebody meant: itself, or the only ones a slip away with the same first letter."""
    if len(word) < _SHORTEST or len(word) > _LONGEST or word in _OTHERS or word in UNITS or word in TEENS or word in TENS or word in POWERS | PARTS:
        return (word,)
    for tens in TENS:
        if word.startswith(tens) and 0 < UNITS.get(word[len(tens) :], 0) < 10:
            return tens, word[len(tens) :]
    slips = 2 if len(word) >= _LONG else 1
    near = {
        known: distance
        for known in _SPELLED | _TWI
        if known[0] == word[0] and len(known) >= _SHORTEST and (distance := DamerauLevenshtein.distance(word, known, score_cutoff=slips)) <= slips
    }
    best = [known for known, distance in near.items() if distance == min(near.values())]
    return (best[0],) if len(best) == 1 else (word,)
