"""What people say, labelled by others than the reader's author: how much of it is understood exactly, kind by kind.

Each line of `utterances/*.jsonl`: {"kind", "text", "context"?, "values": [[person, field, mm], …], "ask"}. A message counts when exactly the right
values (within 3 mm) are given, and a question is asked exactly when one is needed. Worse than a miss is a wrong value without a question.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.understand import Context, measurements_in

SETS = sorted(Path(__file__).with_name("utterances").glob("*.jsonl"))
YEAR = 2026
TOLERANCE_MM = 3
EXACT, WRONG_UNASKED = 0.95, 0.01
#: Here nothing at all may be made up.
HARMFUL = ("adversarial_and_nonsense", "injection", "nonsense", "other_script", "lyrics", "hallucination")


@dataclass(frozen=True)
class Verdict:
    kind: str
    exact: bool
    invented: bool  # a wrong value, and no question
    told: str


def judge(row: dict[str, Any]) -> Verdict:
    context = row.get("context", {})
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in context.items()}
    reading = measurements_in(row["text"], Context(**given, year=YEAR))
    found = {(v.person, v.field): v.mm for v in reading.values}
    wanted = {(person, field): mm for person, field, mm in row["values"]}
    right = {key for key, mm in found.items() if abs(wanted.get(key, -99) - mm) <= TOLERANCE_MM}
    exact = right == found.keys() == wanted.keys() and (reading.ask is None) == (row["ask"] is None)
    told = f"{row['text'][:120]!r}: wanted {row['values']} {row['ask']}, read {[(v.person, v.field, v.mm) for v in reading.values]} {reading.ask}"
    return Verdict(row["kind"], exact, bool(found.keys() - right) and reading.ask is None, told)


@pytest.fixture(scope="module", params=SETS, ids=lambda path: path.stem)
def verdicts(request: pytest.FixtureRequest) -> list[Verdict]:
    return [judge(json.loads(line)) for line in request.param.read_text(encoding="utf-8").splitlines() if line.strip()]


def test_nearly_all_messages_are_understood_exactly(verdicts: list[Verdict], capsys: pytest.CaptureFixture[str]) -> None:
    said, right = Counter(v.kind for v in verdicts), Counter(v.kind for v in verdicts if v.exact)
    with capsys.disabled():
        table = ", ".join(f"{kind} {right[kind]}/{count}" for kind, count in sorted(said.items()))
        print(f"\n{right.total()} of {said.total()} exactly ({right.total() / said.total():.1%}): {table}")
    missed = "\n".join(v.told for v in verdicts if not v.exact)
    assert right.total() >= EXACT * said.total(), missed
    assert all(right[kind] >= 0.8 * count for kind, count in said.items()), missed


def test_hardly_a_wrong_value_goes_unasked(verdicts: list[Verdict]) -> None:
    invented = [v.told for v in verdicts if v.invented]
    assert len(invented) <= WRONG_UNASKED * len(verdicts), "\n".join(invented)


def test_nothing_is_made_up_from_nonsense(verdicts: list[Verdict]) -> None:
    assert not [v.told for v in verdicts if v.invented and v.kind in HARMFUL]
