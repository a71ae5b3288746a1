"""A sheet of measurements that were said and not yet confirmed: of whom, which, how long, from which message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: who -> field -> [millimetres, the message's id or None, "text" or "voice"]; "" is the one the talk is about. JSON as it is.
Sheet = dict[str, dict[str, list[Any]]]


def note(sheet: Sheet, who: str, field: str, mm: int, inbox_id: int | None, source: str) -> None:
    """The last word counts."""
    sheet.setdefault(who, {})[field] = [mm, inbox_id, source]


def strike(sheet: Sheet, who: str, field: str) -> None:
    sheet.get(who, {}).pop(field, None)
    if who in sheet and not sheet[who]:
        del sheet[who]


def values(sheet: Sheet, who: str) -> dict[str, int]:
    """{field: millimetres} of one of them."""
    return {field: int(row[0]) for field, row in sheet.get(who, {}).items()}


def by_message(sheet: Sheet, who: str) -> Iterator[tuple[int | None, str, dict[str, int]]]:
    """(message, source, values): what each message told about one of them."""
    told: dict[tuple[int | None, str], dict[str, int]] = {}
    for field, (mm, inbox_id, source) in sheet.get(who, {}).items():
        told.setdefault((inbox_id, source), {})[field] = int(mm)
    for (inbox_id, source), found in told.items():
        yield inbox_id, source, found
