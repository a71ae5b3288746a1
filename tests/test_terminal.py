"""The `flask` commands do what they say."""

from __future__ import annotations

import io

import pytest

from bot import terminal
from bot.channels.console import Console, ConsoleConfig
from models import ledger
from models.garment import Garment
from models.tailor import Tailor
from tests.stage import Stage


def test_chat_talks_in_the_format_of_the_transcripts(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(stage.parts.channels, "console", Console(ConsoleConfig()))  # type: ignore[arg-type]
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\nyes\nAma\n"))
    terminal.chat(stage.parts)
    said = capsys.readouterr().out
    assert said.startswith("bot: Akwaaba! This is *Sew4Mi*")
    assert "     1. Yes" in said
    assert "bot: Nice to meet you, Ama." in said


def test_seeding_twice_is_seeding_once(stage: Stage) -> None:
    terminal.seed(stage.parts)
    terminal.seed(stage.parts)
    with stage.parts.database.begin() as db:
        assert len(Garment.all(db)) == 15
        assert db.query(Tailor).count() == len(terminal.SAMPLES)


def test_the_real_world_gets_no_sample_tailors(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.parts.settings, "environment", "production")
    terminal.seed(stage.parts)
    with stage.parts.database.begin() as db:
        assert db.query(Tailor).count() == 0


def test_ledger_shows_balances_and_fails_when_they_are_wrong(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stage.parts.database.begin() as db:
        ledger.post(db, "collect:1", {"provider_clearing:mtn": 6250, "escrow:1:deposit": -6250}, now=stage.parts.clock.now())
    terminal.ledger(stage.parts)
    assert "escrow:1:deposit" in (said := capsys.readouterr().out) and "GHS 62.50" in said and "The books are right." in said
    monkeypatch.setattr(ledger, "faults", lambda db: ["a movement does not sum to zero: 7"])
    with pytest.raises(SystemExit):
        terminal.ledger(stage.parts)


def test_a_plea_is_shown_until_it_is_answered(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.given_customer("ama")
    stage.say("ama", "agent")
    terminal.pleas(stage.parts, None)
    said = capsys.readouterr().out
    assert "Ama, +233241234567" in said
    terminal.pleas(stage.parts, int(said.split(":")[0]))
    assert capsys.readouterr().out == ""
