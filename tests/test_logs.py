"""Logs are one JSON object a line, and no number or secret is readable in them."""

from __future__ import annotations

import json
import logging

from bot.logs import Json
from bot.seal import masked


def line(message: str, **more: object) -> str:
    record = logging.LogRecord("bot.engine", logging.ERROR, "engine.py", 1, message, (), None)
    vars(record).update(more)
    return Json().format(record)


def test_a_line_is_json_with_the_context() -> None:
    said = json.loads(line("a letter was given up", outbox_id=7))
    assert (said["level"], said["from"], said["said"], said["outbox_id"]) == ("ERROR", "bot.engine", "a letter was given up", "7")


def test_numbers_are_masked_wherever_they_stand() -> None:
    text = line("sent to +233241234567 and 233501234567", to="whatsapp:+233551234567", ids=["0241234567"])
    assert "1234567" not in text
    assert "+23324***4567" in text


def test_masks_keep_what_helps() -> None:
    assert masked("+233241234567") == "+23324***4567"
    assert masked("12") == "***"
