"""The `flask` commands do what they say."""

from __future__ import annotations

import io

import pytest

from bot import terminal
from bot.channels.console import Console, ConsoleConfig
from models.garment import Garment
from models.order import Order
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
        assert db.query(Tailor).count() == len(terminal.SAMPLES) + len(terminal.APPLICANTS)
        assert sorted(t.state for t in db.query(Tailor) if t.state != "APPROVED") == ["PENDING", "UNDER_REVIEW"]


def test_the_real_world_gets_no_sample_tailors(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.parts.settings, "environment", "production")
    terminal.seed(stage.parts)
    with stage.parts.database.begin() as db:
        assert db.query(Tailor).count() == 0


def test_a_plea_is_shown_until_it_is_answered(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.given_customer("ama")
    stage.say("ama", "agent")
    terminal.pleas(stage.parts, None)
    said = capsys.readouterr().out
    assert "Ama, +233241234567" in said
    terminal.pleas(stage.parts, int(said.split(":")[0]))
    assert capsys.readouterr().out == ""


def test_timers_shows_what_rings_next(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    stage.given_order("esi", "kente shirt", "kofi", "accepted")
    first, second = stage.orders()
    with stage.parts.database.begin() as db:
        Order.by_id(db, second.id).freeze(db, "test", stage.parts.clock.now())
    stage.pass_time(3)
    terminal.timers(stage.parts)
    now, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert now == ["now", "Mon", "23", "Nov", "12:00"]
    assert rows[0] == ["Tue", "24", "Nov", "09:00", "in", "21h", "00m", "tailor_silent", first.number, "Ama"]
    assert ["paused,", "7d", "00h", "left", "fitting_due", second.number, "Kofi"] in rows
    assert ["paused,", "9d", "00h", "left", "no_show", second.number, "Esi"] in rows
