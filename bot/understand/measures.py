"""The reader of measurements; for the moment it reads one answer."""

from __future__ import annotations

from typing import cast

from bot.understand.errors import NotUnderstood
from bot.understand.length import length
from bot.understand.reading import Ask, Context, Reading, Value


def measurements_in(text: str, context: Context = Context()) -> Reading:  # noqa: B008
    """One answer to one question."""
    try:
        said = length(text, context.asked[0] if context.asked else "")
    except NotUnderstood as unclear:
        return Reading((), cast("Ask", unclear.reason if unclear.reason not in ("unclear", "several", "other_person") else "no_measurement"))
    return Reading((Value(None, said.field, said.mm, text),))
