"""Whom a person speaks of when she introduces somebody: "Akosua, my daughter", "my son Kofi", "9 years", "born 2017"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.rules.family import OLDEST
from bot.rules.measurements import FIELDS
from bot.understand.errors import NotUnderstood
from bot.understand.fillers import ASIDES
from bot.understand.names import RELATIVES
from bot.understand.numbers import whole
from bot.understand.plain import plain, words

_AROUND = ASIDES | words(
    """my his her our of name named called they these those are he she who newborn little small big elder younger eldest last first other
    another one ones someone somebody else person people new year years yrs old age aged month months"""
)
_MEASURED = frozenset(plain(said) for field in FIELDS.values() for said in field.says if " " not in said)
_YEARS = words("years year yrs yr old of age aged born in since he she they is now turning turns almost")
_MONTHS = words("months month weeks week wks mths")
MONTHS_OF_LAST_YEAR = 6  # about: the day of birth is not asked
_LONGEST_NAME = 3  # words
_NAME = re.compile(r"[^\W\d_][\w'’-]*")


def kin_named(text: str) -> tuple[str, str]:
    """(name as written, word for the relative); each may be empty. Raises nothing."""
    found = list(_until_measured(text))
    kin = next((word for said in found if (word := _relative(said))), "")
    name = [said for said in found if not _relative(said) and plain(said) not in _AROUND]
    name = [part[:1].upper() + part[1:] for part in name[:_LONGEST_NAME]] if len(name) <= _LONGEST_NAME else []
    return " ".join(name), kin


def kin_of(text: str, name: str) -> str:
    """The word for a relative that stands beside a name ("my daughter Akosua"), else nothing."""
    said = plain(text).split()
    parts = plain(name).split()
    for at in range(len(said) - len(parts) + 1):
        if said[at : at + len(parts)] == parts:
            after = at + len(parts)
            beside = [*reversed(said[max(0, at - 2) : at]), *said[after : after + 3]]
            if kin := next((word for near in beside if (word := _relative(near))), ""):
                return kin
    return ""


def age_or_year(text: str, year: int) -> int:
    """The year of birth out of an age ("9", "9 years") or a year ("2017"). Raises NotUnderstood."""
    value = whole(text, units=_YEARS | _MONTHS)
    if _MONTHS & set(plain(text).split()):
        return year - (1 if value > MONTHS_OF_LAST_YEAR else 0)
    born = value if value > OLDEST else year - value
    if not year - OLDEST <= born <= year:
        raise NotUnderstood("no_age")
    return born


def _until_measured(text: str) -> Iterator[str]:
    """The words up to the first number or measurement: "Yaw chest 25" names Yaw."""
    for match in _NAME.finditer(re.split(r"\d", text, maxsplit=1)[0]):
        if plain(match.group()) in _MEASURED:
            return
        yield match.group()


def _relative(word: str) -> str:
    return RELATIVES.get(plain(word.replace("’s", "").replace("'s", "")), "")
