"""A line in the person's language, or the flow's own English line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    name: str  # in the language itself
    unreviewed: bool  # true until a speaker has read the lines
    lines: dict[str, str]  # {"flow.line": text}


ENGLISH = Language("en", "English", False, {})


class Words:
    """Lines by language, read once from flows/words/<code>.toml."""

    def __init__(self, folder: Path) -> None:
        self.languages = {"en": ENGLISH} | {p.stem: _read(p) for p in sorted(folder.glob("*.toml"))}

    def line(self, language: str, key: str, english: str) -> str:
        """The line under "flow.line"; English, line by line, where nobody has translated it."""
        found = self.languages.get(language, ENGLISH)
        return found.lines.get(key, english)


def _read(path: Path) -> Language:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, dict[str, Any]] = {k: v for k, v in data.items() if isinstance(v, dict)}
    lines = {f"{table}.{key}": text for table, rows in tables.items() for key, text in rows.items()}
    return Language(path.stem, data["name"], bool(data.get("unreviewed", True)), lines)
