"""What was understood of a message about measurements: values, and at most one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.rules.measurements import Sex

Ask = Literal[
    "no_measurement", "out_of_range", "cross_check", "ambiguous_value", "ambiguous_field", "ambiguous_unit", "reference_previous",
    "relative_delta", "size_label", "unknown_value", "conflict", "bad_unit", "empty",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What is known before a message is read."""

    asked: tuple[str, ...] = ()  # the fields the bot has just asked for, in this order
    garment: str = ""  # a name of the catalogue or of the data model ("trousers"); decides what "length" means
    people: tuple[str, ...] = ()  # names the speaker may use for others
    birth_year: int | None = None  # of whom the message is about
    sex: Sex | None = None
    saved: Mapping[str, int] = field(default_factory=dict)  # millimetres confirmed before
    year: int = 0  # the present one; 0: age is not known


@dataclass(frozen=True, slots=True)
class Value:
    """One measurement: whose (None: the speaker's own), which, whole millimetres, and the words it came from."""

    person: str | None
    field: str
    mm: int
    said: str


@dataclass(frozen=True, slots=True)
class Reading:
    """`about` are the fields a question is about, if known; `unexplained` tells that words or numbers were left over."""

    values: tuple[Value, ...]
    ask: Ask | None = None
    about: tuple[str, ...] = ()
    unexplained: bool = False
