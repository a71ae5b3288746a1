"""Who somebody is to the person who speaks: "wife", "my son", "auntie"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.rules.measurements import ADULT_AGE, Sex

Relation = Literal["self", "spouse", "child", "parent", "sibling", "other"]
RELATIONS: tuple[Relation, ...] = ("spouse", "child", "parent", "sibling", "other")

GROWTH_REMINDER = timedelta(days=91)  # children are measured anew each quarter
OLDEST = 110  # years


@dataclass(frozen=True, slots=True)
class Kin:
    """What a word for a relative tells; `sex` where the word tells it."""

    relation: Relation
    sex: Sex | None = None


#: The words the reader of measurements gives for people who are not named.
KIN: dict[str, Kin] = {
    "wife": Kin("spouse", "f"), "husband": Kin("spouse", "m"), "partner": Kin("spouse"), "fiance": Kin("spouse", "m"),
    "fiancee": Kin("spouse", "f"), "boyfriend": Kin("spouse", "m"), "girlfriend": Kin("spouse", "f"),
    "son": Kin("child", "m"), "daughter": Kin("child", "f"), "child": Kin("child"), "baby": Kin("child"), "boy": Kin("child", "m"),
    "girl": Kin("child", "f"), "stepson": Kin("child", "m"), "stepdaughter": Kin("child", "f"), "ward": Kin("child"),
    "grandson": Kin("child", "m"), "granddaughter": Kin("child", "f"),
    "mother": Kin("parent", "f"), "father": Kin("parent", "m"), "grandmother": Kin("parent", "f"), "grandfather": Kin("parent", "m"),
    "brother": Kin("sibling", "m"), "sister": Kin("sibling", "f"), "twin": Kin("sibling"),
    "uncle": Kin("other", "m"), "aunt": Kin("other", "f"), "nephew": Kin("other", "m"), "niece": Kin("other", "f"), "cousin": Kin("other"),
    "friend": Kin("other"),
}  # fmt: skip


def is_child(relation: str, birth_year: int | None, year: int) -> bool:
    """By age when it is known, else by what they are called."""
    return relation == "child" if birth_year is None else year - birth_year < ADULT_AGE
