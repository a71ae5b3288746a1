"""A text as it is compared: one spelling for what people type in many ways."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LABEL = 80  # characters
TEXT_LIMIT = 2000  # characters; nobody's answer is longer, and no parser sees more

_SAME = str.maketrans({
    **dict.fromkeys("’‘′ʼ´`ʻ", "'"), **dict.fromkeys("“”″„", '"'),
    **dict.fromkeys("–—−‐‑‒", "-"), "⁄": "/", "🔟": " 10 ", "&": " and ",
    "½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "⅛": " 1/8 ", "⅜": " 3/8 ", "⅝": " 5/8 ", "⅞": " 7/8 ",
})  # fmt: skip
_HIDDEN = ("Mn", "Me", "Cf")  # accents, the frame of a keycap, joiners


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Lower case, plain digits, quotes, dashes and fractions, no accents; marks and emoji stay. "32½" becomes "32 1/2"."""
    if text.isascii():
        return text[:limit].casefold().replace("&", " and ").replace("`", "'")[:limit]
    known = unicodedata.normalize("NFKC", text[:limit].translate(_SAME)).translate(_SAME).casefold()
    apart = unicodedata.normalize("NFKD", known)
    return "".join(_digit(letter) for letter in apart if unicodedata.category(letter) not in _HIDDEN)[:limit]


def plain(text: str) -> str:
    """Only the words and numbers of `clean(text)`, one blank between: "Kente-shirt!! 👍" -> "kente shirt"."""
    return _plain_again(text) if len(text) <= LABEL else _plain(text)


def _plain(text: str) -> str:
    kept = ("" if letter == "'" else letter if letter.isalnum() else " " for letter in clean(text))
    return " ".join("".join(kept).split())


_plain_again = lru_cache(4096)(_plain)  # labels and short answers come again and again


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def words(text: str) -> frozenset[str]:
    """A word list written as running text."""
    return frozenset(text.split())
