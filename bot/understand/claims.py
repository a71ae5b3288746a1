"""What a language model claims to have read, checked before it counts."""

from __future__ import annotations

from dataclasses import dataclass

from bot.understand.reading import Context, Value


@dataclass(frozen=True, slots=True)
class Claim:
    """One value as the model saw it; every part must stand in the text."""

    person: str | None
    field: str
    evidence: str
    value_text: str
    unit_text: str | None


def accepted(text: str, claims: list[Claim], context: Context, taken: tuple[Value, ...]) -> tuple[Value, ...]:
    """Not yet."""
    return ()
