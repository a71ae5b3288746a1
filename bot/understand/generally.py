"""What is said of people in general, and so of nobody who was measured: "the average man has a chest of 38"."""

from __future__ import annotations

from bot.understand.plain import words
from bot.understand.tokens import Token

_ANYBODY = words("somebody someone anybody anyone everybody everyone nobody people men women ladies guys persons girls boys others most")
_A_PERSON = words("man woman person lady guy boy girl client customer human body model somebody")
_ARTICLES = words("a an any every some normal typical ordinary another")
_HAVING = words("with who whose has have having s is get gets wey usually normally often of wear wears")
_AVERAGE = words("average typical standard normal")
_MINE = words("my mine me im i our")
_OURS = words("my our for his her like")
_SAYING = words("said says told thinks think say")
_HEARSAY = words("tailor designer seamstress dressmaker doctor teacher coach")
_STRANGERS = words(
    """neighbours neighbors colleagues classmates roommates pastors boss bosss customers clients tailors teachers landlords landladys madams
    somebodys someones everybodys seamstresss bridesmaids"""
)
_OPENERS = _STRANGERS | _ANYBODY | _A_PERSON | _AVERAGE | _HEARSAY
_STOPS = frozenset(".;!?\n")
_WANTING = _MINE | words("for sew sewing want wants need needs make")
_FAR = 12  # words
_NEAR = 4  # words between the beginning of such a clause and its verb


def in_general(row: list[Token]) -> frozenset[int]:
    """The places of a row that stand in a clause about nobody in particular."""
    if not any(token.kind == "number" for token in row):
        return frozenset()
    found: set[int] = set()
    for at, token in enumerate(row):
        if token.among(_OPENERS) and at not in found and _about_anybody(row, at):
            end = _end(row, at)
            found.update(range(at, end))
    return frozenset(found)


def _about_anybody(row: list[Token], at: int) -> bool:
    before = row[at - 1] if at else None
    after = row[at + 1 : at + 1 + _NEAR]
    if before is not None and before.among(_OURS) and not row[at].among(_HEARSAY | _STRANGERS):
        return False
    if row[at].among(_AVERAGE | _ANYBODY | _A_PERSON) and _wanted(row, at) and not any(token.among(_A_PERSON | _ANYBODY) for token in after[:3]):
        return False
    if row[at].among(_AVERAGE) and before is not None and before.is_word("the", "an", "a"):
        return bool(after) and (after[0].kind == "field" or any(token.among(_A_PERSON | _ANYBODY) for token in after[:3]))
    if row[at].among(_ANYBODY):
        return bool(after) and (after[0].among(_HAVING) or (row[at].is_word("most") and after[0].among(_ANYBODY)))
    if row[at].among(_A_PERSON):
        return bool(after) and after[0].among(_HAVING) and before is not None and before.among(_ARTICLES)
    if row[at].among(_STRANGERS):
        return bool(after) and after[0].kind == "field" and row[at].end - row[at].start > len(row[at].text)  # "my pastor's waist"
    if row[at].among(_HEARSAY) and after and after[0].among(_SAYING):
        here = 2 if len(after) > 1 and after[1].is_word("that", "me") else 1
        return len(after) > here and (after[here].among(_ARTICLES) or (after[here].kind == "field" and _of(row, at + 2 + here)))
    return False


def _wanted(row: list[Token], at: int) -> bool:
    """ "I have a standard waist of 34", "a shirt for a man with chest 40": somebody in particular after all."""
    for token in reversed(row[max(0, at - _FAR) : at]):
        if token.mark_among(_STOPS):
            return False
        if token.among(_WANTING):
            return True
    return False


def _of(row: list[Token], at: int) -> bool:
    return at < len(row) and row[at].is_word("of")


def _end(row: list[Token], at: int) -> int:
    """Where the clause ends: with its sentence, or where the speaker comes back to herself."""
    here = at + 1
    while here < len(row) and not row[here].mark_among(_STOPS):
        if row[here].among(_MINE) or (row[here].is_word("but") and here > at + 2):
            break
        here += 1
    return here
