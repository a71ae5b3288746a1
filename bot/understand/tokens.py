"""A text cut into words, numbers and marks, with numbers in words, fractions and decimals already read."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bot.understand.plain import clean

Kind = Literal["number", "word", "mark", "field"]

LONGEST_NUMBER = 15  # digits; more is a reference or a card, not a quantity

_PIECE = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    r"|(?<![\d,./-])[012],\d{2}(?=\s?m(?:et(?:er|re)s?)?\b)"
    r"|(?<![\d,./-])\d{2,3},(?:\d(?=\s?(?:cms?|mm|inch(?:es)?|centimet(?:er|re)s?)\b)|5(?=\s*(?:$|\n|[,;.](?!\d)|and\b)))"
    r"|\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<mark>[^\w\s]|_|\n)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a cleaned text.

    `value` is set on numbers and `exact` on whole ones; a "field" token stands for words that name a measurement: its text
    is the field.
    """

    kind: Kind
    text: str
    spaced: bool  # whether a blank stands before it
    value: Fraction = Fraction(0)
    exact: bool = False
    start: int = 0  # where it stands in the cleaned text
    end: int = 0

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text in words

    def among(self, words: Collection[str]) -> bool:
        return self.kind == "word" and self.text in words

    def mark_among(self, marks: Collection[str]) -> bool:
        return self.kind == "mark" and self.text in marks

    def is_mark(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks


def pieces(text: str) -> list[Token]:
    """The raw tokens of a text: words without apostrophes, numbers as digits, every other sign as a mark."""
    return cut(clean(text))


def cut(cleaned: str) -> list[Token]:
    """The raw tokens of a text that is clean already."""
    found, end = [], 0
    for match in _PIECE.finditer(cleaned):
        spaced = match.start() > end or match.start() == 0
        start, end = match.span()
        if match.lastgroup == "number":
            found.append(_digits(match.group(), spaced, start))
        elif match.lastgroup == "word":
            found.append(Token("word", match.group().replace("'", ""), spaced, start=start, end=end))
        else:
            found.append(Token("mark", match.group(), spaced, start=start, end=end))
    return found


def _digits(text: str, spaced: bool, start: int) -> Token:
    whole, comma, rest = text.rpartition(",")
    digits = f"{whole}.{rest}" if comma and len(rest) < 3 else text.replace(",", "")  # "81,5 cm"
    if len(digits) > LONGEST_NUMBER:
        return Token("word", text, spaced, start=start, end=start + len(text))
    return Token("number", digits, spaced, Fraction(digits), "." not in digits, start, start + len(text))
