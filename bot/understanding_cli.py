"""`flask understand` and `flask listen`: a line or a recording in, JSON out; for trying the reader and the ear, and for measuring them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from bot.clock import Clock
from bot.rules.measurements import FIELDS
from bot.settings import BadSettings
from bot.understand import Context, Reading, measurements_in
from bot.voice import Engine, Hints, Unheard

_KEYS = ("asked", "garment", "people", "birth_year", "sex", "saved")


class _Wrong(ValueError):
    """What is wrong with a line, for whoever wrote it."""


def understand() -> None:
    """Standard input to standard output, line by line."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    answer(sys.stdin, sys.stdout, Clock().now().year)


def listen(engine: Callable[[], Engine], file: Path) -> None:
    """What an engine hears in a recording, and what is read in that. A rough engine's words are shown here: this is no conversation."""
    try:
        ear = engine()
        heard = ear.listen(file.read_bytes(), Hints())
    except (BadSettings, Unheard) as problem:
        print(f"Nobody can listen: {problem}", file=sys.stderr)
        raise SystemExit(2) from None
    told = {"text": heard.text, "engine": ear.name, "confidence": round(heard.confidence, 3)}
    sure = not heard.why and heard.confidence >= ear.sure
    said = as_json(measurements_in(heard.text, Context(year=Clock().now().year))) if sure else {"values": [], "ask": "bad_audio"}
    print(json.dumps(told | said))


def answer(lines: TextIO, out: TextIO, year: int) -> None:
    """One answer for each line, at once; a line that makes no sense gets an error and the next is read."""
    for line in lines:
        try:
            text, context = _line(line.rstrip("\r\n"), year)
            said = as_json(measurements_in(text, context))
        except _Wrong as wrong:
            said = {"error": str(wrong)}
        out.write(json.dumps(said) + "\n")
        out.flush()


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as the command prints it."""
    values = [{"person": value.person, "field": value.field, "mm": value.mm, "said": value.said} for value in reading.values]
    return {"values": values, "ask": reading.ask}


def _line(line: str, year: int) -> tuple[str, Context]:
    if not line.startswith("{"):
        return line, Context(year=year)
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as bad:
        raise _Wrong(f"not JSON: {bad}") from None
    if not isinstance(given.get("text"), str):
        raise _Wrong("text: a string is needed")
    context = given.get("context") or {}
    if not isinstance(context, dict):
        raise _Wrong("context: an object is needed")
    if strange := sorted(context.keys() - set(_KEYS)):
        raise _Wrong(f"context: {', '.join(strange)}: not known")
    return given["text"], _context({name: value for name, value in context.items() if value is not None}, year)


def _context(given: Mapping[str, Any], year: int) -> Context:
    asked, people, saved = given.get("asked", []), given.get("people", []), given.get("saved", {})
    born = given.get("birth_year")
    checks = {
        "asked": isinstance(asked, list) and all(isinstance(name, str) and name in FIELDS for name in asked),
        "people": isinstance(people, list) and all(isinstance(name, str) and name.strip() for name in people),
        "garment": isinstance(given.get("garment", ""), str),
        "birth_year": born is None or (type(born) is int and 1900 <= born <= year),
        "sex": given.get("sex") in (None, "m", "f"),
        "saved": isinstance(saved, dict) and all(name in FIELDS and type(mm) is int and mm > 0 for name, mm in saved.items()),
    }
    if wrong := [name for name, fine in checks.items() if not fine]:
        raise _Wrong(f"context: {', '.join(wrong)}: not as it should be")
    return Context(tuple(asked), given.get("garment", ""), tuple(people), born, given.get("sex"), saved, year)
