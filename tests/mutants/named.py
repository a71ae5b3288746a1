"""Mistakes that people make with money, by name, each with the tests that must see it: the table is named.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutants.generated import Mutant


def named(root: Path, *, bar: bool = False) -> list[Mutant]:
    """All, or those of the bar. Raises ValueError when what should stand in a file does not, or stands there twice: the table follows the code."""
    made = []
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mutant"]:
        text = (root / row["file"]).read_text(encoding="utf-8")
        if text.count(row["right"]) != 1:
            raise ValueError(f"{row['name']}: {row['file']} has it {text.count(row['right'])} times: {row['right']!r}")
        if row.get("bar", False) or not bar:
            made.append(Mutant(f"“{row['name']}”", row["file"], text.replace(row["right"], row["wrong"]), tests=tuple(row["tests"])))
    return made
