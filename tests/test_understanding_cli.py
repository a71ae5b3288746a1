"""`flask understand` answers every line, and needs nothing around it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.understanding_cli import answer

ROOT = Path(__file__).resolve().parent.parent


def answers(*lines: str) -> list[dict[str, object]]:
    out = io.StringIO()
    answer(io.StringIO("\n".join(lines) + "\n"), out, 2026)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_of_text_and_a_line_with_its_context() -> None:
    context = {"asked": ["waist"], "garment": "trousers", "people": ["Kofi"], "birth_year": 2016, "sex": "m", "saved": {"chest": 640}}
    with_garment = '{"text": "length 41", "context": {"garment": "skirt"}}'
    plain, answered, length = answers("chest is 40 inches", json.dumps({"text": "24", "context": context}), with_garment)
    assert plain == {"values": [{"person": None, "field": "chest", "mm": 1016, "said": "chest is 40 inches"}], "ask": None}
    assert answered["values"] == [{"person": None, "field": "waist", "mm": 610, "said": "24"}]
    assert length["values"] == [{"person": None, "field": "skirt_length", "mm": 1041, "said": "length 41"}]


@pytest.mark.parametrize(
    "line",
    ["{", "{}", '{"text": 5}', '{"text": "x", "context": 5}', '{"text": "x", "context": {"colour": "red"}}',
     '{"text": "x", "context": {"asked": ["nose"]}}',
     '{"text": "x", "context": {"asked": "waist"}}', '{"text": "x", "context": {"sex": "x"}}', '{"text": "x", "context": {"saved": {"chest": "40"}}}',
     '{"text": "x", "context": {"birth_year": 3000}}', '{"a":' * 5000],
)  # fmt: skip
def test_a_bad_line_gets_an_error_and_the_next_is_read(line: str) -> None:
    bad, good = answers(line, "waist 34")
    assert list(bad) == ["error"]
    assert good["ask"] is None


def test_it_runs_without_settings_and_servers_and_the_others_say_what_is_missing() -> None:
    def run(command: str, said: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "flask", "--app", "app", command]
        return subprocess.run(program, cwd=ROOT, env={}, input=said, capture_output=True, text=True, check=False)

    understood = run("understand", "waist 34\n")
    assert understood.returncode == 0, understood.stderr
    assert json.loads(understood.stdout)["values"][0]["mm"] == 864
    refused = run("ledger", "")
    assert refused.returncode == 2
    assert "DATABASE_URL: is missing" in refused.stderr
