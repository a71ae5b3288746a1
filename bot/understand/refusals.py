"""Numbers somebody takes back: "not 32", "don't use 32", "no be 32", "ɛnyɛ 32", "instead of 32", "I never said 32"."""

from __future__ import annotations

from bot.understand.plain import words
from bot.understand.tokens import Token

_ARTICLES = words("the a it be around about am that this your my like in as")
_NOT = words("not isnt wasnt never arent aint nyɛ ɛnyɛ nye enye")
_NEVER = words("dont didnt never not no doesnt shouldnt cant cannot havent wont")
_VERBS = words(
    """use write put say said mean meant take took send sent record type typed give gave want enter cut make sew be reach dey pass do get
    wrote using writing putting note set keep"""
)
_CANCEL = words("cancel ignore forget disregard delete")
_MOST_BETWEEN = 2


def refused_from(row: list[Token], at: int) -> int:
    """Where the words begin that take back the number at row[at]; `at` itself when nobody does."""
    here = at - 1
    if here > 0 and row[here].kind == "field" and row[here - 1].among(_NOT | _ARTICLES):
        here -= 1  # "not waist 32"
    floor = max(-1, here - _MOST_BETWEEN)
    while here > floor and row[here].among(_ARTICLES) and not (here and row[here].is_word("be", "am") and row[here - 1].is_word("no")):
        here -= 1
    if here < 0:
        return at
    before = row[here - 1] if here else None
    if row[here].among(_CANCEL) and all(token.is_word("the", "my") for token in row[here + 1 : at]):  # not "forget that, 42"
        return here
    if row[here].among(_NOT):
        return at if before is not None and before.is_word("if", "or", "why") else here
    if before is None:
        return at
    if (row[here].is_word("of") and before.is_word("instead")) or (row[here].is_word("than") and before.is_word("rather")):
        return here - 1
    return here - 1 if row[here].among(_VERBS) and before.among(_NEVER) else at


def refused_field(row: list[Token], at: int) -> bool:
    """Whether a field was named by mistake: "not chest, bust 38"."""
    before = row[at - 2] if at > 1 and row[at - 1].among(_ARTICLES) else row[at - 1] if at else None
    after = row[at + 1] if at + 1 < len(row) else None
    return before is not None and before.among(_NOT) and after is not None and (after.is_mark(",") or after.is_word("but"))
