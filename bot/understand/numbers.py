"""A number, however it is written or spoken: "32½", "thirty two and a half", "1,200", "aduasa mmienu"."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from bot.understand.errors import NotUnderstood
from bot.understand.fillers import ASIDES
from bot.understand.tokens import Token, pieces

UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "baako": 1, "biako": 1, "mmienu": 2, "mienu": 2, "abien": 2,
    "mmiensa": 3, "miensa": 3, "mmiɛnsa": 3, "miɛnsa": 3, "abiɛsa": 3, "abiesa": 3, "ɛnan": 4, "enan": 4, "anan": 4, "nnan": 4,
    "enum": 5, "anum": 5, "ɛnum": 5, "nnum": 5, "nsia": 6, "asia": 6, "nson": 7, "ason": 7, "nwɔtwe": 8, "nwotwe": 8, "awɔtwe": 8,
    "nkron": 9, "akron": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "edu": 10, "dubaako": 11, "dummienu": 12, "dumienu": 12, "dummiensa": 13, "dumiensa": 13,
    "dunan": 14,
    "dunum": 15, "dunsia": 16, "dunson": 17, "dunwɔtwe": 18, "dunwotwe": 18, "dunkron": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "aduonu": 20, "aduasa": 30, "aduanan": 40, "aduonum": 50, "aduosia": 60, "aduɔson": 70, "aduoson": 70,
    "aduɔwɔtwe": 80, "aduowotwe": 80,
    "aduɔkron": 90, "aduokron": 90,
}  # fmt: skip
#: Numbers only behind a tens word: "aduasa nan" is 34.
_AFTER_TENS = {"nan": 4, "num": 5, "sia": 6, "son": 7, "kron": 9}
POWERS = {"hundred": 100, "ɔha": 100, "thousand": 1000, "apem": 1000}
PARTS = {
    "half": Fraction(1, 2), "fa": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4),
    "eighth": Fraction(1, 8), "eighths": Fraction(1, 8), "fourths": Fraction(1, 4),
}  # fmt: skip
#: "half length", "three quarter sleeve" name a measurement, they are no numbers.
AFTER_PART = ("length", "sleeve", "sleeves", "past")
_DENOMINATORS = (2, 3, 4, 8, 16)


def number(text: str, *, units: Collection[str] = ()) -> Fraction:
    """The one number a text says; only filler words and the given unit words may stand around it."""
    said = tokens(text)
    values = {token.value for token in said if token.kind == "number"}
    negative = len(said) > 1 and said[0].is_mark("-") and not said[1].spaced
    stray = [token for token in said if token.kind == "word" and token.text not in ASIDES and token.text not in units]
    if len(values) != 1 or negative or stray:
        raise NotUnderstood("ambiguous_value" if len(values) > 1 else "unclear")
    return values.pop()


def whole(text: str, *, units: Collection[str] = ()) -> int:
    """The one whole number a text says."""
    value = number(text, units=units)
    if value.denominator != 1:
        raise NotUnderstood("not_whole")
    return int(value)


def tokens(text: str) -> list[Token]:
    """The tokens of a text with every number, in digits or in words, folded into one token."""
    return fold(pieces(text))


def fold(raw: list[Token]) -> list[Token]:
    """Fold numbers: "thirty", "two", "and", "a", "half" become one token of 32½."""
    folded: list[Token] = []
    at = 0
    while at < len(raw):
        value, after = _number_at(raw, at)
        if after == at:
            folded.append(raw[at])
            at += 1
            continue
        exact = after == at + 1 and (raw[at].exact or raw[at].kind == "word") and value.denominator == 1
        words = " ".join(token.text for token in raw[at:after])
        folded.append(Token("number", words, raw[at].spaced, value, exact, raw[at].start, raw[after - 1].end))
        at = after
    return folded


def part_at(raw: list[Token], at: int) -> tuple[Fraction, int]:
    """The fraction behind a whole number, and where it ends: "and a half", "1/2", "-3/4"; (0, at) when there is none."""
    here = at
    if here < len(raw) and raw[here].is_mark("-", "+"):
        here += 1
    if here < len(raw) and raw[here].is_word("and", "ne", "n"):
        here += 2 if here + 1 < len(raw) and raw[here + 1].is_mark("-") else 1  # "thirty-two-and-a-half"
        if here + 1 < len(raw) and raw[here].is_word("a"):
            after = here + 2 if raw[here + 1].is_mark("-") else here + 1
            here = after if after < len(raw) and (raw[after].text in PARTS or raw[after].kind == "number") else here
    value, after = _part(raw, here)
    return (value, after) if after > here else (Fraction(0), at)


def _number_at(raw: list[Token], at: int) -> tuple[Fraction, int]:
    fraction, after = _part(raw, at)
    if after > at:
        return fraction, after
    value, after = _digits_at(raw, at) if raw[at].kind == "number" else _words_at(raw, at)
    if after == at:
        return Fraction(0), at
    value, after = _decimals(raw, value, after)
    if value.denominator != 1:
        return value, after
    fraction, end = part_at(raw, after)
    return value + fraction, end


def _part(raw: list[Token], at: int) -> tuple[Fraction, int]:
    """A fraction standing here: "1/2", "half", "a quarter", "three quarters"; (0, at) when there is none."""
    if at + 2 < len(raw) and raw[at].exact and raw[at + 1].is_mark("/") and raw[at + 2].exact:
        over, under = int(raw[at].value), int(raw[at + 2].value)
        more = at + 3 < len(raw) and raw[at + 3].is_mark("/") and not raw[at + 3].spaced
        return (Fraction(over, under), at + 3) if 0 < over < under in _DENOMINATORS and not more else (Fraction(0), at)
    count, here = Fraction(1), at
    if at + 2 < len(raw) and raw[at].is_word("three", "one") and raw[at + 1].is_mark("-") and raw[at + 2].text in PARTS:
        count, here = Fraction(3 if raw[at].text == "three" else 1), at + 2  # "three-quarters"
    elif here + 1 < len(raw) and raw[here + 1].kind == "word" and raw[here + 1].text in PARTS:
        if raw[here].is_word("a", "an", "one") or raw[here].text == "1":
            here += 1
        elif raw[here].is_word("three") or raw[here].text == "3":
            count, here = Fraction(3), here + 1
    if here < len(raw) and raw[here].kind == "word" and raw[here].text in PARTS:
        named = here + 1 < len(raw) and raw[here + 1].is_word(*AFTER_PART) and not (here + 2 < len(raw) and raw[here + 2].is_word("of"))
        return (Fraction(0), at) if named else (count * PARTS[raw[here].text], here + 1)
    return Fraction(0), at


def _digits_at(raw: list[Token], at: int) -> tuple[Fraction, int]:
    if at + 1 < len(raw) and raw[at + 1].kind == "word" and raw[at + 1].text in POWERS:
        return raw[at].value * POWERS[raw[at + 1].text], at + 2
    return raw[at].value, at + 1


def _words_at(raw: list[Token], at: int) -> tuple[Fraction, int]:
    """A number in words beginning here, and where it ends."""
    total = current = 0
    room = 10**9  # the next word must stay below this: after "thirty" only 1 to 9 may follow
    here = at
    while here < len(raw):
        step = here
        if here > at and _joins(raw, here):
            step += 1
        if raw[step].is_word("a") and here == at and step + 1 < len(raw) and raw[step + 1].text in POWERS:
            step += 1
        word = raw[step].text if raw[step].kind == "word" else ""
        size = UNITS.get(word, TEENS.get(word, TENS.get(word, _AFTER_TENS.get(word, -1) if room == 10 else -1)))
        power = POWERS.get(word, 0)
        if power and (current or here == at) and (total == 0 if power == 1000 else current < 100):
            total, current = (total + (current or 1) * power, 0) if power == 1000 else (total, (current or 1) * power)
            room = power
        elif 0 <= size < room and not (size == 0 and here > at):
            current += size
            room = 10 if word in TENS else 1
        else:
            break
        here = step + 1
    return Fraction(total + current), here


def _joins(raw: list[Token], at: int) -> bool:
    """Whether this is the "and" of "hundred and ten" or the hyphen of "twenty-five"."""
    if at + 1 >= len(raw) or raw[at + 1].kind != "word":
        return False
    following = raw[at + 1].text
    if raw[at].is_mark("-"):
        return raw[at - 1].text in TENS and following in UNITS
    if raw[at].is_word("ne"):
        return raw[at - 1].text in TENS and following in UNITS
    return raw[at].is_word("and") and raw[at - 1].text in POWERS and following in {**UNITS, **TEENS, **TENS}


def _decimals(raw: list[Token], value: Fraction, at: int) -> tuple[Fraction, int]:
    """ "point five", "point 2 5" behind a whole number."""
    if value.denominator != 1 or at >= len(raw) or not raw[at].is_word("point"):
        return value, at
    here, digits = at + 1, ""
    while here < len(raw) and len(digits) < 4 and (digit := _one_digit(raw[here])):
        digits += digit
        here += 1
    return (value + Fraction(int(digits), 10 ** len(digits)), here) if digits else (value, at)


def _one_digit(token: Token) -> str:
    if token.kind == "word":
        return str(UNITS[token.text]) if token.text in UNITS else ""
    return token.text if token.exact and token.text.isdecimal() and len(token.text) <= 2 else ""
